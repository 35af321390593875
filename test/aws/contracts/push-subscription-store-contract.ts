import { describe, expect, it } from "vitest";
import type { AccountId, EntryId } from "../../../core/ids.ts";
import type { ConnectionStore } from "../../../core/ports/push-channel.ts";
import type { PushSubscriptionStore, StoredPushSubscription } from "../../../core/ports/push-subscription-store.ts";

let number = 0;
const unique = () => `${Date.now().toString(36)}s${number++}`;

export const pushSubscriptionStoreContract = (
  name: string,
  factory: () => { subscriptions: PushSubscriptionStore; connections: ConnectionStore },
): void => {
  describe(`PushSubscriptionStore: ${name}`, () => {
    const make = (): StoredPushSubscription => ({
      id: `P${unique()}`,
      owner: `n${unique()}` as EntryId,
      deviceClientId: "phone",
      url: "https://push.example/1",
      keys: { p256dh: "p", auth: "a" },
      verificationCode: "code",
      isVerified: false,
      createdAt: 1,
      expiresAt: Date.now() + 60_000,
      types: ["Email"],
      accountIds: [`A${unique()}`, `A${unique()}`] as AccountId[],
      quietUntil: 0,
      pending: null,
      version: 1,
    });

    it("gives back what was stored, to its owner", async () => {
      const { subscriptions } = factory();
      const subscription = make();
      expect(await subscriptions.put(subscription)).toBe(true);
      expect(await subscriptions.get(subscription.owner, subscription.id)).toEqual(subscription);
      expect(await subscriptions.ofOwner(subscription.owner)).toEqual([subscription]);
      expect(await subscriptions.get("nother" as EntryId, subscription.id)).toBeNull();
    });

    it("takes each version once", async () => {
      const { subscriptions } = factory();
      const subscription = make();
      await subscriptions.put(subscription);
      expect(await subscriptions.put(subscription)).toBe(false);
      expect(await subscriptions.put({ ...subscription, version: 2, quietUntil: 5 })).toBe(true);
      expect(await subscriptions.put({ ...subscription, version: 2 })).toBe(false);
      expect((await subscriptions.get(subscription.owner, subscription.id))?.quietUntil).toBe(5);
    });

    it("is found by its accounts from its verification to its end", async () => {
      const { subscriptions, connections } = factory();
      const subscription = make();
      const [first, second] = subscription.accountIds as [AccountId, AccountId];
      const found = async (accountId: AccountId) =>
        (await connections.listeners(accountId)).subscribers.map(({ id, types }) => ({ id, types }));
      await subscriptions.put(subscription);
      expect(await found(first)).toEqual([]);
      await subscriptions.put({ ...subscription, version: 2, isVerified: true });
      expect(await found(second)).toEqual([{ id: subscription.id, types: ["Email"] }]);
      expect(await connections.ofAccount(first)).toEqual([]);
      const narrower = { ...subscription, version: 3, isVerified: true, types: null, accountIds: [first] };
      await subscriptions.put(narrower);
      expect(await found(first)).toEqual([{ id: subscription.id, types: null }]);
      expect(await found(second)).toEqual([]);
      await subscriptions.remove(narrower);
      expect(await found(first)).toEqual([]);
      expect(await subscriptions.ofOwner(subscription.owner)).toEqual([]);
    });

    it("tells at each account what its owner sees a part of, and can be mended at any time", async () => {
      const { subscriptions, connections } = factory();
      const [part, whole] = make().accountIds as [AccountId, AccountId];
      const subscription = { ...make(), isVerified: true, accountIds: [part] };
      await subscriptions.put(subscription);
      const found = async (accountId: AccountId) => (await connections.listeners(accountId)).subscribers;
      const shared = { ...subscription, version: 2, accountIds: [part, whole], sharedAccountIds: [part] };
      await subscriptions.put(shared);
      await subscriptions.mend(shared);
      for (const accountId of [part, whole]) expect(await found(accountId)).toMatchObject([{ sharedAccountIds: [part] }]);
    });

    it("counts creations by the hour", async () => {
      const { subscriptions } = factory();
      const owner = `n${unique()}` as EntryId;
      const at = 1_700_000_000_000;
      expect(await subscriptions.countCreation(owner, at, 2)).toBe(true);
      expect(await subscriptions.countCreation(owner, at, 2)).toBe(true);
      expect(await subscriptions.countCreation(owner, at, 2)).toBe(false);
      expect(await subscriptions.countCreation(owner, at + 3_600_000, 2)).toBe(true);
    });
  });
};
