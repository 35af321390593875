/**
 * The push stage posts one Web Push message (RFC 8620 §7.2, RFC 8030): to a verified subscription what changed, to a new one its code.
 * What the push service answers is taken so: 404 and 410 end the subscription; 408, 429, 5xx and silence are tried again, ever later,
 * and at last given up (the client compares states when it next connects); any other refusal is final for this message.
 * After 429 changes are gathered until the service may be called again, then go as one. A subscription whose VAPID key is kept no more
 * ends (RFC 9749 §5).
 */
import { TransientError } from "../errors.ts";
import type { EntryId } from "../ids.ts";
import { subscribedAccounts } from "../jmap/session.ts";
import { limits } from "../limits.ts";
import type { DirectoryStore } from "../ports/directory-store.ts";
import type { ChangedStates, PushSubscriptionStore, StoredPushSubscription, WebPush } from "../ports/push-subscription-store.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import type { VapidKeyStore } from "../ports/vapid-keys.ts";
import { inPushes, type PushSigner, pushRequest } from "../push/message.ts";
import { keyFor } from "../push/vapid.ts";
import type { PushJob } from "./jobs.ts";
import { mutable } from "./push-change.ts";
import { restrictedTo } from "./state-change.ts";

export interface PushPorts {
  readonly subscriptions: PushSubscriptionStore;
  readonly directory: Pick<DirectoryStore, "getEntry" | "principalOf">;
  readonly web: WebPush;
  readonly queue: StageQueue<PushJob>;
  readonly keys: Pick<VapidKeyStore, "read" | "readAnew">;
  /** mailto: or https: URI of the operator, for push services. */
  readonly contact: string;
  readonly now: () => number;
  readonly randomOctets: (count: number) => Uint8Array;
  /** How a push ended that was not taken, for the metrics. */
  readonly untaken: (how: "removed" | "retried" | "givenUp" | "refused") => void;
}

const { push: bounds } = limits;

export const push = async (ports: PushPorts, job: PushJob): Promise<void> => {
  const subscription = await ports.subscriptions.get(job.owner as EntryId, job.subscriptionId);
  if (!subscription) return;
  if (subscription.expiresAt <= ports.now()) return ports.subscriptions.remove(subscription);
  if (!job.changed) return subscription.isVerified ? undefined : verify(ports, subscription, job);
  if (!subscription.isVerified) return;
  if (subscription.quietUntil > ports.now() && job.attempt === 0) return gather(ports, job, subscription.quietUntil);
  await tell(ports, subscription, job);
};

const verify = async (ports: PushPorts, subscription: StoredPushSubscription, job: PushJob): Promise<void> => {
  const { id: pushSubscriptionId, verificationCode } = subscription;
  const outcome = await post(ports, subscription, { "@type": "PushVerification", pushSubscriptionId, verificationCode });
  await settle(ports, subscription, job, outcome);
};

const tell = async (ports: PushPorts, subscription: StoredPushSubscription, job: PushJob): Promise<void> => {
  const gathered = job.attempt > 0 ? await takePending(ports, subscription) : null;
  const principal = await ownerOf(ports, subscription.owner);
  // Whoever may no longer sign in has no credentials left that the subscription could be tied to.
  if (!principal) return end(ports, subscription);
  // RFC 9670 §1.4
  const mayOpen = new Set<string>(subscribedAccounts(principal).map(({ accountId }) => accountId));
  const changed = merged(job.changed!, gathered ?? {});
  const shared = new Set<string>(principal.accounts.filter(({ rights }) => rights === "shared").map(({ accountId }) => accountId));
  const wanted = restrictedTo({ "@type": "StateChange", changed }, subscription.types, mayOpen, shared);
  for (const message of wanted ? inPushes(wanted.changed) : []) {
    const outcome = await post(ports, subscription, message);
    if (outcome.how === "taken") continue;
    return settle(ports, subscription, { ...job, changed: mutable(wanted!.changed) }, outcome);
  }
};

const ownerOf = async (ports: PushPorts, owner: EntryId) => {
  const entry = await ports.directory.getEntry(owner);
  return entry?.subject ? ports.directory.principalOf(entry.subject) : null;
};

type Outcome = { how: "taken" | "gone" | "refused" } | { how: "later"; retryAfterSeconds: number | null; isTooMany: boolean };

const post = async (ports: PushPorts, subscription: StoredPushSubscription, json: object): Promise<Outcome> => {
  const now = ports.now();
  const signer = await signerOf(ports, subscription);
  if (!signer) return { how: "gone" };
  const ttlSeconds = Math.max(0, Math.min(bounds.ttlSeconds, Math.floor((subscription.expiresAt - now) / 1000)));
  const answer = await ports.web.post(pushRequest(subscription, json, { signer, now, ttlSeconds, randomOctets: ports.randomOctets }));
  if (answer.outcome === "refused") return { how: "gone" };
  if (answer.outcome === "unreachable") return { how: "later", retryAfterSeconds: null, isTooMany: false };
  const { status, retryAfterSeconds } = answer;
  if (status >= 200 && status < 300) return { how: "taken" };
  if (status === 404 || status === 410) return { how: "gone" };
  if (status === 408 || status === 429 || status >= 500) return { how: "later", retryAfterSeconds, isTooMany: status === 429 };
  return { how: "refused" };
};

/** A key that is not known may be newer than what this process has read. */
const signerOf = async ({ keys, contact, now }: PushPorts, { serverKey }: StoredPushSubscription): Promise<PushSigner | null> => {
  const key = keyFor(await keys.read(), serverKey, now()) ?? keyFor(await keys.readAnew(), serverKey, now());
  return key && { key, contact };
};

const settle = async (ports: PushPorts, subscription: StoredPushSubscription, job: PushJob, outcome: Outcome): Promise<void> => {
  switch (outcome.how) {
    case "taken":
      return;
    case "gone":
      return end(ports, subscription);
    case "refused":
      return ports.untaken("refused");
    case "later": {
      if (job.attempt + 1 >= bounds.attempts) return ports.untaken("givenUp");
      const own = bounds.retrySeconds * 2 ** job.attempt;
      const delaySeconds = Math.min(bounds.retrySecondsMost, Math.max(own, outcome.retryAfterSeconds ?? 0));
      if (outcome.isTooMany) await change(ports, job, (present) => ({ ...present, quietUntil: ports.now() + delaySeconds * 1000 }));
      ports.untaken("retried");
      return ports.queue.send([{ ...job, attempt: job.attempt + 1 }], { delaySeconds });
    }
  }
};

const end = async (ports: PushPorts, subscription: StoredPushSubscription): Promise<void> => {
  await ports.subscriptions.remove(subscription);
  ports.untaken("removed");
};

/** Puts a change aside for the call that is due when the quiet time ends; makes one due if nothing was put aside before. */
const gather = async (ports: PushPorts, job: PushJob, quietUntil: number): Promise<void> => {
  const stored = await change(ports, job, (present) => ({ ...present, pending: merged(present.pending ?? {}, job.changed!) }));
  if (!stored) return;
  const delaySeconds = Math.min(bounds.retrySecondsMost, Math.max(1, (quietUntil - ports.now()) / 1000));
  if (stored.before.pending === null) await ports.queue.send([{ ...job, attempt: 1 }], { delaySeconds });
};

const takePending = async (ports: PushPorts, { owner, id, pending }: StoredPushSubscription): Promise<ChangedStates | null> => {
  if (pending === null) return null;
  const taken = await change(ports, { owner, subscriptionId: id }, (present) => ({ ...present, pending: null }));
  return taken?.before.pending ?? null;
};

const tries = 6;

/** A versioned change of the stored subscription; null when it is gone. */
const change = async (
  ports: PushPorts,
  { owner, subscriptionId }: Pick<PushJob, "owner" | "subscriptionId">,
  next: (present: StoredPushSubscription) => StoredPushSubscription,
): Promise<{ before: StoredPushSubscription } | null> => {
  for (let attempt = 0; attempt < tries; attempt++) {
    const before = await ports.subscriptions.get(owner as EntryId, subscriptionId);
    if (!before) return null;
    if (await ports.subscriptions.put({ ...next(before), version: before.version + 1 })) return { before };
  }
  throw new TransientError("a push subscription is being changed by too many at once");
};

const merged = (earlier: ChangedStates, later: ChangedStates): ChangedStates => {
  const all: Record<string, Record<string, string>> = mutable(earlier);
  for (const [accountId, states] of Object.entries(later)) all[accountId] = { ...all[accountId], ...states };
  return all;
};
