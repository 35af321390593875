/** Push subscriptions in memory. */
import type { AccountId, EntryId } from "../../core/ids.ts";
import type { PushSubscriptionStore, StoredPushSubscription, Subscriber } from "../../core/ports/push-subscription-store.ts";

export class MemoryPushSubscriptionStore implements PushSubscriptionStore {
  private readonly kept = new Map<string, StoredPushSubscription>();
  private readonly creations = new Map<string, number>();

  async ofOwner(owner: EntryId): Promise<StoredPushSubscription[]> {
    return [...this.kept.values()].filter((subscription) => subscription.owner === owner);
  }
  async get(owner: EntryId, id: string): Promise<StoredPushSubscription | null> {
    const found = this.kept.get(id);
    return found?.owner === owner ? found : null;
  }
  async put(subscription: StoredPushSubscription): Promise<boolean> {
    if ((this.kept.get(subscription.id)?.version ?? 0) !== subscription.version - 1) return false;
    this.kept.set(subscription.id, subscription);
    return true;
  }
  async mend(_: StoredPushSubscription): Promise<void> {}
  async remove({ id }: StoredPushSubscription): Promise<void> {
    this.kept.delete(id);
  }
  async countCreation(owner: EntryId, now: number, most: number): Promise<boolean> {
    const hour = `${owner} ${Math.floor(now / 3_600_000)}`;
    const count = (this.creations.get(hour) ?? 0) + 1;
    if (count > most) return false;
    this.creations.set(hour, count);
    return true;
  }
  async subscribersOf(accountId: AccountId): Promise<Subscriber[]> {
    return [...this.kept.values()].filter(({ isVerified, accountIds }) => isVerified && accountIds.includes(accountId));
  }
}
