/**
 * What one commit to an account's log holds. Entry n of an account is written once, by a conditional put,
 * and never changed: it is the only commit point in the service (docs/adr/0001-account-log.md).
 */
import type { AccountId, EmailId, Id, MailboxId, ThreadId } from "../ids.ts";

/** Where in an account's log: the epoch rises when a region takes over, the sequence by one a commit. */
export interface Position {
  readonly epoch: number;
  readonly seq: number;
  /** Only in the state of a /changes answer that was cut by maxChanges. */
  readonly cut?: Cut;
  /** Only in states told to someone who may see a part of the account: a tag of what that part was. */
  readonly view?: string;
}

/**
 * What a client knows that has had some pages of an answer: the changes between two positions are the same for all its pages, in one order,
 * and it knows those up to a place in that order (changes.ts).
 */
export interface Cut {
  /** Ordinal (the uid, for Emails) of the last change told, which is of the position's `seq`. */
  readonly within: number;
  /** Sequences of the state that the first page was asked with, and of the present then. */
  readonly from: number;
  readonly to: number;
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
  /** The reader who added it as seen, when that is not the owner (readers.ts). */
  readonly seenBy?: string;
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
  /** Whether a reader other than the owner has seen them (readers.ts). */
  readonly seenBy?: { readonly reader: string; readonly isSeen: boolean };
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
  /** New readers, to whom what the owner has seen until now counts as seen. */
  readonly readers?: readonly string[];
}

/** A change of what someone may do with a Mailbox, by the names of RFC 8621 §2 MailboxRights; null: nothing (RFC 9670 §3). */
export interface ShareChange {
  readonly mailboxId: Id;
  /** The Mailbox's name at the time. */
  readonly name: string;
  /** Directory entry of the one whose rights changed. */
  readonly principalId: Id;
  readonly oldRights: readonly string[] | null;
  readonly newRights: readonly string[] | null;
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
  readonly shares?: readonly ShareChange[];
  readonly totals: Totals;
}

/**
 * The JMAP state string of a position: `<epoch>.<sequence>`, then `.<within>.<from>.<to>` between the pages of an answer, then `.v<view>` for
 * someone who may see only a part of the account.
 */
export const formatState = ({ epoch, seq, cut, view }: Position): string =>
  `${epoch}.${seq}${cut ? `.${cut.within}.${cut.from}.${cut.to}` : ""}${view === undefined ? "" : `.v${view}`}`;

const NUMBER = "(0|[1-9]\\d{0,14})";
/** The place inside a commit has up to 53 bits (that of a Thread does). */
const STATE = new RegExp(`^(0|[1-9]\\d{0,8})\\.${NUMBER}(?:\\.(0|[1-9]\\d{0,15})\\.${NUMBER}\\.${NUMBER})?(?:\\.v([A-Za-z0-9_-]{1,32}))?$`);

/** Reads a state string back; null when it is none of ours. */
export const parseState = (state: string): Position | null => {
  const match = STATE.exec(state);
  if (!match) return null;
  const [seq, within, from, to] = match.slice(2, 6).map(Number) as [number, number, number, number];
  if (match[3] !== undefined && !(from <= seq && seq <= to)) return null;
  return {
    epoch: Number(match[1]),
    seq,
    ...(match[3] !== undefined && { cut: { within, from, to } }),
    ...(match[6] !== undefined && { view: match[6] }),
  };
};
