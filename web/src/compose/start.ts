/** What a composer begins with: nothing, an answer, or a draft as it was left. */
import type { Address, EmailContent, Identity } from "../jmap/types.ts";
import { plainParts, richParts } from "../reading/body-parts.ts";
import { sanitiseFragment } from "../reading/sanitise-message.ts";
import type { ReplyKind } from "./compose-context.tsx";
import { htmlToText } from "./html-to-text.ts";
import { filesOf, type OutgoingFile, textAsHtml } from "./outgoing.ts";
import { type Quote, quoteClass, quoteOf } from "./quote.ts";
import { planReply } from "./reply-plan.ts";

export interface ComposeStart {
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly bcc: readonly Address[];
  readonly subject: string;
  readonly format: "rich" | "plain";
  readonly body: string;
  readonly quote: Quote | null;
  readonly kind: ReplyKind | null;
  readonly files: readonly OutgoingFile[];
  readonly inReplyTo: readonly string[] | null;
  readonly references: readonly string[] | null;
  readonly draftId: string | null;
  /** The message answered, to mark it $answered or $forwarded. */
  readonly originalId: string | null;
}

function signature(identity: Identity | undefined): string {
  const text = identity?.textSignature.trim();
  return text ? `<p></p><p></p>${textAsHtml(text)}` : "";
}

const nothing = {
  to: [],
  cc: [],
  bcc: [],
  subject: "",
  format: "rich",
  quote: null,
  kind: null,
  files: [],
  inReplyTo: null,
  references: null,
  draftId: null,
  originalId: null,
} as const;

export const startNew = (identity: Identity | undefined): ComposeStart => ({ ...nothing, body: signature(identity) });

export function startReply(kind: ReplyKind, original: EmailContent, identities: readonly Identity[]): ComposeStart {
  const plan = planReply(
    kind,
    original,
    identities.map((identity) => identity.email),
  );
  return {
    ...nothing,
    ...plan,
    body: signature(identities[0]),
    quote: quoteOf(kind, original),
    kind,
    files: filesOf(original, kind !== "forward"),
    originalId: original.id,
  };
}

export function startDraft(content: EmailContent): ComposeStart {
  // One's own text, edited as one.
  const parts = richParts(content).filter(({ isHtml }) => isHtml);
  const html = parts.length > 0 ? parts.map((part) => part.text).join("<hr>") : null;
  const text = plainParts(content)
    .map((part) => part.text)
    .join("\n");
  const split = html === null ? { body: text, quote: null, kind: null } : splitQuote(html);
  return {
    ...nothing,
    ...split,
    to: content.to ?? [],
    cc: content.cc ?? [],
    bcc: content.bcc ?? [],
    subject: content.subject ?? "",
    format: html === null ? "plain" : "rich",
    files: filesOf(content, false),
    inReplyTo: content.inReplyTo,
    references: content.references,
    draftId: content.id,
  };
}

/** Takes the original that we put below an answer back off the answer. */
function splitQuote(html: string): { body: string; quote: Quote | null; kind: ReplyKind | null } {
  const page = new DOMParser().parseFromString(html, "text/html");
  const found = page.querySelector(`div.${quoteClass}`);
  found?.remove();
  const body = sanitiseFragment(page.body.innerHTML);
  const lead = found?.querySelector("p");
  const inner = found?.children[1];
  if (!found || !lead || !inner) return { body, quote: null, kind: null };
  const leadLines = htmlToText(lead.innerHTML).split("\n");
  const quoted = sanitiseFragment(inner.innerHTML);
  return {
    body,
    quote: { lead: leadLines, html: quoted, text: htmlToText(quoted) },
    kind: inner.tagName === "BLOCKQUOTE" ? "reply" : "forward",
  };
}
