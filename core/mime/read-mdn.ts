/** Reads message disposition notifications (RFC 8098 §3, RFC 6533 §4), tolerantly, as whatever program wrote them. Total: never throws. */
import { limits } from "../limits.ts";
import type { BodyPart, ParsedMessage } from "../mail/email-item.ts";
import { leafParts } from "./body-structure.ts";
import { readBodyValue } from "./body-value.ts";
import { withoutComments } from "./comments.ts";
import type { Disposition, DispositionReport } from "./compose-mdn.ts";
import { type HeaderField, headerText, readHeaderBlock } from "./header-fields.ts";
import { parseText } from "./header-forms.ts";
import { htmlToText } from "./html-text.ts";
import { decodeTransfer } from "./transfer-encoding.ts";
import { unfold } from "./unfold.ts";

/** The part for programs (RFC 8098 §3.1). */
export interface ReadReport extends Omit<DispositionReport, "finalRecipient"> {
  readonly finalRecipient: string | null;
  readonly mdnGateway: string | null;
  readonly error: readonly string[] | null;
}

export interface ReadMdn extends ReadReport {
  readonly subject: string | null;
  readonly textBody: string | null;
  readonly includeOriginalMessage: boolean;
}

const REPORT = /^message\/(?:global-)?disposition-notification$/;
const MESSAGE = /^message\/(?:rfc822|global)$/;

/** Parts of the multipart/report that holds a disposition notification: the root, or inside what a list or a scanner put round it. */
const reportParts = ({ type, subParts }: BodyPart): readonly BodyPart[] | null => {
  if (type === "multipart/report" && subParts?.some((part) => REPORT.test(part.type))) return subParts;
  for (const inner of subParts ?? []) {
    const found = reportParts(inner);
    if (found) return found;
  }
  return null;
};

/** The part for programs of a message that is a disposition notification; null when it is none, by its structure alone. */
export const reportPartOf = ({ bodyStructure }: Pick<ParsedMessage, "bodyStructure">): BodyPart | null =>
  reportParts(bodyStructure)?.find(({ type }) => REPORT.test(type)) ?? null;

/** Names with a meaning of their own (RFC 8098 §3.1), in lower case; others are extensions. */
export const REPORT_FIELDS: ReadonlySet<string> = new Set([
  "reporting-ua",
  "mdn-gateway",
  "original-recipient",
  "final-recipient",
  "original-message-id",
  "disposition",
  "error",
]);

const DISPOSITION =
  /^\s*(manual-action|automatic-action)\s*\/\s*(mdn-sent-manually|mdn-sent-automatically)\s*;\s*(deleted|dispatched|displayed|processed)\s*(?:\/.*)?$/is;

/** RFC 8098 §3.2.6, in lower case as RFC 9007 §2 wants it; the modifiers have no property. */
const parseDisposition = (raw: string): Disposition | null => {
  const match = DISPOSITION.exec(withoutComments(unfold(raw)));
  if (!match) return null;
  const [actionMode, sendingMode, type] = match.slice(1).map((word) => word.toLowerCase());
  return { actionMode, sendingMode, type } as Disposition;
};

/** Some programs begin the fields with an empty line. */
const fieldsStart = (octets: Buffer): number => {
  let at = 0;
  while (octets[at] === 13 || octets[at] === 10) at += 1;
  return at;
};

/** The report's fields in Text form; the last of a name counts, as in a message's header. */
const readFields = (octets: Buffer, fields: readonly HeaderField[]) => {
  const textOf = (field: HeaderField): string => parseText(headerText(octets, field).trimEnd());
  const known = new Map<string, HeaderField>();
  const extensions = new Map<string, readonly [name: string, value: string]>();
  const errors: string[] = [];
  for (const field of fields) {
    const name = field.name.toLowerCase();
    if (name === "error") errors.push(textOf(field));
    else if (REPORT_FIELDS.has(name)) known.set(name, field);
    else if (extensions.has(name) || extensions.size < limits.mdn.extensionFields) extensions.set(name, [field.name, textOf(field)]);
  }
  const text = (name: string): string | null => {
    const field = known.get(name);
    return field ? textOf(field) || null : null;
  };
  const disposition = known.get("disposition");
  return {
    reportingUA: text("reporting-ua"),
    mdnGateway: text("mdn-gateway"),
    originalRecipient: text("original-recipient"),
    finalRecipient: text("final-recipient"),
    originalMessageId: text("original-message-id"),
    disposition: disposition ? parseDisposition(headerText(octets, disposition)) : null,
    error: errors.length > 0 ? errors.slice(0, limits.mdn.extensionFields) : null,
    extensionFields: extensions.size > 0 ? Object.fromEntries(extensions.values()) : null,
  };
};

/** The words for people: the first text before the report, HTML without its markup when there is no plain one. */
const readWords = (octets: Buffer, before: readonly BodyPart[]): string | null => {
  const texts = before.flatMap(leafParts).filter(({ type }) => type === "text/plain" || type === "text/html");
  const part = texts.find(({ type }) => type === "text/plain") ?? texts[0];
  if (!part) return null;
  const { value } = readBodyValue(bodyOf(octets, part), part, limits.mdn.textOctets);
  return part.type === "text/html" ? htmlToText(value, limits.mdn.textOctets) : value;
};

/** `encoded`: the octets that `part.body` names, or their beginning. Null when the disposition cannot be read. */
export const readReport = (encoded: Buffer, part: Pick<BodyPart, "encoding">): ReadReport | null => {
  const content = decodeTransfer(encoded, 0, Math.min(encoded.length, limits.mdn.reportOctets), part.encoding);
  const { fields } = readHeaderBlock(content, fieldsStart(content), content.length);
  const { disposition, ...read } = readFields(content, fields);
  return disposition ? { ...read, disposition } : null;
};

const bodyOf = (octets: Buffer, { body: [offset, length] }: BodyPart): Buffer => octets.subarray(offset, offset + length);

/** Null when the message is no disposition notification, or one whose disposition cannot be read. `message` was read from `octets`. */
export const readMdn = (octets: Buffer, message: ParsedMessage): ReadMdn | null => {
  const parts = reportParts(message.bodyStructure);
  const index = parts?.findIndex(({ type }) => REPORT.test(type)) ?? -1;
  const part = parts?.[index];
  const report = part ? readReport(bodyOf(octets, part), part) : null;
  if (!parts || !report) return null;
  return {
    subject: message.subject,
    textBody: readWords(octets, parts.slice(0, index)),
    includeOriginalMessage: parts.some(({ type }) => MESSAGE.test(type)),
    ...report,
  };
};
