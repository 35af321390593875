import { limits } from "../limits.ts";
import type { Tombstone } from "./changes.ts";

/** Destroyed ids, oldest first, at most limits.log.tombstones; `horizonSeq` is the oldest state that they still explain. */
export class Tombstones {
  list: Tombstone[];
  horizonSeq: number;

  constructor(list: readonly Tombstone[] = [], horizonSeq = 0) {
    this.list = [...list];
    this.horizonSeq = horizonSeq;
  }

  add(tombstone: Tombstone): void {
    this.list.push(tombstone);
    if (this.list.length <= limits.log.tombstones * 1.25) return;
    const dropped = this.list.splice(0, this.list.length - limits.log.tombstones);
    this.horizonSeq = dropped.at(-1)!.destroyedSeq;
  }

  toJSON(): { list: (string | number)[][]; horizonSeq: number } {
    return { list: this.list.map((one) => [one.id, one.ordinal, one.createdSeq, one.destroyedSeq]), horizonSeq: this.horizonSeq };
  }

  static fromJSON(json: { list: (string | number)[][]; horizonSeq: number }): Tombstones {
    const list = json.list.map(([id, ordinal, createdSeq, destroyedSeq]) => ({ id, ordinal, createdSeq, destroyedSeq }) as Tombstone);
    return new Tombstones(list, json.horizonSeq);
  }
}
