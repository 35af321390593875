/** RFC 8621 §4.1.4 preview: the first words of the body, read from no more of it than they need. */
import { limits } from "../limits.ts";
import type { BodyPart } from "../mail/email-item.ts";
import type { BodyLists } from "./body-structure.ts";
import { decodeCharset } from "./charset.ts";
import { htmlToText } from "./html-text.ts";
import { decodeTransfer } from "./transfer-encoding.ts";

/** Encoded octets looked at: first few, then more, since style sheets push the text of HTML mail far down. */
const PLAIN_OCTETS = [2 * 1024, 8 * 1024];
const HTML_OCTETS = [12 * 1024, 128 * 1024];

/** A preview of this many characters needs no further reading. */
const ENOUGH = 80;

/** Invisible characters that senders pad previews with, controls, and directional overrides. */
const INVISIBLE = /[\p{Cc}\p{Cf}]|[\u115f\u1160]|\u034f/gu;

const folded = (text: string): string => text.replace(/\s+/g, " ").replace(INVISIBLE, "").replace(/ {2,}/g, " ").trim();

/** Quoted lines, and the line that announces them, tell nothing new. Kept when there is nothing else. */
const withoutQuotes = (text: string): string => {
  const own = text.split("\n").filter((line) => !line.startsWith(">"));
  return own.join("\n").trim() === "" ? text : own.join("\n");
};

const cut = (text: string): string => {
  const bound = limits.parse.previewCharacters;
  if (text.length <= bound) return text;
  // Never half a surrogate pair.
  const last = text.charCodeAt(bound - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? bound - 1 : bound);
};

const textWithin = (octets: Buffer, part: BodyPart, bound: number): string => {
  const [start, length] = part.body;
  const isHtml = part.type === "text/html";
  const text = decodeCharset(decodeTransfer(octets, start, start + Math.min(length, bound), part.encoding), part.charset).text;
  // A character may have been cut in two.
  const whole = length > bound ? text.replace(/\uFFFD{1,3}$/, "") : text;
  return folded(isHtml ? htmlToText(whole, 2 * limits.parse.previewCharacters) : withoutQuotes(whole));
};

const textOf = (octets: Buffer, part: BodyPart): string => {
  let text = "";
  for (const bound of part.type === "text/html" ? HTML_OCTETS : PLAIN_OCTETS) {
    text = textWithin(octets, part, bound);
    if (text.length >= ENOUGH || part.body[1] <= bound) break;
  }
  return text;
};

/** At most 256 characters of the body, white space folded. */
export const previewOf = (octets: Buffer, bodies: BodyLists): string => {
  const texts = bodies.textBody.filter(({ type }) => type === "text/plain" || type === "text/html");
  const htmls = bodies.htmlBody.filter((part) => part.type === "text/html" && !texts.includes(part));
  let preview = "";
  for (const part of [...texts, ...htmls].slice(0, 4)) {
    // The HTML form of an alternative says the same again: it is read only when the text said nothing.
    if (preview !== "" && htmls.includes(part)) break;
    preview = `${preview} ${textOf(octets, part)}`.trim();
    if (preview.length >= ENOUGH) break;
  }
  return cut(preview).trim();
};
