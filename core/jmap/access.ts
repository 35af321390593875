/** The one question on every road to an account: may this principal do that there (RFC 8621 §9.5)? Pure; refuses by default. */
import type { AccountId } from "../ids.ts";
import type { AccessibleAccount, Principal } from "../ports/directory-store.ts";

export type AccessRight = "read" | "write" | "send";

export type Access =
  | { outcome: "allowed"; account: AccessibleAccount }
  /** `absent` is said alike of a foreign account and of one that does not exist. */
  | { outcome: "refused"; reason: "absent" | "readOnly" };

const granted: Readonly<Record<AccessibleAccount["rights"], readonly AccessRight[]>> = {
  owner: ["read", "write", "send"],
  readWrite: ["read", "write", "send"],
  readOnly: ["read"],
};

export const accessTo = (principal: Principal, accountId: string, right: AccessRight): Access => {
  const account = principal.accounts.find((candidate) => candidate.accountId === (accountId as AccountId));
  if (!account) return { outcome: "refused", reason: "absent" };
  return granted[account.rights]?.includes(right) ? { outcome: "allowed", account } : { outcome: "refused", reason: "readOnly" };
};
