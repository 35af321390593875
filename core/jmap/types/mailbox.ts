/** Mailbox (RFC 8621 §2). */
import { limits } from "../../limits.ts";
import { MAIL } from "../capabilities.ts";
import type { Property, TypeDefinition, Wire } from "../engine/definition.ts";
import { pick } from "../engine/get.ts";
import { boolean, id, idOrReference, mapOf, nullable, object, oneOf, stringOf, unsignedInt, unsignedIntBelow } from "../engine/kinds.ts";
import { mailboxRightsKind } from "../mailbox-rights.ts";
import type { StoredMailbox } from "../records.ts";
import { mailboxQuery } from "./mailbox-query.ts";
import { mailboxSet } from "./mailbox-set.ts";
import { forClient, mailboxWire } from "./mailbox-wire.ts";

/** IANA "IMAP Mailbox Name Attributes" that stand for a purpose. */
const ROLES = [
  "all",
  "archive",
  "drafts",
  "flagged",
  "important",
  "inbox",
  "junk",
  "memos",
  "scheduled",
  "sent",
  "snoozed",
  "subscribed",
  "trash",
];

const COUNTS = ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"] as const;

const properties: Readonly<Record<string, Property>> = {
  name: { kind: stringOf({ minOctets: 1, maxOctets: limits.jmap.maxSizeMailboxName }), setter: "client" },
  parentId: { kind: nullable(idOrReference), setter: "client", default: null, refersTo: "id" },
  role: { kind: nullable(oneOf(...ROLES)), setter: "client", default: null },
  // RFC 8621 §2
  sortOrder: { kind: unsignedIntBelow(2 ** 31), setter: "client", default: 0 },
  totalEmails: { kind: unsignedInt, setter: "server" },
  unreadEmails: { kind: unsignedInt, setter: "server" },
  totalThreads: { kind: unsignedInt, setter: "server" },
  unreadThreads: { kind: unsignedInt, setter: "server" },
  myRights: { kind: object, setter: "server" },
  isSubscribed: { kind: boolean, setter: "client", default: true },
  // RFC 9670 §4, draft-ietf-jmap-mail-sharing
  shareWith: { kind: nullable(mapOf(id, mailboxRightsKind)), setter: "client", default: null },
};

export const mailbox: TypeDefinition = {
  name: "Mailbox",
  capability: MAIL,
  properties,
  // RFC 8621 §2.1
  get: {
    allIds: ({ account }) => [...account.state.records("Mailbox").keys()],
    read: async ({ account, context }, ids, wanted) => {
      const records = account.state.records("Mailbox");
      const found = new Map<string, Wire>();
      for (const id of ids) {
        const stored = records.get(id);
        if (stored) found.set(id, pick(forClient(mailboxWire(account, id, stored as StoredMailbox), context.using), wanted));
      }
      return found;
    },
  },
  // RFC 8621 §2.2. After a cut answer more than counts may have changed before the cut.
  changes: {
    extra: (state, since) => ({ updatedProperties: since.cut === undefined && state.onlyCountsChanged(since) ? [...COUNTS] : null }),
  },
  set: mailboxSet,
  query: mailboxQuery,
};
