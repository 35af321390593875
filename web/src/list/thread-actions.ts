/** What can be done to whole threads from the list or the reading pane; every move can be undone from the notice. */
import { useMemo } from "react";
import { useMail } from "../app/mail-context.tsx";
import type { EmailSummary, Mailbox } from "../jmap/types.ts";
import { mailboxName, withRole } from "../mail/mailbox-tree.ts";
import { plural } from "../mail/wording.ts";

export interface ThreadActions {
  archive(threadIds: readonly string[]): Promise<boolean>;
  remove(threadIds: readonly string[]): Promise<boolean>;
  junk(threadIds: readonly string[]): Promise<boolean>;
  move(threadIds: readonly string[], to: Mailbox): Promise<boolean>;
  setSeen(threadIds: readonly string[], seen: boolean): Promise<boolean>;
  setFlagged(threadIds: readonly string[], flagged: boolean): Promise<boolean>;
  isUnread(threadId: string): boolean;
  isFlagged(threadId: string): boolean;
  readonly inJunk: boolean;
  readonly inTrash: boolean;
  readonly canArchive: boolean;
}

export function useThreadActions(accountId: string, mailbox: Mailbox | null, mailboxes: readonly Mailbox[]): ThreadActions {
  const { store, actions, attempt, notify } = useMail();
  return useMemo(() => {
    const inbox = withRole(mailboxes, "inbox");
    const archive = withRole(mailboxes, "archive");
    const trash = withRole(mailboxes, "trash");
    const junk = withRole(mailboxes, "junk");
    const sent = withRole(mailboxes, "sent");
    const drafts = withRole(mailboxes, "drafts");
    const emailsOf = (threadIds: readonly string[]) => threadIds.flatMap((id) => store.threadEmails(accountId, id));
    /** In a mailbox: the thread's messages that are in it. In a search: all but what the person wrote or threw away. */
    const affected = (threadIds: readonly string[]) =>
      emailsOf(threadIds).filter((email) =>
        mailbox ? email.mailboxIds[mailbox.id] : ![sent, drafts, trash].some((each) => each && email.mailboxIds[each.id]),
      );
    const fromOf = (email: EmailSummary) => mailbox?.id ?? Object.keys(email.mailboxIds)[0] ?? null;
    const byOrigin = (emails: readonly EmailSummary[]) => Map.groupBy(emails, fromOf);

    const moveTo = (threadIds: readonly string[], to: Mailbox | undefined, said: string): Promise<boolean> =>
      attempt(async () => {
        const emails = affected(threadIds);
        if (!to || emails.length === 0) return;
        const groups = [...byOrigin(emails)].map(([from, group]) => ({ from, ids: group.map((email) => email.id) }));
        await Promise.all(groups.map(({ from, ids }) => actions.move(accountId, ids, from, to.id)));
        const undo = () =>
          void attempt(async () => {
            for (const { from, ids } of groups) if (from) await actions.move(accountId, ids, to.id, from);
          });
        notify({
          text: threadIds.length > 1 ? `${plural(threadIds.length, "conversation")} ${said}` : `Message ${said}`,
          action: { label: "Undo", run: undo },
        });
      });

    return {
      inJunk: mailbox?.role === "junk",
      inTrash: mailbox?.role === "trash",
      canArchive: archive !== undefined && mailbox?.id !== archive.id && mailbox?.role !== "drafts",
      archive: (threadIds) => moveTo(threadIds, archive, "archived"),
      junk: (threadIds) =>
        mailbox?.role === "junk" ? moveTo(threadIds, inbox, "moved to Inbox") : moveTo(threadIds, junk, "moved to Junk"),
      move: (threadIds, to) => moveTo(threadIds, to, `moved to ${mailboxName(to)}`),
      remove: (threadIds) => {
        if (mailbox?.role !== "trash" && mailbox?.role !== "drafts" && trash) return moveTo(threadIds, trash, "deleted");
        return attempt(async () => {
          const ids = affected(threadIds).map((email) => email.id);
          await actions.destroy(accountId, ids);
          notify({ text: mailbox?.role === "drafts" ? "Draft thrown away" : "Deleted for good" });
        });
      },
      setSeen: (threadIds, seen) =>
        attempt(async () => {
          const emails = seen ? emailsOf(threadIds) : affected(threadIds).slice(-1);
          const latest = emails.length > 0 ? emails : emailsOf(threadIds).slice(-1);
          await actions.setKeyword(
            accountId,
            latest.map((email) => email.id),
            "$seen",
            seen,
          );
        }),
      setFlagged: (threadIds, flagged) =>
        attempt(async () => {
          const ids = threadIds.flatMap((threadId) => {
            const emails = store.threadEmails(accountId, threadId);
            return flagged ? emails.slice(-1).map((email) => email.id) : emails.map((email) => email.id);
          });
          await actions.setKeyword(accountId, ids, "$flagged", flagged);
        }),
      isUnread: (threadId) => store.threadEmails(accountId, threadId).some((email) => !email.keywords.$seen && !email.keywords.$draft),
      isFlagged: (threadId) => store.threadEmails(accountId, threadId).some((email) => email.keywords.$flagged),
    };
  }, [accountId, mailbox, mailboxes, store, actions, attempt, notify]);
}
