/** Sharing a Mailbox (RFC 9670 §4; draft-ietf-jmap-mail-sharing): who may, with whom, and what follows in the same commit. */
import type { EntryId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { DirectoryEntry } from "../../ports/directory-store.ts";
import type { SetCall, Wire } from "../engine/definition.ts";
import { isObject } from "../engine/kinds.ts";
import type { Transaction } from "../engine/transaction.ts";
import { invalidProperties, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import { lettersOfRights } from "../mailbox-rights.ts";
import { type StoredMailbox, type StoredSubscriptions, SUBSCRIPTIONS } from "../records.ts";

/** Whom the call names to share with, as the directory has them. */
export type Sharers = ReadonlyMap<string, DirectoryEntry>;

export const namedPrincipals = async ({ context, create, update }: SetCall): Promise<Sharers> => {
  const named = new Set<string>();
  for (const wire of [...create.values(), ...update.values()]) {
    if (isObject(wire.shareWith)) for (const entryId of Object.keys(wire.shareWith)) named.add(entryId);
    for (const path of Object.keys(wire)) if (path.startsWith("shareWith/")) named.add(path.split("/")[1]!);
  }
  if (named.size === 0) return new Map();
  // More than may be in one Mailbox are refused below, whoever they are.
  const wanted = [...named].slice(0, limits.jmap.sharesPerMailbox * 2) as EntryId[];
  return new Map((await context.ports.directory.getEntries(wanted)).map((entry) => [entry.entryId, entry]));
};

/** The stored form of `shareWith` in a complete wire object; refuses those whom nothing can be shared with. */
export const readShares = (
  call: SetCall,
  wire: Wire,
  before: StoredMailbox | undefined,
  principals: Sharers,
): Outcome<StoredMailbox["shareWith"], SetError> => {
  const shareWith: Record<string, string> = {};
  for (const [entryId, rights] of Object.entries((wire.shareWith as Record<string, Record<string, unknown>> | null) ?? {})) {
    const letters = lettersOfRights(rights);
    if (letters === "") continue;
    shareWith[entryId] = letters;
    if (before?.shareWith && Object.hasOwn(before.shareWith, entryId)) continue;
    if (!maySharedWith(call, principals.get(entryId)))
      return refuse(invalidProperties(["shareWith"], `"${entryId.slice(0, 60)}" is no one that it can be shared with.`));
  }
  const number = Object.keys(shareWith).length;
  if (number > limits.jmap.sharesPerMailbox)
    return refuse(invalidProperties(["shareWith"], `A Mailbox can be shared with ${limits.jmap.sharesPerMailbox} at most.`));
  return ok(number > 0 ? shareWith : undefined);
};

/** RFC 9670 §4: never the one whose account it is, whose rights are implicit. */
const maySharedWith = ({ account }: SetCall, entry: DirectoryEntry | undefined): boolean =>
  entry?.kind === "person" && entry.status === "active" && entry.accountId !== undefined && entry.accountId !== account.accountId;

/** RFC 9670 §4 isSubscribed: whoever gets a Mailbox for the first time sees it at once, and with the mail that the owner had read as read. */
export const welcome = (tx: Transaction, mailboxId: string, before: StoredMailbox | undefined, now: StoredMailbox): void => {
  for (const entryId of Object.keys(now.shareWith ?? {})) {
    if (before?.shareWith && Object.hasOwn(before.shareWith, entryId)) continue;
    tx.addReader(entryId);
    subscribe(tx, entryId, mailboxId, true);
  }
};

export const subscribe = (tx: Transaction, entryId: string, mailboxId: string, isSubscribed: boolean): void => {
  const own = tx.record<StoredSubscriptions>(SUBSCRIPTIONS, entryId)?.mailboxIds ?? [];
  if (own.includes(mailboxId) === isSubscribed) return;
  const others = own.filter((other) => other !== mailboxId);
  tx.putRecord(SUBSCRIPTIONS, entryId, { mailboxIds: isSubscribed ? [...others, mailboxId] : others });
};

const isTop = ({ account }: SetCall, parentId: unknown): boolean => parentId === null && account.account.rights === "shared";
const forbidden = (what: string): SetError => setError("forbidden", `Your rights do not include ${what}.`);

/** RFC 8621 §2 MailboxRights of a create, where rights come from the parent. */
export const createFault = (tx: Transaction, call: SetCall, wire: Wire): SetError | null => {
  const parentId = wire.parentId as string | null;
  if (isTop(call, parentId)) return forbidden("a Mailbox at the top of this account");
  // A parent that is not there is told as such once all is planned.
  if (parentId !== null && tx.record("Mailbox", parentId) && !tx.may("mayCreateChild", parentId)) return forbidden("a Mailbox there");
  if (call.account.account.rights === "owner") return null;
  const sharesNothing = Object.keys((wire.shareWith as object | null) ?? {}).length === 0;
  if (!sharesNothing && !(parentId !== null && tx.may("mayShare", parentId))) return forbidden("sharing");
  return call.account.account.rights === "shared" && wire.role !== null ? forbidden("giving a role") : null;
};

/** The same of an update: only what changes is asked about. `changed` tells by name. */
export const updateFault = (
  tx: Transaction,
  call: SetCall,
  id: string,
  after: Wire,
  changed: (name: string) => boolean,
): SetError | null => {
  const isShared = call.account.account.rights === "shared";
  if ((changed("name") || changed("parentId") || changed("sortOrder")) && !tx.may("mayRename", id))
    return forbidden("renaming or moving it");
  if (changed("parentId") && isTop(call, after.parentId)) return forbidden("moving it to the top of this account");
  if (changed("parentId") && after.parentId !== null && tx.record("Mailbox", after.parentId as string)) {
    if (!tx.may("mayCreateChild", after.parentId as string)) return forbidden("moving it there");
  }
  if (changed("role") && isShared) return forbidden("changing its role");
  return changed("shareWith") && !tx.may("mayShare", id) ? forbidden("sharing it") : null;
};
