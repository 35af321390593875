/**
 * The original below an answer. It is carried beside what the person writes, never inside their editor: nothing of it is lost to the
 * editor's rules, and the sender's HTML does not enter the page. It is sanitised again here because it is about to be sent on.
 */
import type { EmailContent } from "../jmap/types.ts";
import { displayName, formatAddress, fullDate, subjectOf } from "../mail/wording.ts";
import { plainParts, richParts } from "../reading/body-parts.ts";
import { sanitiseFragment } from "../reading/sanitise-message.ts";
import type { ReplyKind } from "./compose-context.tsx";
import { htmlToText } from "./html-to-text.ts";

export interface Quote {
  /** Says when and from whom; above the original. */
  readonly lead: readonly string[];
  readonly html: string;
  readonly text: string;
}

export const quoteClass = "penfold-quote";

export const escapeHtml = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

const asLines = (text: string) => escapeHtml(text).replace(/\r?\n/g, "<br>");

export function quoteOf(kind: ReplyKind, original: EmailContent): Quote {
  const rich = richParts(original);
  const plain = plainParts(original);
  const html = (rich.length > 0 ? rich : plain).map(({ isHtml, text }) => (isHtml ? sanitiseFragment(text) : asLines(text))).join("<hr>");
  const text = (plain.length > 0 ? plain : rich).map(({ isHtml, text }) => (isHtml ? htmlToText(text) : text)).join("\n");
  const when = original.sentAt ? fullDate(original.sentAt) : "";
  const from = original.from?.[0];
  const lead =
    kind === "forward"
      ? [
          "Forwarded message",
          `From: ${(original.from ?? []).map(formatAddress).join(", ")}`,
          `Sent: ${when}`,
          `To: ${(original.to ?? []).map(formatAddress).join(", ")}`,
          ...(original.cc?.length ? [`Cc: ${original.cc.map(formatAddress).join(", ")}`] : []),
          `Subject: ${subjectOf(original.subject)}`,
        ]
      : [`${when ? `On ${when}, ` : ""}${from ? displayName(from) : "someone"} wrote:`];
  return { lead, html, text };
}

export function withQuoteHtml(written: string, quote: Quote | null, kind: ReplyKind | null): string {
  if (!quote) return written;
  const lead = quote.lead.map(escapeHtml).join("<br>");
  const body = kind === "forward" ? `<div>${quote.html}</div>` : `<blockquote type="cite">${quote.html}</blockquote>`;
  return `${written}<div class="${quoteClass}"><p>${lead}</p>${body}</div>`;
}

export function withQuoteText(written: string, quote: Quote | null, kind: ReplyKind | null): string {
  if (!quote) return written;
  const body =
    kind === "forward"
      ? quote.text
      : quote.text
          .split(/\r?\n/)
          .map((line) => (line.startsWith(">") ? `>${line}` : `> ${line}`))
          .join("\n");
  return `${written}\n\n${quote.lead.join("\n")}\n\n${body}\n`;
}
