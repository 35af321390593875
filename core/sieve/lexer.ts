/** RFC 5228 §2.2, §2.3, §2.4.1, §2.4.2, §8.1: lexical tokens. */
import { limits } from "../limits.ts";

export type Token =
  | { kind: "identifier"; text: string; line: number }
  | { kind: "tag"; text: string; line: number }
  | { kind: "number"; value: number; line: number }
  | { kind: "string"; value: string; line: number }
  | { kind: "punctuation"; text: "(" | ")" | "[" | "]" | "{" | "}" | "," | ";"; line: number }
  | { kind: "end"; line: number };

/** A complaint about a script, for its author. */
export class SieveSyntaxError extends Error {
  override readonly name = "SieveSyntaxError";
  readonly line: number;
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const TAG = /:[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /([0-9]+)([KMGkmg]?)(?![A-Za-z0-9_])/y;
const MULTILINE = /text:[ \t]*(?:#[^\r\n]*)?\r?\n/iy;
const QUANTIFIERS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

export const lex = (script: string): Token[] => {
  if (Buffer.byteLength(script) > limits.sieve.scriptOctets)
    throw new SieveSyntaxError(1, `the script is larger than ${limits.sieve.scriptOctets} octets`);
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  const matchAt = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(script);
  };
  const advance = (length: number): string => {
    const text = script.slice(at, at + length);
    for (const character of text) if (character === "\n") line++;
    at += length;
    return text;
  };
  while (at < script.length) {
    const start = line;
    const character = script[at]!;
    if (/\s/.test(character)) {
      advance(1);
    } else if (character === "#") {
      const end = script.indexOf("\n", at);
      advance((end < 0 ? script.length : end + 1) - at);
    } else if (script.startsWith("/*", at)) {
      const end = script.indexOf("*/", at + 2);
      if (end < 0) throw new SieveSyntaxError(start, "a comment /* is not closed");
      advance(end + 2 - at);
    } else if ("()[]{},;".includes(character)) {
      advance(1);
      tokens.push({ kind: "punctuation", text: character as "(", line: start });
    } else if (character === '"') {
      tokens.push({ kind: "string", value: quoted(advance(quotedLength(script, at, start))), line: start });
    } else if (matchAt(MULTILINE)) {
      advance(matchAt(MULTILINE)![0].length);
      tokens.push({ kind: "string", value: multiline(advance(multilineLength(script, at, start))), line: start });
    } else if (character === ":" && matchAt(TAG)) {
      tokens.push({ kind: "tag", text: advance(matchAt(TAG)![0].length).slice(1).toLowerCase(), line: start });
    } else if (matchAt(NUMBER)) {
      const match = matchAt(NUMBER)!;
      const value = Number(match[1]) * QUANTIFIERS[match[2]!.toLowerCase()]!;
      if (value > 2 ** 31 - 1) throw new SieveSyntaxError(start, `the number ${match[0]} is larger than 2147483647`);
      advance(match[0].length);
      tokens.push({ kind: "number", value, line: start });
    } else if (matchAt(IDENTIFIER)) {
      tokens.push({ kind: "identifier", text: advance(matchAt(IDENTIFIER)![0].length).toLowerCase(), line: start });
    } else {
      throw new SieveSyntaxError(start, `unexpected character ${JSON.stringify(character)}`);
    }
    if (tokens.length > limits.sieve.tokens) throw new SieveSyntaxError(start, `the script has more than ${limits.sieve.tokens} words`);
  }
  tokens.push({ kind: "end", line });
  return tokens;
};

const quotedLength = (script: string, from: number, line: number): number => {
  for (let at = from + 1; at < script.length; at++) {
    if (script[at] === "\\") at++;
    else if (script[at] === '"') return at + 1 - from;
  }
  throw new SieveSyntaxError(line, "a quoted string is not closed");
};

const quoted = (text: string): string =>
  text
    .slice(1, -1)
    .replace(/\\([\s\S])/g, "$1")
    .replace(/\r?\n/g, "\r\n");

/** RFC 5228 §2.4.2: up to a line that is a dot. */
const multilineLength = (script: string, from: number, line: number): number => {
  const end = /(?:^|\n)\.\r?(?:\n|$)/g;
  end.lastIndex = Math.max(0, from - 1);
  const match = end.exec(script);
  if (!match) throw new SieveSyntaxError(line, "text: is not closed by a line with a single dot");
  return Math.max(match.index + match[0].length, from) - from;
};

const multiline = (text: string): string =>
  text
    .replace(/\.\r?\n?$/, "")
    .split(/\r?\n/)
    .map((one) => (one.startsWith("..") ? one.slice(1) : one))
    .join("\r\n");
