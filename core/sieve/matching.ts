/** RFC 5228 §2.7.1 to §2.7.3 match types and comparators (RFC 4790), RFC 5231 §3, §4.1, §4.2 relations. */
import { limits } from "../limits.ts";

export type Comparator = "i;octet" | "i;ascii-casemap" | "i;ascii-numeric";
export type MatchType = { kind: "is" | "contains" | "matches" } | { kind: "count" | "value"; relation: string };

const lowerAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const fold = (text: string, comparator: Comparator): string => (comparator === "i;octet" ? text : lowerAscii(text));

/** RFC 4790 §9.1: a text that does not begin with a digit is positive infinity. */
const numeric = (text: string): number => {
  const digits = /^\d+/.exec(text);
  return digits ? Number(digits[0]) : Number.POSITIVE_INFINITY;
};

const compare = (a: string, b: string, comparator: Comparator): number => {
  if (comparator === "i;ascii-numeric") {
    const [left, right] = [numeric(a), numeric(b)];
    return left === right ? 0 : left < right ? -1 : 1;
  }
  return Buffer.compare(Buffer.from(fold(a, comparator)), Buffer.from(fold(b, comparator)));
};

const holds: Readonly<Record<string, (order: number) => boolean>> = {
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
};
export const isRelation = (relation: string): boolean => Object.hasOwn(holds, relation);

type Piece = { kind: "any" } | { kind: "one" } | { kind: "text"; text: string };

/** A wildcard pattern in pieces; `\` takes the next character as it is. */
const piecesOf = (pattern: string): Piece[] => {
  const pieces: Piece[] = [];
  let text = "";
  const flush = (): void => {
    if (text) pieces.push({ kind: "text", text });
    text = "";
  };
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (character === "\\" && at + 1 < pattern.length) text += pattern[++at];
    else if (character === "*" || character === "?") {
      flush();
      pieces.push({ kind: character === "*" ? "any" : "one" });
    } else text += character;
  }
  flush();
  return pieces;
};

/** UTF-16 units of the character at `at`. */
const unitsAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/**
 * Wildcard match with what each `*` and `?` took, shortest first (RFC 5229 §3.2); null when it does not match.
 * Only the last `*` is ever moved, so the work is at most text × pattern, both bounded.
 */
export const wildcard = (value: string, pattern: string, comparator: Comparator): string[] | null => {
  const text = value.slice(0, limits.sieve.matchOctets);
  const folded = fold(text, comparator);
  const pieces = piecesOf(pattern).map((piece) => (piece.kind === "text" ? { ...piece, text: fold(piece.text, comparator) } : piece));
  const starts: number[] = new Array(pieces.length).fill(0);
  let [at, piece, star, starAt] = [0, 0, -1, 0];
  while (true) {
    const current = pieces[piece];
    if (!current && at === folded.length) break;
    if (current?.kind === "any") {
      starts[piece] = at;
      [star, starAt] = [piece++, at];
    } else if (current?.kind === "one" && at < folded.length) {
      starts[piece++] = at;
      at += unitsAt(folded, at);
    } else if (current?.kind === "text" && folded.startsWith(current.text, at)) {
      starts[piece++] = at;
      at += current.text.length;
    } else if (star >= 0 && starAt < folded.length) {
      starAt += unitsAt(folded, starAt);
      at = starAt;
      piece = star + 1;
    } else return null;
  }
  const ends = [...starts.slice(1), folded.length];
  return [text, ...pieces.flatMap((one, index) => (one.kind === "text" ? [] : [text.slice(starts[index], ends[index])]))];
};

export interface Match {
  readonly type: MatchType;
  readonly comparator: Comparator;
}

/** True when any value matches any key. `captured` is told what a wildcard took. */
export const matchesAny = (
  values: readonly string[],
  keys: readonly string[],
  match: Match,
  captured: (taken: string[]) => void,
): boolean => {
  const { type, comparator } = match;
  if (type.kind === "count") return keys.some((key) => holds[type.relation]!(compare(String(values.length), key, "i;ascii-numeric")));
  for (const value of values) {
    for (const key of keys) {
      switch (type.kind) {
        case "is":
          if (compare(value, key, comparator) === 0) return true;
          break;
        case "contains":
          if (fold(value, comparator).includes(fold(key, comparator))) return true;
          break;
        case "value":
          if (holds[type.relation]!(compare(value, key, comparator))) return true;
          break;
        case "matches": {
          const taken = wildcard(value, key, comparator);
          if (!taken) break;
          captured(taken);
          return true;
        }
      }
    }
  }
  return false;
};
