/** Which rows belong to which thread: a linked list a thread, newest row first, and how many they are. */
import { grow } from "./id-index.ts";

const NONE = 0xffffffff;

export class ThreadLinks {
  private heads: Uint32Array;
  private counts: Uint32Array;
  private older: Uint32Array;

  /** With room for as many threads and rows, none of them linked yet. */
  constructor(threads: number, rows: number) {
    this.heads = new Uint32Array(threads).fill(NONE);
    this.counts = new Uint32Array(threads);
    this.older = new Uint32Array(rows);
  }

  /** Links the rows with this bit among their flags, in order. Returns how many they are. */
  linkAll(threadOf: Uint32Array, flags: Uint8Array, bit: number, rows: number): number {
    // One loop over plain arrays: a process that has just opened a large account runs it before anything is compiled.
    const { heads, counts, older } = this;
    let linked = 0;
    for (let row = 0; row < rows; row++) {
      if ((flags[row]! & bit) === 0) continue;
      const thread = threadOf[row]!;
      older[row] = heads[thread]!;
      heads[thread] = row;
      counts[thread]!++;
      linked++;
    }
    return linked;
  }

  /** Makes room for a thread without rows. */
  addThread(thread: number): void {
    this.heads = grow(this.heads, thread + 1);
    this.heads[thread] = NONE;
    this.counts = grow(this.counts, thread + 1);
    this.counts[thread] = 0;
  }

  link(row: number, thread: number): void {
    this.older = grow(this.older, row + 1);
    this.older[row] = this.heads[thread]!;
    this.heads[thread] = row;
    this.counts[thread]!++;
  }

  unlink(row: number, thread: number): void {
    this.counts[thread]!--;
    let previous = NONE;
    for (let at = this.heads[thread]!; at !== NONE; previous = at, at = this.older[at]!) {
      if (at !== row) continue;
      if (previous === NONE) this.heads[thread] = this.older[at]!;
      else this.older[previous] = this.older[at]!;
      return;
    }
  }

  count(thread: number): number {
    return this.counts[thread]!;
  }

  /** The thread's newest row, -1 when it has none. */
  newest(thread: number): number {
    const row = this.heads[thread]!;
    return row === NONE ? -1 : row;
  }

  /** The row of the same thread before it, -1 when it is the oldest. */
  before(row: number): number {
    const earlier = this.older[row]!;
    return earlier === NONE ? -1 : earlier;
  }

  /** Newest row first. */
  rowsOf(thread: number): number[] {
    const rows: number[] = [];
    for (let row = this.newest(thread); row >= 0; row = this.before(row)) rows.push(row);
    return rows;
  }
}
