/** The form of a message. Saved by itself a moment after the last change; closing keeps the draft. */
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { Icon } from "../app/icons.tsx";
import { useMail } from "../app/mail-context.tsx";
import type { Address, Identity, Mailbox } from "../jmap/types.ts";
import { withRole } from "../mail/mailbox-tree.ts";
import { sizeText } from "../mail/wording.ts";
import { MessageFrame } from "../reading/message-frame.tsx";
import { sanitiseMessage } from "../reading/sanitise-message.ts";
import { AddressField } from "./address-field.tsx";
import { FileList } from "./file-list.tsx";
import { htmlToText } from "./html-to-text.ts";
import { type Outgoing, textAsHtml } from "./outgoing.ts";
import type { ComposeStart } from "./start.ts";
import { suggestPeople } from "./suggestions.ts";
import { useFiles } from "./use-files.ts";
import { useSending } from "./use-sending.ts";

const Editor = lazy(() => import("./editor.tsx"));

interface ComposeFormProps {
  readonly accountId: string;
  readonly start: ComposeStart;
  readonly identities: readonly Identity[];
  readonly mailboxes: readonly Mailbox[];
  readonly onClose: () => void;
}

type Field = "to" | "cc" | "bcc";

export function ComposeForm({ accountId, start, identities, mailboxes, onClose }: ComposeFormProps) {
  const { store } = useMail();
  const [people, setPeople] = useState<Record<Field, readonly Address[]>>({ to: start.to, cc: start.cc, bcc: start.bcc });
  const [typed, setTyped] = useState<Record<Field, string>>({ to: "", cc: "", bcc: "" });
  const [more, setMore] = useState(start.cc.length + start.bcc.length > 0);
  const [subject, setSubject] = useState(start.subject);
  const [format, setFormat] = useState(start.format);
  const [body, setBody] = useState(start.body);
  const [quoted, setQuoted] = useState(start.quote !== null);
  const [identityId, setIdentityId] = useState(identities[0]?.id ?? "");
  const [minimised, setMinimised] = useState(false);
  const files = useFiles(accountId, start.files);
  const picker = useRef<HTMLInputElement>(null);
  const identity = identities.find((each) => each.id === identityId) ?? identities[0];
  const outgoing: Outgoing = {
    ...people,
    subject,
    format,
    body,
    quote: quoted ? start.quote : null,
    kind: start.kind,
    files: quoted || start.kind === "forward" ? files.ready : files.ready.filter((file) => file.cid === null),
    inReplyTo: start.inReplyTo,
    references: start.references,
  };
  const sending = useSending({
    accountId,
    start,
    outgoing,
    typed: Object.values(typed).join(" ").trim(),
    filesSending: files.sending,
    identity: identity as Identity,
    drafts: withRole(mailboxes, "drafts") ?? null,
    sent: withRole(mailboxes, "sent") ?? null,
    onClose,
  });
  // The words of a reply come first; a new message begins with its recipient.
  const focusBody = start.kind === "reply" || start.kind === "replyAll" || start.draftId !== null;
  const suggest = (text: string) => suggestPeople(store.all(), text, new Set(identities.map((each) => each.email.toLowerCase())));
  const field = (name: Field, label: string) => (
    <AddressField
      id={`compose-${name}`}
      label={label}
      addresses={people[name]}
      onChange={(addresses) => setPeople((before) => ({ ...before, [name]: addresses }))}
      typed={typed[name]}
      onTyped={(text) => setTyped((before) => ({ ...before, [name]: text }))}
      suggest={suggest}
      problem={
        sending.problems[name] ?? (typed[name].trim() !== "" && sending.tried ? `“${typed[name].trim()}” is not an email address` : null)
      }
      autoFocus={name === "to" && !focusBody}
    />
  );
  const switchFormat = () => {
    setBody(format === "rich" ? htmlToText(body) : textAsHtml(body));
    setFormat(format === "rich" ? "plain" : "rich");
  };
  const title = subject.trim() || (start.kind === "forward" ? "Forward" : start.kind ? "Reply" : "New message");
  return (
    <section
      className="pf-compose"
      data-minimised={minimised}
      aria-label={`Writing: ${title}`}
      onDragOver={(event) => event.dataTransfer.types.includes("Files") && event.preventDefault()}
      onDrop={(event) => {
        if (event.dataTransfer.files.length === 0) return;
        event.preventDefault();
        files.add([...event.dataTransfer.files]);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          void sending.send();
        }
        if (event.key === "Escape" && !event.defaultPrevented) {
          event.stopPropagation();
          void sending.close();
        }
      }}
    >
      <div className="pf-compose__head">
        <h2>{title}</h2>
        <span className="pf-compose__state" role="status">
          {sending.saveState}
        </span>
        <button
          type="button"
          className="pf-tool"
          aria-label={minimised ? "Show the message" : "Put aside"}
          title={minimised ? "Show" : "Put aside"}
          aria-expanded={!minimised}
          onClick={() => setMinimised(!minimised)}
        >
          <Icon name={minimised ? "expand" : "minimise"} size={18} />
        </button>
        <button
          type="button"
          className="pf-tool"
          aria-label="Close and keep the draft"
          title="Close and keep the draft"
          onClick={() => void sending.close()}
        >
          <Icon name="close" size={18} />
        </button>
      </div>
      <div className="pf-compose__body" hidden={minimised}>
        {sending.refused ? (
          <div className="pf-compose__refused" role="alert">
            <Icon name="warning" /> <span>{sending.refused}</span>
          </div>
        ) : null}
        {identities.length > 1 ? (
          <div className="pf-to">
            <label htmlFor="compose-from">From</label>
            <select id="compose-from" className="nhsuk-select" value={identity?.id} onChange={(event) => setIdentityId(event.target.value)}>
              {identities.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.name ? `${each.name} <${each.email}>` : each.email}
                </option>
              ))}
            </select>
          </div>
        ) : null}
        <div className="pf-compose__to">
          {field("to", "To")}
          {more ? null : (
            <button type="button" className="pf-link" onClick={() => setMore(true)}>
              Cc and Bcc
            </button>
          )}
        </div>
        {more ? field("cc", "Cc") : null}
        {more ? field("bcc", "Bcc") : null}
        <div className="pf-to">
          <label htmlFor="compose-subject">Subject</label>
          <div className="pf-to__box">
            <input
              id="compose-subject"
              type="text"
              autoComplete="off"
              value={subject}
              onChange={(event) => setSubject(event.target.value)}
            />
          </div>
        </div>
        <div className="pf-compose__text">
          {format === "rich" ? (
            <Suspense fallback={<div className="pf-editor" aria-busy="true" />}>
              <Editor key={format} initial={body} autoFocus={focusBody} onChange={setBody} />
            </Suspense>
          ) : (
            <textarea className="pf-editor__plain" aria-label="Message" value={body} onChange={(event) => setBody(event.target.value)} />
          )}
          {start.quote ? <QuoteBox quote={start.quote} on={quoted} onChange={setQuoted} /> : null}
        </div>
        <FileList files={files.files} onRemove={files.remove} />
        <div className="pf-compose__foot">
          <button type="button" className="nhsuk-button" aria-disabled={sending.busy} onClick={() => void sending.send()}>
            {sending.busy ? "Sending…" : "Send"}
          </button>
          <button type="button" className="pf-tool pf-tool--words" onClick={() => picker.current?.click()}>
            <Icon name="clip" /> <span>Attach</span>
          </button>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            tabIndex={-1}
            aria-label="Attach files"
            onChange={(event) => {
              files.add([...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
          <button type="button" className="pf-tool pf-tool--words" onClick={switchFormat}>
            <span>{format === "rich" ? "Plain text" : "With formatting"}</span>
          </button>
          <span className="pf-reading__gap" />
          {files.totalOctets > 0 ? (
            <span className="pf-quiet">
              {sizeText(files.totalOctets)} of {sizeText(files.limitOctets)}
            </span>
          ) : null}
          <button
            type="button"
            className="pf-tool"
            aria-label="Throw this draft away"
            title="Throw away"
            onClick={() => void sending.discard()}
          >
            <Icon name="trash" />
          </button>
        </div>
      </div>
    </section>
  );
}

function QuoteBox({
  quote,
  on,
  onChange,
}: {
  readonly quote: NonNullable<ComposeStart["quote"]>;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}) {
  const [shown, setShown] = useState(false);
  const frame = useMemo(() => sanitiseMessage(quote.html, { showRemoteImages: false, inlineImages: new Map() }).html, [quote.html]);
  useEffect(() => {
    if (!on) setShown(false);
  }, [on]);
  return (
    <div className="pf-quote">
      <div className="pf-quote__head">
        <label>
          <input type="checkbox" checked={on} onChange={(event) => onChange(event.target.checked)} /> Include the original message
        </label>
        {on ? (
          <button type="button" className="pf-link" aria-expanded={shown} onClick={() => setShown(!shown)}>
            {shown ? "Hide it" : "Show it"}
          </button>
        ) : null}
      </div>
      {on && shown ? (
        <div className="pf-quote__body">
          <p>{quote.lead.join("\n")}</p>
          <MessageFrame html={frame} label="The original message" />
        </div>
      ) : null}
    </div>
  );
}
