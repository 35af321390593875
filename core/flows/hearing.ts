/** Which accounts a person's open WebSockets and push subscriptions hear of. */
import { TransientError } from "../errors.ts";
import type { AccountId } from "../ids.ts";
import type { DirectoryEntry } from "../ports/directory-store.ts";
import type { Connection, ConnectionStore } from "../ports/push-channel.ts";
import type { PushSubscriptionStore, Subscriber } from "../ports/push-subscription-store.ts";

export interface HearingPorts {
  readonly connections: Pick<ConnectionStore, "listeners" | "startListening" | "stopListening">;
  readonly subscriptions: Pick<PushSubscriptionStore, "mend" | "ofOwner" | "put">;
}

/** Where one person hears of an account. */
export interface Hearing {
  readonly connections: readonly Connection[];
  /** Verified ones. */
  readonly subscribers: readonly Subscriber[];
}

/** Has them all hear of what an account shares with the person, or of the account no more. May be done again. */
export const setHearing = async (ports: HearingPorts, person: DirectoryEntry, accountId: AccountId, isHeard: boolean): Promise<Hearing> => {
  if (!person.accountId) return { connections: [], subscribers: [] };
  const listeners = await ports.connections.listeners(person.accountId);
  const connections = listeners.connections.filter(({ subject }) => subject === person.subject);
  for (const connection of connections) {
    if (isHeard) await ports.connections.startListening(connection, accountId);
    else await ports.connections.stopListening(connection, accountId);
  }
  return { connections, subscribers: await subscribe(ports, person, accountId, isHeard) };
};

const subscribe = async (
  { subscriptions }: HearingPorts,
  person: DirectoryEntry,
  accountId: AccountId,
  isHeard: boolean,
): Promise<readonly Subscriber[]> => {
  const kept = await subscriptions.ofOwner(person.entryId);
  for (const subscription of kept) {
    if (subscription.accountIds.includes(accountId) === isHeard) {
      if (isHeard) await subscriptions.mend(subscription);
      continue;
    }
    const changed = (ids: readonly AccountId[] = []) => [...ids.filter((other) => other !== accountId), ...(isHeard ? [accountId] : [])];
    const isStored = await subscriptions.put({
      ...subscription,
      accountIds: changed(subscription.accountIds),
      sharedAccountIds: changed(subscription.sharedAccountIds),
      version: subscription.version + 1,
    });
    if (!isStored) throw new TransientError("the push subscription is being changed");
  }
  return kept.filter(({ isVerified }) => isVerified);
};
