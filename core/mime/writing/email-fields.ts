/** RFC 8621 §4.6: the header fields that an Email or EmailBodyPart to be created asks for. */
import * as z from "zod";
import { type HeaderForm, parseHeaderProperty } from "../header-forms.ts";
import { foldField, writeAddresses, writeDate, writeGroups, writeMessageIds, writeRaw, writeText, writeUrls } from "./header-line.ts";

const text = z.string().max(100_000);
/** What cannot be folded must fit a line of 998 octets. */
const unbroken = z.string().refine((value) => Buffer.byteLength(value) <= 900);
const address = z.object({ name: text.nullish(), email: unbroken });
const addresses = z.array(address).max(2_000);
const strings = z.array(unbroken).max(1_000);

const jmapDate = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/;

/** RFC 8620 §1.4 Date as a header value; null when it is none. */
const writeJmapDate = (value: string): string | null => {
  const match = jmapDate.exec(value);
  const wall = match ? Date.parse(`${match[1]}Z`) : Number.NaN;
  if (!match || Number.isNaN(wall)) return null;
  const offset = match[2] ? (Number(match[3]) * 60 + Number(match[4])) * (match[2] === "-" ? -1 : 1) : 0;
  return writeDate(wall - offset * 60_000, offset);
};

type Writer = (value: unknown) => string | null;

const writer =
  <Value>(schema: z.ZodType<Value>, write: (value: Value) => string | null): Writer =>
  (value) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? write(parsed.data) : null;
  };

const writers: Readonly<Record<HeaderForm, Writer>> = {
  Raw: writer(text, writeRaw),
  Text: writer(text, writeText),
  Addresses: writer(addresses, writeAddresses),
  GroupedAddresses: writer(z.array(z.object({ name: text.nullish(), addresses })).max(1_000), writeGroups),
  MessageIds: writer(strings, writeMessageIds),
  Date: writer(text, writeJmapDate),
  URLs: writer(strings, writeUrls),
};

/** Convenience properties of Email (RFC 8621 §4.1.3) in the order in which mail programs write the fields. */
const conveniences: readonly (readonly [property: string, field: string, form: HeaderForm])[] = [
  ["sentAt", "Date", "Date"],
  ["from", "From", "Addresses"],
  ["sender", "Sender", "Addresses"],
  ["replyTo", "Reply-To", "Addresses"],
  ["to", "To", "Addresses"],
  ["cc", "Cc", "Addresses"],
  ["bcc", "Bcc", "Addresses"],
  ["subject", "Subject", "Text"],
  ["messageId", "Message-ID", "MessageIds"],
  ["inReplyTo", "In-Reply-To", "MessageIds"],
  ["references", "References", "MessageIds"],
];

export interface EmailFields {
  /** Folded fields in order, without line ends. */
  readonly fields: string[];
  /** Lower-case names of the fields written. */
  readonly names: ReadonlySet<string>;
  /** Properties that break RFC 8621 §4.6. */
  readonly invalid: string[];
}

interface Wanted {
  readonly property: string;
  readonly field: string;
  readonly write: Writer;
  readonly values: readonly unknown[];
}

const wantedByConvenience = (source: Readonly<Record<string, unknown>>): Wanted[] =>
  conveniences
    .filter(([property]) => source[property] !== undefined && source[property] !== null)
    .map(([property, field, form]) => ({ property, field, write: writers[form], values: [source[property]] }));

/** A header:… property; an unreadable one is wanted with no way to write it, and so invalid. */
const wantedByProperty = (property: string, value: unknown): Wanted => {
  const parsed = parseHeaderProperty(property);
  const unwritable: Wanted = { property, field: "", write: () => null, values: [value] };
  if (!parsed) return unwritable;
  if (parsed.all && !Array.isArray(value)) return unwritable;
  return { property, field: parsed.fieldName, write: writers[parsed.form], values: parsed.all ? (value as unknown[]) : [value] };
};

/** The fields of an Email (`isPart` false) or of an EmailBodyPart. `taken` holds fields that others wrote already. */
export const readEmailFields = (source: Readonly<Record<string, unknown>>, isPart: boolean, taken: ReadonlySet<string>): EmailFields => {
  const headerProperties = Object.keys(source).filter(
    (property) => property.startsWith("header:") && source[property] !== null && source[property] !== undefined,
  );
  const wanted = [
    ...(isPart ? [] : wantedByConvenience(source)),
    ...headerProperties.map((property) => wantedByProperty(property, source[property])),
  ];
  const fields: string[] = [];
  const names = new Set<string>();
  const invalid: string[] = source.headers === undefined ? [] : ["headers"];
  for (const { property, field, write, values } of wanted) {
    const name = field.toLowerCase();
    const written = values.map(write);
    const misplaced = isPart
      ? name === "content-transfer-encoding" || name === "mime-version"
      : name.startsWith("content-") || name === "mime-version";
    if (field === "" || names.has(name) || taken.has(name) || misplaced || written.includes(null)) invalid.push(property);
    else fields.push(...written.map((value) => foldField(field, value!)));
    names.add(name);
  }
  return { fields, names, invalid };
};
