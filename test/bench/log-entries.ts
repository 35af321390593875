/** The account that the log's bench reads and writes. */
import type { AccountId, MailboxId, ReceiptId } from "../../core/ids.ts";
import type { EmailRow, LogEntry } from "../../core/log/entry.ts";
import { emailIdOf, threadIdOf } from "../../core/log/id-words.ts";
import { standardMailboxes } from "../../core/mail/standard-mailboxes.ts";

export const ACCOUNT = "Abenchbenchbenchbench" as AccountId;
export const START = Date.UTC(2025, 0, 1);
const MESSAGES_AN_ENTRY = 1_000;

const rowOf = (uid: number): EmailRow => {
  const id = emailIdOf(ACCOUNT, `r${uid}` as ReceiptId);
  const first = uid % 3 === 0 ? id : emailIdOf(ACCOUNT, `r${uid - (uid % 3)}` as ReceiptId);
  return {
    id,
    uid,
    threadId: threadIdOf(uid % 3 === 0 ? id : first),
    receivedAt: START + uid * 31_000,
    sentAt: START + uid * 31_000 - 2_000,
    sizeOctets: 5_000 + ((uid * 7919) % 150_000),
    hasAttachment: uid % 4 === 0,
    mailboxIds: [(uid % 10 === 0 ? "archive" : "inbox") as MailboxId],
    keywords: uid % 5 === 0 ? [] : ["$seen"],
  };
};

/** The entries of an account with so many messages (imported a thousand a commit, which is how a migration writes). */
export function* entriesOf(messages: number): Generator<LogEntry> {
  let octets = 0;
  let seq = 1;
  const totals = (uid: number) => ({ octets, messages: uid, nextUid: uid + 1, quotaOctets: 0, hasRules: false });
  yield {
    accountId: ACCOUNT,
    epoch: 1,
    seq,
    at: START,
    actor: "bench",
    records: [{ type: "Mailbox", created: standardMailboxes }],
    totals: totals(0),
  };
  for (let from = 1; from <= messages; from += MESSAGES_AN_ENTRY) {
    const created = Array.from({ length: Math.min(MESSAGES_AN_ENTRY, messages - from + 1) }, (_, index) => rowOf(from + index));
    octets += created.reduce((sum, row) => sum + row.sizeOctets, 0);
    yield {
      accountId: ACCOUNT,
      epoch: 1,
      seq: ++seq,
      at: START,
      actor: "bench",
      email: { created },
      totals: totals(from + created.length - 1),
    };
  }
}
