/**
 * What each reader of an account has seen, for those who are not its owner: their `$seen` is their own (RFC 8621 §2 counters are "for
 * the user"), so that one colleague's reading never makes a message look read to another. The owner's is the stored keyword.
 */
import { numbersOf, runsOf } from "./codec.ts";
import { UidSet } from "./uid-set.ts";

export class Readers {
  private readonly sets = new Map<string, UidSet>();

  /** `kept`: by reader, the runs of the uids seen. */
  constructor(kept: Readonly<Record<string, readonly number[]>> = {}) {
    for (const [reader, runs] of Object.entries(kept)) this.start(reader, numbersOf(runs));
  }

  toJSON(): Record<string, number[]> {
    return Object.fromEntries([...this.sets].map(([reader, set]) => [reader, runsOf([...set])]));
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
    if (!this.sets.has(reader)) this.sets.set(reader, UidSet.of(uids));
  }

  mark(reader: string, uid: number, isSeen: boolean): void {
    const set = this.sets.get(reader);
    isSeen ? set?.add(uid) : set?.delete(uid);
  }

  /** For all readers: the message came already seen (an import, a filter). */
  markForAll(uid: number): void {
    for (const set of this.sets.values()) set.add(uid);
  }
}
