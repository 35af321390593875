/** Where each accepted message ended, read from the traces and from the recipient's own log. */
import type { AccountId, ReceiptId } from "../../core/ids.ts";
import type { Position } from "../../core/log/entry.ts";
import { emailIdOf } from "../../core/log/id-words.ts";
import type { AccountLogStore } from "../../core/ports/account-log-store.ts";
import type { TraceRecord, TraceStore } from "../../core/ports/trace-store.ts";
import type { Sent } from "./send-all.ts";

type Ending = "filed" | "quarantined" | "bounced" | "dropped";

export interface Followed {
  readonly name: string;
  readonly receiptId: string;
  /** Every ending that is on record: one is right. */
  readonly endings: readonly Ending[];
  readonly reasons: readonly string[];
  /** The recipient's log holds the Email. */
  readonly inMailbox: boolean;
}

const ENDINGS: readonly string[] = ["filed", "quarantined", "bounced", "dropped"] satisfies Ending[];

interface FollowPorts {
  readonly traces: Pick<TraceStore, "ofReceipt">;
  readonly store: Pick<AccountLogStore, "entriesAfter">;
}

interface Follow {
  readonly accountId: AccountId;
  readonly recipient: string;
  /** The log's end before anything was sent. */
  readonly since: Position;
  readonly patienceMillis: number;
  progress(ended: number, of: number): void;
}

/** Waits until every accepted message has an ending, or patience is over. */
export const followAll = async (ports: FollowPorts, sent: readonly Sent[], follow: Follow): Promise<Followed[]> => {
  const accepted = sent.flatMap(({ name, outcome }) => (outcome.outcome === "accepted" ? [{ name, receiptId: outcome.receiptId }] : []));
  const ended = new Map<string, TraceRecord[]>();
  const until = Date.now() + follow.patienceMillis;
  let open = accepted;
  while (open.length > 0 && Date.now() < until) {
    for (const { receiptId } of open) {
      const records = await ports.traces.ofReceipt(receiptId as ReceiptId);
      if (records.some((record) => isEnding(record, follow.recipient))) ended.set(receiptId, records);
    }
    open = open.filter(({ receiptId }) => !ended.has(receiptId));
    follow.progress(ended.size, accepted.length);
    if (open.length > 0) await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  const filed = await filedSince(ports, follow);
  return accepted.map(({ name, receiptId }) => {
    const records = (ended.get(receiptId) ?? []).filter((record) => isEnding(record, follow.recipient));
    return {
      name,
      receiptId,
      endings: [...new Set(records.map(({ stage }) => stage as Ending))],
      reasons: [...new Set(records.flatMap(({ reasons }) => reasons ?? []))],
      inMailbox: filed.has(emailIdOf(follow.accountId, receiptId as ReceiptId)),
    };
  });
};

const isEnding = (record: TraceRecord, recipient: string): boolean =>
  ENDINGS.includes(record.stage) && (record.recipient === undefined || record.recipient.toLowerCase() === recipient.toLowerCase());

/** How often the log created each Email since. */
export const filedSince = async (
  { store }: Pick<FollowPorts, "store">,
  { accountId, since }: Pick<Follow, "accountId" | "since">,
): Promise<Map<string, number>> => {
  const counts = new Map<string, number>();
  for (const entry of await store.entriesAfter(accountId, since, { consistent: true }))
    for (const { id } of entry.email?.created ?? []) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
};
