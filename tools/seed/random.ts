/** A seeded source of choices: the same seed gives the same sample data everywhere. Not for secrets. */
export class Random {
  #state: number;

  constructor(seed: string) {
    // FNV-1a, so that near seeds begin far apart.
    let hash = 0x811c9dc5;
    for (const octet of Buffer.from(seed)) hash = Math.imul(hash ^ octet, 0x01000193) >>> 0;
    this.#state = hash;
  }

  /** In [0, 1). Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = this.#state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)]!;
  }

  /** `count` different items in random order (all of them when there are fewer). */
  some<T>(items: readonly T[], count: number): T[] {
    const left = [...items];
    const taken: T[] = [];
    while (taken.length < count && left.length > 0) taken.push(left.splice(Math.floor(this.next() * left.length), 1)[0]!);
    return taken;
  }

  octets(count: number): Buffer {
    const octets = Buffer.allocUnsafe(count);
    for (let at = 0; at < count; at++) octets[at] = this.next() * 256;
    return octets;
  }
}
