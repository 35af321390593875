/** The entry that a plan becomes after a given one: position, uids and running totals. */
import type { AccountId } from "../ids.ts";
import type { Plan } from "./api.ts";
import type { EmailRow, LogEntry, Position, Totals } from "./entry.ts";
import { NO_TOTALS } from "./folded-state.ts";

export interface Removed {
  readonly octets: number;
  readonly messages: number;
}

export const nextEntry = (
  accountId: AccountId,
  plan: Plan,
  after: { position: Position; totals: Totals } | null,
  context: { epoch: number; at: number; removed: Removed },
): LogEntry => {
  const totals = after?.totals ?? NO_TOTALS;
  const created: EmailRow[] = (plan.email?.created ?? []).map((row, index) => ({ ...row, uid: totals.nextUid + index }));
  const addedOctets = created.reduce((sum, row) => sum + row.sizeOctets, 0);
  return {
    accountId,
    epoch: Math.max(context.epoch, after?.position.epoch ?? 0),
    seq: (after?.position.seq ?? 0) + 1,
    at: context.at,
    actor: plan.actor,
    ...(plan.email && { email: { ...plan.email, created: created.length > 0 ? created : undefined } }),
    records: plan.records,
    ...(plan.shares && { shares: plan.shares }),
    totals: {
      octets: totals.octets + addedOctets - context.removed.octets,
      messages: totals.messages + created.length - context.removed.messages,
      nextUid: totals.nextUid + created.length,
      quotaOctets: plan.quotaOctets ?? totals.quotaOctets,
      hasRules: plan.hasRules ?? totals.hasRules,
    },
  };
};
