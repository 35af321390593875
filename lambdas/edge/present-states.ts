import { presentStates } from "../../core/flows/state-change.ts";
import { viewOf } from "../../core/jmap/access.ts";
import { subscribedAccounts } from "../../core/jmap/session.ts";
import type { AccountLog } from "../../core/log/api.ts";
import type { Principal } from "../../core/ports/directory-store.ts";

/** By account and type, the states that a principal would be answered now, of the accounts that they are told of (RFC 8620 §7.1). */
export type States = Record<string, Record<string, string>>;

export const statesOf = async (log: Pick<AccountLog, "load">, principal: Principal): Promise<States> => {
  const views = await Promise.all(
    subscribedAccounts(principal).map(async (account) => {
      const whole = await log.load(account.accountId);
      return [account.accountId, whole && viewOf(principal.entryId, account, whole)] as const;
    }),
  );
  return Object.fromEntries(views.flatMap(([accountId, view]) => (view ? [[accountId, presentStates(view)]] : [])));
};
