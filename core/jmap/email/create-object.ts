/** What an Email object sent for creation (RFC 8621 §4.6) says apart from its header and body, which composing it checks. */
import type { Wire } from "../engine/definition.ts";
import { utcDate } from "../engine/kinds.ts";
import { invalidProperties, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import { KEYWORDS_PER_EMAIL, namesOfTrueMap, readKeywords } from "./keywords.ts";

export interface CreateObject {
  readonly keywords: readonly string[];
  /** Ids or `#creationId`. */
  readonly mailboxIds: readonly string[];
  /** ms since 1970 UTC; null: now. */
  readonly receivedAt: number | null;
}

const SETTABLE: ReadonlySet<string> = new Set([
  "mailboxIds",
  "keywords",
  "receivedAt",
  "messageId",
  "inReplyTo",
  "references",
  "sender",
  "from",
  "to",
  "cc",
  "bcc",
  "replyTo",
  "subject",
  "sentAt",
  "bodyStructure",
  "bodyValues",
  "textBody",
  "htmlBody",
  "attachments",
]);

export const readCreateObject = (sent: Wire): Outcome<CreateObject, SetError> => {
  const faults = Object.keys(sent).filter((name) => !SETTABLE.has(name) && !name.startsWith("header:"));
  const mailboxIds = namesOfTrueMap(sent.mailboxIds);
  if (!mailboxIds || mailboxIds.length === 0) faults.push("mailboxIds");
  const keywords = readKeywords(sent.keywords ?? {});
  if (!keywords) faults.push("keywords");
  const { receivedAt = null } = sent;
  if (receivedAt !== null && utcDate(receivedAt)) faults.push("receivedAt");
  if (faults.length > 0) return refuse(invalidProperties(faults));
  if (keywords!.length > KEYWORDS_PER_EMAIL) return refuse(setError("tooManyKeywords"));
  return ok({ keywords: keywords!, mailboxIds: mailboxIds!, receivedAt: receivedAt === null ? null : Date.parse(receivedAt as string) });
};
