/** Finds what an EmailSubmission says now, also when its record was destroyed: that must not keep it from being sent (RFC 8621 §7.5). */
import { createHash } from "node:crypto";
import type { AccountId, ReceiptId } from "../ids.ts";
import type { StoredSubmission } from "../jmap/records.ts";
import type { AccountLog } from "../log/api.ts";
import type { LogEntry, Position } from "../log/entry.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";

export interface FoundSubmission {
  readonly submission: StoredSubmission;
  /** False when the record is gone: nothing can be written to it. */
  readonly recorded: boolean;
}

export const submissionType = "EmailSubmission";

/** The receipt that a submission's mail travels under: the same on each replay. */
export const submissionReceiptId = (accountId: AccountId, submissionId: string): ReceiptId =>
  `S${createHash("sha256").update(`${accountId}\n${submissionId}`).digest("hex").slice(0, 40)}` as ReceiptId;

export const findSubmission = async (
  ports: { readonly log: Pick<AccountLog, "load">; readonly store: Pick<AccountLogStore, "entriesAfter"> },
  accountId: AccountId,
  submissionId: string,
  entry: Position | null,
): Promise<FoundSubmission | null> => {
  const state = await ports.log.load(accountId);
  const record = state?.records(submissionType).get(submissionId) as StoredSubmission | undefined;
  if (record) return { submission: record, recorded: true };
  if (!entry) return null;
  const entries = await ports.store.entriesAfter(accountId, { epoch: entry.epoch, seq: entry.seq - 1 }, { consistent: true });
  const last = lastValue(entries, submissionId);
  return last ? { submission: last, recorded: false } : null;
};

const lastValue = (entries: readonly LogEntry[], submissionId: string): StoredSubmission | null => {
  let value: object | undefined;
  for (const entry of entries) {
    for (const change of entry.records ?? []) {
      if (change.type !== submissionType) continue;
      value = change.updated?.[submissionId] ?? change.created?.[submissionId] ?? value;
    }
  }
  return (value as StoredSubmission | undefined) ?? null;
};
