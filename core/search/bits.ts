/**
 * Numbers of few bits, the highest bit first. A Rice code of width w is the number without its lowest w bits in unary (as many zeros, then a one),
 * then those bits: the shortest there is when numbers fall off geometrically around 1.44 × 2^w, as distances between random places do.
 * An Elias gamma code is as many zeros as the number has bits after its first, then its bits.
 */

/** The Rice width for numbers of this mean: 2^w is the largest power of two up to ln 2 of it. */
export const riceWidth = (mean: number): number => Math.max(0, 31 - Math.clz32(Math.floor(mean * Math.LN2)));

export class BitWriter {
  private octets = new Uint8Array(1024);
  private length = 0;
  private current = 0;
  private free = 8;

  /** The lowest `width` bits of a number, up to 31. */
  bits(value: number, width: number): void {
    let left = width;
    while (left > 0) {
      const taken = Math.min(left, this.free);
      left -= taken;
      this.free -= taken;
      this.current |= ((value >>> left) & ((1 << taken) - 1)) << this.free;
      if (this.free === 0) this.push();
    }
  }

  rice(value: number, width: number): void {
    let zeros = value >>> width;
    for (; zeros > 30; zeros -= 30) this.bits(0, 30);
    this.bits(1, zeros + 1);
    this.bits(value, width);
  }

  /** From 1 on. */
  gamma(value: number): void {
    const width = 31 - Math.clz32(value);
    this.bits(0, width);
    this.bits(value, width + 1);
  }

  /** What was written, filled up to a whole octet, in memory that the next writing uses again. */
  take(): Uint8Array {
    if (this.free < 8) this.push();
    const taken = this.octets.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  private push(): void {
    if (this.length === this.octets.length) {
      const larger = new Uint8Array(this.length * 2);
      larger.set(this.octets);
      this.octets = larger;
    }
    this.octets[this.length++] = this.current;
    this.current = 0;
    this.free = 8;
  }
}

/** RangeError where the octets end inside a number. */
export class BitReader {
  private readonly octets: Uint8Array;
  private at = 0;
  private readonly end: number;

  constructor(octets: Uint8Array) {
    this.octets = octets;
    this.end = octets.length * 8;
  }

  bits(width: number): number {
    if (width === 0) return 0;
    const value = this.window() >>> (32 - width);
    this.skip(width);
    return value;
  }

  rice(width: number): number {
    const high = this.zeros();
    return high * 2 ** width + this.bits(width);
  }

  gamma(): number {
    const width = this.zeros();
    if (width > 30) throw new RangeError("a number is too large");
    return (1 << width) + this.bits(width);
  }

  /** How many zeros come before the next one, which is read too. */
  private zeros(): number {
    let count = 0;
    let window = this.window();
    while (window === 0) {
      count += 32;
      this.skip(32);
      window = this.window();
    }
    const here = Math.clz32(window);
    this.skip(here + 1);
    return count + here;
  }

  /** The next 32 bits, zeros after the end. */
  private window(): number {
    const { octets } = this;
    const at = this.at >>> 3;
    const shift = this.at & 7;
    if (at + 4 < octets.length) {
      const four = (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!;
      return shift === 0 ? four : (four << shift) | (octets[at + 4]! >>> (8 - shift));
    }
    let window = 0;
    for (let place = 0; place < 5; place++) {
      const octet = octets[at + place] ?? 0;
      const up = 24 - place * 8 + shift;
      window |= up >= 0 ? octet << up : octet >>> -up;
    }
    return window;
  }

  private skip(width: number): void {
    this.at += width;
    if (this.at > this.end) throw new RangeError("a number is cut off");
  }
}
