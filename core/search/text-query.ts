/** What a person typed (RFC 8621 §4.4.1): words that must all be there; `"…"` or `'…'` a phrase as written, `\\` before a quotation mark in it; `word*` a prefix, or every word with `asPrefixes`. Nothing else is special. */
import { stemOf, stemPrefix, wordsOf } from "./tokens.ts";

/** A word as a query wants it: where it stands in the dictionary, and which entries there count. */
export interface WordPattern {
  /** Dictionary words that begin so are candidates. */
  readonly begins: string;
  readonly accepts: (word: string) => boolean;
}

/** Words that stand one after the other in one field; a single word is a phrase of one. */
export type Phrase = readonly WordPattern[];

/** All phrases must be found. Empty: the query has no words, and every message satisfies it. */
export interface TextQuery {
  readonly phrases: readonly Phrase[];
}

const QUERY_WORDS = 32;

/** A phrase in double quotation marks, one in single ones that are no apostrophes, or what stands between white space. */
const PIECE = /"((?:\\.|[^"\\])*)"|(?<!\S)'((?:\\.|[^'\\])*)'(?!\S)|(\S+)/gs;

const stemmed = (word: string): WordPattern => {
  const stem = stemOf(word);
  return { begins: stemPrefix(word), accepts: (candidate) => candidate === word || stemOf(candidate) === stem };
};
const exact = (word: string): WordPattern => ({ begins: word, accepts: (candidate) => candidate === word });
const prefixed = (word: string): WordPattern => ({ begins: word, accepts: (candidate) => candidate.startsWith(word) });

export const parseTextQuery = (text: string, { asPrefixes = false } = {}): TextQuery => {
  const phrases: Phrase[] = [];
  let words = 0;
  const add = (phrase: Phrase): void => {
    const kept = phrase.slice(0, QUERY_WORDS - words);
    words += kept.length;
    if (kept.length > 0) phrases.push(kept);
  };
  for (const [, double, single, typed] of text.matchAll(PIECE)) {
    if (typed === undefined) {
      add(wordsOf((double ?? single!).replaceAll(/\\(.)/gs, "$1")).map(exact));
      continue;
    }
    const parts = wordsOf(typed);
    const isPrefix = asPrefixes || typed.endsWith("*");
    // "ann@ward7.example" is four words that stand together; a plain word may stand anywhere in any form.
    if (parts.length === 1) add([isPrefix ? prefixed(parts[0]!) : stemmed(parts[0]!)]);
    else add(parts.map((part, index) => (isPrefix && index === parts.length - 1 ? prefixed(part) : exact(part))));
  }
  return { phrases };
};
