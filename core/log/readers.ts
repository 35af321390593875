/**
 * What each reader of an account has seen, for those who are not its owner: their `$seen` is their own (RFC 8621 §2 counters are "for
 * the user"), so that one colleague's reading never makes a message look read to another. The owner's is the stored keyword.
 */
import { numbersOf, runsOf } from "./codec.ts";

/** A set of uids as bits: 125 KB for a mailbox of a million. */
class UidSet {
  #words = new Uint32Array(8);

  has(uid: number): boolean {
    return ((this.#words[uid >>> 5] ?? 0) & (1 << (uid & 31))) !== 0;
  }

  put(uid: number, isIn: boolean): void {
    const at = uid >>> 5;
    if (at >= this.#words.length) {
      if (!isIn) return;
      const larger = new Uint32Array(Math.max(at + 1, Math.ceil(this.#words.length * 1.5)));
      larger.set(this.#words);
      this.#words = larger;
    }
    const bit = 1 << (uid & 31);
    this.#words[at] = isIn ? this.#words[at]! | bit : this.#words[at]! & ~bit;
  }

  *uids(): Generator<number> {
    for (let at = 0; at < this.#words.length; at++) {
      if (this.#words[at] === 0) continue;
      for (let bit = 0; bit < 32; bit++) if ((this.#words[at]! & (1 << bit)) !== 0) yield at * 32 + bit;
    }
  }
}

export class Readers {
  private readonly sets = new Map<string, UidSet>();

  /** `kept`: by reader, the runs of the uids seen. */
  constructor(kept: Readonly<Record<string, readonly number[]>> = {}) {
    for (const [reader, runs] of Object.entries(kept)) this.start(reader, numbersOf(runs));
  }

  toJSON(): Record<string, number[]> {
    return Object.fromEntries([...this.sets].map(([reader, set]) => [reader, runsOf([...set.uids()])]));
  }

  /** False until something is known of the reader's own reading. */
  knows(reader: string): boolean {
    return this.sets.has(reader);
  }

  hasSeen(reader: string, uid: number): boolean {
    return this.sets.get(reader)?.has(uid) ?? false;
  }

  /** What a new reader counts as seen; one that is known keeps what it has. */
  start(reader: string, uids: Iterable<number>): void {
    if (this.sets.has(reader)) return;
    const set = new UidSet();
    for (const uid of uids) set.put(uid, true);
    this.sets.set(reader, set);
  }

  mark(reader: string, uid: number, isSeen: boolean): void {
    this.sets.get(reader)?.put(uid, isSeen);
  }

  /** For all readers: the message came already seen (an import, a filter). */
  markForAll(uid: number): void {
    for (const set of this.sets.values()) set.put(uid, true);
  }
}
