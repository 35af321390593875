/**
 * Where a key stands: its messages, then its places in them. As bits (bits.ts), for a key in `count` messages of a segment of `segmentMessages`:
 *
 *   4 bits    width of the places
 *   messages  for each the distance to the one before, less one (Rice, its width follows from how common the key is); how many places (gamma)
 *   places    for each message the first, then the distances less one (Rice)
 *
 * The messages come first, so that a query without phrases reads none of the places.
 */
import { PoisonError } from "../errors.ts";
import { BitReader, BitWriter, riceWidth } from "./bits.ts";
import { type FormerFormat, formerMessages, formerPostings } from "./former-postings.ts";

/** Postings of one key in order of messages, as [message index, places]. */
export type Postings = readonly (readonly [index: number, places: readonly number[]])[];

/** How the postings of a segment are written. Formats 1 and 2 are read as well. */
export const POSTINGS_FORMAT = 3;

/** What reading a key's postings needs to know beside their octets. */
export interface PostingsKind {
  readonly format: FormerFormat | typeof POSTINGS_FORMAT;
  readonly segmentMessages: number;
  /** Messages that the key is in. */
  readonly count: number;
}

const WIDTH_BITS = 4;
const GREATEST_WIDTH = 2 ** WIDTH_BITS - 1;

const messageWidth = (count: number, segmentMessages: number): number => riceWidth(segmentMessages / count);

const widthOfPlaces = (postings: Postings): number => {
  let [sum, number] = [0, 0];
  for (const [, places] of postings) {
    sum += places.at(-1)!;
    number += places.length;
  }
  return Math.min(riceWidth(sum / number), GREATEST_WIDTH);
};

const writer = new BitWriter();

/** The octets of one key's postings, valid until the next call. */
export const postingsOctets = (postings: Postings, segmentMessages: number): Uint8Array => {
  const places = widthOfPlaces(postings);
  writer.bits(places, WIDTH_BITS);
  const width = messageWidth(postings.length, segmentMessages);
  let before = -1;
  for (const [index, there] of postings) {
    writer.rice(index - before - 1, width);
    writer.gamma(there.length);
    before = index;
  }
  for (const [, there] of postings) {
    let last = -1;
    for (const place of there) {
      writer.rice(place - last - 1, places);
      last = place;
    }
  }
  return writer.take();
};

/** Message indexes of postings, rising. */
export const messagesOf = (octets: Uint8Array, kind: PostingsKind): number[] =>
  undamaged(() => {
    if (kind.format !== POSTINGS_FORMAT) return formerMessages(octets, kind.format);
    const reader = new BitReader(octets);
    reader.bits(WIDTH_BITS);
    const width = messageWidth(kind.count, kind.segmentMessages);
    const indexes: number[] = [];
    let index = -1;
    for (let left = kind.count; left > 0; left--) {
      indexes.push((index += reader.rice(width) + 1));
      reader.gamma();
    }
    return indexes;
  });

export const postingsOf = (octets: Uint8Array, kind: PostingsKind): Postings =>
  undamaged(() => {
    if (kind.format !== POSTINGS_FORMAT) return formerPostings(octets, kind.format);
    const reader = new BitReader(octets);
    const places = reader.bits(WIDTH_BITS);
    const width = messageWidth(kind.count, kind.segmentMessages);
    const heads: number[] = [];
    for (let left = kind.count; left > 0; left--) heads.push(reader.rice(width), reader.gamma());
    const postings: [number, number[]][] = [];
    let index = -1;
    for (let at = 0; at < heads.length; at += 2) {
      index += heads[at]! + 1;
      const there: number[] = [];
      let place = -1;
      for (let left = heads[at + 1]!; left > 0; left--) there.push((place += reader.rice(places) + 1));
      postings.push([index, there]);
    }
    return postings;
  });

const undamaged = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError ? new PoisonError("search segment postings are damaged", { cause: error }) : error;
  }
};
