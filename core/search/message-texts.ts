/** The texts of a message by field (RFC 8621 §4.4.1): addresses, subject, bodies, attached texts and documents. */
import type { BodyPart, EmailAddress, EmailItem } from "../mail/email-item.ts";
import { leafParts } from "../mime/body-structure.ts";
import { readIndexText } from "../mime/body-value.ts";
import type { MessageTexts } from "./fields.ts";

/** Characters of one part, and octets of one attached document, that are indexed. */
export const PART_CHARACTERS = 500_000;
export const DOCUMENT_OCTETS = 10 * 1024 * 1024;

const addresses = (list: readonly EmailAddress[] | null): string[] => (list ?? []).map(({ name, email }) => `${name ?? ""} ${email}`);

const isAttached = (part: BodyPart): boolean => part.disposition?.toLowerCase() === "attachment" || part.name !== null;

/** Leaves whose octets hold text. */
export const textParts = (item: EmailItem): BodyPart[] =>
  leafParts(item.message.bodyStructure).filter(({ type }) => type === "text/plain" || type === "text/html" || type === "text/calendar");

/** Leaves that are documents for `DocumentText` to read. */
export const documentParts = (item: EmailItem, reads: (type: string, name: string | null) => boolean): BodyPart[] =>
  leafParts(item.message.bodyStructure).filter((part) => part.body[1] <= DOCUMENT_OCTETS && reads(part.type, part.name));

/** `octetsOf` gives the encoded octets of a part that was read; documents' texts come from outside. */
export const messageTexts = (
  item: EmailItem,
  octetsOf: (part: BodyPart) => Uint8Array,
  documents: readonly string[] = [],
): MessageTexts => {
  const { from, to, cc, bcc, subject, bodyStructure } = item.message;
  const body: string[] = [];
  const attachment: string[] = [...documents];
  for (const part of leafParts(bodyStructure)) if (part.name) attachment.push(part.name);
  for (const part of textParts(item)) (isAttached(part) ? attachment : body).push(readIndexText(octetsOf(part), part, PART_CHARACTERS));
  return {
    from: addresses(from),
    to: addresses(to),
    cc: addresses(cc),
    bcc: addresses(bcc),
    subject: subject ? [subject] : [],
    body,
    attachment,
  };
};
