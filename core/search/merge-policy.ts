/** Which neighbouring segments to merge: many small ones become one, so that a mailbox has a handful of segments at any size. */
import type { SegmentRecord } from "../ports/search-index-store.ts";

/** Segments of like size that may stand side by side before they are merged. */
const WIDTH = 6;
/** A merge holds its segments in memory: larger results are not made. */
const MERGED_OCTETS = 256 * 1024 * 1024;

const tierOf = (segment: SegmentRecord): number => Math.max(0, Math.floor(Math.log(Math.max(1, segment.messages) / 64) / Math.log(WIDTH)));

/** The run of segments to merge, as [from, to) indexes; null when none is due. Newest runs first, since small segments are new ones. */
export const chooseMerge = (segments: readonly SegmentRecord[]): readonly [from: number, to: number] | null => {
  for (let to = segments.length; to > 0; to--) {
    const tier = tierOf(segments[to - 1]!);
    let from = to - 1;
    let octets = segments[from]!.octets;
    while (from > 0 && tierOf(segments[from - 1]!) <= tier && octets + segments[from - 1]!.octets <= MERGED_OCTETS)
      octets += segments[--from]!.octets;
    if (to - from >= WIDTH) return [from, to];
  }
  return null;
};
