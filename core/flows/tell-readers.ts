/**
 * Someone who sees a part of an account is told of changes in that part alone, with the states that JMAP answers them: more would tell
 * when the rest is used, and no client could match it with what it has. It takes the account's log, so notify leaves it to the share stage.
 */
import type { AccountId } from "../ids.ts";
import { viewOf } from "../jmap/access.ts";
import { subscribedAccounts } from "../jmap/session.ts";
import type { AccountLog, AccountState } from "../log/api.ts";
import { formatState } from "../log/entry.ts";
import type { DirectoryStore, Principal } from "../ports/directory-store.ts";
import type { ConnectionStore } from "../ports/push-channel.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import { eachBounded } from "./each-bounded.ts";
import type { Hearing } from "./hearing.ts";
import type { PushJob, TellJob } from "./jobs.ts";
import { type PushChangePorts, postChange, pushJobs } from "./push-change.ts";
import { presentStates } from "./state-change.ts";

export interface TellPorts extends PushChangePorts {
  readonly pushQueue: StageQueue<PushJob>;
  /** A push that could not be made: it is only late, since a client that connects again compares states. */
  readonly pushFailed: (error: unknown) => void;
}

export interface TellReadersPorts extends TellPorts {
  readonly log: Pick<AccountLog, "load">;
  readonly directory: Pick<DirectoryStore, "getEntries" | "principalOf">;
  readonly connections: Pick<ConnectionStore, "remove" | "listeners">;
}

type States = Readonly<Record<string, string>>;

const peopleAtOnce = 4;

export const tellReaders = async (ports: TellReadersPorts, job: TellJob): Promise<void> => {
  const accountId = job.accountId as AccountId;
  const [state, hearings] = await Promise.all([ports.log.load(accountId), readersOf(ports, accountId)]);
  if (!state) return;
  await eachBounded([...hearings], peopleAtOnce, async ([subject, hearing]) => {
    const principal = await ports.directory.principalOf(subject);
    const news = principal && newsFor(principal, state, job);
    if (news) await tell(ports, hearing, accountId, news);
  });
};

/** By the subject with which they sign in. */
const readersOf = async (ports: TellReadersPorts, accountId: AccountId): Promise<Map<string, Hearing>> => {
  const listeners = await ports.connections.listeners(accountId);
  const connections = Map.groupBy(
    listeners.connections.filter(({ isShared }) => isShared),
    ({ subject }) => subject,
  );
  const subscribers = listeners.subscribers.filter(({ sharedAccountIds }) => sharedAccountIds?.includes(accountId));
  const owners = await ports.directory.getEntries(subscribers.map(({ owner }) => owner));
  const subjects = new Map(owners.map(({ entryId, subject }) => [entryId, subject]));
  const known = Map.groupBy(subscribers, ({ owner }) => subjects.get(owner));
  const people = new Set([...connections.keys(), ...[...known.keys()].filter((subject) => subject !== undefined)]);
  return new Map([...people].map((each) => [each, { connections: connections.get(each) ?? [], subscribers: known.get(each) ?? [] }]));
};

/** States of what changed in their sight since; null: nothing, or there is nothing that they may see any more. */
const newsFor = (principal: Principal, state: AccountState, { accountId, after, deliveredTo }: TellJob): States | null => {
  const account = subscribedAccounts(principal).find((each) => each.accountId === accountId);
  const view = account && viewOf(principal.entryId, account, state);
  if (!view) return null;
  const present = Object.entries(presentStates(view));
  const news: Record<string, string> = Object.fromEntries(present.filter(([type]) => view.typePosition(type).seq > after.seq));
  if (news.Email && deliveredTo.some((id) => view.records("Mailbox").has(id))) news.EmailDelivery = formatState(view.typePosition("Email"));
  return Object.keys(news).length > 0 ? news : null;
};

export const tell = async (
  ports: TellPorts,
  { connections, subscribers }: Hearing,
  accountId: AccountId,
  states: States,
): Promise<void> => {
  const change = { "@type": "StateChange", changed: { [accountId]: states } } as const;
  const only = new Set([accountId]);
  for (const connection of connections) {
    try {
      await postChange(ports, connection, change, only);
    } catch (error) {
      ports.pushFailed(error);
    }
  }
  const jobs = subscribers.flatMap((subscriber) => pushJobs(subscriber, change, only, ports.now()));
  if (jobs.length > 0) await ports.pushQueue.send(jobs);
};
