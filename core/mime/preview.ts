/** RFC 8621 §4.1.4 preview: the first words of the body, read from no more of it than they need. */
import { limits } from "../limits.ts";
import type { BodyPart } from "../mail/email-item.ts";
import type { BodyLists } from "./body-structure.ts";
import { decodeCharset } from "./charset.ts";
import { htmlToText } from "./html-text.ts";
import { decodeTransfer } from "./transfer-encoding.ts";

/** Encoded octets looked at: style sheets push the text of HTML mail far down. */
const PLAIN_OCTETS = 4 * 1024;
const HTML_OCTETS = 96 * 1024;

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

const textOf = (octets: Buffer, part: BodyPart): string => {
  const [start, length] = part.body;
  const isHtml = part.type === "text/html";
  const bound = isHtml ? HTML_OCTETS : PLAIN_OCTETS;
  const text = decodeCharset(decodeTransfer(octets, start, start + Math.min(length, bound), part.encoding), part.charset).text;
  // A character may have been cut in two.
  const whole = length > bound ? text.replace(/\uFFFD{1,3}$/, "") : text;
  return folded(isHtml ? htmlToText(whole, 2 * limits.parse.previewCharacters) : withoutQuotes(whole));
};

/** At most 256 characters of the body, white space folded. */
export const previewOf = (octets: Buffer, bodies: BodyLists): string => {
  const texts = bodies.textBody.filter(({ type }) => type === "text/plain" || type === "text/html");
  const htmls = bodies.htmlBody.filter(({ type }) => type === "text/html");
  let preview = "";
  for (const part of [...texts, ...htmls].slice(0, 4)) {
    const text = textOf(octets, part);
    preview = preview === "" ? text : `${preview} ${text}`;
    if (preview.length >= 80 || (preview !== "" && htmls.includes(part))) break;
  }
  return cut(preview.trim()).trim();
};
