/**
 * The share stage tells people what is shared with them (RFC 9670): an entry of an account's log that shares a Mailbox, or takes it back,
 * makes the account known to the person, or forgotten, leaves a ShareNotification in the person's own account and lets open connections
 * hear of it. None of this gives a right: what may be seen is read off the account's log at each call.
 *
 * All of it may be done again: what is made known is the account's present state and only a later one replaces it, and a notification
 * has an id made of what it tells.
 */
import { createHash } from "node:crypto";
import { TransientError } from "../errors.ts";
import type { AccountId, EntryId } from "../ids.ts";
import { mayWrite, viewOf } from "../jmap/access.ts";
import { lettersOfNames } from "../jmap/mailbox-rights.ts";
import type { StoredShareNotification, StoredSubscriptions } from "../jmap/records.ts";
import { limits } from "../limits.ts";
import type { AccountLog, AccountState } from "../log/api.ts";
import type { LogEntry, ShareChange } from "../log/entry.ts";
import { idFromOctets } from "../log/id-words.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { AccessibleAccount, DirectoryEntry, DirectoryStore } from "../ports/directory-store.ts";
import type { ConnectionStore } from "../ports/push-channel.ts";
import type { PushSubscriptionStore } from "../ports/push-subscription-store.ts";
import { eachBounded } from "./each-bounded.ts";
import type { ShareJob } from "./jobs.ts";
import { presentStates } from "./state-change.ts";
import { type Hearing, type TellPorts, tell } from "./tell-readers.ts";

export interface SharePorts extends TellPorts {
  readonly log: Pick<AccountLog, "load" | "commit">;
  readonly store: Pick<AccountLogStore, "entriesAfter">;
  readonly directory: Pick<DirectoryStore, "getEntries" | "ownerOf" | "principalOf" | "putShare">;
  readonly connections: Pick<ConnectionStore, "listeners" | "remove" | "startListening" | "stopListening">;
  readonly subscriptions: Pick<PushSubscriptionStore, "mend" | "ofOwner" | "put">;
}

/** Record type of the log: what each user of an account is subscribed to there. */
export const subscriptionsType = "MailboxSubscriptions";
export const shareNotificationType = "ShareNotification";

const peopleAtOnce = 4;

export const share = async (ports: SharePorts, job: ShareJob): Promise<void> => {
  const accountId = job.accountId as AccountId;
  const [entry] = await ports.store.entriesAfter(accountId, { ...job.entry, seq: job.entry.seq - 1 }, { consistent: true });
  const state = await ports.log.load(accountId);
  if (!entry || !state) return;
  const named = concerned(entry);
  const [people, owner] = await Promise.all([
    ports.directory.getEntries([...named, ...changedBy(entry)]),
    ports.directory.ownerOf(accountId),
  ]);
  const known = new Map(people.map((person) => [person.entryId, person]));
  await eachBounded([...named], peopleAtOnce, async (entryId) => {
    const person = known.get(entryId);
    if (!person?.accountId || person.accountId === accountId) return;
    const changes = entry.shares?.filter(({ principalId }) => principalId === entryId) ?? [];
    const account = shareOf(state, entryId, owner);
    // Someone to whom the account is open as a whole: their subscriptions make no share.
    if (account === null && changes.length === 0) return;
    await ports.directory.putShare(entryId, { account, accountId, seq: state.position.seq });
    if (changes.length > 0) await notifyOf(ports, entry, person, changes, known);
    await hear(ports, person, account?.isSubscribed ? account : null, state);
  });
};

/** Whose rights or wishes the entry changes. */
const concerned = ({ shares, records }: LogEntry): Set<EntryId> => {
  const named = new Set(shares?.map(({ principalId }) => principalId as EntryId));
  for (const { type, created, updated } of records ?? []) {
    if (type === subscriptionsType)
      for (const entryId of [...Object.keys(created ?? {}), ...Object.keys(updated ?? {})]) named.add(entryId as EntryId);
  }
  return named;
};

const changedBy = ({ actor }: LogEntry): EntryId[] => (actor.startsWith("principal:") ? [actor.slice("principal:".length) as EntryId] : []);

/** What the account shares with someone as it is now; null: nothing. */
const shareOf = (state: AccountState, entryId: EntryId, owner: DirectoryEntry | null): AccessibleAccount | null => {
  const account: AccessibleAccount = {
    accountId: state.accountId,
    name: owner?.displayName ?? "",
    mail: owner?.mail ?? "",
    isPersonal: false,
    rights: "shared",
    ...(owner && { ownerId: owner.entryId }),
  };
  const view = viewOf(entryId, account, state);
  if (!view) return null;
  const subscribed = (state.records(subscriptionsType).get(entryId) as StoredSubscriptions | undefined)?.mailboxIds ?? [];
  const listed = view.records("Mailbox");
  return { ...account, isSubscribed: subscribed.some((id) => listed.has(id)), mayWrite: mayWrite(entryId, account, view) };
};

/** RFC 9670 §3: one notification for each Mailbox, in the person's own account; past the limit the oldest goes. */
const notifyOf = async (
  ports: SharePorts,
  entry: LogEntry,
  person: DirectoryEntry,
  changes: readonly ShareChange[],
  known: ReadonlyMap<string, DirectoryEntry>,
): Promise<void> => {
  const [by] = changedBy(entry);
  const changer = by === undefined ? undefined : known.get(by);
  const made = Object.fromEntries(
    changes.map(({ mailboxId, name, oldRights, newRights }) => {
      const notification: StoredShareNotification = {
        createdAt: entry.at,
        changedBy: { name: changer?.displayName ?? "", email: changer?.mail ?? null, principalId: changer?.entryId ?? null },
        objectType: "Mailbox",
        objectAccountId: entry.accountId,
        objectId: mailboxId,
        oldRights: oldRights && lettersOfNames(oldRights),
        newRights: newRights && lettersOfNames(newRights),
        name,
      };
      return [notificationId(entry, person.entryId, mailboxId), notification];
    }),
  );
  await ports.log.commit(person.accountId!, (state) => {
    const nothing = { plan: null, result: null };
    // An account that is not there yet has no one to read of it either.
    if (state.position.seq === 0) return nothing;
    const present = state.records(shareNotificationType) as ReadonlyMap<string, StoredShareNotification>;
    const created = Object.fromEntries(Object.entries(made).filter(([id]) => !present.has(id)));
    if (Object.keys(created).length === 0) return nothing;
    const oldest = [...present].sort(([, a], [, b]) => a.createdAt - b.createdAt).map(([id]) => id);
    const destroyed = oldest.slice(0, Math.max(0, present.size + Object.keys(created).length - limits.jmap.shareNotifications));
    const records = [{ type: shareNotificationType, created, ...(destroyed.length > 0 && { destroyed }) }];
    return { plan: { actor: "system:share", records }, result: null };
  });
};

const notificationId = ({ accountId, epoch, seq }: LogEntry, entryId: string, mailboxId: string): string =>
  idFromOctets(
    "N",
    createHash("sha256")
      .update(JSON.stringify([accountId, epoch, seq, entryId, mailboxId]))
      .digest(),
  );

/**
 * RFC 9670 §1.5: changes are pushed of accounts that the person wants to see something of, and of no others. What they now see is told
 * at once: all states are others than before.
 */
const hear = async (ports: SharePorts, person: DirectoryEntry, shared: AccessibleAccount | null, state: AccountState): Promise<void> => {
  const { accountId } = state;
  const principal = person.subject === undefined ? null : await ports.directory.principalOf(person.subject);
  // Whoever may open the account as a whole hears of it all, whatever else is shared with them.
  if (principal?.accounts.some((account) => account.accountId === accountId && account.rights !== "shared")) return;
  const listeners = await ports.connections.listeners(person.accountId!);
  const connections = listeners.connections.filter(({ subject }) => subject === person.subject);
  for (const connection of connections) {
    if (shared) await ports.connections.startListening(connection, accountId);
    else await ports.connections.stopListening(connection, accountId);
  }
  const subscribers = await subscribe(ports, person, accountId, shared !== null);
  const view = shared && viewOf(person.entryId, shared, state);
  if (view) await tell(ports, { connections, subscribers }, accountId, presentStates(view));
};

/** Gives the verified push subscriptions of the person. */
const subscribe = async (
  ports: SharePorts,
  person: DirectoryEntry,
  accountId: AccountId,
  isHeard: boolean,
): Promise<Hearing["subscribers"]> => {
  const kept = await ports.subscriptions.ofOwner(person.entryId);
  for (const subscription of kept) {
    if (subscription.accountIds.includes(accountId) === isHeard) {
      if (isHeard) await ports.subscriptions.mend(subscription);
      continue;
    }
    const changed = (ids: readonly AccountId[] = []) => [...ids.filter((other) => other !== accountId), ...(isHeard ? [accountId] : [])];
    const isStored = await ports.subscriptions.put({
      ...subscription,
      accountIds: changed(subscription.accountIds),
      sharedAccountIds: changed(subscription.sharedAccountIds),
      version: subscription.version + 1,
    });
    if (!isStored) throw new TransientError("the push subscription is being changed");
  }
  return kept.filter(({ isVerified }) => isVerified);
};
