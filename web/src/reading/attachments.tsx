/** What came with a message. Files are only ever saved, never opened inside the webmail. */
import { useState } from "react";
import { Icon } from "../app/icons.tsx";
import { useMail } from "../app/mail-context.tsx";
import type { BodyPart, EmailContent } from "../jmap/types.ts";
import { plural, sizeText } from "../mail/wording.ts";
import { inlineParts } from "./inline-images.ts";

export function AttachmentList({ accountId, content }: { readonly accountId: string; readonly content: EmailContent }) {
  const inline = new Set(inlineParts(content));
  const files = content.attachments.filter((part) => !inline.has(part));
  if (files.length === 0) return null;
  return (
    <section className="pf-files" aria-label={plural(files.length, "attachment")}>
      <h3 className="pf-files__title">{plural(files.length, "attachment")}</h3>
      <ul>
        {files.map((part, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one immutable message
          <li key={index}>
            <FileButton accountId={accountId} part={part} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const nameOf = (part: BodyPart) => part.name?.trim() || (part.type === "message/rfc822" ? "message.eml" : "attachment");

function FileButton({ accountId, part }: { readonly accountId: string; readonly part: BodyPart }) {
  const { transfer, attempt } = useMail();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    if (busy || !part.blobId) return;
    setBusy(true);
    const blobId = part.blobId;
    await attempt(async () => saveAs(await transfer.download(accountId, blobId, nameOf(part), part.type), nameOf(part)));
    setBusy(false);
  };
  return (
    <button type="button" className="pf-file" onClick={() => void save()} aria-busy={busy}>
      <Icon name="clip" />
      <span className="pf-file__name">{nameOf(part)}</span>
      <span className="pf-file__size">{busy ? "Downloading…" : sizeText(part.size)}</span>
      <Icon name="download" size={18} />
      <span className="nhsuk-u-visually-hidden">, download</span>
    </button>
  );
}

/** Always as octets: a blob: address of our own origin must never be a page that runs. */
export function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
