/** Which rows belong to which thread: a linked list a thread, newest row first, and how many they are. */
import { grow } from "./id-index.ts";

const NONE = 0xffffffff;

export class ThreadLinks {
  private heads: Uint32Array;
  private counts: Uint32Array;
  private next: Uint32Array;

  /** Of as many threads and rows, none of them linked yet. */
  constructor(threads: number, rows: number) {
    this.heads = new Uint32Array(threads).fill(NONE);
    this.counts = new Uint32Array(threads);
    this.next = new Uint32Array(rows);
  }

  /** Links the rows with this bit among their flags, in order. Returns how many they are. */
  linkAll(threadOf: Uint32Array, flags: Uint8Array, bit: number, rows: number): number {
    // One loop over plain arrays: a process that has just opened a large account runs it before anything is compiled.
    const { heads, counts, next } = this;
    let linked = 0;
    for (let row = 0; row < rows; row++) {
      if ((flags[row]! & bit) === 0) continue;
      const thread = threadOf[row]!;
      next[row] = heads[thread]!;
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
    this.next = grow(this.next, row + 1);
    this.next[row] = this.heads[thread]!;
    this.heads[thread] = row;
    this.counts[thread]!++;
  }

  unlink(row: number, thread: number): void {
    this.counts[thread]!--;
    let previous = NONE;
    for (let at = this.heads[thread]!; at !== NONE; previous = at, at = this.next[at]!) {
      if (at !== row) continue;
      if (previous === NONE) this.heads[thread] = this.next[at]!;
      else this.next[previous] = this.next[at]!;
      return;
    }
  }

  count(thread: number): number {
    return this.counts[thread]!;
  }

  /** Newest row first. */
  rowsOf(thread: number): number[] {
    const rows: number[] = [];
    for (let row = this.heads[thread]!; row !== NONE; row = this.next[row]!) rows.push(row);
    return rows;
  }
}
