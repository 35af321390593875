/**
 * RFC 8620 §5.2 out of lifetimes: what an id was at a past position and what it is at a later one decides created, updated or destroyed.
 * An answer that maxChanges cuts is one list, between the state that was asked with and the present of the first page, told in pages: the
 * order is (sequence, ordinal) of each change, and the account may move on meanwhile. A client thus never hears of an id as updated or
 * destroyed that it was not told of, nor of one as created that it has.
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

/** The log that the lifetimes are of. */
export interface Timeline {
  /** Sequence of the newest change of the type. */
  readonly seq: number;
  epochOf(seq: number): number;
}

/** Whether what is remembered from `horizonSeq` on explains a state, of a log that is now at `position`: not an older one, nor one of another log. */
export const isExplained = (since: Position, horizonSeq: number, position: Position, { epochOf }: Pick<Timeline, "epochOf">): boolean => {
  const { from, to } = since.cut ?? { from: since.seq, to: since.seq };
  return from >= horizonSeq && to <= position.seq && epochOf(since.seq) === since.epoch;
};

/** What is known of an id: lives that ended, in order, and the present one. */
interface History {
  readonly ended: readonly Tombstone[];
  readonly living: Living | null;
}

/**
 * `living` need only hold ids with updatedSeq ≥ since.seq; `tombstones` are in order of destruction, those after the state that was first
 * asked with among them.
 */
export const changedIds = (
  living: readonly Living[],
  tombstones: readonly Tombstone[],
  since: Position,
  { seq: presentSeq, epochOf }: Timeline,
  maxChanges: number | null,
): ChangedIds => {
  const { from, to } = since.cut ?? { from: since.seq, to: Math.max(since.seq, presentSeq) };
  const ended = new Map<string, Tombstone[]>();
  for (const tombstone of tombstones) {
    if (tombstone.destroyedSeq <= from) continue;
    const known = ended.get(tombstone.id);
    if (known) known.push(tombstone);
    else ended.set(tombstone.id, [tombstone]);
  }
  const changes: Change[] = [];
  const add = (id: string, history: History): void => {
    const change = changeOf(id, history, from, to);
    if (change && isUntold(change, since)) changes.push(change);
  };
  for (const life of living) {
    add(life.id, { ended: ended.get(life.id) ?? [], living: life });
    ended.delete(life.id);
  }
  for (const [id, lives] of ended) add(id, { ended: lives, living: null });
  changes.sort((a, b) => a.seq - b.seq || a.ordinal - b.ordinal);
  const isCut = maxChanges !== null && changes.length > maxChanges;
  const kept = isCut ? changes.slice(0, maxChanges) : changes;
  const last = kept.at(-1);
  const only = (kind: Change["kind"]): string[] => kept.filter((change) => change.kind === kind).map((change) => change.id);
  const upToSeq = isCut && last ? last.seq : to;
  return {
    created: only("created"),
    updated: only("updated"),
    destroyed: only("destroyed"),
    hasMoreChanges: isCut || to < presentSeq,
    upTo: { epoch: epochOf(upToSeq), seq: upToSeq, ...(isCut && last && { cut: { within: last.ordinal, from, to } }) },
  };
};

const isUntold = ({ seq, ordinal }: Change, { seq: told, cut }: Position): boolean =>
  cut === undefined || seq > told || (seq === told && ordinal > cut.within);

/** How an id that was one thing at `from` is another at `to`; null when nothing is to be told. */
const changeOf = (id: string, { ended, living }: History, from: number, to: number): Change | null => {
  const at = (seq: number): Tombstone | Living | null =>
    ended.find(({ createdSeq, destroyedSeq }) => createdSeq <= seq && destroyedSeq > seq) ??
    (living !== null && living.createdSeq <= seq ? living : null);
  const [before, after] = [at(from), at(to)];
  if (after === null) {
    const last = before && ended.findLast(({ destroyedSeq }) => destroyedSeq <= to);
    return last ? { seq: last.destroyedSeq, ordinal: last.ordinal, id, kind: "destroyed" } : null;
  }
  if (before !== after) return { seq: after.createdSeq, ordinal: after.ordinal, id, kind: before ? "updated" : "created" };
  // A life that ended since: whoever asks on is told of the end.
  if (after !== living || living.updatedSeq <= from) return null;
  // It changed after the first page's present, and perhaps before it too, which nobody remembers.
  return { seq: Math.min(living.updatedSeq, to), ordinal: living.ordinal, id, kind: "updated" };
};
