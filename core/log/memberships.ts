/**
 * Which Mailboxes an Email has left, kept while an account is shared by the Mailbox: so that someone who may read only some of them is
 * told exactly what came into and went out of their sight, and of nothing else (RFC 8620 §5.2 for a part of an account).
 */
import { limits } from "../limits.ts";

export interface MembershipEvent {
  readonly seq: number;
  readonly uid: number;
  /** Mailboxes that the Email was in until then. */
  readonly before: readonly string[];
  /** When it was destroyed then. */
  readonly gone?: { readonly id: string; readonly threadId: string; readonly createdSeq: number };
}

type Kept = [seq: number, uid: number, before: readonly string[], id?: string, threadId?: string, createdSeq?: number];

export interface MembershipsData {
  readonly startSeq: number | null;
  readonly events: readonly Kept[];
}

export class Memberships {
  /** States from here on are explained; null: nothing is kept, for nothing is shared. */
  startSeq: number | null;
  /** In order of time, at most about limits.log.tombstones. */
  readonly events: MembershipEvent[];

  constructor(kept: MembershipsData = { startSeq: null, events: [] }) {
    this.startSeq = kept.startSeq;
    this.events = kept.events.map(([seq, uid, before, id, threadId, createdSeq]) =>
      id === undefined ? { seq, uid, before } : { seq, uid, before, gone: { id, threadId: threadId!, createdSeq: createdSeq! } },
    );
  }

  toJSON(): MembershipsData {
    return {
      startSeq: this.startSeq,
      events: this.events.map(({ seq, uid, before, gone }) =>
        gone ? [seq, uid, before, gone.id, gone.threadId, gone.createdSeq] : [seq, uid, before],
      ),
    };
  }

  start(seq: number): void {
    this.startSeq ??= seq;
  }

  add(event: MembershipEvent): void {
    if (this.startSeq === null) return;
    this.events.push(event);
    if (this.events.length <= limits.log.tombstones * 1.25) return;
    const dropped = this.events.splice(0, this.events.length - limits.log.tombstones);
    this.startSeq = dropped.at(-1)!.seq;
  }
}
