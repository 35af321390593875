/**
 * Ids of one kind as dense numbers, 12 octets each, with an open-addressing table built once enough is asked.
 * A million ids take 12 MB and the table 8 MB; a Map of strings would take ten times that.
 */
import { idOfWords, wordsOfId } from "./id-words.ts";

const scratch = new Uint32Array(3);
/**
 * A process that has just loaded a large account is asked for its newest ids and for ids that are new: it looks through all, newest first,
 * behind a filter that knows nearly every absent one. The table of a million takes ten times the filter's time, and as long as so many scans.
 */
const SCANS = 16;
/** Bits of the filter for each id: one absent id in sixteen is looked for in vain. */
const FILTER_BITS = 16;

export const grow = <Column extends Uint32Array | Float64Array | Uint8Array>(column: Column, needed: number): Column => {
  if (needed <= column.length) return column;
  const larger = new (column.constructor as new (length: number) => Column)(Math.max(16, needed, Math.ceil(column.length * 1.5)));
  larger.set(column);
  return larger;
};

export class IdIndex {
  readonly letter: string;
  length: number;
  private words: Uint32Array;
  private slots: Int32Array | null = null;
  private filter: Uint32Array | null = null;
  /** Ids that may still be looked through; none once there was a table. */
  private scansLeft: number;

  /** Of the first `length` ids in `words`, which may have room for more. */
  constructor(letter: string, words: Uint32Array = new Uint32Array(0), length = words.length / 3) {
    this.letter = letter;
    this.words = words;
    this.length = length;
    this.scansLeft = this.length * SCANS;
  }

  /** The words in use, for a snapshot. */
  column(): Uint32Array {
    return this.words.subarray(0, this.length * 3);
  }

  id(index: number): string {
    return idOfWords(this.letter, this.words[index * 3]!, this.words[index * 3 + 1]!, this.words[index * 3 + 2]!);
  }

  /** -1 when absent. The last one added wins when an id was added twice. */
  find(id: string): number {
    if (id.charCodeAt(0) !== this.letter.charCodeAt(0) || !wordsOfId(id, scratch)) return -1;
    const [first, second, third] = [scratch[0]!, scratch[1]!, scratch[2]!];
    if (this.scansLeft > 0) return this.scan(first, second, third);
    this.slots ??= this.build();
    const mask = this.slots.length - 1;
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const index = this.slots[slot]!;
      if (index < 0) return -1;
      if (this.words[index * 3] === first && this.words[index * 3 + 1] === second && this.words[index * 3 + 2] === third) return index;
    }
  }

  private scan(first: number, second: number, third: number): number {
    const { words } = this;
    this.filter ??= this.buildFilter();
    if (!isMarked(this.filter, second)) return -1;
    let at = this.length * 3 - 3;
    while (at >= 0 && (words[at] !== first || words[at + 1] !== second || words[at + 2] !== third)) at -= 3;
    this.scansLeft -= this.length - Math.max(0, at / 3);
    if (this.scansLeft <= 0) this.filter = null;
    return at < 0 ? -1 : at / 3;
  }

  /** Adds an id and gives its index. */
  add(id: string): number {
    if (id.charCodeAt(0) !== this.letter.charCodeAt(0) || !wordsOfId(id, scratch)) throw new TypeError(`not an id of kind ${this.letter}`);
    const index = this.length++;
    this.words = grow(this.words, this.length * 3);
    this.words.set(scratch, index * 3);
    if (this.filter) mark(this.filter, scratch[1]!);
    if (this.slots) {
      if (this.length * 2 > this.slots.length) this.slots = null;
      else this.place(this.slots, index);
    }
    return index;
  }

  private buildFilter(): Uint32Array {
    let bits = 1_024;
    while (bits < this.length * FILTER_BITS) bits *= 2;
    const filter = new Uint32Array(bits / 32);
    for (let at = 1; at < this.length * 3; at += 3) mark(filter, this.words[at]!);
    return filter;
  }

  private build(): Int32Array {
    let size = 16;
    while (size < this.length * 2 + 2) size *= 2;
    const slots = new Int32Array(size).fill(-1);
    for (let index = 0; index < this.length; index++) this.place(slots, index);
    return slots;
  }

  private place(slots: Int32Array, index: number): void {
    const mask = slots.length - 1;
    const [first, second, third] = [this.words[index * 3]!, this.words[index * 3 + 1]!, this.words[index * 3 + 2]!];
    let slot = first & mask;
    for (; slots[slot]! >= 0; slot = (slot + 1) & mask) {
      const other = slots[slot]! * 3;
      if (this.words[other] === first && this.words[other + 1] === second && this.words[other + 2] === third) break;
    }
    slots[slot] = index;
  }
}

const mark = (filter: Uint32Array, word: number): void => {
  const bit = word & (filter.length * 32 - 1);
  filter[bit >>> 5]! |= 1 << (bit & 31);
};

const isMarked = (filter: Uint32Array, word: number): boolean => {
  const bit = word & (filter.length * 32 - 1);
  return (filter[bit >>> 5]! & (1 << (bit & 31))) !== 0;
};
