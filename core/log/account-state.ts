/**
 * The fold: an account's state is what its entries, applied in order, make of nothing (or of a snapshot).
 * `apply` changes the state in place; it is deterministic, total, and the only way the state changes.
 */
import { invariant } from "../errors.ts";
import type { AccountId, Id, MailboxId } from "../ids.ts";
import { AccountView } from "./account-view.ts";
import type { AccountState, ChangedIds, EmailTable, MailboxCounts, Viewer } from "./api.ts";
import { changedIds, isExplained, type Living } from "./changes.ts";
import { EmailColumns } from "./email-columns.ts";
import type { EmailChange, EmailUpdate, LogEntry, Position, RecordChange, Totals } from "./entry.ts";
import { changedSet, type FoldedState, isShared, NO_TOTALS, touchesCounts } from "./folded-state.ts";
import { MailboxTally } from "./mailbox-tally.ts";
import { Memberships } from "./memberships.ts";
import { Readers } from "./readers.ts";
import { RecordTable } from "./record-table.ts";
import { Tombstones } from "./tombstones.ts";

const NOTHING: ReadonlyMap<Id, object> = new Map();

export class Fold implements AccountState {
  private readonly state: FoldedState;

  constructor(accountId: AccountId, folded?: FoldedState) {
    this.state = folded ?? {
      accountId,
      position: { epoch: 0, seq: 0 },
      totals: NO_TOTALS,
      epochs: [],
      typeSeqs: {},
      columns: new EmailColumns(),
      emailTombstones: new Tombstones(),
      threadTombstones: new Tombstones(),
      recordTables: new Map(),
      tally: new MailboxTally(),
      readers: new Readers(),
      memberships: new Memberships(),
    };
    this.talliedTrashId = this.trashId();
  }

  get accountId(): AccountId {
    return this.state.accountId;
  }
  get position(): Position {
    return this.state.position;
  }
  get totals(): Totals {
    return this.state.totals;
  }
  get emails(): EmailTable {
    return this.state.columns;
  }
  get reader(): null {
    return null;
  }
  seenAs(viewer: Viewer): AccountState {
    return viewer.reader === null && viewer.part === null ? this : new AccountView(this, viewer);
  }
  /** For the snapshot writer and for views. */
  get folded(): FoldedState {
    return this.state;
  }

  records(type: string): ReadonlyMap<Id, object> {
    return this.state.recordTables.get(type)?.values ?? NOTHING;
  }

  mailboxCounts(mailboxId: MailboxId): MailboxCounts {
    return this.state.tally.of(mailboxId);
  }

  typePosition(type: string): Position {
    const seq = this.state.typeSeqs[type] ?? 0;
    return { epoch: this.epochOf(seq), seq };
  }

  onlyCountsChanged(since: Position): boolean {
    return !(this.state.recordTables.get("Mailbox")?.changedBeyondCounts(since.seq) ?? false);
  }

  changesSince(type: string, since: Position, maxChanges: number | null): ChangedIds | null {
    const tombstones = this.tombstonesOf(type);
    if (since.view !== undefined || !isExplained(since, tombstones?.horizonSeq ?? 0, this.state.position, this)) return null;
    const timeline = { seq: this.typePosition(type).seq, epochOf: this.epochOf };
    return changedIds(this.livingSince(type, since.seq), tombstones?.list ?? [], since, timeline, maxChanges);
  }

  /** Applies the next entry. Entries already applied are refused: the caller asks only for later ones. */
  apply(entry: LogEntry): void {
    const { position } = this.state;
    invariant(
      entry.seq === position.seq + 1 && entry.epoch >= position.epoch,
      `entry ${entry.epoch}.${entry.seq} does not follow ${position.epoch}.${position.seq}`,
    );
    if (this.state.epochs.at(-1)?.epoch !== entry.epoch) this.state.epochs.push({ epoch: entry.epoch, firstSeq: entry.seq });
    this.state.position = { epoch: entry.epoch, seq: entry.seq };
    if (entry.totals.quotaOctets !== this.state.totals.quotaOctets) this.state.typeSeqs.QuotaLimit = entry.seq;
    this.state.totals = entry.totals;
    for (const change of entry.records ?? []) this.applyRecords(change, entry.seq);
    if (entry.email) this.applyEmail(entry.email, entry.seq, !entry.actor.startsWith("principal:"));
  }

  readonly epochOf = (seq: number): number => {
    const start = this.state.epochs.findLast((epoch) => epoch.firstSeq <= seq);
    return (start ?? this.state.epochs[0])?.epoch ?? 0;
  };

  private tombstonesOf(type: string): Tombstones | undefined {
    if (type === "Email") return this.state.emailTombstones;
    if (type === "Thread") return this.state.threadTombstones;
    return this.state.recordTables.get(type)?.tombstones;
  }

  private livingSince(type: string, seq: number): Living[] {
    const { columns } = this.state;
    if (type === "Email") {
      return columns.rowsSince(seq).map((row) => ({
        id: columns.id(row),
        ordinal: columns.uid(row),
        createdSeq: columns.createdSeq(row),
        updatedSeq: columns.updatedSeq(row),
      }));
    }
    if (type === "Thread") {
      return columns.threadsSince(seq).map((thread) => ({
        id: columns.threadIdOf(thread),
        ordinal: columns.threadOrdinal(thread),
        createdSeq: columns.threadCreatedSeq(thread),
        updatedSeq: columns.threadUpdatedSeq(thread),
      }));
    }
    return this.state.recordTables.get(type)?.living() ?? [];
  }

  private applyRecords(change: RecordChange, seq: number): void {
    let table = this.state.recordTables.get(change.type);
    if (!table) this.state.recordTables.set(change.type, (table = new RecordTable()));
    for (const id of change.destroyed ?? []) table.destroy(id, seq);
    for (const [id, value] of Object.entries(change.created ?? {})) table.create(id, value, seq);
    for (const [id, value] of Object.entries(change.updated ?? {})) table.update(id, value, seq);
    this.state.typeSeqs[change.type] = seq;
    if (change.type === "Mailbox" && isShared(change)) this.state.memberships.start(seq);
    if (change.type === "Mailbox" && this.trashId() !== this.talliedTrashId) this.recount();
  }

  private talliedTrashId: MailboxId | null = null;

  trashId(): MailboxId | null {
    for (const [id, value] of this.records("Mailbox")) if ((value as { role?: unknown }).role === "trash") return id as MailboxId;
    return null;
  }

  private recount(): void {
    this.talliedTrashId = this.trashId();
    this.state.tally.clear();
    const { columns } = this.state;
    const all = new Set<string>();
    for (let thread = 0; thread < columns.threads; thread++) this.state.tally.applyThread(columns, thread, this.talliedTrashId, 1, all);
  }

  /** `forAll`: mail that comes as seen is so to every reader, for no one in particular has read it. */
  private applyEmail(change: EmailChange, seq: number, forAll: boolean): void {
    const { columns, readers } = this.state;
    for (const reader of change.readers ?? []) readers.start(reader, this.seenUids());
    const created = (change.created ?? []).map((email) => ({ email, thread: columns.threadNumber(email.threadId, seq) }));
    const updates = (change.updated ?? []).map((update) => ({ update, rows: this.rowsOfUids(update.uids) }));
    const destroyed = this.rowsOfUids(change.destroyedUids ?? []);

    const threads = new Map<number, { countBefore: number; membershipChanged: boolean }>();
    const affect = (thread: number, membershipChanged: boolean): void => {
      const known = threads.get(thread);
      if (known) known.membershipChanged ||= membershipChanged;
      else threads.set(thread, { countBefore: columns.threadCount(thread), membershipChanged });
    };
    for (const { thread } of created) affect(thread, true);
    for (const row of destroyed) affect(columns.thread(row), true);
    for (const { update, rows } of updates) if (touchesCounts(update)) for (const row of rows) affect(columns.thread(row), false);

    const mailboxes = new Set<string>();
    const tallyAll = (sign: 1 | -1): void => {
      for (const thread of threads.keys()) this.state.tally.applyThread(columns, thread, this.talliedTrashId, sign, mailboxes);
    };
    tallyAll(-1);
    for (const { update, rows } of updates) this.updateRows(rows, update, seq);
    for (const row of destroyed) {
      const life = { id: columns.id(row), threadId: columns.threadId(row), createdSeq: columns.createdSeq(row) };
      this.state.memberships.add({ seq, uid: columns.uid(row), before: columns.mailboxIds(row), gone: life });
      this.state.emailTombstones.add({
        id: columns.id(row),
        ordinal: columns.uid(row),
        createdSeq: columns.createdSeq(row),
        destroyedSeq: seq,
      });
      columns.destroy(row);
    }
    for (const { email, thread } of created) {
      if (columns.rowOf(email.id) >= 0) continue;
      const cameSeen = forAll && email.keywords.includes("$seen");
      columns.add(email, thread, this.existingMailboxes(email.mailboxIds), seq, cameSeen);
      if (cameSeen) readers.markForAll(email.uid);
      else if (email.seenBy !== undefined) this.markSeen(email.seenBy, email.uid, true);
    }
    tallyAll(1);

    for (const [thread, { countBefore, membershipChanged }] of threads) {
      if (membershipChanged) this.touchThread(thread, countBefore, seq);
    }
    const mailboxTable = this.state.recordTables.get("Mailbox");
    for (const mailboxId of mailboxes) mailboxTable?.touchCounts(mailboxId, seq);
    if (mailboxes.size > 0) this.state.typeSeqs.Mailbox = seq;
    this.state.typeSeqs.Email = seq;
  }

  /** A Thread changes when Emails join or leave it (RFC 8621 §3.2); the last one leaving destroys it. */
  private touchThread(thread: number, countBefore: number, seq: number): void {
    const { columns } = this.state;
    if (columns.threadCount(thread) === 0) {
      if (countBefore > 0) {
        this.state.threadTombstones.add({
          id: columns.threadIdOf(thread),
          ordinal: columns.threadOrdinal(thread),
          createdSeq: columns.threadCreatedSeq(thread),
          destroyedSeq: seq,
        });
      }
    } else {
      columns.touchThread(thread, seq, countBefore === 0);
    }
    this.state.typeSeqs.Thread = seq;
  }

  private rowsOfUids(uids: readonly number[]): number[] {
    const rows: number[] = [];
    const isRising = uids.every((uid, at) => at === 0 || uid > uids[at - 1]!);
    for (const uid of isRising ? uids : new Set(uids)) {
      const row = this.state.columns.rowOfUid(uid);
      if (row >= 0) rows.push(row);
    }
    return rows;
  }

  private updateRows(rows: readonly number[], update: EmailUpdate, seq: number): void {
    const { columns, memberships } = this.state;
    const { seenBy, setKeywords, addKeywords, removeKeywords, setMailboxIds, addMailboxIds, removeMailboxIds } = update;
    if (seenBy) {
      for (const row of rows) {
        this.markSeen(seenBy.reader, columns.uid(row), seenBy.isSeen);
        columns.touch(row, seq);
      }
    }
    if (setKeywords ?? addKeywords ?? removeKeywords)
      columns.changeKeywords(rows, seq, (before) => setKeywords ?? changedSet(before, addKeywords, removeKeywords));
    if (setMailboxIds ?? addMailboxIds ?? removeMailboxIds) {
      const wanted = (before: readonly string[]) =>
        setMailboxIds ?? ([...changedSet(before, addMailboxIds, removeMailboxIds)] as MailboxId[]);
      columns.changeMailboxIds(
        rows,
        seq,
        (before) => this.existingMailboxes(wanted(before)),
        (row, before) => memberships.add({ seq, uid: columns.uid(row), before }),
      );
    }
  }

  private markSeen(reader: string, uid: number, isSeen: boolean): void {
    const { readers } = this.state;
    if (!readers.knows(reader)) readers.start(reader, this.cameSeenUids());
    readers.mark(reader, uid, isSeen);
  }

  private *seenUids(): Generator<number> {
    const { columns } = this.state;
    for (let row = 0; row < columns.rows; row++) if (columns.hasKeyword(row, "$seen")) yield columns.uid(row);
  }

  private *cameSeenUids(): Generator<number> {
    const { columns } = this.state;
    for (let row = 0; row < columns.rows; row++) if (columns.cameSeen(row)) yield columns.uid(row);
  }

  /** An Email is always in a Mailbox that exists: what names none that does falls to the inbox (two writers may cross). */
  private existingMailboxes(mailboxIds: readonly MailboxId[]): readonly MailboxId[] {
    const known = this.records("Mailbox");
    const existing = mailboxIds.filter((id) => known.has(id));
    if (existing.length > 0 || known.size === 0) return existing.length > 0 ? existing : mailboxIds;
    for (const [id, value] of known) if ((value as { role?: unknown }).role === "inbox") return [id as MailboxId];
    return mailboxIds;
  }
}
