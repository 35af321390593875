/**
 * HTML to plain text for previews and the search index: one pass, no tree, nothing is interpreted.
 * The result is text, never markup: it is not a sanitiser's output and must be escaped like any text.
 */
import { decodeEntity } from "./html-entities.ts";

/** Elements whose content is not for reading. */
const silent = new Set([
  "script",
  "style",
  "head",
  "title",
  "template",
  "noscript",
  "svg",
  "math",
  "object",
  "iframe",
  "textarea",
  "select",
]);
/** Elements that break the line. */
const breaking = new Set(
  "p div br tr li ul ol table h1 h2 h3 h4 h5 h6 hr blockquote pre section article header footer dl dt dd form".split(" "),
);

const TAG_NAME = /[A-Za-z][A-Za-z0-9:-]*/y;

const tagNameAt = (html: string, at: number): string => {
  TAG_NAME.lastIndex = at;
  return TAG_NAME.exec(html)?.[0].toLowerCase() ?? "";
};

/** First character after the tag whose "<" is at `open`; quotes protect ">". An unclosed quote protects nothing. */
const tagEnd = (html: string, open: number): number => {
  const limit = Math.min(html.length, open + 20_000);
  let quote = 0;
  for (let at = open + 1; at < limit; at += 1) {
    const code = html.charCodeAt(at);
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === 62) return at + 1;
    else if ((code === 34 || code === 39) && html.charCodeAt(at - 1) === 61) quote = code;
  }
  const close = html.indexOf(">", open);
  return close < 0 ? html.length : close + 1;
};

/** First character after the closing tag of a silent element. */
const skipElement = (html: string, from: number, name: string): number => {
  let at = html.indexOf("</", from);
  while (at >= 0) {
    if (tagNameAt(html, at + 2) === name) return tagEnd(html, at);
    at = html.indexOf("</", at + 2);
  }
  // Never closed: an unfinished head must not swallow the message.
  return name === "head" ? from : html.length;
};

const skipMarkup = (html: string, open: number): { end: number; gap: string } => {
  if (html.startsWith("<!--", open)) {
    const close = html.indexOf("-->", open + 4);
    return { end: close < 0 ? html.length : close + 3, gap: "" };
  }
  const closing = html.charCodeAt(open + 1) === 47;
  const name = tagNameAt(html, open + (closing ? 2 : 1));
  const next = html.charCodeAt(open + 1);
  if (name === "" && next !== 33 && next !== 63 && !closing) return { end: open, gap: "" };
  const end = tagEnd(html, open);
  if (!closing && silent.has(name) && html.charCodeAt(end - 2) !== 47) return { end: skipElement(html, end, name), gap: " " };
  return { end, gap: breaking.has(name) ? "\n" : name === "td" || name === "th" ? " " : "" };
};

const decodeEntities = (text: string): string => (text.includes("&") ? text.replace(/&(#?[A-Za-z0-9]{1,31});?/g, decodeEntity) : text);

/** Text of at most `maxCharacters`; white space is folded, block elements end lines. */
export const htmlToText = (html: string, maxCharacters: number): string => {
  const pieces: string[] = [];
  let length = 0;
  let at = 0;
  while (at < html.length && length < maxCharacters) {
    const open = html.indexOf("<", at);
    const end = open < 0 ? html.length : open;
    if (end > at) {
      const text = decodeEntities(html.slice(at, Math.min(end, at + 8 * (maxCharacters - length) + 64))).replace(
        /[ \t\r\n\f\u00a0]+/g,
        " ",
      );
      pieces.push(text);
      length += text.trim().length;
    }
    if (open < 0) break;
    const skipped = skipMarkup(html, open);
    if (skipped.end === open) pieces.push("<");
    else pieces.push(skipped.gap);
    at = skipped.end === open ? open + 1 : skipped.end;
  }
  return pieces
    .join("")
    .replace(/ *\n[ \n]*/g, "\n")
    .replace(/ {2,}/g, " ")
    .trim()
    .slice(0, maxCharacters)
    .toWellFormed();
};
