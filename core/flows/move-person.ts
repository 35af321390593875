/**
 * Someone goes to another organisation, or leaves: what they could open ends, and what of theirs was open to others, and the lists that they
 * were on, before the directory lists them elsewhere. Not a stage but an administrator's act. It may be done again from its beginning;
 * an entry of the person's own log tells what ended, and an entry of each log that shared something with them.
 */
import type { AccountId, EntryId } from "../ids.ts";
import { shareChanges } from "../jmap/engine/share-changes.ts";
import { type StoredMailbox, type StoredOrganisationMove, SUBSCRIPTIONS } from "../jmap/records.ts";
import type { AccountLog, AccountState, Plan } from "../log/api.ts";
import { idFromOctets } from "../log/id-words.ts";
import type { DirectoryEntry, DirectoryStore } from "../ports/directory-store.ts";
import type { HearingPorts } from "./hearing.ts";
import { endAccess } from "./whole-access.ts";

export interface MovePorts extends HearingPorts {
  readonly log: Pick<AccountLog, "load" | "commit">;
  readonly directory: Pick<DirectoryStore, "getEntries" | "putEntry" | "reachOf" | "holdersOf" | "revokeAccess" | "leaveLists">;
  readonly now: () => number;
  readonly randomOctets: (count: number) => Uint8Array;
}

/** Record type of the log. */
export const organisationMoveType = "OrganisationMove";

/** `to` null: to none. */
export const movePerson = async (
  ports: MovePorts,
  person: DirectoryEntry,
  to: EntryId | null,
  actor: string,
): Promise<StoredOrganisationMove> => {
  const { directory } = ports;
  const { entryId, accountId } = person;
  const { whole, shared } = await directory.reachOf(entryId);
  for (const other of whole) await endAccess(ports, person, other);
  for (const other of shared)
    await ports.log.commit(other, (state) => ({ plan: unsharing(state, actor, (other) => other === entryId), result: null }));
  const listIds = await directory.leaveLists(entryId);

  const holders = accountId ? await directory.getEntries(await directory.holdersOf(accountId)) : [];
  for (const holder of holders) await endAccess(ports, holder, accountId!);
  const left = { from: person.organisationId ?? null, to, accountIds: [...whole, ...shared], listIds };
  const move = await closeOwn(ports, accountId, actor, { ...left, at: ports.now(), entryIds: holders.map((holder) => holder.entryId) });

  const { organisationId: _former, ...rest } = person;
  await directory.putEntry({ ...rest, ...(to && { organisationId: to }) });
  return move;
};

/** Takes back what the person shared, and notes the move, in one commit. */
const closeOwn = async (
  ports: MovePorts,
  accountId: AccountId | undefined,
  actor: string,
  left: StoredOrganisationMove,
): Promise<StoredOrganisationMove> => {
  if (!accountId) return left;
  const id = idFromOctets("M", ports.randomOctets(12));
  const { result } = await ports.log.commit(accountId, (state) => {
    const plan = unsharing(state, actor, () => true);
    const entryIds = new Set([...left.entryIds, ...(plan?.shares?.map(({ principalId }) => principalId) ?? [])]);
    const move = { ...left, entryIds: [...entryIds] };
    const note = { type: organisationMoveType, created: { [id]: move } };
    return { plan: { ...plan, actor, records: [...(plan?.records ?? []), note] }, result: move };
  });
  return result;
};

/** A plan that shares nothing with those meant; null when nothing is. */
const unsharing = (state: AccountState, actor: string, isMeant: (entryId: string) => boolean): Plan | null => {
  const mailboxes = state.records("Mailbox") as ReadonlyMap<string, StoredMailbox>;
  const updated: Record<string, StoredMailbox> = {};
  for (const [id, { shareWith = {}, ...rest }] of mailboxes) {
    const kept = Object.entries(shareWith).filter(([entryId]) => !isMeant(entryId));
    if (kept.length < Object.keys(shareWith).length)
      updated[id] = kept.length > 0 ? { ...rest, shareWith: Object.fromEntries(kept) } : rest;
  }
  if (Object.keys(updated).length === 0) return null;
  const shares = shareChanges(mailboxes, { type: "Mailbox", updated });
  const named = new Set(shares.map(({ principalId }) => principalId));
  const forgotten = [...state.records(SUBSCRIPTIONS).keys()].filter((entryId) => named.has(entryId));
  const records = [{ type: "Mailbox", updated }, ...(forgotten.length > 0 ? [{ type: SUBSCRIPTIONS, destroyed: forgotten }] : [])];
  return { actor, records, shares };
};
