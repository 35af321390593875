/**
 * RFC 8621 §2 counters of every Mailbox, kept as mail changes: a thread's share is taken off before a change and put back after.
 * unreadThreads follows the RFC's advice on Trash: mail in it does not make a thread unread elsewhere, nor the other way round.
 */
import type { MailboxId } from "../ids.ts";
import type { MailboxCounts } from "./api.ts";
import type { EmailColumns } from "./email-columns.ts";

type MutableCounts = { -readonly [Name in keyof MailboxCounts]: number };

const ZERO: MailboxCounts = Object.freeze({ totalEmails: 0, unreadEmails: 0, totalThreads: 0, unreadThreads: 0 });

export class MailboxTally {
  private readonly counts: Map<string, MutableCounts>;

  constructor(counts: Readonly<Record<string, MailboxCounts>> = {}) {
    this.counts = new Map(Object.entries(counts).map(([mailboxId, kept]) => [mailboxId, { ...kept }]));
  }

  toJSON(): Record<string, MailboxCounts> {
    return Object.fromEntries(this.counts);
  }

  of(mailboxId: MailboxId): MailboxCounts {
    return this.counts.get(mailboxId) ?? ZERO;
  }

  /** Adds (sign 1) or takes off (sign −1) one thread's share. Returns the mailboxes that the thread is in. */
  applyThread(emails: EmailColumns, thread: number, trashId: MailboxId | null, sign: 1 | -1): Set<string> {
    const inMailboxes = new Set<string>();
    let unreadOutsideTrash = false;
    let unreadInTrash = false;
    for (const row of emails.rowsOf(thread)) {
      const mailboxIds = emails.mailboxIds(row);
      const isUnread = !emails.hasKeyword(row, "$seen") && !emails.hasKeyword(row, "$draft");
      for (const mailboxId of mailboxIds) {
        const counts = this.mutable(mailboxId);
        counts.totalEmails += sign;
        if (isUnread) counts.unreadEmails += sign;
        inMailboxes.add(mailboxId);
      }
      if (!isUnread) continue;
      if (mailboxIds.some((mailboxId) => mailboxId === trashId)) unreadInTrash = true;
      if (mailboxIds.some((mailboxId) => mailboxId !== trashId)) unreadOutsideTrash = true;
    }
    for (const mailboxId of inMailboxes) {
      const counts = this.mutable(mailboxId);
      counts.totalThreads += sign;
      if (mailboxId === trashId ? unreadInTrash : unreadOutsideTrash) counts.unreadThreads += sign;
    }
    return inMailboxes;
  }

  clear(): void {
    this.counts.clear();
  }

  private mutable(mailboxId: string): MutableCounts {
    let counts = this.counts.get(mailboxId);
    if (!counts) this.counts.set(mailboxId, (counts = { ...ZERO }));
    return counts;
  }
}
