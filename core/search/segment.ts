/** Reads a segment's parts. Every function takes octets that were read and says nothing of where they came from. */
import { PoisonError } from "../errors.ts";
import { messagesOf, POSTINGS_FORMAT, type Postings, type PostingsKind, postingsOf } from "./postings.ts";
import { BLOCK_KEYS, FORMAT_MARK } from "./segment-writer.ts";
import { VarintReader } from "./varints.ts";

export interface OctetRange {
  readonly offset: number;
  readonly length: number;
}

export interface DictionaryEntry {
  readonly word: string;
  readonly fieldCode: string;
  readonly messages: number;
  /** Place of its postings in the segment. */
  readonly postings: OctetRange;
}

/** The foot of a segment: which messages it holds and where in its dictionary a word would be. */
export class SegmentFoot {
  readonly uids: Uint32Array;
  private readonly format: PostingsKind["format"];
  private readonly octets: Uint8Array;
  /** Blocks of the dictionary, by number: where the first key stands in the foot, and where they and their postings begin. */
  private readonly keyStarts: Uint32Array;
  private readonly keyLengths: Uint32Array;
  private readonly dictionaryOffsets: Float64Array;
  private readonly postingsOffsets: Float64Array;
  private readonly postingsLength: number;
  private readonly dictionaryLength: number;

  constructor(octets: Uint8Array) {
    this.octets = octets;
    const reader = new VarintReader(octets);
    try {
      const first = reader.number();
      const format = first === FORMAT_MARK ? reader.number() : 1;
      if (format > POSTINGS_FORMAT) throw new RangeError("a later format");
      this.format = format as PostingsKind["format"];
      this.uids = new Uint32Array(first === FORMAT_MARK ? reader.number() : first);
      let uid = 0;
      for (let index = 0; index < this.uids.length; index++) this.uids[index] = uid += reader.number();
      this.postingsLength = reader.number();
      this.dictionaryLength = reader.number();
      const blocks = reader.number();
      // Before anything large is made of a damaged number.
      if (blocks > octets.length) throw new RangeError("more blocks than octets");
      this.keyStarts = new Uint32Array(blocks);
      this.keyLengths = new Uint32Array(blocks);
      this.dictionaryOffsets = new Float64Array(blocks);
      this.postingsOffsets = new Float64Array(blocks);
      for (let block = 0; block < blocks; block++) {
        const length = reader.number();
        this.keyStarts[block] = reader.at;
        this.keyLengths[block] = length;
        reader.at += length;
        this.dictionaryOffsets[block] = reader.number();
        this.postingsOffsets[block] = reader.number();
      }
    } catch (error) {
      throw new PoisonError("search segment foot is damaged", { cause: error });
    }
  }

  /** Dictionary blocks that can hold words beginning so, as one range of the segment; null when none can. */
  dictionaryRange(begins: string): { first: number; last: number; range: OctetRange } | null {
    let first = this.firstBlockAfter(begins) - 1;
    if (first < 0) first = 0;
    let last = this.firstBlockAfter(`${begins}\uffff`) - 1;
    if (last < first) last = first;
    if (first >= this.blocks) return null;
    const from = this.dictionaryOffsets[first]!;
    const to = this.dictionaryOffsets[last + 1] ?? this.dictionaryLength;
    return { first, last, range: { offset: this.postingsLength + from, length: to - from } };
  }

  /** All of the dictionary, for a merge. */
  wholeDictionary(): { first: number; last: number; range: OctetRange } {
    return { first: 0, last: this.blocks - 1, range: { offset: this.postingsLength, length: this.dictionaryLength } };
  }

  /** Entries of the blocks that `octets` hold whose word begins so. */
  *entries(blocks: { first: number; last: number }, octets: Uint8Array, begins = ""): Generator<DictionaryEntry> {
    const reader = new VarintReader(octets);
    for (let block = blocks.first; block <= blocks.last && reader.at < octets.length; block++) {
      let key = "";
      let postingsAt = this.postingsOffsets[block]!;
      for (let at = 0; at < BLOCK_KEYS && reader.at < octets.length; at++) {
        key = key.slice(0, reader.number()) + readText(reader, reader.number());
        const messages = reader.number();
        const length = reader.number();
        if (key.startsWith(begins)) {
          yield { word: key.slice(0, -2), fieldCode: key.slice(-1), messages, postings: { offset: postingsAt, length } };
        }
        postingsAt += length;
      }
    }
  }

  /** Message indexes of an entry, rising; `octets` are its postings. */
  messagesOf(entry: DictionaryEntry, octets: Uint8Array): number[] {
    return messagesOf(octets, this.kindOf(entry));
  }

  postingsOf(entry: DictionaryEntry, octets: Uint8Array): Postings {
    return postingsOf(octets, this.kindOf(entry));
  }

  private kindOf({ messages }: DictionaryEntry): PostingsKind {
    return { format: this.format, segmentMessages: this.uids.length, count: messages };
  }

  private get blocks(): number {
    return this.keyStarts.length;
  }

  private firstKey(block: number): string {
    const { buffer, byteOffset } = this.octets;
    return Buffer.from(buffer, byteOffset + this.keyStarts[block]!, this.keyLengths[block]!).toString();
  }

  private firstBlockAfter(key: string): number {
    let low = 0;
    let high = this.blocks;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.firstKey(middle) <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const readText = (reader: VarintReader, length: number): string => {
  const text = Buffer.from(reader.octets.buffer, reader.octets.byteOffset + reader.at, length).toString();
  reader.at += length;
  return text;
};
