/** The JMAP Session resource (RFC 8620 §2). */
import { createHash } from "node:crypto";
import type { AccountId } from "../ids.ts";
import type { AccessibleAccount, Principal } from "../ports/directory-store.ts";
import type { JmapPorts, SessionAccount, SessionObject } from "./api.ts";
import { accountCapabilities, CORE, isOffered, type Offer, sessionCapabilities } from "./capabilities.ts";

type Service = Offer & Pick<JmapPorts, "publicUrl">;

export const sessionOf = (principal: Principal, service: Service): SessionObject => {
  const accounts: Record<string, SessionAccount> = {};
  for (const account of subscribedAccounts(principal)) {
    accounts[account.accountId] = sessionAccount(service, principal, account);
  }
  const primaryAccounts: Record<string, string> = {};
  const own = accounts[principal.accountId];
  for (const urn of Object.keys(own?.accountCapabilities ?? {})) if (isOffered(service, urn)) primaryAccounts[urn] = principal.accountId;
  if (own) primaryAccounts[CORE] = principal.accountId;
  return {
    capabilities: sessionCapabilities(service),
    accounts,
    primaryAccounts,
    username: principal.mail,
    apiUrl: `${service.publicUrl}/jmap/api`,
    // The name in the query: it may hold slashes, and there are clients that have none to give (meli), which an empty path segment would lose.
    downloadUrl: `${service.publicUrl}/jmap/download/{accountId}/{blobId}?name={name}&type={type}`,
    uploadUrl: `${service.publicUrl}/jmap/upload/{accountId}`,
    eventSourceUrl: `${service.publicUrl}/jmap/eventsource?types={types}&closeafter={closeafter}&ping={ping}`,
    state: sessionState(principal, service),
  };
};

export const sessionAccount = (service: Offer, principal: Principal, account: AccessibleAccount): SessionAccount => ({
  name: account.mail,
  isPersonal: account.isPersonal,
  isReadOnly: account.rights === "readOnly" || (account.rights === "shared" && account.mayWrite !== true),
  accountCapabilities: accountCapabilities(service, principal, account),
});

/** RFC 9670 §1.4: of accounts that share something only those with a Mailbox that the user wants to see. */
export const subscribedAccounts = ({ accounts }: Principal): readonly AccessibleAccount[] =>
  accounts.filter(({ rights, isSubscribed }) => rights !== "shared" || isSubscribed === true);

/** What a connection or a push subscription of theirs is to hear of. */
export const heardAccounts = (principal: Principal): { readonly accountIds: AccountId[]; readonly sharedAccountIds: AccountId[] } => {
  const accounts = subscribedAccounts(principal);
  return {
    accountIds: accounts.map(({ accountId }) => accountId),
    sharedAccountIds: accounts.filter(({ rights }) => rights === "shared").map(({ accountId }) => accountId),
  };
};

/** Changes exactly when something in the session object may have, the key for pushes among it (RFC 9749 §5). */
export const sessionState = (principal: Principal, service: Offer): string => {
  const key = service.applicationServerKey?.() ?? null;
  const known = states.get(principal);
  if (known?.key === key) return known.state;
  const { mail, accountId, accounts } = principal;
  const seen = [
    mail,
    accountId,
    accounts.map((a) => [a.accountId, a.name, a.mail, a.isPersonal, a.rights, a.isSubscribed, a.mayWrite]),
    key,
  ];
  const state = createHash("sha256").update(JSON.stringify(seen)).digest("base64url").slice(0, 16);
  states.set(principal, { key, state });
  return state;
};

const states = new WeakMap<Principal, { key: string | null; state: string }>();
