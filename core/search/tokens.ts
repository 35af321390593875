/**
 * Text to words: letters and digits, lower case, without accents. Han, Hiragana, Katakana and Thai have no spaces: each character is a
 * word there, and a query for several is a phrase.
 */
import { stemmer } from "stemmer";

const WORDS = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const ASCII = /^[\x20-\x7e\s]*$/;
const ASCII_WORDS = /[A-Za-z0-9]+(?:'[A-Za-z]+)*/g;
export const WORD_CHARACTERS = 64;

/** Words of a text in order. */
export const wordsOf = (text: string): string[] => {
  const words: string[] = [];
  if (ASCII.test(text)) {
    for (const [word] of text.toLowerCase().matchAll(ASCII_WORDS)) words.push(cut(word.replaceAll("'", "")));
    return words;
  }
  const plain = text
    .normalize("NFKD")
    .replace(/\p{Mn}+/gu, "")
    .toLowerCase();
  for (const [word] of plain.matchAll(WORDS)) {
    if (UNSPACED.test(word)) words.push(...[...word].map(cut));
    else words.push(cut(word.replace(/['’]/g, "")));
  }
  return words;
};

const cut = (word: string): string => (word.length > WORD_CHARACTERS ? word.slice(0, WORD_CHARACTERS) : word);

/** The English stem (Porter); words with digits and short words are their own. */
export const stemOf = (word: string): string => (word.length < 4 || !/^[a-z]+$/.test(word) ? word : stemmer(word));

/** Letters that every word with the query's stem begins with: where in the dictionary to look. */
export const stemPrefix = (word: string): string => {
  const stem = stemOf(word);
  let shared = 0;
  while (shared < stem.length && stem[shared] === word[shared]) shared++;
  // Porter turns a final y into i, and that only: "pharmacy" and "pharmacies" share all but the last letter.
  return stem.slice(0, Math.max(1, shared === stem.length && stem.endsWith("i") ? shared - 1 : shared));
};
