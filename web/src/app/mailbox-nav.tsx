/** Own mailboxes, then those that others share. */
import { useState } from "react";
import { useMailboxes } from "../mail/hooks.ts";
import { mailboxRows } from "../mail/mailbox-tree.ts";
import { plural } from "../mail/wording.ts";
import { Icon, type IconName } from "./icons.tsx";
import { useMail } from "./mail-context.tsx";
import { type Place, writePlace } from "./router.ts";

interface MailboxNavProps {
  readonly accountId: string | null;
  readonly place: Place;
  readonly onCompose: () => void;
  readonly onChosen: () => void;
}

const icons: Record<string, IconName> = {
  inbox: "inbox",
  drafts: "drafts",
  sent: "sent",
  archive: "archive",
  junk: "junk",
  trash: "trash",
};

export function MailboxNav({ accountId, place, onCompose, onChosen }: MailboxNavProps) {
  const { jmap } = useMail();
  const accounts = Object.entries(jmap.accounts);
  const own = accounts.filter(([, account]) => account.isPersonal);
  const shared = accounts
    .filter(([, account]) => !account.isPersonal)
    .sort(([, left], [, right]) => left.name.localeCompare(right.name, "en-GB"));
  return (
    <nav className="pf-nav" id="mailboxes" aria-label="Mailboxes">
      <button
        type="button"
        className="nhsuk-button pf-nav__compose"
        onClick={() => {
          onChosen();
          onCompose();
        }}
      >
        <Icon name="plus" size={18} /> New message
      </button>
      {own.map(([id]) => (
        <MailboxesOf key={id} accountId={id} place={place} onChosen={onChosen} />
      ))}
      {shared.length > 0 ? (
        <>
          <h2 className="pf-nav__heading">Shared with you</h2>
          <ul className="pf-nav__shared">
            {shared.map(([id, account]) => (
              <SharedAccount
                key={id}
                accountId={id}
                name={account.name}
                initiallyOpen={id === accountId}
                place={place}
                onChosen={onChosen}
              />
            ))}
          </ul>
        </>
      ) : null}
    </nav>
  );
}

interface SharedProps {
  readonly accountId: string;
  readonly name: string;
  readonly initiallyOpen: boolean;
  readonly place: Place;
  readonly onChosen: () => void;
}

function SharedAccount({ accountId, name, initiallyOpen, place, onChosen }: SharedProps) {
  const [open, setOpen] = useState(initiallyOpen);
  const inbox = useMailboxes(accountId).find((mailbox) => mailbox.role === "inbox");
  return (
    <li>
      <button type="button" className="pf-nav__item pf-nav__account" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="shared" />
        <span className="pf-nav__name">{name}</span>
        {!open && inbox ? <Count count={inbox.unreadEmails} what="unread" /> : null}
      </button>
      {open ? <MailboxesOf accountId={accountId} place={place} onChosen={onChosen} nested /> : null}
    </li>
  );
}

interface MailboxesProps {
  readonly accountId: string;
  readonly place: Place;
  readonly onChosen: () => void;
  readonly nested?: boolean;
}

function MailboxesOf({ accountId, place, onChosen, nested }: MailboxesProps) {
  const rows = mailboxRows(useMailboxes(accountId));
  const current = place.accountId === accountId && place.view?.kind === "mailbox" ? place.view.mailboxId : null;
  return (
    <ul className={`pf-nav__list${nested ? " pf-nav__list--nested" : ""}`}>
      {rows.map(({ mailbox, name, depth }) => (
        <li key={mailbox.id}>
          <a
            className="pf-nav__item"
            data-depth={depth}
            href={writePlace({ accountId, view: { kind: "mailbox", mailboxId: mailbox.id }, threadId: null })}
            aria-current={mailbox.id === current ? "page" : undefined}
            onClick={onChosen}
          >
            <Icon name={icons[mailbox.role ?? ""] ?? "folder"} />
            <span className="pf-nav__name">{name}</span>
            {mailbox.role === "drafts" ? (
              <Count count={mailbox.totalEmails} what="draft" plain />
            ) : (
              <Count count={mailbox.role === "trash" || mailbox.role === "sent" ? 0 : mailbox.unreadEmails} what="unread" />
            )}
          </a>
        </li>
      ))}
    </ul>
  );
}

function Count({ count, what, plain }: { readonly count: number; readonly what: "unread" | "draft"; readonly plain?: boolean }) {
  if (count === 0) return null;
  const words = what === "unread" ? `, ${count} unread` : `, ${plural(count, "draft")}`;
  return (
    <>
      <span className={plain ? "pf-nav__plain" : "pf-nav__count"} aria-hidden="true">
        {count > 999 ? "999+" : count}
      </span>
      <span className="nhsuk-u-visually-hidden">{words}</span>
    </>
  );
}
