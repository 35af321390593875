/**
 * Postings as earlier segments have them, in varints until the octets end: for each message twice the distance to the one before, one more when
 * it has several places; then their number less two; the distances of the places. Format 1: the plain distance, always the number.
 */
import { VarintReader } from "./varints.ts";

export type FormerFormat = 1 | 2;

const placesAfter = (reader: VarintReader, head: number, format: FormerFormat): number => {
  if (format === 1) return reader.number();
  return head & 1 ? reader.number() + 2 : 1;
};

export const formerPostings = (octets: Uint8Array, format: FormerFormat): [number, number[]][] => {
  const reader = new VarintReader(octets);
  const postings: [number, number[]][] = [];
  let index = 0;
  while (reader.at < octets.length) {
    const head = reader.number();
    index += format === 1 ? head : head >>> 1;
    const places: number[] = [];
    let place = 0;
    for (let left = placesAfter(reader, head, format); left > 0; left--) places.push((place += reader.number()));
    postings.push([index, places]);
  }
  return postings;
};

export const formerMessages = (octets: Uint8Array, format: FormerFormat): number[] =>
  formerPostings(octets, format).map(([index]) => index);
