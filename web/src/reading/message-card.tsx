/** One message: who, to whom, when; warnings; what it says; what came with it; and what to do with it. */
import { useEffect, useRef, useState } from "react";
import { Icon } from "../app/icons.tsx";
import { useMail } from "../app/mail-context.tsx";
import { useShortcut } from "../app/shortcuts.ts";
import { useCompose } from "../compose/compose-context.tsx";
import { problemSentence } from "../jmap/problems.ts";
import type { Address, EmailContent, EmailSummary } from "../jmap/types.ts";
import { useContent, useIdentities } from "../mail/hooks.ts";
import { cardDateText, displayName, fullDate, namesOf, shortDate } from "../mail/wording.ts";
import { AttachmentList } from "./attachments.tsx";
import { marksOf } from "./marks.ts";
import { MessageBody } from "./message-body.tsx";

interface MessageCardProps {
  readonly accountId: string;
  readonly email: EmailSummary;
  readonly open: boolean;
  readonly newest: boolean;
  readonly onToggle: () => void;
  readonly onRead: () => void;
}

export function MessageCard({ accountId, email, open, newest, onToggle, onRead }: MessageCardProps) {
  const from = email.from?.[0];
  const compose = useCompose();
  const isDraft = email.keywords.$draft === true;
  return (
    <article
      className="pf-card"
      data-open={open}
      aria-label={`${isDraft ? "Draft" : "Message"} from ${from ? displayName(from) : "unknown sender"}`}
    >
      <button type="button" className="pf-card__head" aria-expanded={open} onClick={onToggle}>
        <span className="pf-card__initials" aria-hidden="true">
          {initials(from)}
        </span>
        <span className="pf-card__who">
          <span className="pf-card__name">{from ? displayName(from) : "(no sender)"}</span>
          {open && from?.name ? <span className="pf-card__address">{from.email}</span> : null}
          {open ? null : <span className="pf-card__preview">{email.preview}</span>}
        </span>
        {isDraft ? <strong className="nhsuk-tag nhsuk-tag--yellow">Draft</strong> : null}
        <time className="pf-card__date" dateTime={email.receivedAt} title={fullDate(email.receivedAt)}>
          {open ? cardDateText(email.receivedAt, new Date()) : shortDate(email.receivedAt, new Date())}
        </time>
      </button>
      {open ? (
        isDraft ? (
          <div className="pf-card__body">
            <p>{email.preview}</p>
            <button
              type="button"
              className="nhsuk-button nhsuk-button--secondary nhsuk-button--small"
              onClick={() => compose({ kind: "draft", accountId, draftId: email.id })}
            >
              Carry on writing
            </button>
          </div>
        ) : (
          <OpenMessage accountId={accountId} email={email} newest={newest} onRead={onRead} />
        )
      ) : null}
    </article>
  );
}

const initials = (address: Address | undefined) =>
  (address ? displayName(address) : "?")
    .replace(/[^\p{L}\p{N} ]/gu, " ")
    .trim()
    .split(/\s+/)
    .map((word) => word[0] ?? "")
    .filter((_, index, all) => index === 0 || index === all.length - 1)
    .join("")
    .toUpperCase() || "?";

function OpenMessage({ accountId, email, newest, onRead }: Omit<MessageCardProps, "open" | "onToggle">) {
  const content = useContent(accountId, email.id);
  const unread = !email.keywords.$seen;
  const read = useRef(false);
  useEffect(() => {
    if (content.data && unread && !read.current) {
      read.current = true;
      onRead();
    }
  }, [content.data, unread, onRead]);
  if (content.isPending)
    return (
      <div className="pf-card__body" aria-busy="true">
        <p className="pf-quiet">Opening…</p>
      </div>
    );
  if (content.isError || !content.data) {
    return (
      <div className="pf-card__body">
        <p>{content.isError ? problemSentence(content.error) : "This message is no longer here."}</p>
        <button type="button" className="nhsuk-button nhsuk-button--secondary nhsuk-button--small" onClick={() => void content.refetch()}>
          Try again
        </button>
      </div>
    );
  }
  return <LoadedMessage accountId={accountId} content={content.data} newest={newest} />;
}

function LoadedMessage({
  accountId,
  content,
  newest,
}: {
  readonly accountId: string;
  readonly content: EmailContent;
  readonly newest: boolean;
}) {
  const { jmap } = useMail();
  const compose = useCompose();
  const identities = useIdentities(accountId);
  const own = new Set(
    [jmap.username, ...identities.map((identity) => identity.email)]
      .map((email) => email.split("@")[1]?.toLowerCase() ?? "")
      .filter(Boolean),
  );
  const marks = own.size > 0 ? marksOf(content, own) : [];
  const answer = (kind: "reply" | "replyAll" | "forward") => compose({ kind, accountId, original: content });
  useShortcut("r", newest ? () => answer("reply") : null);
  useShortcut("a", newest ? () => answer("replyAll") : null);
  useShortcut("f", newest ? () => answer("forward") : null);
  const others = (content.to?.length ?? 0) + (content.cc?.length ?? 0) > 1;
  return (
    <div className="pf-card__body">
      <Recipients content={content} />
      {marks.map((mark) => (
        <div key={mark.title} className={`pf-mark-banner pf-mark-banner--${mark.tone}`} role="note">
          <Icon name="warning" />
          <p>
            <strong>{mark.title}.</strong> {mark.text}
          </p>
        </div>
      ))}
      <MessageBody accountId={accountId} content={content} />
      <AttachmentList accountId={accountId} content={content} />
      <div className="pf-card__answers">
        <button type="button" className="nhsuk-button nhsuk-button--small" onClick={() => answer("reply")}>
          <Icon name="reply" size={18} /> Reply
        </button>
        {others ? (
          <button type="button" className="nhsuk-button nhsuk-button--secondary nhsuk-button--small" onClick={() => answer("replyAll")}>
            <Icon name="replyAll" size={18} /> Reply all
          </button>
        ) : null}
        <button type="button" className="nhsuk-button nhsuk-button--secondary nhsuk-button--small" onClick={() => answer("forward")}>
          <Icon name="forward" size={18} /> Forward
        </button>
      </div>
    </div>
  );
}

function Recipients({ content }: { readonly content: EmailContent }) {
  const [all, setAll] = useState(false);
  const groups = (
    [
      ["To", content.to],
      ["Cc", content.cc],
      ["Bcc", content.bcc],
    ] as const
  ).filter(([, list]) => list && list.length > 0);
  const many = groups.some(([, list]) => (list?.length ?? 0) > 3);
  if (groups.length === 0) return null;
  return (
    <div className="pf-card__recipients">
      <dl>
        {groups.map(([label, list]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              {all
                ? (list ?? []).map((address) => (address.name ? `${address.name} <${address.email}>` : address.email)).join(", ")
                : namesOf(list)}
            </dd>
          </div>
        ))}
      </dl>
      {many || groups.some(([, list]) => list?.some((address) => address.name)) ? (
        <button type="button" className="pf-link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Hide addresses" : "Show addresses"}
        </button>
      ) : null}
    </div>
  );
}
