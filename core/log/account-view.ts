/**
 * An account with the eyes of someone who is not its owner. It is the only thing that JMAP methods get to see of a shared account, so what
 * is hidden here is hidden from every method: items, members of threads, counters, states and what /changes tells.
 */
import type { AccountId, Id, MailboxId } from "../ids.ts";
import type { AccountState, ChangedIds, EmailTable, MailboxCounts, Viewer } from "./api.ts";
import { changedIds, isExplained, type Timeline } from "./changes.ts";
import type { EmailColumns } from "./email-columns.ts";
import { EmailView } from "./email-view.ts";
import type { Position, Totals } from "./entry.ts";
import type { Memberships } from "./memberships.ts";
import type { Readers } from "./readers.ts";
import type { RecordTable } from "./record-table.ts";
import { type Lives, visibleLives } from "./visible-lives.ts";

const NO_MAIL: MailboxCounts = Object.freeze({ totalEmails: 0, unreadEmails: 0, totalThreads: 0, unreadThreads: 0 });

/** Records of the account that someone who may see only a part of it may see, besides Mailboxes. */
const OWN_RECORDS: ReadonlySet<string> = new Set(["MailboxSubscriptions"]);

/** The account beneath: a fold. */
interface Whole extends AccountState, Pick<Timeline, "epochOf"> {
  readonly folded: {
    readonly columns: EmailColumns;
    readonly readers: Readers;
    readonly memberships: Memberships;
    readonly recordTables: ReadonlyMap<string, RecordTable>;
  };
  trashId(): MailboxId | null;
}

/** What is worked out of a fold for one viewer, until the fold moves on. */
interface Worked {
  seq: number;
  readonly emails: EmailView;
  lives: { emails: Lives; threads: Lives } | null;
}

/** Viewers remembered for one account in memory. */
const VIEWERS_REMEMBERED = 100;
const worked = new WeakMap<Whole, Map<string, Worked>>();

const workedFor = (fold: Whole, viewer: Viewer): Worked => {
  let known = worked.get(fold);
  if (!known) worked.set(fold, (known = new Map()));
  const key = `${viewer.reader ?? ""} ${viewer.part?.tag ?? ""}`;
  let one = known.get(key);
  if (!one) {
    const { columns, readers } = fold.folded;
    one = { seq: fold.position.seq, emails: new EmailView(columns, readers, viewer), lives: null };
    known.set(key, one);
    if (known.size > VIEWERS_REMEMBERED) known.delete(known.keys().next().value!);
  }
  if (one.seq !== fold.position.seq) {
    one.seq = fold.position.seq;
    one.emails.forget();
    one.lives = null;
  }
  return one;
};

export class AccountView implements AccountState {
  private readonly fold: Whole;
  private readonly viewer: Viewer;

  constructor(fold: Whole, viewer: Viewer) {
    this.fold = fold;
    this.viewer = viewer;
  }

  get accountId(): AccountId {
    return this.fold.accountId;
  }
  get reader(): string | null {
    return this.viewer.reader;
  }
  get position(): Position {
    return this.fold.position;
  }
  get totals(): Totals {
    return this.fold.totals;
  }
  get emails(): EmailTable {
    return workedFor(this.fold, this.viewer).emails;
  }
  seenAs(viewer: Viewer): AccountState {
    return this.fold.seenAs(viewer);
  }

  records(type: string): ReadonlyMap<Id, object> {
    const all = this.fold.records(type);
    const { part } = this.viewer;
    if (part === null) return all;
    if (type === "Mailbox") return new Map([...all].filter(([id]) => part.listed.has(id)));
    return OWN_RECORDS.has(type) ? all : new Map();
  }

  mailboxCounts(mailboxId: MailboxId): MailboxCounts {
    return workedFor(this.fold, this.viewer).emails.mailboxCounts(this.fold.trashId()).get(mailboxId) ?? NO_MAIL;
  }

  typePosition(type: string): Position {
    const { part } = this.viewer;
    if (part === null) return this.fold.typePosition(type);
    const seq = this.livesOf(type, part)?.newestSeq ?? 0;
    return { epoch: this.fold.epochOf(seq), seq, view: part.tag };
  }

  changesSince(type: string, since: Position, maxChanges: number | null): ChangedIds | null {
    const { part } = this.viewer;
    if (part === null) return this.fold.changesSince(type, since, maxChanges);
    const { folded, position, epochOf } = this.fold;
    if (since.view !== part.tag || !isExplained(since, folded.memberships.startSeq ?? 0, position, this.fold)) return null;
    const lives = this.livesOf(type, part);
    if (!lives) return null;
    const changed = changedIds(lives.living, lives.tombstones, since, { seq: lives.newestSeq, epochOf }, maxChanges);
    return { ...changed, upTo: { ...changed.upTo, view: part.tag } };
  }

  onlyCountsChanged(since: Position): boolean {
    const { part } = this.viewer;
    if (part === null) return this.fold.onlyCountsChanged(since);
    return !(this.fold.folded.recordTables.get("Mailbox")?.changedBeyondCounts(since.seq, part.listed) ?? false);
  }

  private livesOf(type: string, part: NonNullable<Viewer["part"]>): Lives | null {
    if (type !== "Email" && type !== "Thread" && type !== "Mailbox") return null;
    const { columns, memberships } = this.fold.folded;
    const kept = workedFor(this.fold, this.viewer);
    kept.lives ??= visibleLives(columns, memberships, part.readable);
    if (type === "Mailbox") return this.mailboxLives(part, kept.lives.emails.newestSeq);
    return type === "Email" ? kept.lives.emails : kept.lives.threads;
  }

  /**
   * None is ever gone: a Mailbox that leaves the part makes it another part. Its counters may have changed whenever something in sight did;
   * those that the fold keeps for the owner move with what is out of sight as well.
   */
  private mailboxLives({ listed }: NonNullable<Viewer["part"]>, countsSeq: number): Lives {
    const all = this.fold.folded.recordTables.get("Mailbox")?.livingWith(() => countsSeq) ?? [];
    const living = all.filter(({ id }) => listed.has(id));
    return { living, tombstones: [], newestSeq: Math.max(countsSeq, ...living.map(({ updatedSeq }) => updatedSeq)) };
  }
}
