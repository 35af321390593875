/**
 * RFC 8620 §5.2 out of lifetimes: what an id was at a past position and what it is now decides created, updated or destroyed.
 * Order is (sequence, ordinal); a commit larger than maxChanges can be cut inside, and the next call goes on from there.
 */
import type { ChangedIds } from "./api.ts";
import type { Position } from "./entry.ts";

/** An id that was destroyed: it lived from `createdSeq` until `destroyedSeq`. */
export interface Tombstone {
  readonly id: string;
  readonly ordinal: number;
  readonly createdSeq: number;
  readonly destroyedSeq: number;
}

/** A living id. `updatedSeq` is never below `createdSeq`. */
export interface Living {
  readonly id: string;
  readonly ordinal: number;
  readonly createdSeq: number;
  readonly updatedSeq: number;
}

interface Change {
  readonly seq: number;
  readonly ordinal: number;
  readonly id: string;
  readonly kind: "created" | "updated" | "destroyed";
}

const isAfter = (seq: number, ordinal: number, since: Position): boolean =>
  seq > since.seq || (seq === since.seq && since.within !== undefined && ordinal > since.within);

/** `living` need only hold ids with updatedSeq ≥ since.seq; `tombstones` in order of destruction. */
export const changedIds = (
  living: readonly Living[],
  tombstones: readonly Tombstone[],
  since: Position,
  present: Position,
  maxChanges: number | null,
): ChangedIds => {
  const wasAlive = (life: { ordinal: number; createdSeq: number }): boolean => !isAfter(life.createdSeq, life.ordinal, since);
  const formerly = new Map<string, Tombstone>();
  for (const tombstone of tombstones) {
    if (isAfter(tombstone.destroyedSeq, tombstone.ordinal, since) && wasAlive(tombstone)) formerly.set(tombstone.id, tombstone);
  }
  const changes: Change[] = [];
  for (const life of living) {
    if (!wasAlive(life)) {
      changes.push({ seq: life.createdSeq, ordinal: life.ordinal, id: life.id, kind: formerly.delete(life.id) ? "updated" : "created" });
    } else if (isAfter(life.updatedSeq, life.ordinal, since)) {
      changes.push({ seq: life.updatedSeq, ordinal: life.ordinal, id: life.id, kind: "updated" });
    }
  }
  for (const tombstone of formerly.values()) {
    changes.push({ seq: tombstone.destroyedSeq, ordinal: tombstone.ordinal, id: tombstone.id, kind: "destroyed" });
  }
  changes.sort((a, b) => a.seq - b.seq || a.ordinal - b.ordinal);
  const cut = maxChanges !== null && changes.length > maxChanges;
  const kept = cut ? changes.slice(0, maxChanges) : changes;
  const last = kept.at(-1);
  const only = (kind: Change["kind"]): string[] => kept.filter((change) => change.kind === kind).map((change) => change.id);
  return {
    created: only("created"),
    updated: only("updated"),
    destroyed: only("destroyed"),
    hasMoreChanges: cut,
    upTo: cut && last ? cutPosition(last, changes[kept.length]!, present.epoch) : { epoch: present.epoch, seq: present.seq },
  };
};

/** Where a cut answer ends: the whole commit when the next change is of a later one, else a place inside it. */
const cutPosition = (last: Change, next: Change, epoch: number): Position =>
  next.seq > last.seq ? { epoch, seq: last.seq } : { epoch, seq: last.seq, within: last.ordinal };
