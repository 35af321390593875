/**
 * Answers queries on one segment: first the dictionary ranges, then the postings ranges, then the messages. Each step names all the
 * octets it needs, so that the reader fetches them together: two sequential reads at any size, none when the segment is in memory.
 */

import { UidSet } from "../log/uid-set.ts";
import { FIELD_CODES, type Field } from "./fields.ts";
import type { DictionaryEntry, OctetRange, SegmentFoot } from "./segment.ts";
import type { TextQuery, WordPattern } from "./text-query.ts";

/** A query on some fields. */
export interface FieldQuery {
  readonly query: TextQuery;
  readonly fields: readonly Field[];
}

type Fetched = (range: OctetRange) => Uint8Array;

/** Dictionary words that one query word may be; past this the commonest prefixes would read the whole segment. */
const EXPANSION_WORDS = 4_096;

const patternsOf = (queries: readonly FieldQuery[]): WordPattern[] => queries.flatMap(({ query }) => query.phrases.flat());

/** Step 1: the octets of the dictionary to read. */
export const dictionaryRanges = (foot: SegmentFoot, queries: readonly FieldQuery[]): OctetRange[] =>
  distinct(patternsOf(queries).flatMap(({ begins }) => foot.dictionaryRange(begins)?.range ?? []));

/** Step 2: the entries that each pattern stands for, and their postings to read. */
export class SegmentQuery {
  private readonly entries = new Map<WordPattern, DictionaryEntry[]>();
  private readonly queries: readonly FieldQuery[];
  private readonly foot: SegmentFoot;

  constructor(foot: SegmentFoot, queries: readonly FieldQuery[], dictionary: Fetched) {
    this.foot = foot;
    this.queries = queries;
    for (const { query, fields } of queries) {
      const codes = new Set<string>(fields.map((field) => FIELD_CODES[field]));
      for (const pattern of query.phrases.flat()) this.entries.set(pattern, this.expand(pattern, codes, dictionary));
    }
  }

  private expand(pattern: WordPattern, codes: ReadonlySet<string>, dictionary: Fetched): DictionaryEntry[] {
    const blocks = this.foot.dictionaryRange(pattern.begins);
    if (!blocks) return [];
    const found: DictionaryEntry[] = [];
    let word: string | null = null;
    let isAccepted = false;
    for (const entry of this.foot.entries(blocks, dictionary(blocks.range), pattern.begins)) {
      if (entry.word !== word) {
        word = entry.word;
        isAccepted = pattern.accepts(word);
      }
      if (isAccepted && codes.has(entry.fieldCode)) found.push(entry);
      if (found.length >= EXPANSION_WORDS) break;
    }
    return found;
  }

  postingsRanges(): OctetRange[] {
    return distinct([...this.entries.values()].flat().map((entry) => entry.postings));
  }

  /** Step 3: for each query, the uids that satisfy it, rising. */
  matches(postings: Fetched): number[][] {
    return this.queries.map(({ query }) => {
      // The rarest phrase first: the others only have to confirm it.
      const phrases = [...query.phrases].sort((a, b) => this.commonness(a) - this.commonness(b));
      if (phrases.length === 0) return [...this.foot.uids];
      let found: number[] = [];
      for (const [at, phrase] of phrases.entries()) {
        const here = phrase.length === 1 ? this.messagesWith(phrase[0]!, postings) : this.messagesWithPhrase(phrase, postings);
        found = at === 0 ? here : inBoth(found, here);
        if (found.length === 0) break;
      }
      return found.map((index) => this.foot.uids[index]!);
    });
  }

  private commonness(phrase: readonly WordPattern[]): number {
    return Math.min(...phrase.map((pattern) => this.entries.get(pattern)!.reduce((sum, entry) => sum + entry.messages, 0)));
  }

  private messagesWith(pattern: WordPattern, postings: Fetched): number[] {
    const lists = this.entries.get(pattern)!.map((entry) => this.foot.messagesOf(entry, postings(entry.postings)));
    if (lists.length === 1) return lists[0]!;
    const found = new UidSet();
    for (const list of lists) for (const index of list) found.add(index);
    return [...found];
  }

  private messagesWithPhrase(phrase: readonly WordPattern[], postings: Fetched): number[] {
    const found = new UidSet();
    for (const code of new Set(this.entries.get(phrase[0]!)!.map((entry) => entry.fieldCode))) {
      const places: ReadonlyMap<number, readonly number[]>[] = [];
      for (const pattern of phrase) places.push(this.placesIn(pattern, code, postings, places.at(-1)));
      for (const [index] of places.at(-1)!) {
        if (found.has(index)) continue;
        const [starts, ...rest] = places.map((one) => one.get(index)!);
        if (starts!.some((start) => rest.every((one, at) => isIn(one, start + at + 1)))) found.add(index);
      }
    }
    return [...found];
  }

  /** By message, the rising places of a pattern; only of messages that are in `among`. */
  private placesIn(
    pattern: WordPattern,
    fieldCode: string,
    postings: Fetched,
    among?: ReadonlyMap<number, unknown>,
  ): Map<number, readonly number[]> {
    const places = new Map<number, readonly number[]>();
    for (const entry of this.entries.get(pattern)!) {
      if (entry.fieldCode !== fieldCode) continue;
      for (const [index, there] of this.foot.postingsOf(entry, postings(entry.postings))) {
        if (among && !among.has(index)) continue;
        const known = places.get(index);
        places.set(index, known ? [...known, ...there].sort((a, b) => a - b) : there);
      }
    }
    return places;
  }
}

/** Whether a rising list holds a number. */
const isIn = (list: readonly number[], wanted: number): boolean => {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return list[low] === wanted;
};

/** Of two rising lists. */
const inBoth = (some: readonly number[], others: readonly number[]): number[] => {
  const both: number[] = [];
  for (let at = 0, other = 0; at < some.length && other < others.length; ) {
    const difference = some[at]! - others[other]!;
    if (difference === 0) both.push(some[at]!);
    if (difference <= 0) at++;
    if (difference >= 0) other++;
  }
  return both;
};

const distinct = (ranges: readonly OctetRange[]): OctetRange[] => [
  ...new Map(ranges.map((range) => [`${range.offset}+${range.length}`, range])).values(),
];
