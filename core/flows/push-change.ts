/** How one listener is told of a StateChange: over an open WebSocket at once, by Web Push through a job. */
import type { Connection, ConnectionStore, PushChannel } from "../ports/push-channel.ts";
import type { ChangedStates, Subscriber } from "../ports/push-subscription-store.ts";
import type { PushJob } from "./jobs.ts";
import { restrictedTo, type StateChange } from "./state-change.ts";

export interface PushChangePorts {
  readonly connections: Pick<ConnectionStore, "remove">;
  readonly push: PushChannel;
  readonly now: () => number;
}

export const isOpen = ({ pushEnabled, expiresAt }: Connection, now: number): boolean => pushEnabled && expiresAt > now;

/** Tells of what it wants and of these accounts alone; whoever has left is forgotten. */
export const postChange = async (
  ports: PushChangePorts,
  connection: Connection,
  change: StateChange,
  accountIds: ReadonlySet<string>,
): Promise<void> => {
  const { connectionId, pushTypes } = connection;
  const wanted = isOpen(connection, ports.now()) ? restrictedTo(change, pushTypes, accountIds) : null;
  if (wanted && (await ports.push.post(connectionId, JSON.stringify(wanted))) === "gone") await ports.connections.remove(connectionId);
};

/** One job, or none when nothing of it is wanted. */
export const pushJobs = (
  { id, owner, types, expiresAt }: Subscriber,
  change: StateChange,
  accountIds: ReadonlySet<string>,
  now: number,
): PushJob[] => {
  const wanted = expiresAt > now ? restrictedTo(change, types, accountIds) : null;
  return wanted ? [{ owner, subscriptionId: id, changed: mutable(wanted.changed), attempt: 0 }] : [];
};

export const mutable = (changed: ChangedStates): Record<string, Record<string, string>> =>
  Object.fromEntries(Object.entries(changed).map(([accountId, states]) => [accountId, { ...states }]));
