/** Writing a message: loads what it begins with, then shows the form. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useMail } from "../app/mail-context.tsx";
import { problemSentence } from "../jmap/problems.ts";
import { contentQuery, useIdentities, useMailboxes } from "../mail/hooks.ts";
import type { ComposeSeed } from "./compose-context.tsx";
import { ComposeForm } from "./compose-form.tsx";
import { startDraft, startNew, startReply } from "./start.ts";

export default function Composer({ seed, onClose }: { readonly seed: ComposeSeed; readonly onClose: () => void }) {
  const mail = useMail();
  const identities = useIdentities(seed.accountId);
  const mailboxes = useMailboxes(seed.accountId);
  const draftId = seed.kind === "draft" ? seed.draftId : null;
  const draft = useQuery({ ...contentQuery(mail, seed.accountId, draftId ?? ""), enabled: draftId !== null });
  const ready = identities.length > 0 && mailboxes.length > 0 && (draftId === null || draft.data !== undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a composer begins once
  const start = useMemo(() => {
    if (!ready) return null;
    if (seed.kind === "new") return startNew(identities[0]);
    if (seed.kind === "draft") return draft.data ? startDraft(draft.data) : null;
    return startReply(seed.kind, seed.original, identities);
  }, [ready]);
  if (start)
    return <ComposeForm accountId={seed.accountId} start={start} identities={identities} mailboxes={mailboxes} onClose={onClose} />;
  const problem = draft.isError ? problemSentence(draft.error) : ready ? "This draft is no longer here." : null;
  return (
    <section className="pf-compose" aria-label="New message" aria-busy={problem === null}>
      <div className="pf-empty">
        <p>{problem ?? "Opening…"}</p>
        <button type="button" className="nhsuk-button nhsuk-button--secondary" onClick={onClose}>
          Close
        </button>
      </div>
    </section>
  );
}
