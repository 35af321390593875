/** A conversation, newest message open; what has not been read is open too. */
import { useEffect, useMemo, useRef, useState } from "react";
import { Icon } from "../app/icons.tsx";
import { useMail } from "../app/mail-context.tsx";
import { problemSentence } from "../jmap/problems.ts";
import type { Mailbox } from "../jmap/types.ts";
import { Tool } from "../list/list-toolbar.tsx";
import { MoveMenu } from "../list/move-menu.tsx";
import { useThreadActions } from "../list/thread-actions.ts";
import { useThread } from "../mail/hooks.ts";
import { withRole } from "../mail/mailbox-tree.ts";
import { plural, subjectOf } from "../mail/wording.ts";
import { MessageCard } from "./message-card.tsx";

interface ThreadPaneProps {
  readonly accountId: string;
  readonly threadId: string;
  readonly mailbox: Mailbox | null;
  readonly mailboxes: readonly Mailbox[];
  readonly onClose: () => void;
}

export function ThreadPane({ accountId, threadId, mailbox, mailboxes, onClose }: ThreadPaneProps) {
  const mail = useMail();
  const thread = useThread(accountId, threadId);
  const actions = useThreadActions(accountId, mailbox, mailboxes);
  const trash = withRole(mailboxes, "trash");
  const emails = useMemo(
    () => thread.emails.filter((email) => mailbox?.id === trash?.id || !trash || !email.mailboxIds[trash.id]),
    [thread.emails, mailbox, trash],
  );
  // Which messages are open is decided once, when the conversation is opened; reading them must not close them.
  const [opened, setOpened] = useState<ReadonlySet<string> | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const lastId = emails.at(-1)?.id;
  useEffect(() => {
    if (opened !== null || lastId === undefined) return;
    setOpened(new Set([lastId, ...emails.filter((email) => !email.keywords.$seen && !email.keywords.$draft).map((email) => email.id)]));
    if (matchMedia("(max-width: 56.24em)").matches) heading.current?.focus();
  }, [opened, emails, lastId]);
  useEffect(() => {
    // A reply that arrives while the conversation is read opens below it.
    if (lastId !== undefined) setOpened((before) => (before === null || before.has(lastId) ? before : new Set([...before, lastId])));
  }, [lastId]);

  const ids = [threadId];
  const leave = (work: (threadIds: readonly string[]) => Promise<boolean>) => {
    onClose();
    void work(ids);
  };
  const flagged = actions.isFlagged(threadId);
  const unread = actions.isUnread(threadId);
  return (
    <>
      <div className="pf-reading__bar" role="toolbar" aria-label="Conversation">
        <button type="button" className="pf-tool pf-reading__back" onClick={onClose} aria-label="Back to the list">
          <Icon name="back" />
        </button>
        {actions.canArchive ? <Tool icon="archive" label="Archive" words onClick={() => leave(actions.archive)} /> : null}
        <Tool icon="trash" label={actions.inTrash ? "Delete for good" : "Delete"} words onClick={() => leave(actions.remove)} />
        <MoveMenu mailboxes={mailboxes} current={mailbox} onMove={(to) => leave((each) => actions.move(each, to))} words />
        <Tool icon="junk" label={actions.inJunk ? "Not junk" : "Junk"} words onClick={() => leave(actions.junk)} />
        <span className="pf-reading__gap" />
        <Tool
          icon="flag"
          label={flagged ? "Remove the flag" : "Flag"}
          pressed={flagged}
          onClick={() => void actions.setFlagged(ids, !flagged)}
        />
        <Tool
          icon={unread ? "read" : "unread"}
          label={unread ? "Mark as read" : "Mark as unread"}
          onClick={() => {
            if (!unread) onClose();
            void actions.setSeen(ids, unread);
          }}
        />
      </div>
      <div className="pf-reading__scroll">
        <h2 className="pf-reading__subject" tabIndex={-1} ref={heading}>
          {subjectOf(emails[0]?.subject ?? thread.emails[0]?.subject)}
        </h2>
        {emails.length > 1 ? <p className="pf-reading__count">{plural(emails.length, "message")}</p> : null}
        {thread.isError && emails.length === 0 ? (
          <div className="pf-empty">
            <p>{problemSentence(thread.error)}</p>
            <button type="button" className="nhsuk-button nhsuk-button--secondary" onClick={() => void thread.refetch()}>
              Try again
            </button>
          </div>
        ) : null}
        {thread.isSuccess && emails.length === 0 ? <p className="pf-empty">This conversation is no longer here.</p> : null}
        <ol className="pf-thread">
          {emails.map((email) => (
            <li key={email.id}>
              <MessageCard
                accountId={accountId}
                email={email}
                open={opened?.has(email.id) ?? false}
                newest={email.id === lastId}
                onToggle={() =>
                  setOpened((before) => {
                    const next = new Set(before);
                    if (!next.delete(email.id)) next.add(email.id);
                    return next;
                  })
                }
                onRead={() => void mail.attempt(() => mail.actions.setKeyword(accountId, [email.id], "$seen", true))}
              />
            </li>
          ))}
        </ol>
      </div>
    </>
  );
}
