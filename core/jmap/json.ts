/** Reads I-JSON (RFC 7493) within bounds: no duplicate names, no lone surrogates, no deep nesting. */

export type JsonReading =
  | { outcome: "read"; value: unknown }
  | { outcome: "unreadable"; reason: string }
  /** It may well be JSON: it was not read further. */
  | { outcome: "tooDeep" };

/** RFC 8620 §1.5, §8.4. `maxDepth` counts arrays and objects inside one another. */
export const readIJson = (text: string, maxDepth: number): JsonReading => {
  let value: unknown;
  // Structure first: JSON.parse on a deeply nested text would use stack without a bound of ours.
  const fault = structureFault(text, maxDepth);
  if (fault === TOO_DEEP) return { outcome: "tooDeep" };
  if (fault) return { outcome: "unreadable", reason: fault };
  try {
    value = JSON.parse(text);
  } catch {
    return { outcome: "unreadable", reason: "The text is not JSON." };
  }
  return { outcome: "read", value };
};

const TOO_DEEP = "too deep";
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** One pass over the characters; it need not be a full parser because JSON.parse follows. */
const structureFault = (text: string, maxDepth: number): string | null => {
  if (!text.isWellFormed()) return "The text holds a lone surrogate.";
  /** One set of names for each open object, null for each open array. */
  const open: (Set<string> | null)[] = [];
  let expectName = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = stringEnd(text, at);
      if (end < 0) return "A string does not end.";
      const escaped = text.indexOf("\\", at);
      const literal = escaped >= 0 && escaped < end ? unescaped(text.slice(at, end + 1)) : null;
      if (literal !== null && !literal.isWellFormed()) return "A string holds a lone surrogate.";
      const names = open.at(-1);
      if (names && expectName) {
        const name = literal ?? text.slice(at + 1, end);
        if (names.has(name)) return "An object holds the same name twice.";
        names.add(name);
        expectName = false;
      }
      at = end;
    } else if (code === 0x7b || code === 0x5b) {
      if (open.length >= maxDepth) return TOO_DEEP;
      expectName = code === 0x7b;
      open.push(expectName ? new Set() : null);
    } else if (code === 0x7d || code === 0x5d) {
      open.pop();
      expectName = false;
    } else if (code === COMMA) expectName = open.at(-1) !== null;
  }
  return null;
};

const stringEnd = (text: string, start: number): number => {
  let end = text.indexOf('"', start + 1);
  while (end > 0) {
    let slashes = 0;
    for (let at = end - 1; at > start && text.charCodeAt(at) === BACKSLASH; at--) slashes++;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return -1;
};

const unescaped = (literal: string): string | null => {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return null;
  }
};
