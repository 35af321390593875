/** RFC 8621 §4.1.4, §9.1 EmailBodyValue: a text part's octets as text, and any part's octets without their transfer encoding. */
import type { BodyPart } from "../mail/email-item.ts";
import { decodeCharset } from "./charset.ts";
import { asBuffer } from "./header-fields.ts";
import { htmlToText } from "./html-text.ts";
import { decodeTransfer } from "./transfer-encoding.ts";

export interface BodyValue {
  readonly value: string;
  readonly isEncodingProblem: boolean;
  readonly isTruncated: boolean;
}

type Encoded = Pick<BodyPart, "type" | "charset" | "encoding" | "unknownEncoding">;

/** The part's contents as a client downloads them. `body` holds the encoded octets that `part.body` names. */
export const decodePart = (body: Uint8Array, part: Pick<BodyPart, "encoding">): Uint8Array =>
  decodeTransfer(asBuffer(body), 0, body.length, part.encoding);

/** Where HTML without a stated charset states it itself. */
const META_CHARSET = /<meta\b[^>]{0,200}\bcharset\s{0,8}=\s{0,8}["']?([A-Za-z0-9_:.-]{2,40})/i;

/** us-ascii is also what an unstated charset means: octets that are not ASCII then show that something else was meant. */
const decodeText = (octets: Buffer, part: Encoded): { text: string; problem: boolean } => {
  const decoded = decodeCharset(octets, part.charset);
  if (!decoded.problem || part.type !== "text/html" || part.charset?.toLowerCase() !== "us-ascii") return decoded;
  const stated = META_CHARSET.exec(octets.toString("latin1", 0, 4096))?.[1];
  return stated ? { text: decodeCharset(octets, stated).text, problem: true } : decoded;
};

/** Longest prefix of at most `maxOctets` UTF-8 octets that ends between characters. */
const cutUtf8 = (text: string, maxOctets: number): string => {
  const octets = Buffer.from(text.slice(0, maxOctets), "utf8");
  if (octets.length <= maxOctets)
    return text.slice(0, maxOctets).toWellFormed() === text.slice(0, maxOctets) ? text.slice(0, maxOctets) : text.slice(0, maxOctets - 1);
  let end = maxOctets;
  while (end > 0 && (octets[end]! & 0xc0) === 0x80) end -= 1;
  return octets.toString("utf8", 0, end);
};

/** RFC 8621 §4.2: HTML is not cut inside a tag. */
const cutBeforeTag = (html: string): string => {
  const open = html.lastIndexOf("<");
  return open >= 0 && html.indexOf(">", open) < 0 ? html.slice(0, open) : html;
};

const truncate = (text: string, maxOctets: number, isHtml: boolean): { value: string; isTruncated: boolean } => {
  if (maxOctets <= 0 || (text.length <= maxOctets && Buffer.byteLength(text) <= maxOctets)) return { value: text, isTruncated: false };
  const cut = cutUtf8(text, maxOctets);
  return { value: isHtml ? cutBeforeTag(cut) : cut, isTruncated: true };
};

/** `maxOctets` 0 means no bound (RFC 8621 §4.2 maxBodyValueBytes). */
export const readBodyValue = (body: Uint8Array, part: Encoded, maxOctets = 0): BodyValue => {
  const octets = decodeTransfer(asBuffer(body), 0, body.length, part.encoding);
  const { text, problem } = decodeText(octets, part);
  const lines = text.includes("\r") ? text.replaceAll("\r\n", "\n") : text;
  return { ...truncate(lines, maxOctets, part.type === "text/html"), isEncodingProblem: problem || part.unknownEncoding === true };
};

/** A text part as words for the search index: HTML without its markup, at most about `maxCharacters`. */
export const readIndexText = (body: Uint8Array, part: Encoded, maxCharacters: number): string => {
  // Four octets a character and markup ten times the text are more than mail has.
  const bound = Math.min(body.length, maxCharacters * (part.type === "text/html" ? 40 : 4));
  const { value } = readBodyValue(body.subarray(0, bound), part);
  return part.type === "text/html" ? htmlToText(value, maxCharacters) : value.slice(0, maxCharacters);
};
