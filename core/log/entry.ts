/**
 * What one commit to an account's log holds. Entry n of an account is written once, by a conditional put,
 * and never changed: it is the only commit point in the service (docs/adr/0001-account-log.md).
 */
import type { AccountId, EmailId, Id, MailboxId, ThreadId } from "../ids.ts";

/** Where in an account's log: the epoch rises when a region takes over, the sequence by one a commit. */
export interface Position {
  readonly epoch: number;
  readonly seq: number;
  /**
   * Only in the state of a /changes answer that was cut by maxChanges inside one commit: changes of `seq` are known up to
   * this ordinal (the uid, for Emails). Absent: the whole commit is known.
   */
  readonly within?: number;
}

/** The mutable and sortable part of an Email, as the entry that creates it states it. Instants in ms since 1970 UTC. */
export interface EmailRow {
  readonly id: EmailId;
  /** Account-local number, rising with creation and never reused; entries name emails by it. */
  readonly uid: number;
  readonly threadId: ThreadId;
  readonly receivedAt: number;
  /** RFC 8621 sentAt (Date header); null when absent or unreadable. */
  readonly sentAt: number | null;
  readonly sizeOctets: number;
  readonly hasAttachment: boolean;
  readonly mailboxIds: readonly MailboxId[];
  /** Lower case (RFC 8621 §4.1.1). */
  readonly keywords: readonly string[];
}

/** One change applied alike to many emails. `null` fields are untouched. */
export interface EmailUpdate {
  readonly uids: readonly number[];
  readonly addKeywords?: readonly string[];
  readonly removeKeywords?: readonly string[];
  /** Replaces the keywords when present (the add/remove lists are then absent). */
  readonly setKeywords?: readonly string[];
  readonly addMailboxIds?: readonly MailboxId[];
  readonly removeMailboxIds?: readonly MailboxId[];
  readonly setMailboxIds?: readonly MailboxId[];
}

/** A change to a type that is stored whole: Mailbox, Identity, EmailSubmission, VacationResponse, SieveScript… */
export interface RecordChange {
  readonly type: string;
  readonly created?: Readonly<Record<Id, object>>;
  /** Whole new value of each updated record. */
  readonly updated?: Readonly<Record<Id, object>>;
  readonly destroyed?: readonly Id[];
}

export interface EmailChange {
  readonly created?: readonly EmailRow[];
  readonly updated?: readonly EmailUpdate[];
  readonly destroyedUids?: readonly number[];
}

/** Running totals: the newest entry alone answers the quota question and gives the next uid. */
export interface Totals {
  readonly octets: number;
  readonly messages: number;
  readonly nextUid: number;
  readonly quotaOctets: number;
  /** True when the account has delivery rules (blocked senders, Sieve, vacation): delivery then reads the rules item. */
  readonly hasRules: boolean;
}

export interface LogEntry extends Position {
  readonly accountId: AccountId;
  /** Commit time, ms since 1970 UTC. */
  readonly at: number;
  /** Who did it: `receipt:<id>` or `principal:<entryId>` or `system:<function>`. */
  readonly actor: string;
  readonly email?: EmailChange;
  readonly records?: readonly RecordChange[];
  readonly totals: Totals;
}

/** The JMAP state string of a position: `<epoch>.<sequence>`, or `<epoch>.<sequence>.<within>` part-way through a large commit. */
export const formatState = (position: Position): string =>
  position.within === undefined ? `${position.epoch}.${position.seq}` : `${position.epoch}.${position.seq}.${position.within}`;

/** Reads a state string back; null when it is none of ours. The place inside a commit has up to 53 bits (that of a Thread does). */
export const parseState = (state: string): Position | null => {
  const match = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,14})(?:\.(0|[1-9]\d{0,15}))?$/.exec(state);
  if (!match) return null;
  const position = { epoch: Number(match[1]), seq: Number(match[2]) };
  return match[3] === undefined ? position : { ...position, within: Number(match[3]) };
};
