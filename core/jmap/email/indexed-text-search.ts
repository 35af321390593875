/**
 * Text search by the account's segments (core/search), and directly for the mail that came after them: a message is found as soon as it
 * is filed. A small index is kept in memory; of a large one only the octets that a query needs are read, in two steps, until the process
 * has searched it so often that what can be kept is better kept.
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
  readonly kept?: Kept;
}

/** What a process keeps of an account's segments, in octets. */
interface Kept {
  /** An index up to this is read whole; so are, of a larger one, segments up to this that were searched PARTIAL_SEARCHES times. */
  readonly whole: number;
  /** Segments up to this are read whole at once: their parts would be three requests. */
  readonly small: number;
}

const KEPT: Kept = { whole: 16 * 1024 * 1024, small: 1024 * 1024 };
const PARTIAL_SEARCHES = 2;

interface OpenSegment {
  readonly foot: SegmentFoot;
  readonly whole: Uint8Array | null;
  readonly octets: number;
  searches: number;
}

type Segments = readonly SegmentRecord[];
const octetsOf = (segments: Segments): number => segments.reduce((sum, { octets }) => sum + octets, 0);

export class IndexedTextSearch implements TextSearch {
  readonly #ports: IndexedSearchPorts;
  readonly #kept: Kept;
  readonly #open = new Map<string, OpenSegment>();
  readonly #opening = new Map<string, Promise<OpenSegment | null>>();

  constructor(ports: IndexedSearchPorts) {
    this.#ports = ports;
    this.#kept = ports.kept ?? KEPT;
  }

  /**
   * The search for one request of which it is guessed that it will search this account: the list of segments is read at once, and they are
   * opened unless that is much. Nothing of it is looked at before the search. A list from before the state only means that more mail is
   * searched directly.
   */
  ahead(accountId: AccountId): TextSearch {
    let begun: Promise<SearchManifest | null> | null = this.#ports.index.getManifest(accountId);
    // What fails here fails again in the search, if there is one.
    begun.then((manifest) => this.#openAhead(accountId, manifest?.segments ?? [])).catch(() => {});
    return {
      match: (state, conditions, candidates) => {
        const manifest = state.accountId === accountId ? begun : null;
        if (manifest) begun = null;
        return this.match(state, conditions, candidates, manifest ?? undefined);
      },
    };
  }

  async #openAhead(accountId: AccountId, segments: Segments): Promise<void> {
    const total = octetsOf(segments);
    const unopened = segments.filter(({ key }) => !this.#open.has(`${accountId}/${key}`));
    const needed = unopened.reduce((sum, one) => sum + (this.#isWholeAtOnce(one, total) ? one.octets : one.octets - one.footOffset), 0);
    if (needed <= limits.log.aheadOctets) await Promise.all(unopened.map((segment) => this.#openSegment(accountId, segment, total)));
  }

  async match(
    state: AccountState,
    conditions: readonly TextCondition[],
    candidates: Candidates,
    manifest?: Promise<SearchManifest | null>,
  ): Promise<TextMatches> {
    const onWords = conditions.filter((condition) => condition.field !== "header");
    const onHeaders = conditions.filter((condition) => condition.field === "header");
    const headers = await this.#ports.direct.match(state, onHeaders, onHeaders.length > 0 ? candidates : () => []);
    if (headers.outcome !== "matched") return headers;
    const words = await this.#matchWords(state, onWords, candidates, manifest);
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
    begun?: Promise<SearchManifest | null>,
    isSecondTry = false,
  ): Promise<TextMatches> {
    if (conditions.length === 0) return { outcome: "matched", found: [] };
    const manifest = await (begun ?? this.#ports.index.getManifest(state.accountId));
    const indexedUid = manifest?.indexedUid ?? 0;
    const queries = conditions.map(fieldQueryOf);
    const former = manifest?.former ? await this.#searchFormer(state.accountId, manifest.former, indexedUid, queries) : null;
    const newer = candidates(Math.max(indexedUid, former?.indexedUid ?? 0));
    if (newer.length > limits.search.directMessages) return { outcome: "tooMany", limit: limits.search.directMessages };
    const [direct, ...segments] = await Promise.all([
      this.#ports.direct.match(state, conditions, () => newer),
      ...this.#searchSegments(state.accountId, manifest?.segments ?? [], queries),
    ]);
    if (direct.outcome !== "matched") return direct;
    // A segment that has vanished under us was merged away: what is read again is the newer list.
    if (segments.some((segment) => segment === null)) {
      if (isSecondTry) throw new TransientError("a search segment that the list names is not there");
      return this.#matchWords(state, conditions, candidates, undefined, true);
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
    const segments = await Promise.all(this.#searchSegments(accountId, former.segments, queries));
    if (segments.some((segment) => segment === null)) return null;
    const isUnreached = (uid: number) => uid > indexedUid && uid <= former.indexedUid;
    const found = queries.map((_, index) => segments.flatMap((segment) => segment![index]!.filter(isUnreached)));
    return { indexedUid: former.indexedUid, found };
  }

  #searchSegments(
    accountId: AccountId,
    segments: Segments,
    queries: readonly FieldQuery[],
  ): Promise<readonly (readonly number[])[] | null>[] {
    const total = octetsOf(segments);
    return segments.map((segment) => this.#searchSegment(accountId, segment, total, queries));
  }

  async #searchSegment(
    accountId: AccountId,
    segment: SegmentRecord,
    totalOctets: number,
    queries: readonly FieldQuery[],
  ): Promise<readonly (readonly number[])[] | null> {
    const opened = await this.#openSegment(accountId, segment, totalOctets);
    if (!opened) return null;
    opened.searches++;
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

  async #openSegment(accountId: AccountId, segment: SegmentRecord, totalOctets: number): Promise<OpenSegment | null> {
    const key = `${accountId}/${segment.key}`;
    const known = this.#open.get(key);
    const isWorthKeeping = known?.whole === null && segment.octets <= this.#kept.whole && known.searches >= PARTIAL_SEARCHES;
    if (known && !isWorthKeeping) {
      this.#open.delete(key);
      this.#open.set(key, known);
      return known;
    }
    let opening = this.#opening.get(key);
    if (!opening) {
      opening = this.#readSegment(key, segment, isWorthKeeping || this.#isWholeAtOnce(segment, totalOctets)).finally(() =>
        this.#opening.delete(key),
      );
      this.#opening.set(key, opening);
    }
    return opening;
  }

  #isWholeAtOnce({ octets }: SegmentRecord, totalOctets: number): boolean {
    return octets <= this.#kept.small || totalOctets <= this.#kept.whole;
  }

  async #readSegment(key: string, segment: SegmentRecord, isWhole: boolean): Promise<OpenSegment | null> {
    const range = isWhole ? undefined : { offset: segment.footOffset, length: segment.octets - segment.footOffset };
    const octets = await this.#ports.state.get(segment.key, range);
    if (!octets) return null;
    const foot = new SegmentFoot(isWhole ? octets.subarray(segment.footOffset) : octets);
    const opened = { foot, whole: isWhole ? octets : null, octets: octets.length, searches: 0 };
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
