import type { AccountId, EmailId, ThreadId } from "../ids.ts";
import type { LogEntry, Position } from "../log/entry.ts";
import type { EmailItem } from "../mail/email-item.ts";

/** Outcome of a conditional append: someone else may have written that position first. */
export type AppendOutcome = "appended" | "taken";

/** A pointer to a snapshot object that holds the fold of all entries up to and including `position`. */
export interface SnapshotPointer extends Position {
  readonly key: string;
  readonly octets: number;
}

/** A blob that an account holds besides its messages (upload, draft attachment). */
export interface UploadItem {
  readonly blobId: string;
  readonly key: string;
  readonly sizeOctets: number;
  readonly type: string;
  /** The only one who may refer to it (RFC 8620 §6.1): a directory entry; absent or null: the account's owner. */
  readonly uploadedBy?: string | null;
  /** ms since 1970 UTC after which the sweeper may remove it. */
  readonly expiresAt: number;
}

/**
 * One account's partition: log entries, the immutable item of each Email, the thread index and the blobs held.
 * Reads named `newest` and `entriesAfter` with `consistent: true` see every acknowledged append.
 * Transient failures throw TransientError; nothing here retries beyond the SDK.
 */
export interface AccountLogStore {
  /** The newest entry, or null for an account that has none. */
  newest(accountId: AccountId, options: { consistent: boolean }): Promise<LogEntry | null>;
  /** Entries after `position` in order, all pages. */
  entriesAfter(accountId: AccountId, position: Position, options: { consistent: boolean }): Promise<LogEntry[]>;
  /** Writes the entry if its position is free. */
  append(entry: LogEntry): Promise<AppendOutcome>;

  /** Writes an Email's immutable item if absent; returns the existing one otherwise (a replay), or that it was there and was deleted. */
  putEmail(accountId: AccountId, item: EmailItem): Promise<{ existing: EmailItem | "deleted" | null }>;
  /** Items by id, in any order; absent ids are left out. An item that was written before the call is never absent. */
  getEmails(accountId: AccountId, ids: readonly EmailId[]): Promise<EmailItem[]>;
  deleteEmails(accountId: AccountId, ids: readonly EmailId[]): Promise<void>;

  /** Thread of each key that is known (keys from `threadKeys`). */
  getThreads(accountId: AccountId, keys: readonly string[]): Promise<Map<string, ThreadId>>;
  putThreads(accountId: AccountId, keys: readonly string[], threadId: ThreadId): Promise<void>;

  getUpload(accountId: AccountId, blobId: string): Promise<UploadItem | null>;
  putUpload(accountId: AccountId, item: UploadItem): Promise<void>;

  /** Delivery rules as one document (see core/mail/rules.ts), null when none. */
  getRules(accountId: AccountId): Promise<object | null>;
  /** With the position of the log that they were drawn from: rules drawn from a later one stay. */
  putRules(accountId: AccountId, rules: object, drawnFrom?: Position): Promise<void>;

  getSnapshot(accountId: AccountId): Promise<SnapshotPointer | null>;
  /** Keeps the newer of the stored pointer and this one. */
  putSnapshot(accountId: AccountId, pointer: SnapshotPointer): Promise<void>;
}
