/** The JMAP Session resource (RFC 8620 §2). */
import { createHash } from "node:crypto";
import type { Principal } from "../ports/directory-store.ts";
import type { JmapPorts, SessionAccount, SessionObject } from "./api.ts";
import { accountCapabilities, CORE, type Offer, sessionCapabilities } from "./capabilities.ts";

type Service = Offer & Pick<JmapPorts, "publicUrl">;

export const sessionOf = (principal: Principal, service: Service): SessionObject => {
  const accounts: Record<string, SessionAccount> = {};
  for (const account of principal.accounts) {
    accounts[account.accountId] = {
      name: account.mail,
      isPersonal: account.isPersonal,
      isReadOnly: account.rights === "readOnly",
      accountCapabilities: accountCapabilities(service, account),
    };
  }
  const primaryAccounts: Record<string, string> = {};
  const own = accounts[principal.accountId];
  for (const urn of Object.keys(own?.accountCapabilities ?? {})) primaryAccounts[urn] = principal.accountId;
  if (own) primaryAccounts[CORE] = principal.accountId;
  return {
    capabilities: sessionCapabilities(service),
    accounts,
    primaryAccounts,
    username: principal.mail,
    apiUrl: `${service.publicUrl}/jmap/api`,
    downloadUrl: `${service.publicUrl}/jmap/download/{accountId}/{blobId}/{name}?type={type}`,
    uploadUrl: `${service.publicUrl}/jmap/upload/{accountId}`,
    eventSourceUrl: `${service.publicUrl}/jmap/eventsource?types={types}&closeafter={closeafter}&ping={ping}`,
    state: sessionState(principal, service),
  };
};

/** Changes exactly when something in the session object may have, the key for pushes among it (RFC 9749 §5). */
export const sessionState = (principal: Principal, service: Offer): string => {
  const key = service.applicationServerKey?.() ?? null;
  const known = states.get(principal);
  if (known?.key === key) return known.state;
  const { mail, accountId, accounts } = principal;
  const seen = [mail, accountId, accounts.map((a) => [a.accountId, a.name, a.mail, a.isPersonal, a.rights]), key];
  const state = createHash("sha256").update(JSON.stringify(seen)).digest("base64url").slice(0, 16);
  states.set(principal, { key, state });
  return state;
};

const states = new WeakMap<Principal, { key: string | null; state: string }>();
