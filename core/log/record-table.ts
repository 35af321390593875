/** Records of one type that is stored whole (Mailbox, Identity, EmailSubmission…), with their lifetimes. */
import type { Id } from "../ids.ts";
import type { Living } from "./changes.ts";
import { Tombstones } from "./tombstones.ts";

interface Life {
  readonly ordinal: number;
  readonly createdSeq: number;
  updatedSeq: number;
  /** For Mailboxes: the last change of a counter. */
  countsSeq: number;
}

export interface RecordTableData {
  readonly values: Record<Id, object>;
  readonly lives: Record<Id, [ordinal: number, createdSeq: number, updatedSeq: number, countsSeq: number]>;
  readonly tombstones: ReturnType<Tombstones["toJSON"]>;
  readonly nextOrdinal: number;
}

export class RecordTable {
  readonly values: Map<Id, object>;
  readonly tombstones: Tombstones;
  private readonly lives: Map<Id, Life>;
  private nextOrdinal: number;

  constructor(data?: RecordTableData) {
    this.values = new Map(Object.entries(data?.values ?? {}));
    this.lives = new Map(
      Object.entries(data?.lives ?? {}).map(([id, [ordinal, createdSeq, updatedSeq, countsSeq]]) => [
        id,
        { ordinal, createdSeq, updatedSeq, countsSeq },
      ]),
    );
    this.tombstones = data ? Tombstones.fromJSON(data.tombstones) : new Tombstones();
    this.nextOrdinal = data?.nextOrdinal ?? 1;
  }

  create(id: Id, value: object, seq: number): void {
    if (this.lives.has(id)) this.destroy(id, seq);
    this.values.set(id, value);
    this.lives.set(id, { ordinal: this.nextOrdinal++, createdSeq: seq, updatedSeq: seq, countsSeq: 0 });
  }

  update(id: Id, value: object, seq: number): void {
    const life = this.lives.get(id);
    if (!life) return;
    this.values.set(id, value);
    life.updatedSeq = seq;
  }

  destroy(id: Id, seq: number): void {
    const life = this.lives.get(id);
    if (!life) return;
    this.values.delete(id);
    this.lives.delete(id);
    this.tombstones.add({ id, ordinal: life.ordinal, createdSeq: life.createdSeq, destroyedSeq: seq });
  }

  touchCounts(id: Id, seq: number): void {
    const life = this.lives.get(id);
    if (life) life.countsSeq = seq;
  }

  living(): Living[] {
    return this.livingWith(({ countsSeq }) => countsSeq);
  }

  /** The same with counters that changed at another time: those of someone who does not see all that is counted. */
  livingWith(countsSeqOf: (life: { readonly countsSeq: number }) => number): Living[] {
    return [...this.lives].map(([id, life]) => ({
      id,
      ordinal: life.ordinal,
      createdSeq: life.createdSeq,
      updatedSeq: Math.max(life.updatedSeq, countsSeqOf(life)),
    }));
  }

  /** True when some record changed after `seq` by more than its counters; `among`: one of these, all of which live. */
  changedBeyondCounts(seq: number, among?: ReadonlySet<Id>): boolean {
    for (const [id, life] of this.lives) if (life.updatedSeq > seq && (among?.has(id) ?? true)) return true;
    if (among) return false;
    return this.tombstones.list.some((tombstone) => tombstone.destroyedSeq > seq);
  }

  toJSON(): RecordTableData {
    return {
      values: Object.fromEntries(this.values),
      lives: Object.fromEntries(
        [...this.lives].map(([id, life]) => [id, [life.ordinal, life.createdSeq, life.updatedSeq, life.countsSeq]]),
      ),
      tombstones: this.tombstones.toJSON(),
      nextOrdinal: this.nextOrdinal,
    };
  }
}
