import { Icon } from "../app/icons.tsx";
import { sizeText } from "../mail/wording.ts";
import type { ComposeFile } from "./use-files.ts";

export function FileList({ files, onRemove }: { readonly files: readonly ComposeFile[]; readonly onRemove: (key: string) => void }) {
  const shown = files.filter((file) => !(file.state.kind === "ready" && file.state.file.cid !== null));
  if (shown.length === 0) return null;
  return (
    <ul className="pf-attached" aria-label="Attached files">
      {shown.map((file) => (
        <li key={file.key} data-state={file.state.kind}>
          <Icon name="clip" size={18} />
          <span className="pf-attached__name">{file.name}</span>
          <span className="pf-attached__size">
            {file.state.kind === "failed" ? <span role="alert">{file.state.problem}</span> : sizeText(file.sizeOctets)}
          </span>
          {file.state.kind === "sending" ? (
            <progress value={file.state.fraction} max={1} aria-label={`Uploading ${file.name}`}>
              {Math.round(file.state.fraction * 100)} %
            </progress>
          ) : null}
          <button type="button" className="pf-tool" aria-label={`Remove ${file.name}`} onClick={() => onRemove(file.key)}>
            <Icon name="close" size={16} />
          </button>
        </li>
      ))}
    </ul>
  );
}
