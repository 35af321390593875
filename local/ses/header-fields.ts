/** RFC 5322 §2.2: the header block of a message as fields, within a bound, never throwing. */
import addressparser from "nodemailer/lib/addressparser";
import { decodeWords } from "postal-mime";

export interface HeaderField {
  readonly name: string;
  /** Unfolded, encoded-words left as they are. */
  readonly value: string;
  /** The field's octets in the message, line ending included: [start, end). */
  readonly start: number;
  readonly end: number;
}

export interface HeaderBlock {
  readonly fields: readonly HeaderField[];
  /** Where the body begins (after the empty line), or the message's length. */
  readonly bodyStart: number;
  /** The block is longer than the bound: fields past it were not read. */
  readonly cut: boolean;
}

const LF = 0x0a;
const CR = 0x0d;
const FIELD = /^([\x21-\x39\x3b-\x7e]{1,256})[ \t]*:/;

/** Reads fields up to `boundOctets` of header; the rest is left alone. */
export const readHeaderBlock = (octets: Buffer, boundOctets = 1024 * 1024): HeaderBlock => {
  const fields: HeaderField[] = [];
  let start = 0;
  let offset = 0;
  const flush = (end: number): void => {
    const text = octets.toString("utf8", start, end);
    const match = FIELD.exec(text);
    if (match)
      fields.push({
        name: match[1]!,
        value: text
          .slice(match[0].length)
          .replace(/\r?\n(?=[ \t])/g, "")
          .trim(),
        start,
        end,
      });
  };
  while (offset < octets.length) {
    const newline = octets.indexOf(LF, offset);
    const next = newline < 0 ? octets.length : newline + 1;
    const lineOctets = (newline < 0 ? octets.length : newline) - offset;
    const empty = lineOctets === 0 || (lineOctets === 1 && octets[offset] === CR);
    const continues = octets[offset] === 0x20 || octets[offset] === 0x09;
    if (!continues && offset > start) {
      flush(offset);
      start = offset;
    }
    if (empty) return { fields, bodyStart: next, cut: false };
    if (next > boundOctets) return { fields, bodyStart: headerEnd(octets, offset), cut: true };
    offset = next;
  }
  if (offset > start) flush(offset);
  return { fields, bodyStart: octets.length, cut: false };
};

/** Length of the header block including the empty line, found without reading fields. */
const headerEnd = (octets: Buffer, from: number): number => {
  const ends = [octets.indexOf("\n\r\n", from), octets.indexOf("\n\n", from)].map((at, index) => (at < 0 ? octets.length : at + 3 - index));
  return Math.min(...ends);
};

export const firstValue = (fields: readonly HeaderField[], name: string): string | undefined =>
  fields.find((field) => field.name.toLowerCase() === name)?.value;

/** Addresses of a field as SES prints them: `Name <a@b>` or `a@b`, at most `bound`. */
export const printedAddresses = (value: string | undefined, bound = 200): string[] | undefined => {
  if (value === undefined) return undefined;
  const parsed = addressparser(value.slice(0, 64 * 1024), { flatten: true }) as { name: string; address: string }[];
  return parsed.slice(0, bound).map(({ name, address }) => (name ? `${decodeWords(name)} <${address}>` : address));
};

/** Bare addresses of a field, at most `bound`. */
export const bareAddresses = (value: string | undefined, bound = 2_000): string[] => {
  if (value === undefined) return [];
  const parsed = addressparser(value.slice(0, 256 * 1024), { flatten: true }) as { name: string; address: string }[];
  return parsed.slice(0, bound).flatMap(({ address }) => (address.includes("@") ? [address] : []));
};

export const decodedText = (value: string | undefined): string | undefined => (value === undefined ? undefined : decodeWords(value));
