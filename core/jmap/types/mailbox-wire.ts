/** A Mailbox as the client sees it (RFC 8621 §2): the stored record, its counters and rights. */
import type { MailboxId } from "../../ids.ts";
import { protectedRoles } from "../../mail/standard-mailboxes.ts";
import type { AccessibleAccount } from "../../ports/directory-store.ts";
import type { LoadedAccount } from "../engine/context.ts";
import type { Wire } from "../engine/definition.ts";
import type { StoredMailbox, StoredSubscriptions } from "../records.ts";

/** RFC 8621 §2 MailboxRights, from what the principal may do in the account. */
const mailboxRights = (account: AccessibleAccount, stored: StoredMailbox): Record<string, boolean> => {
  const mayWrite = account.rights !== "readOnly";
  const isFixed = stored.role !== null && protectedRoles.has(stored.role);
  return {
    mayReadItems: true,
    mayAddItems: mayWrite,
    mayRemoveItems: mayWrite,
    maySetSeen: mayWrite,
    maySetKeywords: mayWrite,
    mayCreateChild: mayWrite,
    mayRename: mayWrite,
    mayDelete: mayWrite && !isFixed,
    maySubmit: mayWrite,
  };
};

export const SUBSCRIPTIONS = "MailboxSubscriptions";

/** RFC 8621 §2 isSubscribed of the one who asks: in a shared account each has their own, false to begin with. */
export const isSubscribed = ({ account, entryId, state }: LoadedAccount, id: string, stored: StoredMailbox): boolean => {
  if (account.isPersonal) return stored.isSubscribed;
  const own = state.records(SUBSCRIPTIONS).get(entryId) as StoredSubscriptions | undefined;
  return own?.mailboxIds.includes(id) ?? false;
};

export const mailboxWire = (loaded: LoadedAccount, id: string, stored: StoredMailbox): Wire => ({
  name: stored.name,
  parentId: stored.parentId,
  role: stored.role,
  sortOrder: stored.sortOrder,
  ...loaded.state.mailboxCounts(id as MailboxId),
  myRights: mailboxRights(loaded.account, stored),
  isSubscribed: isSubscribed(loaded, id, stored),
});
