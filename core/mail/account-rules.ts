/** Draws an account's delivery rules out of its state. */
import type { StoredIdentity, StoredSieveScript, StoredVacationResponse } from "../jmap/records.ts";
import { limits } from "../limits.ts";
import type { AccountState } from "../log/api.ts";
import type { Rules } from "./rules.ts";
import type { MailboxRecord } from "./standard-mailboxes.ts";

export const activeScriptOf = (state: AccountState): StoredSieveScript | null => {
  for (const script of state.records("SieveScript").values())
    if ((script as StoredSieveScript).isActive) return script as StoredSieveScript;
  return null;
};

const vacationOf = (state: AccountState): Rules["vacation"] => {
  const stored = state.records("VacationResponse").get("singleton") as StoredVacationResponse | undefined;
  if (!stored?.isEnabled) return null;
  const { isEnabled: _, ...vacation } = stored;
  return vacation;
};

/** Whether delivery has to read the rules, blocked senders apart. */
export const decidesAtDelivery = (state: AccountState): boolean => activeScriptOf(state) !== null || vacationOf(state) !== null;

const pathOf = (mailboxes: ReadonlyMap<string, object>, id: string): string => {
  const names: string[] = [];
  let at: string | null = id;
  while (at !== null && names.length <= limits.jmap.maxMailboxDepth) {
    const mailbox = mailboxes.get(at) as MailboxRecord | undefined;
    if (!mailbox) break;
    names.unshift(mailbox.name);
    at = mailbox.parentId;
  }
  return names.join("/");
};

export const accountRules = (state: AccountState, script: string | null, blockedSenders: readonly string[]): Rules => {
  const records = state.records("Mailbox");
  const mailboxes: Record<string, string> = {};
  for (const id of records.keys()) mailboxes[pathOf(records, id)] ??= id;
  const identities = [...state.records("Identity").values()] as StoredIdentity[];
  return {
    blockedSenders: [...blockedSenders],
    script,
    vacation: vacationOf(state),
    // The account's own identity is the one that cannot be deleted.
    identities: identities.toSorted((a, b) => Number(a.mayDelete) - Number(b.mayDelete)).map(({ name, email }) => ({ name, email })),
    mailboxes,
  };
};
