/** The shapes that flows and JMAP methods use of the account log. Implemented by account-state.ts and account-log.ts. */
import type { AccountId, EmailId, Id, MailboxId, ThreadId } from "../ids.ts";
import type { EmailChange, LogEntry, Position, RecordChange, ShareChange, Totals } from "./entry.ts";

/** Columns of every Email of an account. A *row* is a dense number, valid until the next fold of an entry. */
export interface EmailTable {
  /** Rows in use, dead ones included: iterate 0 ≤ row < rows and skip those not `alive`. */
  readonly rows: number;
  readonly count: number;
  alive(row: number): boolean;
  /** -1 when the id is unknown or destroyed. */
  rowOf(id: EmailId): number;
  /** -1 when unknown or destroyed. */
  rowOfUid(uid: number): number;
  id(row: number): EmailId;
  uid(row: number): number;
  threadId(row: number): ThreadId;
  /** A dense number of the row's thread, valid as long as the row's. */
  thread(row: number): number;
  receivedAt(row: number): number;
  /** null when the message has no readable Date. */
  sentAt(row: number): number | null;
  sizeOctets(row: number): number;
  hasAttachment(row: number): boolean;
  mailboxIds(row: number): readonly MailboxId[];
  keywords(row: number): readonly string[];
  /** Mailboxes of the row that the one who looks may not see: none to the owner. */
  hiddenMailboxIds(row: number): readonly MailboxId[];
  inMailbox(row: number, mailboxId: MailboxId): boolean;
  hasKeyword(row: number, keyword: string): boolean;
  /** Sequence of the entry that created the row / last changed it. */
  createdSeq(row: number): number;
  updatedSeq(row: number): number;
  /** Live rows of a thread, oldest receivedAt first (RFC 8621 §3). Empty when unknown. */
  rowsOfThread(threadId: ThreadId): readonly number[];
  /** The same by the thread's number. */
  rowsOf(thread: number): readonly number[];
  /** Live rows sorted by receivedAt descending, newest uid first on ties. Cached between folds; do not mutate. */
  newestFirst(): Uint32Array;
}

/** RFC 8621 §2 counters. */
export interface MailboxCounts {
  readonly totalEmails: number;
  readonly unreadEmails: number;
  readonly totalThreads: number;
  readonly unreadThreads: number;
}

/** Ids that changed after a position, oldest change first. */
export interface ChangedIds {
  readonly created: Id[];
  readonly updated: Id[];
  readonly destroyed: Id[];
  /** What whoever was told these ids knows: the present, or less when `hasMoreChanges`. */
  readonly upTo: Position;
  readonly hasMoreChanges: boolean;
}

/** Whose eyes an account is seen with. */
export interface Viewer {
  /** The one whose own reading counts; null: the owner, whose is the stored `$seen`. */
  readonly reader: string | null;
  /** What of the account may be seen; null: all of it. */
  readonly part: {
    /** Mailboxes that are shown, and those of them whose mail may be read. */
    readonly listed: ReadonlySet<string>;
    readonly readable: ReadonlySet<string>;
    /** Another tag, another part: states told before are then no longer comparable. */
    readonly tag: string;
  } | null;
}

export interface AccountState {
  readonly accountId: AccountId;
  /** As in Viewer. */
  readonly reader: string | null;
  readonly position: Position;
  readonly totals: Totals;
  readonly emails: EmailTable;
  /** Records of a type stored whole, by id. Empty map for a type never seen. */
  records(type: string): ReadonlyMap<Id, object>;
  mailboxCounts(mailboxId: MailboxId): MailboxCounts;
  /** Position of the last entry that changed the type ("Email", "Thread", "Mailbox", any record type). */
  typePosition(type: string): Position;
  /**
   * RFC 8620 §5.2 for any type, "Email" and "Thread" included. "Mailbox" counts a counter change as an update.
   * null when `since` is before what is remembered or after the present (cannotCalculateChanges).
   */
  changesSince(type: string, since: Position, maxChanges: number | null): ChangedIds | null;
  /** The same state with other eyes. Views of a view do not exist. */
  seenAs(viewer: Viewer): AccountState;
  /** Of the Mailboxes that changed after `since`: true when nothing but counters did (RFC 8621 §2.2 updatedProperties). */
  onlyCountsChanged(since: Position): boolean;
}

/** What a commit would change; the log adds position, time, totals and uids. */
export interface Plan {
  readonly actor: string;
  readonly email?: Omit<EmailChange, "created"> & {
    /** Without uid: the log numbers them. */
    readonly created?: readonly Omit<NonNullable<EmailChange["created"]>[number], "uid">[];
  };
  readonly records?: readonly RecordChange[];
  readonly shares?: readonly ShareChange[];
  readonly quotaOctets?: number;
  readonly hasRules?: boolean;
}

/**
 * A planner sees the present state and says what to change, or null to change nothing.
 * It must be pure: it is called again on the newer state when another writer got there first.
 */
export type Planner<Result> = (state: AccountState) => { plan: Plan | null; result: Result };

export interface AccountLog {
  /** The present state (strongly consistent); null for an account that does not exist. */
  load(accountId: AccountId): Promise<AccountState | null>;
  /** Plans against the present and appends; throws TransientError after limits.log.commitAttempts lost races. */
  commit<Result>(
    accountId: AccountId,
    planner: Planner<Result>,
  ): Promise<{ result: Result; before: Position; state: AccountState; entry: LogEntry | null }>;
  /** First entry of a new account (idempotent): mailboxes, identity, quota. */
  create(accountId: AccountId, plan: Plan): Promise<void>;
}
