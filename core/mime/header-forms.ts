/** RFC 8621 §4.1.2: the parsed forms of header fields, and which field may be read in which form. */

import { limits } from "../limits.ts";
import type { EmailAddress } from "../mail/email-item.ts";
import { type EmailAddressGroup, parseAddresses, parseGroupedAddresses } from "./address-list.ts";
import { formatDate, parseDateTime } from "./date-time.ts";
import { decodeEncodedWords } from "./encoded-words.ts";
import { fieldsNamed, type HeaderField, headerText, lastField, rawValue } from "./header-fields.ts";
import { parseMessageIds } from "./message-ids.ts";
import { unfold } from "./unfold.ts";
import { parseUrls } from "./url-list.ts";

export type HeaderForm = "Raw" | "Text" | "Addresses" | "GroupedAddresses" | "MessageIds" | "Date" | "URLs";
export type HeaderValue = string | EmailAddress[] | EmailAddressGroup[] | string[] | null;

/** RFC 8621 §4.1.2.2 Text form of a Raw value. */
export const parseText = (raw: string): string =>
  decodeEncodedWords(unfold(raw.slice(0, limits.parse.headerFieldOctets)).replace(/^ +/, ""), "text").normalize("NFC");

const parsers: Readonly<Record<HeaderForm, (raw: string) => HeaderValue>> = {
  Raw: (raw) => raw,
  Text: parseText,
  Addresses: parseAddresses,
  GroupedAddresses: parseGroupedAddresses,
  MessageIds: parseMessageIds,
  Date: (raw) => {
    const date = parseDateTime(raw);
    return date ? formatDate(date) : null;
  },
  URLs: parseUrls,
};

/** A Raw value in another form. */
export const parseHeaderForm = (raw: string, form: HeaderForm): HeaderValue => parsers[form](raw);

const addressForms: readonly HeaderForm[] = ["Raw", "Addresses", "GroupedAddresses"];
const messageIdForms: readonly HeaderForm[] = ["Raw", "MessageIds"];
const dateForms: readonly HeaderForm[] = ["Raw", "Date"];
const urlForms: readonly HeaderForm[] = ["Raw", "URLs"];
const textForms: readonly HeaderForm[] = ["Raw", "Text"];
const rawForms: readonly HeaderForm[] = ["Raw"];

/** Fields of RFC 5322 and RFC 2369; any other may be read in every form. */
const formsByField: ReadonlyMap<string, readonly HeaderForm[]> = new Map([
  ...["from", "sender", "reply-to", "to", "cc", "bcc"].flatMap((name) => [
    [name, addressForms] as const,
    [`resent-${name}`, addressForms] as const,
  ]),
  ...["message-id", "in-reply-to", "references", "resent-message-id"].map((name) => [name, messageIdForms] as const),
  ...["date", "resent-date"].map((name) => [name, dateForms] as const),
  ...["help", "unsubscribe", "subscribe", "post", "owner", "archive"].map((name) => [`list-${name}`, urlForms] as const),
  ...["subject", "comments", "keywords"].map((name) => [name, textForms] as const),
  ...["return-path", "received"].map((name) => [name, rawForms] as const),
]);

/** Whether RFC 8621 §4.1.2 lets the field be fetched or set in that form. */
export const isFormAllowed = (fieldName: string, form: HeaderForm): boolean =>
  formsByField.get(fieldName.toLowerCase())?.includes(form) ?? true;

/** A `header:…` property of RFC 8621 §4.1.3. */
export interface HeaderProperty {
  readonly fieldName: string;
  readonly form: HeaderForm;
  readonly all: boolean;
}

const forms = Object.keys(parsers) as HeaderForm[];

/** Reads "header:X:asY:all"; null when it is malformed, names an unknown form or one that the field may not have. */
export const parseHeaderProperty = (property: string): HeaderProperty | null => {
  const match = /^header:([\x21-\x39\x3b-\x7e]{1,998})(?::as([A-Za-z]+))?(:all)?$/.exec(property);
  if (!match) return null;
  const form = match[2] === undefined ? "Raw" : forms.find((known) => known === match[2]);
  if (!form || !isFormAllowed(match[1]!, form)) return null;
  return { fieldName: match[1]!, form, all: match[3] !== undefined };
};

/** A field's value in one form. */
const fieldValue = (octets: Buffer, field: HeaderField, form: HeaderForm): HeaderValue =>
  form === "Raw" ? rawValue(octets, field) : parseHeaderForm(headerText(octets, field), form);

/** Value of the property in a header block: the last field's, or all of them (RFC 8621 §4.1.3). */
export const headerPropertyValue = (
  octets: Buffer,
  fields: readonly HeaderField[],
  property: HeaderProperty,
): HeaderValue | HeaderValue[] => {
  const name = property.fieldName.toLowerCase();
  if (property.all) return fieldsNamed(fields, name).map((field) => fieldValue(octets, field, property.form));
  const field = lastField(fields, name);
  return field ? fieldValue(octets, field, property.form) : null;
};
