/** Reads the pieces of a raw message that a request needs in as few object reads as is sensible. */
import { InvariantError } from "../../errors.ts";
import type { BlobStore } from "../../ports/blob-store.ts";

export type Range = readonly [offset: number, length: number];

/** Octets of a message, of which at least the ranges asked for are there. */
export interface Octets {
  slice(range: Range): Buffer;
}

/** Below this a whole read costs less than a second request. */
const WHOLE_OCTETS = 256 * 1024;
/** Ranges nearer than this are read in one. */
const GAP_OCTETS = 64 * 1024;

export const wholeOctets = (octets: Uint8Array): Octets => {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  return { slice: ([offset, length]) => buffer.subarray(offset, offset + length) };
};

export const readRanges = async (blobs: BlobStore, key: string, sizeOctets: number, ranges: readonly Range[]): Promise<Octets | null> => {
  const wanted = ranges.filter(([, length]) => length > 0).sort((left, right) => left[0] - right[0]);
  if (wanted.length === 0) return wholeOctets(new Uint8Array());
  const last = Math.max(...wanted.map(([offset, length]) => offset + length));
  if (last <= WHOLE_OCTETS || wanted.reduce((sum, [, length]) => sum + length, 0) * 2 > sizeOctets) {
    const whole = await blobs.get(key, last < sizeOctets / 2 ? { offset: 0, length: last } : undefined);
    return whole && wholeOctets(whole);
  }
  const spans: { offset: number; end: number }[] = [];
  for (const [offset, length] of wanted) {
    const span = spans.at(-1);
    if (span && offset - span.end <= GAP_OCTETS) span.end = Math.max(span.end, offset + length);
    else spans.push({ offset, end: offset + length });
  }
  const pieces = await Promise.all(spans.map(({ offset, end }) => blobs.get(key, { offset, length: end - offset })));
  if (pieces.some((piece) => piece === null)) return null;
  return {
    slice: ([offset, length]) => {
      if (length === 0) return Buffer.alloc(0);
      const index = spans.findIndex((span) => offset >= span.offset && offset + length <= span.end);
      if (index < 0) throw new InvariantError("a range of the message was not read");
      return wholeOctets(pieces[index]!).slice([offset - spans[index]!.offset, length]);
    },
  };
};
