/**
 * Text search by the account's segments (core/search), and directly for the mail that came after them: a message is found as soon as it
 * is filed. Small segments are kept in memory; of large ones only the octets that a query needs are read, in two steps.
 */
import { TransientError } from "../../errors.ts";
import type { AccountId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { AccountState } from "../../log/api.ts";
import { UidSet } from "../../log/uid-set.ts";
import type { BlobStore } from "../../ports/blob-store.ts";
import type { SearchIndexStore, SearchManifest, SegmentRecord } from "../../ports/search-index-store.ts";
import type { Candidates, TextCondition, TextMatches, TextSearch, Uids } from "../../ports/text-search.ts";
import { type OctetRange, SegmentFoot } from "../../search/segment.ts";
import { dictionaryRanges, type FieldQuery, SegmentQuery } from "../../search/segment-query.ts";
import { fieldQueryOf } from "./text-search.ts";

export interface IndexedSearchPorts {
  readonly index: SearchIndexStore;
  /** Segments. */
  readonly state: Pick<BlobStore, "get">;
  /** For what no segment holds. */
  readonly direct: TextSearch;
}

/** Segments up to this are read whole and kept. */
const WHOLE_OCTETS = 16 * 1024 * 1024;

interface OpenSegment {
  readonly foot: SegmentFoot;
  readonly whole: Uint8Array | null;
  readonly octets: number;
}

export class IndexedTextSearch implements TextSearch {
  readonly #ports: IndexedSearchPorts;
  readonly #open = new Map<string, OpenSegment>();

  constructor(ports: IndexedSearchPorts) {
    this.#ports = ports;
  }

  async match(state: AccountState, conditions: readonly TextCondition[], candidates: Candidates): Promise<TextMatches> {
    const onWords = conditions.filter((condition) => condition.field !== "header");
    const onHeaders = conditions.filter((condition) => condition.field === "header");
    const headers = await this.#ports.direct.match(state, onHeaders, onHeaders.length > 0 ? candidates : () => []);
    if (headers.outcome !== "matched") return headers;
    const words = await this.#matchWords(state, onWords, candidates);
    if (words.outcome !== "matched") return words;
    const found = conditions.map((condition) =>
      condition.field === "header" ? headers.found[onHeaders.indexOf(condition)]! : words.found[onWords.indexOf(condition)]!,
    );
    return { outcome: "matched", found };
  }

  async #matchWords(
    state: AccountState,
    conditions: readonly Exclude<TextCondition, { field: "header" }>[],
    candidates: Candidates,
    isSecondTry = false,
  ): Promise<TextMatches> {
    if (conditions.length === 0) return { outcome: "matched", found: [] };
    const manifest = await this.#ports.index.getManifest(state.accountId);
    const indexedUid = manifest?.indexedUid ?? 0;
    const queries = conditions.map(fieldQueryOf);
    const former = manifest?.former ? await this.#searchFormer(state.accountId, manifest.former, indexedUid, queries) : null;
    const newer = candidates(Math.max(indexedUid, former?.indexedUid ?? 0));
    if (newer.length > limits.search.directMessages) return { outcome: "tooMany", limit: limits.search.directMessages };
    const [direct, ...segments] = await Promise.all([
      this.#ports.direct.match(state, conditions, () => newer),
      ...(manifest?.segments ?? []).map((segment) => this.#searchSegment(state.accountId, segment, queries)),
    ]);
    if (direct.outcome !== "matched") return direct;
    // A segment that has vanished under us was merged away: what is read again is the newer list.
    if (segments.some((segment) => segment === null)) {
      if (isSecondTry) throw new TransientError("a search segment that the list names is not there");
      return this.#matchWords(state, conditions, candidates, true);
    }
    return {
      outcome: "matched",
      found: conditions.map((_, index) =>
        union([direct.found[index]!, former?.found[index] ?? [], ...segments.map((one) => one![index]!)]),
      ),
    };
  }

  /** What the list before a rebuild says of the mail that the rebuild has not reached; null when some of that list is lost. */
  async #searchFormer(
    accountId: AccountId,
    former: NonNullable<SearchManifest["former"]>,
    indexedUid: number,
    queries: readonly FieldQuery[],
  ): Promise<{ indexedUid: number; found: readonly (readonly number[])[] } | null> {
    const segments = await Promise.all(former.segments.map((segment) => this.#searchSegment(accountId, segment, queries)));
    if (segments.some((segment) => segment === null)) return null;
    const isUnreached = (uid: number) => uid > indexedUid && uid <= former.indexedUid;
    const found = queries.map((_, index) => segments.flatMap((segment) => segment![index]!.filter(isUnreached)));
    return { indexedUid: former.indexedUid, found };
  }

  async #searchSegment(
    accountId: AccountId,
    segment: SegmentRecord,
    queries: readonly FieldQuery[],
  ): Promise<readonly (readonly number[])[] | null> {
    const opened = await this.#openSegment(accountId, segment);
    if (!opened) return null;
    const { foot, whole } = opened;
    if (whole) {
      const read = ({ offset, length }: OctetRange) => whole.subarray(offset, offset + length);
      return new SegmentQuery(foot, queries, read).matches(read);
    }
    const dictionary = await this.#fetch(segment.key, dictionaryRanges(foot, queries));
    if (!dictionary) return null;
    const query = new SegmentQuery(foot, queries, dictionary);
    const postings = await this.#fetch(segment.key, query.postingsRanges());
    return postings && query.matches(postings);
  }

  async #openSegment(accountId: AccountId, segment: SegmentRecord): Promise<OpenSegment | null> {
    const key = `${accountId}/${segment.key}`;
    const known = this.#open.get(key);
    if (known) {
      this.#open.delete(key);
      this.#open.set(key, known);
      return known;
    }
    const isWhole = segment.octets <= WHOLE_OCTETS;
    const range = isWhole ? undefined : { offset: segment.footOffset, length: segment.octets - segment.footOffset };
    const octets = await this.#ports.state.get(segment.key, range);
    if (!octets) return null;
    const foot = new SegmentFoot(isWhole ? octets.subarray(segment.footOffset) : octets);
    const opened = { foot, whole: isWhole ? octets : null, octets: octets.length };
    this.#open.set(key, opened);
    let kept = 0;
    for (const one of this.#open.values()) kept += one.octets;
    for (const [oldest, one] of this.#open) {
      if (kept <= limits.search.cachedOctets || this.#open.size === 1) break;
      this.#open.delete(oldest);
      kept -= one.octets;
    }
    return opened;
  }

  /** Reads ranges side by side; neighbours come in one read. */
  async #fetch(key: string, ranges: readonly OctetRange[]): Promise<((range: OctetRange) => Uint8Array) | null> {
    const spans = joined(ranges);
    const pieces = await Promise.all(spans.map((span) => this.#ports.state.get(key, span)));
    if (pieces.some((piece) => piece === null)) return null;
    return ({ offset, length }) => {
      const at = spans.findIndex((span) => offset >= span.offset && offset + length <= span.offset + span.length);
      const start = offset - spans[at]!.offset;
      return pieces[at]!.subarray(start, start + length);
    };
  }
}

/** Ranges nearer than this are read in one. */
const GAP_OCTETS = 64 * 1024;

const joined = (ranges: readonly OctetRange[]): OctetRange[] => {
  const spans: { offset: number; length: number }[] = [];
  for (const { offset, length } of [...ranges].sort((a, b) => a.offset - b.offset)) {
    const last = spans.at(-1);
    if (last && offset - (last.offset + last.length) <= GAP_OCTETS) last.length = Math.max(last.length, offset + length - last.offset);
    else spans.push({ offset, length });
  }
  return spans;
};

const union = (found: readonly Iterable<number>[]): Uids => {
  const all = new UidSet();
  for (const uids of found) for (const uid of uids) all.add(uid);
  return all;
};
