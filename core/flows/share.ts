/**
 * The share stage tells people what is shared with them (RFC 9670 §1.4, §3): an entry of an account's log that shares a Mailbox, or takes it back,
 * makes the account known to the person, or forgotten, leaves a ShareNotification in the person's own account and lets open connections
 * hear of it. None of this gives a right: what may be seen is read off the account's log at each call.
 *
 * All of it may be done again: what is made known is the account's present state and only a later one replaces it, and a notification
 * has an id made of what it tells.
 */
import { createHash } from "node:crypto";
import type { AccountId, EntryId } from "../ids.ts";
import { mayWrite, viewOf } from "../jmap/access.ts";
import { lettersOfNames } from "../jmap/mailbox-rights.ts";
import { type StoredShareNotification, type StoredSubscriptions, SUBSCRIPTIONS } from "../jmap/records.ts";
import { limits } from "../limits.ts";
import type { AccountLog, AccountState } from "../log/api.ts";
import type { LogEntry, ShareChange } from "../log/entry.ts";
import { idFromOctets } from "../log/id-words.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { AccessibleAccount, DirectoryEntry, DirectoryStore } from "../ports/directory-store.ts";
import { eachBounded } from "./each-bounded.ts";
import { type HearingPorts, setHearing } from "./hearing.ts";
import type { ShareJob } from "./jobs.ts";
import { presentStates } from "./state-change.ts";
import { type TellPorts, tell } from "./tell-readers.ts";

export interface SharePorts extends TellPorts, HearingPorts {
  readonly log: Pick<AccountLog, "load" | "commit">;
  readonly store: Pick<AccountLogStore, "entriesAfter">;
  readonly directory: Pick<DirectoryStore, "getEntries" | "ownerOf" | "putShare" | "reachOf">;
  readonly connections: TellPorts["connections"] & HearingPorts["connections"];
}

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
    if (await isOpenAsWhole(ports, entryId, accountId)) return;
    if (changes.length > 0) await notifyOf(ports, entry, person, changes, known);
    // RFC 9670 §1.4: changes are pushed of accounts that the person wants to see something of, and of no others.
    const heard = account?.isSubscribed ? account : null;
    const hearing = await setHearing(ports, person, accountId, heard !== null);
    // What they now see is told at once: all states are others than before.
    const view = heard && viewOf(entryId, heard, state);
    if (view) await tell(ports, hearing, accountId, presentStates(view));
  });
};

/** Whose rights or wishes the entry changes. */
const concerned = ({ shares, records }: LogEntry): Set<EntryId> => {
  const named = new Set(shares?.map(({ principalId }) => principalId as EntryId));
  for (const { type, created, updated } of records ?? []) {
    if (type === SUBSCRIPTIONS)
      for (const entryId of [...Object.keys(created ?? {}), ...Object.keys(updated ?? {})]) named.add(entryId as EntryId);
  }
  return named;
};

const changedBy = ({ actor }: LogEntry): EntryId[] => (actor.startsWith("principal:") ? [actor.slice("principal:".length) as EntryId] : []);

/** Then no share adds or takes away a right of theirs, and they hear of the account in any case. */
const isOpenAsWhole = async ({ directory }: SharePorts, entryId: EntryId, accountId: AccountId): Promise<boolean> =>
  (await directory.reachOf(entryId)).whole.includes(accountId);

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
  const subscribed = (state.records(SUBSCRIPTIONS).get(entryId) as StoredSubscriptions | undefined)?.mailboxIds ?? [];
  const listed = view.records("Mailbox");
  return { ...account, isSubscribed: subscribed.some((id) => listed.has(id)), mayWrite: mayWrite(entryId, account, view) };
};

/** RFC 9670 §3: one notification for each Mailbox, in the person's own account; past the limit some go. */
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
    const all = new Map([...present, ...Object.entries(made)]);
    const going = new Set(leastMissed([...all]).slice(0, Math.max(0, all.size - limits.jmap.shareNotifications)));
    const created = Object.fromEntries(Object.entries(made).filter(([id]) => !present.has(id) && !going.has(id)));
    if (Object.keys(created).length === 0) return nothing;
    const destroyed = [...going].filter((id) => present.has(id));
    const records = [{ type: shareNotificationType, created, ...(destroyed.length > 0 && { destroyed }) }];
    return { plan: { actor: "system:share", records }, result: null };
  });
};

/**
 * RFC 9670 §6.3: first those of which a later one tells the present rights, then the others, the oldest first: to share one Mailbox over and
 * over hides no word of another.
 */
const leastMissed = (all: readonly (readonly [string, StoredShareNotification])[]): string[] => {
  const newestFirst = all.toSorted(([, a], [, b]) => a.createdAt - b.createdAt).reverse();
  const told = new Set<string>();
  const [last, earlier]: [string[], string[]] = [[], []];
  for (const [id, { objectAccountId, objectId }] of newestFirst) {
    const object = `${objectAccountId} ${objectId}`;
    (told.has(object) ? earlier : last).push(id);
    told.add(object);
  }
  return [...earlier.reverse(), ...last.reverse()];
};

const notificationId = ({ accountId, epoch, seq }: LogEntry, entryId: string, mailboxId: string): string =>
  idFromOctets(
    "N",
    createHash("sha256")
      .update(JSON.stringify([accountId, epoch, seq, entryId, mailboxId]))
      .digest(),
  );
