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

  /** Adds (sign 1) or takes off (sign −1) one thread's share, and puts the mailboxes that the thread is in into `touched`. */
  applyThread(emails: EmailColumns, thread: number, trashId: MailboxId | null, sign: 1 | -1, touched: Set<string>): void {
    const inMailboxes: MailboxId[] = [];
    let unreadOutsideTrash = false;
    let unreadInTrash = false;
    for (let row = emails.links.newest(thread); row >= 0; row = emails.links.before(row)) {
      const isUnread = emails.isUnread(row);
      for (const mailboxId of emails.mailboxIds(row)) {
        const counts = this.mutable(mailboxId);
        counts.totalEmails += sign;
        if (!inMailboxes.includes(mailboxId)) inMailboxes.push(mailboxId);
        if (!isUnread) continue;
        counts.unreadEmails += sign;
        if (mailboxId === trashId) unreadInTrash = true;
        else unreadOutsideTrash = true;
      }
    }
    for (const mailboxId of inMailboxes) {
      const counts = this.mutable(mailboxId);
      counts.totalThreads += sign;
      if (mailboxId === trashId ? unreadInTrash : unreadOutsideTrash) counts.unreadThreads += sign;
      touched.add(mailboxId);
    }
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
