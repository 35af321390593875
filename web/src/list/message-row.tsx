/** One conversation in the list: who, what, when; the rest is in its accessible name in the order it is needed. */
import { memo } from "react";
import { Icon } from "../app/icons.tsx";
import type { EmailSummary } from "../jmap/types.ts";
import { namesOf, plural, shortDate, subjectOf } from "../mail/wording.ts";

export interface RowContent {
  readonly email: EmailSummary;
  /** Everybody who wrote in the thread, or whom it went to when it was sent from here. */
  readonly people: string;
  readonly count: number;
  readonly unread: boolean;
  readonly flagged: boolean;
  readonly attachment: boolean;
}

interface MessageRowProps {
  readonly row: RowContent;
  readonly index: number;
  readonly href: string;
  readonly open: boolean;
  readonly selected: boolean;
  /** The one row that Tab reaches. */
  readonly tabStop: boolean;
  readonly now: Date;
  readonly onSelect: (index: number, selected: boolean) => void;
  readonly onFocus: (index: number) => void;
  /** Opens otherwise than by the address: a draft opens in the composer. */
  readonly onOpen: ((index: number) => void) | null;
}

export function rowContent(emails: readonly EmailSummary[], email: EmailSummary, outgoing: boolean): RowContent {
  const all = emails.length > 0 ? emails : [email];
  const names = outgoing
    ? `To: ${namesOf(email.to, 2) || "nobody yet"}`
    : namesOf([...new Map(all.flatMap((each) => each.from ?? []).map((address) => [address.email.toLowerCase(), address])).values()], 2);
  return {
    email,
    people: names || "(no sender)",
    count: all.length,
    unread: all.some((each) => !each.keywords.$seen && !each.keywords.$draft),
    flagged: all.some((each) => each.keywords.$flagged === true),
    attachment: all.some((each) => each.hasAttachment),
  };
}

export const MessageRow = memo(function MessageRow({
  row,
  index,
  href,
  open,
  selected,
  tabStop,
  now,
  onSelect,
  onFocus,
  onOpen,
}: MessageRowProps) {
  const { email } = row;
  const marks = [row.unread ? "Unread" : "", row.flagged ? "Flagged" : "", email.keywords.$draft ? "Draft" : ""].filter(Boolean).join(", ");
  return (
    <div className={`pf-row${row.unread ? " pf-row--unread" : ""}${selected ? " pf-row--selected" : ""}`} data-open={open}>
      <span className="pf-row__select">
        <input
          type="checkbox"
          tabIndex={tabStop ? 0 : -1}
          aria-label={`Select: ${subjectOf(email.subject)}`}
          checked={selected}
          onChange={(event) => onSelect(index, event.target.checked)}
        />
      </span>
      <a
        className="pf-row__link"
        href={href}
        data-row={index}
        tabIndex={tabStop ? 0 : -1}
        aria-current={open ? "true" : undefined}
        onFocus={() => onFocus(index)}
        onClick={
          onOpen
            ? (event) => {
                event.preventDefault();
                onOpen(index);
              }
            : undefined
        }
      >
        {marks ? <span className="nhsuk-u-visually-hidden">{marks}. </span> : null}
        <span className="pf-row__top">
          <span className="pf-row__people">{row.people}</span>
          {row.count > 1 ? (
            <span className="pf-row__number">
              <span aria-hidden="true">{row.count}</span>
              <span className="nhsuk-u-visually-hidden">, {plural(row.count, "message")}</span>
            </span>
          ) : null}
          <time className="pf-row__date" dateTime={email.receivedAt}>
            {shortDate(email.receivedAt, now)}
          </time>
        </span>
        <span className="pf-row__middle">
          <span className="pf-row__subject">{subjectOf(email.subject)}</span>
          {row.attachment ? (
            <span className="pf-row__sign">
              <Icon name="clip" size={16} />
              <span className="nhsuk-u-visually-hidden">Has attachment</span>
            </span>
          ) : null}
          {row.flagged ? (
            <span className="pf-row__sign pf-row__sign--flag" aria-hidden="true">
              <Icon name="flag" size={16} />
            </span>
          ) : null}
        </span>
        <span className="pf-row__preview">{email.preview || " "}</span>
      </a>
    </div>
  );
});
