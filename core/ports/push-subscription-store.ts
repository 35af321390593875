import type { AccountId, EntryId } from "../ids.ts";
import type { PushKeys } from "../push/encrypt.ts";

/** States of types by account, as in a StateChange object (RFC 8620 §7.1). */
export type ChangedStates = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** RFC 8620 §7.2. Times in ms since 1970 UTC. */
export interface StoredPushSubscription {
  readonly id: string;
  /** Whose it is. */
  readonly owner: EntryId;
  readonly deviceClientId: string;
  readonly url: string;
  readonly keys: PushKeys | null;
  /** The public VAPID key that the client was told (RFC 9749); absent in subscriptions from before keys could be replaced. */
  readonly serverKey?: string;
  readonly verificationCode: string;
  readonly isVerified: boolean;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly types: readonly string[] | null;
  /** Accounts whose changes lead here; what the owner may open is asked again before each push. */
  readonly accountIds: readonly AccountId[];
  /** Those of `accountIds` of which only some Mailboxes are shared with the owner. */
  readonly sharedAccountIds?: readonly AccountId[];
  /** The push service asked for fewer pushes until then; what changes meanwhile is gathered in `pending`. */
  readonly quietUntil: number;
  readonly pending: ChangedStates | null;
  /** Raised by each write. */
  readonly version: number;
}

/** Where a change of an account leads: enough to know whether the subscription wants it. */
export interface Subscriber {
  readonly id: string;
  readonly owner: EntryId;
  readonly types: readonly string[] | null;
  readonly expiresAt: number;
  readonly sharedAccountIds?: readonly AccountId[];
}

export interface PushSubscriptionStore {
  ofOwner(owner: EntryId): Promise<StoredPushSubscription[]>;
  get(owner: EntryId, id: string): Promise<StoredPushSubscription | null>;
  /** Stores version `subscription.version`; false when what is stored is not the version before it (0: nothing is). */
  put(subscription: StoredPushSubscription): Promise<boolean>;
  /** Has changes of its accounts lead to it, should whoever stored it have died before that. */
  mend(subscription: StoredPushSubscription): Promise<void>;
  /** Erases address and keys at once. */
  remove(subscription: StoredPushSubscription): Promise<void>;
  /** Counts one creation; false when the owner has made `most` in the hour of `now` already. */
  countCreation(owner: EntryId, now: number, most: number): Promise<boolean>;
}

/** The outside: one POST to an address that a client gave. */
export interface WebPush {
  /** `refused`: the address is none that the service calls. */
  post(request: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
  }): Promise<
    { outcome: "answered"; status: number; retryAfterSeconds: number | null } | { outcome: "unreachable" } | { outcome: "refused" }
  >;
}
