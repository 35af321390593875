/** A Mailbox as the client sees it (RFC 8621 §2): the stored record, its counters and rights. */
import type { MailboxId } from "../../ids.ts";
import { protectedRoles } from "../../mail/standard-mailboxes.ts";
import type { AccessibleAccount } from "../../ports/directory-store.ts";
import type { LoadedAccount } from "../engine/context.ts";
import type { Wire } from "../engine/definition.ts";
import type { StoredMailbox } from "../records.ts";

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

export const mailboxWire = ({ account, state }: LoadedAccount, id: string, stored: StoredMailbox): Wire => ({
  name: stored.name,
  parentId: stored.parentId,
  role: stored.role,
  sortOrder: stored.sortOrder,
  ...state.mailboxCounts(id as MailboxId),
  myRights: mailboxRights(account, stored),
  isSubscribed: stored.isSubscribed,
});
