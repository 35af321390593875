/** The highest number of each block of a column of sequences, so that what changed lately is found without looking at every row. */
import { grow } from "./id-index.ts";

const BLOCK_BITS = 10;

export class BlockMaxima {
  /** Made when it is first asked for: most processes never are. */
  private maxima: Uint32Array | null = null;

  /** A number of the column was written. */
  raise(at: number, seq: number): void {
    if (!this.maxima) return;
    const block = at >>> BLOCK_BITS;
    this.maxima = grow(this.maxima, block + 1);
    if (seq > this.maxima[block]!) this.maxima[block] = seq;
  }

  /** Places of the column's first `length` numbers that are `seq` or more, rising. */
  placesSince(column: Uint32Array, length: number, seq: number): number[] {
    this.maxima ??= build(column, length);
    const places: number[] = [];
    for (let block = 0; block << BLOCK_BITS < length; block++) {
      if (this.maxima[block]! < seq) continue;
      const end = Math.min(length, (block + 1) << BLOCK_BITS);
      for (let at = block << BLOCK_BITS; at < end; at++) if (column[at]! >= seq) places.push(at);
    }
    return places;
  }
}

const build = (column: Uint32Array, length: number): Uint32Array => {
  const maxima = new Uint32Array((length >>> BLOCK_BITS) + 1);
  for (let at = 0; at < length; at++) if (column[at]! > maxima[at >>> BLOCK_BITS]!) maxima[at >>> BLOCK_BITS] = column[at]!;
  return maxima;
};
