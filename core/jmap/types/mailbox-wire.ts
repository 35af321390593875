/** A Mailbox as the client sees it (RFC 8621 §2): the stored record, its counters and rights. */
import type { MailboxId } from "../../ids.ts";
import { MAIL_SHARE } from "../capabilities.ts";
import type { LoadedAccount } from "../engine/context.ts";
import type { Wire } from "../engine/definition.ts";
import { type MailboxRights, rightsOfLetters, rightsOn } from "../mailbox-rights.ts";
import { type StoredMailbox, type StoredSubscriptions, SUBSCRIPTIONS } from "../records.ts";

/** RFC 8621 §2 isSubscribed of the one who asks: in a shared account each has their own, false to begin with, save for what was shared with them by name (RFC 9670 §4). */
export const isSubscribed = ({ account, entryId, state }: LoadedAccount, id: string, stored: StoredMailbox): boolean => {
  if (account.isPersonal) return stored.isSubscribed;
  const own = state.records(SUBSCRIPTIONS).get(entryId) as StoredSubscriptions | undefined;
  return own?.mailboxIds.includes(id) ?? false;
};

/** The parent, if the one who asks may see it: else the Mailbox stands at the top, as to them it does. */
export const shownParent = ({ state }: LoadedAccount, { parentId }: StoredMailbox): MailboxId | null =>
  parentId !== null && state.records("Mailbox").has(parentId) ? parentId : null;

/** draft-ietf-jmap-mail-sharing: who it is shared with is told to those who may change it. */
const shareWithOf = (rights: MailboxRights, { shareWith = {} }: StoredMailbox): Record<string, MailboxRights> =>
  rights.mayShare ? Object.fromEntries(Object.entries(shareWith).map(([entryId, letters]) => [entryId, rightsOfLetters(letters)])) : {};

/** Complete, `shareWith` and `mayShare` included; told to clients by `forClient`. */
export const mailboxWire = (loaded: LoadedAccount, id: string, stored: StoredMailbox): Wire => {
  const myRights = rightsOn(loaded.account, loaded.entryId, stored);
  return {
    name: stored.name,
    parentId: shownParent(loaded, stored),
    role: stored.role,
    sortOrder: stored.sortOrder,
    ...loaded.state.mailboxCounts(id as MailboxId),
    myRights,
    isSubscribed: isSubscribed(loaded, id, stored),
    shareWith: shareWithOf(myRights, stored),
  };
};

/** RFC 9670 §4 says null for what is shared with no one. What a client did not ask for by its capabilities it is not told. */
export const forClient = (wire: Wire, using: ReadonlySet<string>): Wire => {
  const { shareWith, myRights, ...rest } = wire;
  if (!using.has(MAIL_SHARE)) {
    const { mayShare: _, ...rights } = myRights as MailboxRights;
    return { ...rest, myRights: rights };
  }
  return { ...rest, myRights, shareWith: Object.keys(shareWith as object).length > 0 ? shareWith : null };
};
