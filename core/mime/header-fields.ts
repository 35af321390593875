/**
 * Splits a header block into fields (RFC 5322 §2.2) by offset: nothing is copied but the names.
 * Lines end at LF, with or without CR. Runs in one pass over the block.
 */
import { limits } from "../limits.ts";

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const COLON = 58;

/** A header field: where its value lies in the raw octets. */
export interface HeaderField {
  /** As written in the message, without the white space that obsolete syntax allows before the colon. */
  readonly name: string;
  /** First octet of the field. */
  readonly start: number;
  /** First octet after the colon. */
  readonly valueStart: number;
  /** End of the value: the terminating line end is excluded. */
  readonly end: number;
}

export type HeaderBound = "headerTooLong" | "headerFieldTooLong" | "tooManyHeaderFields";

export interface HeaderBlock {
  readonly fields: HeaderField[];
  /** First octet after the empty line that ends the block (or after its last octet). */
  readonly end: number;
  /** Set when a bound was passed; the fields read so far are given. */
  readonly bound: HeaderBound | null;
}

/** End of the field name: the colon, or -1 when the line is not a field. */
const colonOf = (octets: Buffer, start: number, lineEnd: number): number => {
  let at = start;
  while (at < lineEnd) {
    const octet = octets[at]!;
    if (octet === COLON) return at > start ? at : -1;
    if (octet <= SPACE || octet === 127) break;
    at += 1;
  }
  // RFC 5322 §4.5: obsolete syntax allows white space before the colon, and nothing else.
  while (at < lineEnd && (octets[at] === SPACE || octets[at] === TAB)) at += 1;
  return at > start && at < lineEnd && octets[at] === COLON ? at : -1;
};

const withoutLineEnd = (octets: Buffer, start: number, next: number): number => {
  let end = next;
  if (end > start && octets[end - 1] === LF) end -= 1;
  if (end > start && octets[end - 1] === CR) end -= 1;
  return end;
};

/** First octet of the line after the one at `at`, or `end`. */
export const nextLine = (octets: Buffer, at: number, end: number): number => {
  const lf = octets.indexOf(LF, at);
  return lf < 0 || lf >= end ? end : lf + 1;
};

const fieldName = (octets: Buffer, start: number, colon: number): string => {
  let end = colon;
  while (end > start && (octets[end - 1] === SPACE || octets[end - 1] === TAB)) end -= 1;
  return octets.toString("latin1", start, end);
};

/**
 * Reads the block that starts at `start` and ends at the first empty line, at `end`,
 * or at a line for which `endsAt` holds (the delimiter of an enclosing multipart).
 * A line that is no field and continues none is passed over.
 */
export const readHeaderBlock = (octets: Buffer, start: number, end: number, endsAt?: (lineStart: number) => boolean): HeaderBlock => {
  const fields: HeaderField[] = [];
  let at = start;
  while (at < end) {
    const octet = octets[at]!;
    if (octet === LF) return { fields, end: at + 1, bound: null };
    if (octet === CR && octets[at + 1] === LF && at + 1 < end) return { fields, end: at + 2, bound: null };
    if (endsAt?.(at)) break;
    let next = nextLine(octets, at, end);
    const colon = colonOf(octets, at, next);
    while (next < end && (octets[next] === SPACE || octets[next] === TAB)) next = nextLine(octets, next, end);
    if (next - at > limits.parse.headerFieldOctets) return { fields, end: next, bound: "headerFieldTooLong" };
    if (next - start > limits.parse.headerOctets) return { fields, end: next, bound: "headerTooLong" };
    if (colon >= 0) {
      if (fields.length === limits.parse.headerFields) return { fields, end: next, bound: "tooManyHeaderFields" };
      fields.push({ name: fieldName(octets, at, colon), start: at, valueStart: colon + 1, end: withoutLineEnd(octets, colon + 1, next) });
    }
    at = next;
  }
  return { fields, end: at, bound: null };
};

/** RFC 8621 §4.1.2.1 Raw form: octets that are not UTF-8 become U+FFFD, NUL is dropped. */
export const rawValue = (octets: Buffer, field: HeaderField): string => {
  const value = octets.toString("utf8", field.valueStart, field.end);
  return value.includes("\0") ? value.replaceAll("\0", "") : value;
};

/** A Q-encoded word, whose text may hold octets that it should have encoded. */
const Q_WORD = /=\?[!->@-~]{1,80}\?[Qq]\?[^?\s]{0,1000}\?=/g;

const escapeHigh = (word: string): string => word.replace(/[\x80-\xff]/g, (char) => `=${char.charCodeAt(0).toString(16)}`);

/**
 * The Raw value to parse other forms from: as `rawValue`, except that unencoded octets inside a Q-encoded word count as encoded,
 * so that the word's charset reads them.
 */
export const headerText = (octets: Buffer, field: HeaderField): string => {
  const raw = rawValue(octets, field);
  if (!raw.includes("\uFFFD") || !raw.includes("=?")) return raw;
  const repaired = octets.toString("latin1", field.valueStart, field.end).replace(Q_WORD, escapeHigh);
  return Buffer.from(repaired, "latin1").toString("utf8").replaceAll("\0", "");
};

/** The last field of that name (lower case), as RFC 8621 §4.1.3 has it; undefined when there is none. */
export const lastField = (fields: readonly HeaderField[], lowerName: string): HeaderField | undefined => {
  for (let index = fields.length - 1; index >= 0; index -= 1) {
    const { name } = fields[index]!;
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return fields[index];
  }
  return undefined;
};

export const fieldsNamed = (fields: readonly HeaderField[], lowerName: string): HeaderField[] =>
  fields.filter(({ name }) => name.length === lowerName.length && name.toLowerCase() === lowerName);

/** A Buffer over the same memory. */
export const asBuffer = (octets: Uint8Array): Buffer =>
  Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
