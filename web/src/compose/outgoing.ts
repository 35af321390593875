/** What is being written, and the Email that it becomes (RFC 8621 §4.6). */
import type { Address, EmailContent, Identity } from "../jmap/types.ts";
import type { ReplyKind } from "./compose-context.tsx";
import { htmlToText } from "./html-to-text.ts";
import { escapeHtml, type Quote, withQuoteHtml, withQuoteText } from "./quote.ts";

export interface OutgoingFile {
  readonly blobId: string;
  readonly name: string;
  readonly type: string;
  readonly sizeOctets: number;
  /** A picture that the quoted original shows. */
  readonly cid: string | null;
}

export interface Outgoing {
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly bcc: readonly Address[];
  readonly subject: string;
  readonly format: "rich" | "plain";
  /** HTML from the editor, or text from the plain box, by `format`. */
  readonly body: string;
  readonly quote: Quote | null;
  readonly kind: ReplyKind | null;
  readonly files: readonly OutgoingFile[];
  readonly inReplyTo: readonly string[] | null;
  readonly references: readonly string[] | null;
}

export function emailCreate(outgoing: Outgoing, identity: Identity, draftsId: string): Record<string, unknown> {
  const rich = outgoing.format === "rich";
  const text = withQuoteText(rich ? htmlToText(outgoing.body) : outgoing.body, outgoing.quote, outgoing.kind);
  const html = rich ? `<!doctype html><html><body>${withQuoteHtml(outgoing.body, outgoing.quote, outgoing.kind)}</body></html>` : null;
  const attachments = outgoing.files
    .filter((file) => file.cid === null || html !== null)
    .map((file) => ({
      blobId: file.blobId,
      name: file.name,
      type: file.type || "application/octet-stream",
      disposition: file.cid === null ? "attachment" : "inline",
      ...(file.cid === null ? {} : { cid: file.cid }),
    }));
  const optional = (name: string, list: readonly unknown[] | null) => (list && list.length > 0 ? { [name]: list } : {});
  return {
    mailboxIds: { [draftsId]: true },
    keywords: { $draft: true, $seen: true },
    from: [{ name: identity.name || null, email: identity.email }],
    ...optional("replyTo", identity.replyTo),
    ...optional("to", outgoing.to),
    ...optional("cc", outgoing.cc),
    ...optional("bcc", outgoing.bcc),
    ...optional("inReplyTo", outgoing.inReplyTo),
    ...optional("references", outgoing.references),
    subject: outgoing.subject,
    textBody: [{ partId: "text", type: "text/plain" }],
    ...(html === null ? {} : { htmlBody: [{ partId: "html", type: "text/html" }] }),
    bodyValues: { text: { value: text }, ...(html === null ? {} : { html: { value: html } }) },
    ...(attachments.length > 0 ? { attachments } : {}),
  };
}

/** The files of a forwarded message or a draft go along by their blobs: nothing is downloaded or uploaded again. */
export function filesOf(content: EmailContent, onlyInline: boolean): readonly OutgoingFile[] {
  const html = Object.values(content.bodyValues)
    .map((value) => value.value)
    .join("");
  return content.attachments.flatMap((part) => {
    if (!part.blobId) return [];
    const shown = part.cid !== null && html.includes(`cid:${part.cid}`);
    if (onlyInline && !shown) return [];
    return [
      {
        blobId: part.blobId,
        name: part.name ?? (shown ? "image" : "attachment"),
        type: part.type,
        sizeOctets: part.size,
        cid: shown ? part.cid : null,
      },
    ];
  });
}

export const isEmptyOutgoing = (outgoing: Outgoing): boolean =>
  outgoing.to.length + outgoing.cc.length + outgoing.bcc.length + outgoing.files.length === 0 &&
  outgoing.subject.trim() === "" &&
  (outgoing.format === "rich" ? htmlToText(outgoing.body) : outgoing.body).trim() === "";

export const textAsHtml = (text: string): string =>
  text
    .split(/\n/)
    .map((line) => `<p>${escapeHtml(line)}</p>`)
    .join("");
