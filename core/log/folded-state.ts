/** What a fold holds, and what a change means for it. */
import type { AccountId } from "../ids.ts";
import type { EmailColumns } from "./email-columns.ts";
import type { EmailUpdate, Position, RecordChange, Totals } from "./entry.ts";
import type { MailboxTally } from "./mailbox-tally.ts";
import type { Memberships } from "./memberships.ts";
import type { Readers } from "./readers.ts";
import type { RecordTable } from "./record-table.ts";
import type { Tombstones } from "./tombstones.ts";

export interface EpochStart {
  readonly epoch: number;
  /** Sequence of the first entry of the epoch. */
  readonly firstSeq: number;
}

/** Everything a fold holds, as a snapshot keeps it. */
export interface FoldedState {
  accountId: AccountId;
  position: Position;
  totals: Totals;
  epochs: EpochStart[];
  typeSeqs: Record<string, number>;
  columns: EmailColumns;
  emailTombstones: Tombstones;
  threadTombstones: Tombstones;
  recordTables: Map<string, RecordTable>;
  tally: MailboxTally;
  readers: Readers;
  memberships: Memberships;
}

export const NO_TOTALS: Totals = { octets: 0, messages: 0, nextUid: 1, quotaOctets: 0, hasRules: false };

/** Whether a change of Mailboxes gives rights to others (core/mail/standard-mailboxes.ts). */
export const isShared = ({ created = {}, updated = {} }: RecordChange): boolean =>
  [...Object.values(created), ...Object.values(updated)].some((mailbox) => (mailbox as { shareWith?: unknown }).shareWith !== undefined);

/** Whether an update moves the counters of Mailboxes (RFC 8621 §2). */
export const touchesCounts = (update: EmailUpdate): boolean => {
  if (update.seenBy || update.setKeywords || update.setMailboxIds || update.addMailboxIds?.length || update.removeMailboxIds?.length)
    return true;
  return [...(update.addKeywords ?? []), ...(update.removeKeywords ?? [])].some((keyword) => keyword === "$seen" || keyword === "$draft");
};

export const changedSet = (present: readonly string[], added: readonly string[] = [], removed: readonly string[] = []): Set<string> => {
  const changed = new Set(present);
  for (const value of removed) changed.delete(value);
  for (const value of added) changed.add(value);
  return changed;
};
