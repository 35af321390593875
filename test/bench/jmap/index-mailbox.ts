/**
 * The search index of a bench's mailbox. Up to ten thousand messages go through the index stage's own flow. A larger mailbox gets the
 * segments that the flow's merges would have ended with, laid out by the same writer from the block's postings.
 */
import { indexMail } from "../../../core/flows/index-mail.ts";
import type { AccountState } from "../../../core/log/api.ts";
import type { BlobStore } from "../../../core/ports/blob-store.ts";
import type { SearchIndexStore, SegmentRecord } from "../../../core/ports/search-index-store.ts";
import type { Postings } from "../../../core/search/postings.ts";
import { SegmentFoot } from "../../../core/search/segment.ts";
import { layOutSegment, SegmentWriter, type WrittenSegment } from "../../../core/search/segment-writer.ts";
import { type Block, placeOf, textsOf } from "./block.ts";
import { BLOCK_MESSAGES, referenceOf, searched } from "./mail-text.ts";
import type { Mailbox } from "./mailbox.ts";

export interface IndexPorts {
  readonly index: SearchIndexStore;
  readonly state: BlobStore;
}

export const indexByFlow = async (ports: IndexPorts, mailbox: Mailbox, block: Block): Promise<void> => {
  const { fold, messages } = mailbox;
  const uidOf = new Map(Array.from({ length: messages }, (_, index) => [mailbox.itemAt(index + 1).id as string, index + 1]));
  const octetsOf = new Map(block.messages.map(({ octets }, place) => [`imported/bench-${place}.eml`, octets]));
  const isDone = await indexMail(
    {
      log: { load: async () => fold as AccountState },
      store: { getEmails: async (_, ids) => ids.map((id) => mailbox.itemAt(uidOf.get(id)!)) },
      index: ports.index,
      mail: { get: async (key, range) => octetsOf.get(key)!.subarray(range?.offset ?? 0, range && range.offset + range.length) },
      state: ports.state,
      documents: { reads: () => false, read: async () => null },
      now: () => Date.now(),
      hasTime: () => true,
    },
    { accountId: fold.accountId },
  );
  if (!isDone) throw new Error("the index of the bench was not made");
};

/** Sizes that merges of 500 end with: the largest that six of would not fit a merge, then up to five of each size below. */
const TIERS = [108_000, 18_000, 3_000, 500];

export const indexInBulk = async (ports: IndexPorts, mailbox: Mailbox, block: Block): Promise<void> => {
  const { accountId } = mailbox.fold;
  const ofBlock = postingsOfBlock(mailbox, block);
  const segments: SegmentRecord[] = [];
  let from = 1;
  for (const tier of TIERS) {
    while (mailbox.messages - from + 1 >= tier) {
      const { octets, footOffset, ...written } = segmentOf(ofBlock, mailbox.messages, from, from + tier - 1);
      const key = `search/${accountId}/bench-${from}`;
      await ports.state.put(key, octets);
      segments.push({ key, octets: octets.length, footOffset, ...written });
      from += tier;
    }
  }
  if (from <= mailbox.messages) throw new Error(`a mailbox of the bench has a multiple of ${TIERS.at(-1)} messages`);
  const stored = await ports.index.putManifest(accountId, {
    version: 1,
    indexedUid: mailbox.messages,
    emptiedAt: 0,
    segments,
    former: null,
    retired: [],
  });
  if (!stored) throw new Error("somebody else indexes the bench's mailbox");
};

type KeyPostings = readonly (readonly [key: string, postings: Postings])[];

/** What the writer makes of the block, with places of the block for message indexes. */
const postingsOfBlock = (mailbox: Mailbox, block: Block): KeyPostings => {
  const writer = new SegmentWriter();
  const oldest = mailbox.messages - BLOCK_MESSAGES;
  for (let place = 0; place < BLOCK_MESSAGES; place++)
    writer.add(place + 1, textsOf(block.messages[place]!, mailbox.itemAt(oldest + place + 1)));
  const { octets, footOffset } = writer.finish();
  const foot = new SegmentFoot(octets.subarray(footOffset));
  const dictionary = foot.wholeDictionary();
  const { offset, length } = dictionary.range;
  return [...foot.entries(dictionary, octets.subarray(offset, offset + length))].map(
    (entry) =>
      [
        `${entry.word}\0${entry.fieldCode}`,
        foot.postingsOf(entry, octets.subarray(entry.postings.offset, entry.postings.offset + entry.postings.length)),
      ] as const,
  );
};

const REFERENCE = /^rx\d{7}\0/;
const RARE = new Set(searched.rare);

/** The segment of some uids: each word where the block has it; references are each message's own, rare words the newest block's. */
const segmentOf = (ofBlock: KeyPostings, messages: number, firstUid: number, lastUid: number): WrittenSegment => {
  const uids = Array.from({ length: lastUid - firstUid + 1 }, (_, index) => firstUid + index);
  const oldestOfNewest = messages - BLOCK_MESSAGES + 1;

  const repeated = (postings: Postings, least: number): Postings => {
    const all: (readonly [number, readonly number[]])[] = [];
    for (let first = firstUid - placeOf(firstUid, messages); first <= lastUid; first += BLOCK_MESSAGES) {
      for (const [place, places] of postings) {
        const uid = first + place;
        if (uid >= firstUid && uid <= lastUid && uid >= least) all.push([uid - firstUid, places]);
      }
    }
    return all;
  };
  const places = new Map(
    ofBlock.flatMap(([key, postings]) => (REFERENCE.test(key) ? [[postings[0]![0], { key, places: postings[0]![1] }] as const] : [])),
  );
  function* entries(): Generator<readonly [string, Postings]> {
    let areReferencesWritten = false;
    for (const [key, postings] of ofBlock) {
      if (!REFERENCE.test(key)) {
        const present = repeated(postings, RARE.has(key.slice(0, -2)) ? oldestOfNewest : 1);
        if (present.length > 0) yield [key, present];
        continue;
      }
      if (areReferencesWritten) continue;
      areReferencesWritten = true;
      for (const uid of uids) {
        const one = places.get(placeOf(uid, messages))!;
        yield [`${referenceOf(uid)}${one.key.slice(-2)}`, [[uid - firstUid, one.places]]];
      }
    }
  }
  return layOutSegment(uids, entries());
};
