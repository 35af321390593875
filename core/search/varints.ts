/** Unsigned LEB128 numbers below 2^53 in a growing or a given run of octets. */
export class VarintWriter {
  private octets = new Uint8Array(1024);
  length = 0;

  private reserve(more: number): void {
    if (this.length + more <= this.octets.length) return;
    const larger = new Uint8Array(Math.max(this.octets.length * 2, this.length + more));
    larger.set(this.octets.subarray(0, this.length));
    this.octets = larger;
  }

  number(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest > 127) {
      this.octets[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.octets[this.length++] = rest;
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.octets.set(value, this.length);
    this.length += value.length;
  }

  finish(): Uint8Array {
    return this.octets.slice(0, this.length);
  }
}

export class VarintReader {
  readonly octets: Uint8Array;
  at: number;
  readonly end: number;

  constructor(octets: Uint8Array, at = 0, end = octets.length) {
    this.octets = octets;
    this.at = at;
    this.end = end;
  }

  /** RangeError when the octets end inside a number. */
  number(): number {
    let octet = this.octets[this.at++]!;
    if (octet < 128) return octet;
    let value = octet & 127;
    for (let scale = 128; ; scale *= 128) {
      if (this.at >= this.end) throw new RangeError("a number is cut off");
      octet = this.octets[this.at++]!;
      value += (octet & 127) * scale;
      if (octet < 128) return value;
    }
  }
}
