/**
 * RFC 2047 §2, §5, §6.1 to §6.3: encoded words. Decoding is strict about syntax and place, as RFC 8621 §4.1.2.2 demands for the Text form:
 * what only looks like an encoded word stays as it is. One pass; the octets of neighbouring words in one charset are joined
 * before decoding, since senders split characters between words.
 */
import { decodeCharset } from "./charset.ts";

/** Where the words stand: in running text, or in a name, where quoted strings and their neighbours are decoded too. */
export type WordPlace = "text" | "name";

interface Word {
  readonly charset: string;
  readonly octets: Buffer;
  /** First character after the word. */
  readonly end: number;
}

const decodeQ = (text: string): Buffer => {
  const octets = Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    let code = text.charCodeAt(at);
    if (code === 95) code = 32;
    else if (code === 61) {
      const hex = text.slice(at + 1, at + 3);
      if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
        code = Number.parseInt(hex, 16);
        at += 2;
      }
    }
    octets[length++] = code;
  }
  return octets.subarray(0, length);
};

/** The word that begins with the "=?" at `start`, or null. Space is not allowed inside one. */
const readWord = (input: string, start: number): Word | null => {
  const charsetEnd = input.indexOf("?", start + 2);
  if (charsetEnd < 0 || charsetEnd - start > 80) return null;
  const encoding = input[charsetEnd + 1];
  if (input[charsetEnd + 2] !== "?") return null;
  const textEnd = input.indexOf("?", charsetEnd + 3);
  if (textEnd < 0 || input[textEnd + 1] !== "=") return null;
  const text = input.slice(charsetEnd + 3, textEnd);
  if (!/^[\x21-\x7e]*$/.test(text)) return null;
  // RFC 2231 §5: a language may follow the charset.
  const charset = input.slice(start + 2, charsetEnd).replace(/\*.*$/, "");
  if (!/^[\x21-\x7e]+$/.test(charset)) return null;
  if (encoding === "B" || encoding === "b") return { charset, octets: Buffer.from(text, "base64"), end: textEnd + 2 };
  if (encoding === "Q" || encoding === "q") return { charset, octets: decodeQ(text), end: textEnd + 2 };
  return null;
};

const isSpace = (code: number): boolean => code === 32 || code === 9 || code === 13 || code === 10;

/** RFC 8621 §4.1.2.2: control characters that came encoded are dropped. C1 controls go too: no reader needs them. */
const withoutControls = (text: string): string => text.replace(/[\0-\x1f\x7f-\x9f]/g, "");

const decodeRun = (words: readonly Word[]): string => {
  let text = "";
  for (let first = 0; first < words.length; ) {
    const charset = words[first]!.charset.toLowerCase();
    let last = first + 1;
    while (last < words.length && words[last]!.charset.toLowerCase() === charset) last += 1;
    const octets = last - first === 1 ? words[first]!.octets : Buffer.concat(words.slice(first, last).map((word) => word.octets));
    text += withoutControls(decodeCharset(octets, charset).text);
    first = last;
  }
  return text;
};

/** Words that follow each other with nothing but white space between, from the one at `start`. */
const readRun = (input: string, first: Word, place: WordPlace): { words: Word[]; end: number } => {
  const words = [first];
  let end = first.end;
  for (;;) {
    let next = end;
    while (next < input.length && isSpace(input.charCodeAt(next))) next += 1;
    if (next === end && place === "text") break;
    if (input[next] !== "=" || input[next + 1] !== "?") break;
    const word = readWord(input, next);
    if (!word || !mayEnd(input, word.end, place)) break;
    words.push(word);
    end = word.end;
  }
  return { words, end };
};

const mayBegin = (input: string, start: number, place: WordPlace): boolean =>
  place === "name" || start === 0 || isSpace(input.charCodeAt(start - 1)) || input[start - 1] === "(";

const mayEnd = (input: string, end: number, place: WordPlace): boolean =>
  place === "name" || end >= input.length || isSpace(input.charCodeAt(end)) || input[end] === ")";

/** `input` with its encoded words decoded. */
export const decodeEncodedWords = (input: string, place: WordPlace): string => {
  let start = input.indexOf("=?");
  if (start < 0) return input;
  let text = "";
  let copied = 0;
  while (start >= 0) {
    const word = mayBegin(input, start, place) ? readWord(input, start) : null;
    if (word && mayEnd(input, word.end, place)) {
      const run = readRun(input, word, place);
      text += input.slice(copied, start) + decodeRun(run.words);
      copied = run.end;
      start = input.indexOf("=?", run.end);
    } else start = input.indexOf("=?", start + 2);
  }
  return text + input.slice(copied);
};
