/** What a new mail account begins with: the usual mailboxes and one identity. For AccountLog.create. */
import { limits } from "../limits.ts";
import type { Plan } from "../log/api.ts";
import { idFromOctets } from "../log/id-words.ts";
import { standardMailboxes } from "../mail/standard-mailboxes.ts";
import type { StoredIdentity } from "./records.ts";

export interface NewAccount {
  readonly name: string;
  readonly mail: string;
  readonly actor: string;
  readonly quotaOctets?: number;
  /** Unpredictable octets. */
  readonly randomOctets: (count: number) => Uint8Array;
}

export const planNewAccount = (account: NewAccount): Plan => {
  const identity: StoredIdentity = {
    name: account.name,
    email: account.mail,
    replyTo: null,
    bcc: null,
    textSignature: "",
    htmlSignature: "",
    mayDelete: false,
  };
  return {
    actor: account.actor,
    quotaOctets: account.quotaOctets ?? limits.quota.defaultOctets,
    records: [
      { type: "Mailbox", created: standardMailboxes },
      { type: "Identity", created: { [idFromOctets("I", account.randomOctets(12))]: identity } },
    ],
  };
};
