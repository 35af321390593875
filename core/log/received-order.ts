/**
 * Rows by receivedAt, newest first, kept in order as mail arrives: the newest goes in front of the others, where there is room, so that
 * it costs the same in a mailbox of any size. An import out of order moves a stretch of numbers (4 octets a row).
 */
export class ReceivedOrder {
  /** Right-aligned: rows lie from `start` on. */
  private buffer = new Uint32Array(0);
  private start = 0;
  private hasDead = false;
  /** Somebody holds a view of the buffer: what they see must not move. */
  private isShared = false;
  private readonly receivedAt: (row: number) => number;
  private readonly isAlive: (row: number) => boolean;

  constructor(receivedAt: (row: number) => number, isAlive: (row: number) => boolean) {
    this.receivedAt = receivedAt;
    this.isAlive = isAlive;
  }

  /** Orders rows 0 to `rows` − 1 afresh, with room in front for as many more as `receivedAts` has; `hasDead`: some of them are to be left out. */
  rebuild(receivedAts: Float64Array, rows: number, hasDead: boolean): void {
    const room = receivedAts.length - rows;
    const all = new Uint32Array(room + rows);
    const buffer = all.subarray(room);
    let isSorted = true;
    let later = Number.POSITIVE_INFINITY;
    for (let row = rows - 1, at = 0; row >= 0; row--, at++) {
      buffer[at] = row;
      const here = receivedAts[row]!;
      if (here > later) isSorted = false;
      later = here;
    }
    if (!isSorted) buffer.sort((a, b) => receivedAts[b]! - receivedAts[a]! || b - a);
    this.buffer = all;
    this.start = room;
    this.hasDead = hasDead;
    this.isShared = false;
  }

  insert(row: number): void {
    const at = this.receivedAt(row);
    let low = this.start;
    let high = this.buffer.length;
    if (low === high || this.receivedAt(this.buffer[low]!) <= at) high = low;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.receivedAt(this.buffer[middle]!) <= at) high = middle;
      else low = middle + 1;
    }
    const newer = low - this.start;
    if (this.start === 0 || (this.isShared && newer > 0)) this.move();
    this.buffer.copyWithin(this.start - 1, this.start, this.start + newer);
    this.start--;
    this.buffer[this.start + newer] = row;
  }

  /** To a buffer of our own with room in front. */
  private move(): void {
    const rows = this.buffer.subarray(this.start);
    const larger = new Uint32Array(Math.max(16, Math.ceil(rows.length * 1.5)));
    this.start = larger.length - rows.length;
    larger.set(rows, this.start);
    this.buffer = larger;
    this.isShared = false;
  }

  /** A row died. */
  forget(): void {
    this.hasDead = true;
  }

  newestFirst(): Uint32Array {
    if (this.hasDead) {
      const rows = this.buffer.subarray(this.start);
      let kept = 0;
      for (const row of rows) if (this.isAlive(row)) kept++;
      if (kept < rows.length) {
        this.buffer = rows.filter((row) => this.isAlive(row));
        this.start = 0;
      }
      this.hasDead = false;
    }
    this.isShared = true;
    return this.buffer.subarray(this.start);
  }
}
