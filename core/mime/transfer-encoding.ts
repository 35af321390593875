/** Undoes Content-Transfer-Encoding (RFC 2045 §6, §6.7, §6.8), tolerantly: what is malformed is passed over, as RFC 2045 asks of base64. */
import type { BodyPart } from "../mail/email-item.ts";

export type TransferEncoding = BodyPart["encoding"];

const EQUALS = 61;
const SPACE = 32;
const TAB = 9;
const CR = 13;
const LF = 10;

/** Names that senders use for the five encodings. */
const encodings: ReadonlyMap<string, TransferEncoding> = new Map([
  ["7bit", "7bit"],
  ["7-bit", "7bit"],
  ["8bit", "8bit"],
  ["8-bit", "8bit"],
  ["binary", "binary"],
  ["base64", "base64"],
  ["base-64", "base64"],
  ["x-base64", "base64"],
  ["quoted-printable", "quoted-printable"],
  ["quotedprintable", "quoted-printable"],
  ["quoted printable", "quoted-printable"],
  ["qp", "quoted-printable"],
]);

/** RFC 2045 §6.1: the encoding of a header value without comments. `known` is false for a name outside RFC 2045: read as if there were none. */
export const transferEncodingOf = (value: string | null): { encoding: TransferEncoding; known: boolean } => {
  if (value === null) return { encoding: "7bit", known: true };
  const name = value
    .slice(0, 200)
    .trim()
    .toLowerCase()
    .replace(/[;,].*$/s, "")
    .trim()
    .replace(/^"|"$/g, "");
  if (name === "") return { encoding: "7bit", known: true };
  const encoding = encodings.get(name);
  return encoding ? { encoding, known: true } : { encoding: "binary", known: false };
};

/** Several padded base64 texts in a row, as some gateways make when they append: each is decoded by itself. */
const decodePadded = (text: string): Buffer => {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at < text.length) {
    const pad = text.indexOf("=", at);
    pieces.push(Buffer.from(text.slice(at, pad < 0 ? text.length : pad), "base64"));
    if (pad < 0) break;
    at = pad + 1;
    while (text[at] === "=") at += 1;
  }
  return Buffer.concat(pieces);
};

const decodeBase64 = (octets: Buffer, start: number, end: number): Buffer => {
  const text = octets.toString("latin1", start, end);
  const pad = text.indexOf("=");
  return pad < 0 || /^[=\s]*$/.test(text.slice(pad, pad + 200)) ? Buffer.from(text, "base64") : decodePadded(text);
};

const hexDigit = (octet: number | undefined): number => {
  if (octet === undefined) return -1;
  if (octet >= 48 && octet <= 57) return octet - 48;
  const upper = octet & 0xdf;
  return upper >= 65 && upper <= 70 ? upper - 55 : -1;
};

/** First octet after white space that ends a line, or `at` itself when something else follows the white space. */
const lineEndAfter = (octets: Buffer, at: number, end: number): number => {
  let next = at;
  while (next < end && (octets[next] === SPACE || octets[next] === TAB)) next += 1;
  if (next >= end) return end;
  if (octets[next] === LF) return next;
  return octets[next] === CR && octets[next + 1] === LF ? next : -1;
};

/** First octet after the "=" at `at` and what belongs to it; the "=" itself is data when nothing does (`octet` 61). */
const readEscape = (octets: Buffer, at: number, end: number): { next: number; octet: number } => {
  const high = hexDigit(at + 1 < end ? octets[at + 1] : undefined);
  const low = hexDigit(at + 2 < end ? octets[at + 2] : undefined);
  if (high >= 0 && low >= 0) return { next: at + 3, octet: high * 16 + low };
  const lineEnd = lineEndAfter(octets, at + 1, end);
  if (lineEnd < 0) return { next: at + 1, octet: EQUALS };
  // A soft line break, or a lone "=" before the end.
  return { next: lineEnd >= end ? end : lineEnd + (octets[lineEnd] === CR ? 2 : 1), octet: SOFT };
};

const SOFT = -1;

/** RFC 2045 §6.7 rule 3: start of the white space, added in transport, that stands before `lineEnd`; never before `floor`. */
const trailingSpace = (octets: Buffer, floor: number, lineEnd: number): number => {
  let at = lineEnd;
  while (at > floor && (octets[at - 1] === SPACE || octets[at - 1] === TAB)) at -= 1;
  return at;
};

/**
 * Calls `keep` with each run of octets that stands for itself, and `escaped` with each octet that was escaped.
 * Only "=" and LF are looked at, so that counting costs about a nanosecond an octet.
 */
const quotedPrintable = (
  octets: Buffer,
  start: number,
  end: number,
  keep: (from: number, to: number) => void,
  escaped: (octet: number) => void,
): void => {
  let floor = start;
  for (let at = start; at < end; at += 1) {
    const octet = octets[at]!;
    if (octet > EQUALS || (octet !== EQUALS && octet !== LF)) continue;
    if (octet === EQUALS) {
      const { next, octet: meant } = readEscape(octets, at, end);
      keep(floor, at);
      if (meant !== SOFT) escaped(meant);
      floor = next;
      at = floor - 1;
    } else {
      const lineEnd = at > floor && octets[at - 1] === CR ? at - 1 : at;
      const textEnd = trailingSpace(octets, floor, lineEnd);
      if (textEnd === lineEnd) continue;
      keep(floor, textEnd);
      floor = lineEnd;
    }
  }
  keep(floor, trailingSpace(octets, floor, end));
};

const decodeQuotedPrintable = (octets: Buffer, start: number, end: number): Buffer => {
  const out = Buffer.allocUnsafe(end - start);
  let length = 0;
  const keep = (from: number, to: number) => {
    length += octets.copy(out, length, from, to);
  };
  const escaped = (octet: number) => {
    out[length++] = octet;
  };
  quotedPrintable(octets, start, end, keep, escaped);
  return out.subarray(0, length);
};

const quotedPrintableLength = (octets: Buffer, start: number, end: number): number => {
  let length = 0;
  const keep = (from: number, to: number) => {
    length += to - from;
  };
  const escaped = () => {
    length += 1;
  };
  quotedPrintable(octets, start, end, keep, escaped);
  return length;
};

/** The part's octets without their transfer encoding: a view of `octets` where nothing has to be undone. */
export const decodeTransfer = (octets: Buffer, start: number, end: number, encoding: TransferEncoding): Buffer => {
  if (encoding === "base64") return decodeBase64(octets, start, end);
  return encoding === "quoted-printable" ? decodeQuotedPrintable(octets, start, end) : octets.subarray(start, end);
};

/** Length that `decodeTransfer` would give. */
export const decodedLength = (octets: Buffer, start: number, end: number, encoding: TransferEncoding): number => {
  if (encoding === "base64") return decodeBase64(octets, start, end).length;
  return encoding === "quoted-printable" ? quotedPrintableLength(octets, start, end) : end - start;
};
