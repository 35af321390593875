/** "Move to…": a button and a menu of mailboxes (WAI-ARIA menu button pattern). */
import { useEffect, useRef, useState } from "react";
import { Icon } from "../app/icons.tsx";
import type { Mailbox } from "../jmap/types.ts";
import { mailboxRows } from "../mail/mailbox-tree.ts";

interface MoveMenuProps {
  readonly mailboxes: readonly Mailbox[];
  readonly current: Mailbox | null;
  readonly onMove: (to: Mailbox) => void;
  readonly words?: boolean;
}

export function MoveMenu({ mailboxes, current, onMove, words }: MoveMenuProps) {
  const [open, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const rows = mailboxRows(mailboxes).filter(
    ({ mailbox }) => mailbox.id !== current?.id && mailbox.role !== "drafts" && mailbox.role !== "sent" && mailbox.myRights.mayAddItems,
  );
  useEffect(() => {
    if (!open) return;
    whole.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const outside = (event: PointerEvent) => {
      if (!whole.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (!open) return;
    const items = [...(whole.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) items[(at + step + items.length) % items.length]?.focus();
    else if (event.key === "Home") items[0]?.focus();
    else if (event.key === "End") items.at(-1)?.focus();
    else if (event.key === "Escape" || event.key === "Tab") {
      setOpen(false);
      if (event.key === "Tab") return;
      button.current?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys pressed on the menu items inside arrive here
    <div className="pf-menu" ref={whole} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        className={`pf-tool${words ? " pf-tool--words" : ""}`}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={words ? undefined : "Move"}
        title={words ? undefined : "Move"}
        onClick={() => setOpen(!open)}
      >
        <Icon name="move" />
        {words ? <span>Move</span> : null}
      </button>
      {open ? (
        <div className="pf-menu__list" role="menu" aria-label="Move to">
          {rows.map(({ mailbox, name, depth }) => (
            <button
              key={mailbox.id}
              type="button"
              role="menuitem"
              tabIndex={-1}
              data-depth={depth}
              onClick={() => {
                setOpen(false);
                onMove(mailbox);
              }}
            >
              {name}
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
