/** Short sentences at the foot of the screen, with one thing to do about them. */
import { useEffect } from "react";
import { Icon } from "./icons.tsx";
import type { Notice } from "./mail-context.tsx";

export interface ShownNotice extends Notice {
  readonly id: number;
}

export function Notices({ notices, onClose }: { readonly notices: readonly ShownNotice[]; readonly onClose: (id: number) => void }) {
  return (
    <section className="pf-notices" aria-label="Notices">
      {notices.map((notice) => (
        <OneNotice key={notice.id} notice={notice} onClose={() => onClose(notice.id)} />
      ))}
    </section>
  );
}

function OneNotice({ notice, onClose }: { readonly notice: ShownNotice; readonly onClose: () => void }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: one timer for the life of a notice
  useEffect(() => {
    if (notice.tone === "problem") return;
    const timer = setTimeout(onClose, notice.milliseconds ?? 8000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div
      className={`pf-notice-bar${notice.tone === "problem" ? " pf-notice-bar--problem" : ""}`}
      role={notice.tone === "problem" ? "alert" : "status"}
    >
      <span>{notice.text}</span>
      {notice.action ? (
        <button
          type="button"
          className="pf-notice-bar__action"
          onClick={() => {
            notice.action?.run();
            onClose();
          }}
        >
          {notice.action.label}
        </button>
      ) : null}
      <button type="button" className="pf-notice-bar__close" aria-label="Close this notice" onClick={onClose}>
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}
