/** Keywords and mailbox membership of an Email as a client may give them (RFC 8621 §4.1.1). */
import { isObject } from "../engine/kinds.ts";

/** RFC 8621 §4.1.1: IMAP flag-keyword characters, at most 255 of them. */
const KEYWORD = /^[\x21\x23\x24\x26\x27\x2b-\x5b\x5e-\x7a\x7c-\x7e]{1,255}$/;
export const isKeyword = (text: string): boolean => KEYWORD.test(text);

export const KEYWORDS_PER_EMAIL = 256;

/** Names of a `String[Boolean]` map in which every value is true; null when it is none. */
export const namesOfTrueMap = (value: unknown): string[] | null =>
  isObject(value) && Object.values(value).every((item) => item === true) ? Object.keys(value) : null;

/** Lower case, without repetition; null when one is no keyword. */
export const readKeywords = (value: unknown): string[] | null => {
  const names = namesOfTrueMap(value);
  if (!names?.every(isKeyword)) return null;
  return [...new Set(names.map((name) => name.toLowerCase()))];
};
