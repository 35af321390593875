/** What an MDN says when the client leaves it to the server (RFC 9007 §2 `subject`, `textBody`). */
import type { ParsedMessage } from "../../mail/email-item.ts";
import type { Disposition } from "../../mime/compose-mdn.ts";
import { writeDate } from "../../mime/writing/header-line.ts";

const opening: Readonly<Record<Disposition["type"], string>> = {
  displayed: "Read",
  deleted: "Deleted",
  dispatched: "Sent on",
  processed: "Processed",
};

const sentence: Readonly<Record<Disposition["type"], string>> = {
  displayed: "was displayed. There is no guarantee that it was read or understood.",
  deleted: "was deleted. The recipient may or may not have seen it, and could still recover it.",
  dispatched: "was sent on, printed or faxed without being displayed to the recipient.",
  processed: "was processed without being displayed to the recipient.",
};

/** The message's subject stays whole behind the opening: by it the sender's program finds the thread. */
export const defaultSubject = (type: Disposition["type"], { subject }: ParsedMessage): string =>
  `${opening[type]}: ${(subject ?? "").slice(0, 900)}`.trim();

export const defaultText = (type: Disposition["type"], { subject, sentAt }: ParsedMessage, recipient: string): string => {
  const named = subject ? `“${subject.slice(0, 200)}”` : "without a subject";
  const when = sentAt === null ? "" : `, sent on ${writeDate(sentAt, 0)},`;
  return `Your message ${named}${when} to ${recipient} ${sentence[type]}\n`;
};
