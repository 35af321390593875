/** Numbers of messages as bits: 125 KB for a mailbox of a million, joined and asked about without a hash. */
export class UidSet {
  size = 0;
  private bits = new Uint32Array(32);

  /** All of them. */
  static of(uids: Iterable<number>): UidSet {
    const set = new UidSet();
    for (const uid of uids) set.add(uid);
    return set;
  }

  add(uid: number): void {
    const word = uid >>> 5;
    if (word >= this.bits.length) {
      const larger = new Uint32Array(Math.max(word + 1, this.bits.length * 2));
      larger.set(this.bits);
      this.bits = larger;
    }
    const bit = 1 << (uid & 31);
    if (this.bits[word]! & bit) return;
    this.bits[word]! |= bit;
    this.size++;
  }

  delete(uid: number): void {
    if (!this.has(uid)) return;
    this.bits[uid >>> 5]! &= ~(1 << (uid & 31));
    this.size--;
  }

  has(uid: number): boolean {
    return ((this.bits[uid >>> 5] ?? 0) & (1 << (uid & 31))) !== 0;
  }

  /** Rising. */
  *[Symbol.iterator](): Generator<number> {
    for (let word = 0; word < this.bits.length; word++)
      for (let rest = this.bits[word]!; rest !== 0; rest &= rest - 1) yield word * 32 + 31 - Math.clz32(rest & -rest);
  }
}
