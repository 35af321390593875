/** Several segments of one account as one, without the messages that are gone. Segments are given in order of their uids. */
import type { Postings } from "./postings.ts";
import { SegmentFoot } from "./segment.ts";
import { layOutSegment, type WrittenSegment } from "./segment-writer.ts";

export interface WholeSegment {
  readonly octets: Uint8Array;
  readonly footOffset: number;
}

export const mergeSegments = (segments: readonly WholeSegment[], isAlive: (uid: number) => boolean): WrittenSegment => {
  const uids: number[] = [];
  const sources = segments.map(({ octets, footOffset }) => {
    const foot = new SegmentFoot(octets.subarray(footOffset));
    const newIndexes = Array.from(foot.uids, (uid) => (isAlive(uid) ? uids.push(uid) - 1 : -1));
    const dictionary = foot.wholeDictionary();
    const { offset, length } = dictionary.range;
    return { octets, foot, newIndexes, entries: foot.entries(dictionary, octets.subarray(offset, offset + length)) };
  });
  const heads = sources.map((source) => source.entries.next().value ?? null);

  function* merged(): Generator<readonly [string, Postings]> {
    while (true) {
      let key: string | null = null;
      for (const head of heads) {
        const own = head && `${head.word}\0${head.fieldCode}`;
        if (own !== null && (key === null || own < key)) key = own;
      }
      if (key === null) return;
      const postings: (readonly [number, readonly number[]])[] = [];
      sources.forEach((source, at) => {
        const head = heads[at];
        if (!head || `${head.word}\0${head.fieldCode}` !== key) return;
        const { offset, length } = head.postings;
        for (const [index, places] of source.foot.postingsOf(head, source.octets.subarray(offset, offset + length))) {
          const newIndex = source.newIndexes[index]!;
          if (newIndex >= 0) postings.push([newIndex, places]);
        }
        heads[at] = source.entries.next().value ?? null;
      });
      if (postings.length > 0) yield [key, postings];
    }
  }
  return layOutSegment(uids, merged());
};
