/** What a new mail account begins with: the usual mailboxes and one identity. For AccountLog.create. */
import type { MailboxId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { Plan } from "../log/api.ts";
import { idFromOctets } from "../log/id-words.ts";
import type { StoredIdentity, StoredMailbox } from "./records.ts";

const MAILBOXES = [
  ["Inbox", "inbox"],
  ["Drafts", "drafts"],
  ["Sent", "sent"],
  ["Archive", "archive"],
  ["Junk", "junk"],
  ["Trash", "trash"],
] as const;

export interface NewAccount {
  readonly name: string;
  readonly mail: string;
  readonly actor: string;
  readonly quotaOctets?: number;
  /** Unpredictable octets. */
  readonly randomOctets: (count: number) => Uint8Array;
}

export const planNewAccount = (account: NewAccount): Plan => {
  const mailboxes: Record<MailboxId, StoredMailbox> = {};
  MAILBOXES.forEach(([name, role], index) => {
    const id = idFromOctets("M", account.randomOctets(12)) as MailboxId;
    mailboxes[id] = { name, parentId: null, role, sortOrder: (index + 1) * 10, isSubscribed: true };
  });
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
      { type: "Mailbox", created: mailboxes },
      { type: "Identity", created: { [idFromOctets("I", account.randomOctets(12))]: identity } },
    ],
  };
};
