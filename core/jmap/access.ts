/** The one question on every road to an account: may this principal do that there, and what of it do they see (RFC 8621 §9.5)? Pure; refuses by default. */
import { createHash } from "node:crypto";
import type { AccountId, EntryId } from "../ids.ts";
import type { AccountState } from "../log/api.ts";
import type { AccessibleAccount, Principal } from "../ports/directory-store.ts";
import { mayChangeAnything, rightsOn, sharedLetters } from "./mailbox-rights.ts";
import type { StoredMailbox } from "./records.ts";

export type AccessRight = "read" | "write" | "send";

export type Access =
  | { outcome: "allowed"; account: AccessibleAccount }
  /** `absent` is said alike of a foreign account and of one that does not exist. */
  | { outcome: "refused"; reason: "absent" | "readOnly" };

const granted: Readonly<Record<AccessibleAccount["rights"], readonly AccessRight[]>> = {
  owner: ["read", "write", "send"],
  readWrite: ["read", "write", "send"],
  readOnly: ["read"],
  // What may be done is asked of each Mailbox, and sending is not offered there (capabilities.ts): a refusal here would tell that it exists.
  shared: ["read", "write", "send"],
};

export const accessTo = (principal: Principal, accountId: string, right: AccessRight): Access => {
  const account = principal.accounts.find((candidate) => candidate.accountId === (accountId as AccountId));
  if (!account) return { outcome: "refused", reason: "absent" };
  return granted[account.rights]?.includes(right) ? { outcome: "allowed", account } : { outcome: "refused", reason: "readOnly" };
};

/**
 * The account as the principal sees it; null when there is nothing of it for them, which is then said as if it did not exist. Rights on
 * Mailboxes are read off the account's own log, so what was taken back is gone with the next call.
 */
export const viewOf = (entryId: EntryId, account: AccessibleAccount, state: AccountState): AccountState | null => {
  // Several may own a shared mailbox: what each has read is still each one's own.
  if (account.rights === "owner" && account.isPersonal) return state;
  if (account.rights !== "shared") return state.seenAs({ reader: entryId, part: null });
  const listed = new Set<string>();
  const readable = new Set<string>();
  const tag = createHash("sha256");
  for (const [id, stored] of state.records("Mailbox")) {
    const letters = sharedLetters(stored as StoredMailbox, entryId);
    if (letters === "") continue;
    listed.add(id);
    if (rightsOn(account, entryId, stored as StoredMailbox).mayReadItems) readable.add(id);
    tag.update(`${id} ${letters}\n`);
  }
  if (listed.size === 0) return null;
  return state.seenAs({ reader: entryId, part: { listed, readable, tag: tag.digest("base64url").slice(0, 10) } });
};

/** Whether someone who sees the account only through shares may change anything there. */
export const mayWrite = (entryId: EntryId, account: AccessibleAccount, view: AccountState): boolean =>
  account.rights !== "shared" ||
  [...view.records("Mailbox").values()].some((stored) => mayChangeAnything(rightsOn(account, entryId, stored as StoredMailbox)));
