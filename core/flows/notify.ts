/**
 * The notify stage reads the accounts' logs as they grow: starts submissions, asks for snapshots, and tells listeners (RFC 8620 §7,
 * RFC 8887 §4.3.5). Queues must take their work, else the batch comes again; a push that fails is only late, since a client that
 * connects again compares states.
 */
import type { AccountId } from "../ids.ts";
import { type StoredSubmission, SUBSCRIPTIONS } from "../jmap/records.ts";
import { limits } from "../limits.ts";
import type { LogEntry } from "../log/entry.ts";
import type { ConnectionStore, Listener } from "../ports/push-channel.ts";
import type { Subscriber } from "../ports/push-subscription-store.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import { eachBounded } from "./each-bounded.ts";
import type { IndexJob, PushJob, ShareJob, SnapshotJob, SubmitJob, TellJob } from "./jobs.ts";
import { isOpen, type PushChangePorts, postChange, pushJobs } from "./push-change.ts";
import { sharedTypes, stateChangeOf, typesChangedBy } from "./state-change.ts";
import { submissionType } from "./submission.ts";
import { longestDelaySeconds } from "./submit.ts";

export interface NotifyPorts extends PushChangePorts {
  readonly connections: Pick<ConnectionStore, "listeners" | "remove">;
  readonly submitQueue: StageQueue<SubmitJob>;
  readonly snapshotQueue: StageQueue<SnapshotJob>;
  readonly indexQueue: StageQueue<IndexJob>;
  readonly pushQueue: StageQueue<PushJob>;
  readonly shareQueue: StageQueue<ShareJob | TellJob>;
  /** A push that could not be made. */
  readonly pushFailed: (error: unknown) => void;
}

const atOnce = 16;

export const notify = async (ports: NotifyPorts, entries: readonly LogEntry[]): Promise<void> => {
  await Promise.all([
    startSubmissions(ports, entries),
    askForSnapshots(ports, entries),
    askForIndex(ports, entries),
    tellOfShares(ports, entries),
    pushChanges(ports, entries),
  ]);
};

const startSubmissions = async (ports: NotifyPorts, entries: readonly LogEntry[]): Promise<void> => {
  const now = ports.now();
  await Promise.all(
    entries.flatMap((entry) =>
      createdSubmissions(entry).map(([submissionId, { sendAt }]) => {
        const job = { accountId: entry.accountId, submissionId, entry: { epoch: entry.epoch, seq: entry.seq } };
        return ports.submitQueue.send([job], { delaySeconds: Math.max(0, Math.min(longestDelaySeconds, (sendAt - now) / 1000)) });
      }),
    ),
  );
};

const createdSubmissions = (entry: LogEntry): [string, StoredSubmission][] =>
  (entry.records ?? [])
    .filter((change) => change.type === submissionType)
    .flatMap((change) => Object.entries(change.created ?? {}) as [string, StoredSubmission][])
    .filter(([, submission]) => submission.undoStatus === "pending");

const askForSnapshots = async (ports: NotifyPorts, entries: readonly LogEntry[]): Promise<void> => {
  const accounts = new Set(entries.filter(({ seq }) => seq % limits.log.snapshotEveryEntries === 0).map(({ accountId }) => accountId));
  if (accounts.size > 0) await ports.snapshotQueue.send([...accounts].map((accountId) => ({ accountId })));
};

/**
 * New mail is indexed at once when a round number of messages has come, else after a while: until then it is searched directly, and one
 * run covers all that came before it.
 */
const askForIndex = async (ports: NotifyPorts, entries: readonly LogEntry[]): Promise<void> => {
  const { indexEveryMessages, indexDelaySeconds } = limits.search;
  const due = new Map<AccountId, boolean>();
  for (const { accountId, email, totals } of entries) {
    const created = email?.created?.length ?? 0;
    if (created === 0) continue;
    const passes = Math.floor(totals.nextUid / indexEveryMessages) > Math.floor((totals.nextUid - created) / indexEveryMessages);
    due.set(accountId, passes || due.get(accountId) === true);
  }
  const jobs = (now: boolean): IndexJob[] => [...due].filter(([, isNow]) => isNow === now).map(([accountId]) => ({ accountId }));
  if (jobs(true).length > 0) await ports.indexQueue.send(jobs(true));
  if (jobs(false).length > 0) await ports.indexQueue.send(jobs(false), { delaySeconds: indexDelaySeconds });
};

/** Whom a Mailbox is shared with, and what they want to see of it, has changed. */
const tellOfShares = async (ports: NotifyPorts, entries: readonly LogEntry[]): Promise<void> => {
  const sharing = entries.filter(({ shares, records }) => shares?.length || records?.some(({ type }) => type === SUBSCRIPTIONS));
  if (sharing.length > 0) await ports.shareQueue.send(sharing.map(({ accountId, epoch, seq }) => ({ accountId, entry: { epoch, seq } })));
};

const pushChanges = async (ports: NotifyPorts, entries: readonly LogEntry[]): Promise<void> => {
  const change = stateChangeOf(entries);
  const now = ports.now();
  try {
    const connections = new Map<string, Heard>();
    const seenInPart = new Set<AccountId>();
    const subscribers = new Map<string, { subscriber: Subscriber; accountIds: Set<string> }>();
    await eachBounded(Object.keys(change.changed) as AccountId[], atOnce, async (accountId) => {
      const listeners = await ports.connections.listeners(accountId);
      for (const connection of listeners.connections) {
        if (connection.isShared) {
          if (isOpen(connection, now)) seenInPart.add(accountId);
          continue;
        }
        const known = connections.get(connection.connectionId) ?? { connection, accountIds: new Set<string>() };
        known.accountIds.add(accountId);
        connections.set(connection.connectionId, known);
      }
      for (const subscriber of listeners.subscribers) {
        if (subscriber.sharedAccountIds?.includes(accountId)) {
          seenInPart.add(accountId);
          continue;
        }
        const known = subscribers.get(subscriber.id) ?? { subscriber, accountIds: new Set<string>() };
        known.accountIds.add(accountId);
        subscribers.set(subscriber.id, known);
      }
    });
    const tells = [...seenInPart].flatMap((accountId) => tellJobs(entries.filter((entry) => entry.accountId === accountId)));
    if (tells.length > 0) await ports.shareQueue.send(tells);
    const jobs = [...subscribers.values()].flatMap(({ subscriber, accountIds }) => pushJobs(subscriber, change, accountIds, now));
    if (jobs.length > 0) await ports.pushQueue.send(jobs);
    await eachBounded([...connections.values()], atOnce, ({ connection, accountIds }) => postChange(ports, connection, change, accountIds));
  } catch (error) {
    ports.pushFailed(error);
  }
};

/** For those who see a part of the account: what of it they are told is not to be seen from here (tell-readers.ts). */
const tellJobs = (entries: readonly LogEntry[]): TellJob[] => {
  const moving = entries.filter((entry) => typesChangedBy(entry).some((type) => sharedTypes.has(type)));
  const [first] = moving;
  if (!first) return [];
  const delivered = moving.filter(({ actor }) => actor.startsWith("receipt:")).flatMap(({ email }) => email?.created ?? []);
  const deliveredTo = [...new Set(delivered.flatMap(({ mailboxIds }) => mailboxIds))];
  return [{ accountId: first.accountId, after: { epoch: first.epoch, seq: first.seq - 1 }, deliveredTo }];
};

/** The accounts whose changes led to a connection. */
interface Heard {
  readonly connection: Listener;
  readonly accountIds: Set<string>;
}
