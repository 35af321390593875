/**
 * RFC 8621 §4.1.2.3 and §4.1.2.4, RFC 5322 §3.2.3, §3.2.4, §3.4, §3.4.1 and §4.4: address lists, best effort. One pass over the value, comments nested by counting.
 */

import { limits } from "../limits.ts";
import type { EmailAddress } from "../mail/email-item.ts";
import { withoutComments } from "./comments.ts";
import { decodeEncodedWords } from "./encoded-words.ts";
import { unfold } from "./unfold.ts";

export interface EmailAddressGroup {
  readonly name: string | null;
  readonly addresses: EmailAddress[];
}

type TokenKind = "word" | "quoted" | "comment" | "angle" | "," | ";" | ":" | "end";

interface Token {
  readonly kind: TokenKind;
  /** Decoded content: without quotes, brackets or escapes. */
  readonly text: string;
  /** As written (quoted strings keep their quotes), for addresses without brackets. */
  readonly source: string;
}

/** Reads from `open + 1` to the closing character, undoing quoted pairs; comments nest. An unclosed one runs to the end. */
const readDelimited = (input: string, open: number, close: string, nests: boolean): { text: string; end: number } => {
  const pieces: string[] = [];
  let copied = open + 1;
  let depth = 1;
  for (let at = open + 1; at < input.length; at += 1) {
    const char = input[at];
    if (char === "\\" && at + 1 < input.length) {
      pieces.push(input.slice(copied, at));
      copied = at + 1;
      at += 1;
    } else if (char === close && --depth === 0) {
      pieces.push(input.slice(copied, at));
      return { text: pieces.join(""), end: at + 1 };
    } else if (nests && char === "(") depth += 1;
  }
  pieces.push(input.slice(copied));
  return { text: pieces.join(""), end: input.length };
};

/** First ">" after `open` that no quoted string protects. An unclosed quoted string protects nothing. */
const angleEnd = (input: string, open: number): number => {
  for (let at = open + 1; at < input.length; at += 1) {
    const char = input[at];
    if (char === ">") return at;
    if (char === '"') {
      const { end } = readDelimited(input, at, '"', false);
      if (end >= input.length && !input.endsWith('"')) break;
      at = end - 1;
    }
  }
  const close = input.indexOf(">", open);
  return close < 0 ? input.length : close;
};

/** Content of an angle bracket without comments; a quoted local part keeps its quotes. */
const readAngle = (input: string, open: number): { text: string; end: number } => {
  const close = angleEnd(input, open);
  return { text: withoutComments(input.slice(open + 1, close)).trim(), end: close + 1 };
};

const SPECIAL = /["(<,;:]|=\?/g;
/** An encoded word is one piece, even when it holds specials that it should have encoded. */
const ENCODED_WORD = /=\?[^?\s]{1,80}\?[BbQq]\?[^?\s]*\?=/y;

/** First special character at or after `start` that is in no encoded word. */
const wordEnd = (input: string, start: number): number => {
  SPECIAL.lastIndex = start;
  for (let special = SPECIAL.exec(input); special; special = SPECIAL.exec(input)) {
    if (special[0] !== "=?") return special.index;
    ENCODED_WORD.lastIndex = special.index;
    if (ENCODED_WORD.test(input)) SPECIAL.lastIndex = ENCODED_WORD.lastIndex;
  }
  return input.length;
};

const scanToken = (input: string, start: number): { token: Token; end: number } => {
  const char = input[start];
  if (char === undefined) return { token: { kind: "end", text: "", source: "" }, end: start };
  if (char === "," || char === ";" || char === ":") return { token: { kind: char, text: char, source: char }, end: start + 1 };
  if (char === '"') {
    const { text, end } = readDelimited(input, start, '"', false);
    return { token: { kind: "quoted", text, source: input.slice(start, end) }, end };
  }
  if (char === "(") {
    const { text, end } = readDelimited(input, start, ")", true);
    return { token: { kind: "comment", text, source: "" }, end };
  }
  if (char === "<") {
    const { text, end } = readAngle(input, start);
    return { token: { kind: "angle", text, source: text }, end };
  }
  const end = wordEnd(input, start);
  const text = input.slice(start, end);
  return { token: { kind: "word", text, source: text }, end };
};

const tidy = (text: string): string => text.replace(/\s+/g, " ").trim();

/** The decoded name that these words and quoted strings make, or null when there is nothing in them. */
const nameOf = (tokens: readonly Token[]): string | null => {
  const words = tokens.filter(({ kind }) => kind === "word" || kind === "quoted");
  if (words.length === 0) return null;
  const only = words.length === 1 ? words[0]! : null;
  // Inside a quoted string white space is the sender's own: only the ends are trimmed.
  const name =
    only?.kind === "quoted"
      ? decodeEncodedWords(only.text, "name").trim()
      : tidy(decodeEncodedWords(words.map(({ text }) => text.trim()).join(" "), "name"));
  return name === "" ? null : name.normalize("NFC");
};

const commentOf = (tokens: readonly Token[]): string | null => {
  const comment = tokens.findLast(({ kind }) => kind === "comment");
  const name = comment ? tidy(decodeEncodedWords(comment.text, "name")).normalize("NFC") : "";
  return name === "" ? null : name;
};

/** White space around the dots and the @ of an addr-spec is obsolete syntax; elsewhere it shows that this is no addr-spec. */
const compactSpec = (email: string): string => (email.includes("@") ? email.replace(/ ?([@.]) ?/g, "$1") : email);

/** One list element's tokens as an address; null when it is empty (`a,,b`). */
const addressOf = (tokens: readonly Token[]): EmailAddress | null => {
  const at = tokens.findIndex(({ kind }) => kind === "angle");
  if (at >= 0) {
    const words = tokens.slice(0, at);
    const after = tokens.slice(at + 1);
    const email = compactSpec(tidy(tokens[at]!.text.replace(/^@[^:]*:/, "")));
    return { name: nameOf(words) ?? nameOf(after) ?? commentOf(after) ?? commentOf(words), email };
  }
  const email = tokens
    .filter(({ kind }) => kind !== "comment")
    .map(({ source }) => source)
    .join("")
    .replace(/\s+/g, " ")
    .trim();
  if (email === "") return null;
  return { name: commentOf(tokens), email: compactSpec(email) };
};

/** RFC 8621 §4.1.2.4. `value` is the Raw form. Addresses past `limits.parse.addressesPerField` are left out. */
export const parseGroupedAddresses = (value: string): EmailAddressGroup[] => {
  const input = unfold(value.slice(0, limits.parse.headerFieldOctets));
  const groups: EmailAddressGroup[] = [];
  let open: EmailAddressGroup | null = null;
  let inNamedGroup = false;
  let tokens: Token[] = [];
  let hasAngle = false;
  let count = 0;
  const flush = () => {
    const address = addressOf(tokens);
    tokens = [];
    hasAngle = false;
    if (!address || count >= limits.parse.addressesPerField) return;
    count += 1;
    if (!open) groups.push((open = { name: null, addresses: [] }));
    open.addresses.push(address);
  };
  for (let at = 0; ; ) {
    const { token, end } = scanToken(input, at);
    at = end;
    if (token.kind === ":" && !inNamedGroup && !hasAngle) {
      open = { name: nameOf(tokens) ?? commentOf(tokens), addresses: [] };
      if (groups.length < limits.parse.addressesPerField) groups.push(open);
      inNamedGroup = true;
      tokens = [];
    } else if (token.kind === "," || token.kind === ";" || token.kind === "end") {
      flush();
      if (token.kind === "end") return groups;
      if (token.kind === ";") {
        open = null;
        inNamedGroup = false;
      }
    } else if (token.kind === "angle") {
      // A second one: the comma between two addresses was forgotten.
      if (hasAngle) flush();
      hasAngle = true;
      tokens.push(token);
    } else if (token.kind !== ":") tokens.push(token);
  }
};

/** RFC 8621 §4.1.2.3: the mailboxes of all groups in order. */
export const parseAddresses = (value: string): EmailAddress[] => parseGroupedAddresses(value).flatMap(({ addresses }) => addresses);
