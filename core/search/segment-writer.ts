/**
 * A segment: postings, dictionary and foot, written once. Octets; numbers are varints, save in the postings:
 *
 *   postings     of each dictionary key (postings.ts)
 *   dictionary   blocks of BLOCK_KEYS keys: letters shared with the key before, rest, messages, octets of its postings
 *   foot         0 and the format (segments of format 1 begin with the next), message numbers (uids, distances), first key and place of each block
 *
 * A key is word, NUL, field code. The manifest remembers where the foot begins, so that opening a segment is one ranged read.
 */
import { FIELD_CODES, FIELDS, type MessageTexts } from "./fields.ts";
import { POSTINGS_FORMAT, type Postings, postingsOctets } from "./postings.ts";
import { wordsOf } from "./tokens.ts";
import { VarintWriter } from "./varints.ts";

export const BLOCK_KEYS = 64;
/** No segment is without messages. */
export const FORMAT_MARK = 0;
/** Places between two texts of a field, so that no phrase spans them. */
const TEXT_GAP = 8;
/** Words of one field of one message that are indexed. */
const FIELD_WORDS = 200_000;

export interface WrittenSegment {
  readonly octets: Uint8Array;
  readonly footOffset: number;
  readonly messages: number;
  readonly firstUid: number;
  readonly lastUid: number;
}

/** Lays out a segment from keys in order. `uids` rise. */
export const layOutSegment = (uids: readonly number[], entries: Iterable<readonly [key: string, postings: Postings]>): WrittenSegment => {
  const postingsOut = new VarintWriter();
  const dictionary = new VarintWriter();
  const blocks: { firstKey: string; dictionaryOffset: number; postingsOffset: number }[] = [];
  let count = 0;
  let before = "";
  for (const [key, postings] of entries) {
    const start = postingsOut.length;
    if (count++ % BLOCK_KEYS === 0) {
      blocks.push({ firstKey: key, dictionaryOffset: dictionary.length, postingsOffset: start });
      before = "";
    }
    postingsOut.bytes(postingsOctets(postings, uids.length));
    let shared = 0;
    while (shared < before.length && before[shared] === key[shared]) shared++;
    // Never between the halves of a character outside the basic plane.
    if (shared > 0 && /[\uD800-\uDBFF]/.test(key[shared - 1]!)) shared--;
    const rest = Buffer.from(key.slice(shared));
    dictionary.number(shared);
    dictionary.number(rest.length);
    dictionary.bytes(rest);
    dictionary.number(postings.length);
    dictionary.number(postingsOut.length - start);
    before = key;
  }
  const foot = new VarintWriter();
  foot.number(FORMAT_MARK);
  foot.number(POSTINGS_FORMAT);
  foot.number(uids.length);
  uids.forEach((uid, index) => {
    foot.number(uid - (index === 0 ? 0 : uids[index - 1]!));
  });
  foot.number(postingsOut.length);
  foot.number(dictionary.length);
  foot.number(blocks.length);
  for (const block of blocks) {
    const first = Buffer.from(block.firstKey);
    foot.number(first.length);
    foot.bytes(first);
    foot.number(block.dictionaryOffset);
    foot.number(block.postingsOffset);
  }
  const footOffset = postingsOut.length + dictionary.length;
  const octets = Buffer.concat([postingsOut.finish(), dictionary.finish(), foot.finish()]);
  return { octets, footOffset, messages: uids.length, firstUid: uids[0] ?? 0, lastUid: uids.at(-1) ?? 0 };
};

/** A text that says the same words again, as HTML does beside plain text, adds nothing that could be found. */
const differing = (texts: readonly (readonly string[])[]): (readonly string[])[] =>
  texts.filter((words, at) => !texts.slice(0, at).some((before) => isSame(before, words)));

const isSame = (words: readonly string[], others: readonly string[]): boolean =>
  words.length === others.length && words.every((word, at) => word === others[at]);

/** Collects messages in order of their uids and lays out a segment. */
export class SegmentWriter {
  private readonly uids: number[] = [];
  private readonly postings = new Map<string, [number, number[]][]>();

  get messages(): number {
    return this.uids.length;
  }

  add(uid: number, texts: MessageTexts): void {
    if (this.uids.length > 0 && uid <= this.uids.at(-1)!) throw new RangeError("messages are added in order of their uids");
    const index = this.uids.push(uid) - 1;
    for (const field of FIELDS) {
      let place = 0;
      for (const words of differing((texts[field] ?? []).map(wordsOf))) {
        for (const word of words) {
          if (place >= FIELD_WORDS) break;
          this.addPlace(`${word}\0${FIELD_CODES[field]}`, index, place++);
        }
        place += TEXT_GAP;
      }
    }
  }

  private addPlace(key: string, index: number, place: number): void {
    let postings = this.postings.get(key);
    if (!postings) this.postings.set(key, (postings = []));
    const last = postings.at(-1);
    if (last?.[0] === index) last[1].push(place);
    else postings.push([index, [place]]);
  }

  finish(): WrittenSegment {
    const keys = [...this.postings.keys()].sort();
    const entries = keys.map((key) => [key, this.postings.get(key)!] as const);
    return layOutSegment(this.uids, entries);
  }
}
