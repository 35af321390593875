/** Marks the words of a search in a text (RFC 8621 §5): HTML-escaped, each hit inside <mark>. */

import { parseTextQuery, type WordPattern } from "../../search/text-query.ts";
import { wordsOf } from "../../search/tokens.ts";
import type { Filter } from "../engine/definition.ts";

export interface SearchWords {
  /** What to mark in the subject, and in the body. */
  readonly subject: readonly WordPattern[];
  readonly body: readonly WordPattern[];
}

/** The words that a filter asks for; those under NOT are not looked for. */
export const wordsOfFilter = (filter: Filter | null): SearchWords => {
  const subject: WordPattern[] = [];
  const body: WordPattern[] = [];
  const patternsOf = (text: string | undefined): WordPattern[] => (text ? parseTextQuery(text).phrases.flat() : []);
  const walk = (node: Filter): void => {
    if ("condition" in node) {
      const { text, subject: inSubject, body: inBody } = node.condition as Record<string, string | undefined>;
      subject.push(...patternsOf(text), ...patternsOf(inSubject));
      body.push(...patternsOf(text), ...patternsOf(inBody));
    } else if (node.operator !== "NOT") for (const inner of node.conditions) walk(inner);
  };
  if (filter) walk(filter);
  return { subject, body };
};

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character]!);

interface Hit {
  readonly start: number;
  readonly end: number;
}

const WRITTEN_WORD = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu;

/** Words of the text that the search would have found, in order of place. */
const hitsOf = (text: string, words: readonly WordPattern[]): Hit[] => {
  if (words.length === 0) return [];
  const hits: Hit[] = [];
  for (const match of text.matchAll(WRITTEN_WORD)) {
    // A run of characters without spaces (Chinese, Japanese…) is several words: it is marked whole.
    if (wordsOf(match[0]).some((written) => words.some(({ accepts }) => accepts(written)))) {
      hits.push({ start: match.index, end: match.index + match[0].length });
    }
  }
  return hits;
};

/** Characters shown before the first hit. */
const LEAD = 40;

/** The text with its hits marked, or null when there is none; at most `maxOctets`, cut around the first hit, when given. */
export const highlighted = (text: string, words: readonly WordPattern[], maxOctets: number | null): string | null => {
  const hits = hitsOf(text, words);
  const first = hits[0];
  if (!first) return null;
  if (maxOctets === null) return marked(text, hits);
  const from = wordStart(text, Math.max(0, first.start - LEAD));
  let to = Math.min(text.length, from + maxOctets);
  // Escapes, marks and multi-octet characters take room: shorten until it fits.
  for (;;) {
    const piece = marked(text.slice(from, to).toWellFormed(), shifted(hits, from, to));
    const excess = Buffer.byteLength(piece) - maxOctets;
    if (excess <= 0 || to - from <= 1) return piece;
    to -= Math.max(1, Math.ceil(excess / 8));
  }
};

const wordStart = (text: string, at: number): number => {
  if (at === 0) return 0;
  const space = text.indexOf(" ", at);
  return space >= 0 && space < at + LEAD ? space + 1 : at;
};

const shifted = (hits: readonly Hit[], from: number, to: number): Hit[] =>
  hits.filter(({ start, end }) => start >= from && end <= to).map(({ start, end }) => ({ start: start - from, end: end - from }));

const marked = (text: string, hits: readonly Hit[]): string => {
  let html = "";
  let at = 0;
  for (const { start, end } of hits) {
    html += `${escaped(text.slice(at, start))}<mark>${escaped(text.slice(start, end))}</mark>`;
    at = end;
  }
  return html + escaped(text.slice(at));
};
