/** The head of the list: its name and size, or what can be done to the conversations chosen in it. */
import { useEffect, useRef } from "react";
import { Icon, type IconName } from "../app/icons.tsx";
import type { Mailbox } from "../jmap/types.ts";
import { MoveMenu } from "./move-menu.tsx";
import type { ThreadActions } from "./thread-actions.ts";

interface ListToolbarProps {
  readonly title: string;
  readonly count: string;
  readonly chosen: ReadonlySet<string>;
  readonly actions: ThreadActions;
  readonly mailbox: Mailbox | null;
  readonly mailboxes: readonly Mailbox[];
  readonly onLeave: (work: (threadIds: readonly string[]) => Promise<boolean>) => void;
  readonly onClear: () => void;
  readonly onAll: () => void;
}

export function Tool({
  icon,
  label,
  onClick,
  pressed,
  words,
}: {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
  readonly pressed?: boolean;
  readonly words?: boolean;
}) {
  return (
    <button
      type="button"
      className={`pf-tool${words ? " pf-tool--words" : ""}`}
      aria-label={words ? undefined : label}
      title={words ? undefined : label}
      aria-pressed={pressed}
      onClick={onClick}
    >
      <Icon name={icon} />
      {words ? <span>{label}</span> : null}
    </button>
  );
}

export function ListToolbar({ title, count, chosen, actions, mailbox, mailboxes, onLeave, onClear, onAll }: ListToolbarProps) {
  const some = chosen.size > 0;
  const threads = [...chosen];
  const unread = threads.some(actions.isUnread);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = some;
  }, [some]);
  return (
    <div className="pf-list__head">
      <span className="pf-row__select">
        <input
          ref={box}
          type="checkbox"
          aria-label={some ? "Choose none" : "Choose all loaded messages"}
          checked={false}
          onChange={() => (some ? onClear() : onAll())}
        />
      </span>
      {some ? (
        <div className="pf-list__tools" role="toolbar" aria-label={`${chosen.size} chosen`}>
          <span className="pf-list__chosen">{chosen.size} chosen</span>
          {actions.canArchive ? <Tool icon="archive" label="Archive" onClick={() => onLeave(actions.archive)} /> : null}
          <Tool icon="trash" label={actions.inTrash ? "Delete for good" : "Delete"} onClick={() => onLeave(actions.remove)} />
          <Tool
            icon={unread ? "read" : "unread"}
            label={unread ? "Mark as read" : "Mark as unread"}
            onClick={() => void actions.setSeen(threads, unread)}
          />
          <Tool icon="junk" label={actions.inJunk ? "Not junk" : "Junk"} onClick={() => onLeave(actions.junk)} />
          <MoveMenu mailboxes={mailboxes} current={mailbox} onMove={(to) => onLeave((ids) => actions.move(ids, to))} />
        </div>
      ) : (
        <>
          <h1 className="pf-list__title">{title}</h1>
          <span className="pf-list__count" role="status">
            {count}
          </span>
        </>
      )}
    </div>
  );
}
