/**
 * Rows by receivedAt, kept in order as mail arrives. Nearly all mail arrives in order, so an insertion is an append;
 * an import out of order moves a stretch of numbers (4 octets a row).
 */
export class ReceivedOrder {
  private rows = new Uint32Array(0);
  private length = 0;
  private newest: Uint32Array | null = null;
  private readonly receivedAt: (row: number) => number;
  private readonly isAlive: (row: number) => boolean;

  constructor(receivedAt: (row: number) => number, isAlive: (row: number) => boolean) {
    this.receivedAt = receivedAt;
    this.isAlive = isAlive;
  }

  /** Orders rows 0 to `rows` − 1 afresh. */
  rebuild(rows: number): void {
    this.rows = new Uint32Array(rows);
    this.length = rows;
    let sorted = true;
    for (let row = 0; row < rows; row++) {
      this.rows[row] = row;
      if (row > 0 && this.receivedAt(row) < this.receivedAt(row - 1)) sorted = false;
    }
    if (!sorted) this.rows.sort((a, b) => this.receivedAt(a) - this.receivedAt(b) || a - b);
    this.newest = null;
  }

  insert(row: number): void {
    if (this.length === this.rows.length) {
      const larger = new Uint32Array(Math.max(16, Math.ceil(this.length * 1.5)));
      larger.set(this.rows);
      this.rows = larger;
    }
    const at = this.receivedAt(row);
    let low = 0;
    let high = this.length;
    if (this.length > 0 && this.receivedAt(this.rows[this.length - 1]!) <= at) low = high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.receivedAt(this.rows[middle]!) <= at) low = middle + 1;
      else high = middle;
    }
    this.rows.copyWithin(low + 1, low, this.length);
    this.rows[low] = row;
    this.length++;
    this.newest = null;
  }

  /** A row died: the cached answer is stale. */
  forget(): void {
    this.newest = null;
  }

  newestFirst(): Uint32Array {
    if (this.newest) return this.newest;
    const newest = new Uint32Array(this.length);
    let kept = 0;
    for (let at = this.length - 1; at >= 0; at--) {
      const row = this.rows[at]!;
      if (this.isAlive(row)) newest[kept++] = row;
    }
    this.newest = newest.subarray(0, kept);
    return this.newest;
  }
}
