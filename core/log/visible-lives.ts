/**
 * What came into and went out of someone's sight, as lifetimes: an Email lives to a viewer while it is in a Mailbox that they may read,
 * a Thread while it has such an Email. /changes of a part of an account is then RFC 8620 §5.2 on these lifetimes.
 */
import type { Living, Tombstone } from "./changes.ts";
import { type EmailColumns, threadOrdinalOf } from "./email-columns.ts";
import type { MembershipEvent, Memberships } from "./memberships.ts";

export interface Lives {
  readonly living: readonly Living[];
  readonly tombstones: readonly Tombstone[];
  /** Of the newest change. */
  readonly newestSeq: number;
}

interface Stretch {
  readonly threadId: string;
  readonly from: number;
  /** null: still in sight. */
  readonly until: number | null;
}

interface Life {
  readonly id: string;
  readonly threadId: string;
  readonly uid: number;
  readonly createdSeq: number;
  readonly updatedSeq: number;
  /** null: destroyed. */
  readonly mailboxIds: readonly string[] | null;
}

export const visibleLives = (
  columns: EmailColumns,
  memberships: Memberships,
  readable: ReadonlySet<string>,
): { emails: Lives; threads: Lives } => {
  const events = new Map<number, MembershipEvent[]>();
  for (const event of memberships.events) {
    const known = events.get(event.uid);
    if (known) known.push(event);
    else events.set(event.uid, [event]);
  }
  const living: Living[] = [];
  const tombstones: Tombstone[] = [];
  const stretches: Stretch[] = [];
  const isShown = (mailboxIds: readonly string[]): boolean => mailboxIds.some((mailboxId) => readable.has(mailboxId));
  const follow = ({ id, threadId, uid, createdSeq, updatedSeq, mailboxIds }: Life): void => {
    const moves = events.get(uid) ?? [];
    let from: number | null = null;
    for (let at = 0; at <= moves.length; at++) {
      const seq = at === 0 ? createdSeq : moves[at - 1]!.seq;
      const present = moves[at]?.before ?? mailboxIds;
      const shown = present !== null && isShown(present);
      if (shown) from ??= seq;
      else if (from !== null) {
        tombstones.push({ id, ordinal: uid, createdSeq: from, destroyedSeq: seq });
        stretches.push({ threadId, from, until: seq });
        from = null;
      }
    }
    if (from === null) return;
    living.push({ id, ordinal: uid, createdSeq: from, updatedSeq: Math.max(updatedSeq, from) });
    stretches.push({ threadId, from, until: null });
  };
  for (let row = 0; row < columns.rows; row++) {
    if (!columns.alive(row)) continue;
    const uid = columns.uid(row);
    const mailboxIds = columns.mailboxIds(row);
    if (!events.has(uid) && !isShown(mailboxIds)) continue;
    const [createdSeq, updatedSeq] = [columns.createdSeq(row), columns.updatedSeq(row)];
    follow({ id: columns.id(row), threadId: columns.threadId(row), uid, createdSeq, updatedSeq, mailboxIds });
  }
  for (const { uid, seq, gone } of memberships.events) if (gone) follow({ ...gone, uid, updatedSeq: seq, mailboxIds: null });
  tombstones.sort((a, b) => a.destroyedSeq - b.destroyedSeq || a.ordinal - b.ordinal);
  const startSeq = memberships.startSeq ?? 0;
  return { emails: { living, tombstones, newestSeq: newest(living, tombstones, startSeq) }, threads: threadLives(stretches, startSeq) };
};

const newest = (living: readonly Living[], tombstones: readonly Tombstone[], startSeq: number): number => {
  let seq = startSeq;
  for (const { updatedSeq } of living) if (updatedSeq > seq) seq = updatedSeq;
  for (const { destroyedSeq } of tombstones) if (destroyedSeq > seq) seq = destroyedSeq;
  return seq;
};

/** A Thread changes when Emails join or leave it (RFC 8621 §3.2). */
const threadLives = (stretches: readonly Stretch[], startSeq: number): Lives => {
  const steps = new Map<string, { seq: number; by: 1 | -1 }[]>();
  for (const { threadId, from, until } of stretches) {
    const known = steps.get(threadId) ?? [];
    known.push({ seq: from, by: 1 });
    if (until !== null) known.push({ seq: until, by: -1 });
    steps.set(threadId, known);
  }
  const living: Living[] = [];
  const tombstones: Tombstone[] = [];
  for (const [id, ofThread] of steps) {
    const ordinal = threadOrdinalOf(id);
    ofThread.sort((a, b) => a.seq - b.seq);
    let present = 0;
    let from = 0;
    for (let at = 0; at < ofThread.length; ) {
      const { seq } = ofThread[at]!;
      const before = present;
      for (; ofThread[at]?.seq === seq; at++) present += ofThread[at]!.by;
      if (before === 0 && present > 0) from = seq;
      else if (before > 0 && present === 0) tombstones.push({ id, ordinal, createdSeq: from, destroyedSeq: seq });
    }
    if (present > 0) living.push({ id, ordinal, createdSeq: from, updatedSeq: ofThread.at(-1)!.seq });
  }
  tombstones.sort((a, b) => a.destroyedSeq - b.destroyedSeq || a.ordinal - b.ordinal);
  return { living, tombstones, newestSeq: newest(living, tombstones, startSeq) };
};
