/** Push subscriptions in the connections table: one item each, and a row in each account's partition once verified. They expire by themselves. */
import type { AccountId, EntryId } from "../core/ids.ts";
import type { PushSubscriptionStore, StoredPushSubscription, Subscriber } from "../core/ports/push-subscription-store.ts";
import { batchWrite, ConditionFailed, type Dynamo, type Item, queryAll } from "./dynamo.ts";
import { connectionKeys as keys } from "./keys.ts";
import { pack, unpack } from "./packed.ts";

const HOUR = 3_600_000;
const ttlOf = (at: number) => ({ N: String(Math.ceil(at / 1000) + 60) });

export class DynamoPushSubscriptionStore implements PushSubscriptionStore {
  private readonly dynamo: Dynamo;
  private readonly table: string;

  constructor(dynamo: Dynamo, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async ofOwner(owner: EntryId): Promise<StoredPushSubscription[]> {
    const rows = await queryAll(this.dynamo, {
      TableName: this.table,
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": { S: keys.ownerPartition(owner) }, ":prefix": { S: keys.subscriptionPrefix } },
      ConsistentRead: true,
    });
    return rows.map((row) => unpack(row.d) as StoredPushSubscription);
  }

  async get(owner: EntryId, id: string): Promise<StoredPushSubscription | null> {
    const { Item: item } = await this.dynamo.call("GetItem", {
      TableName: this.table,
      Key: keys.subscription(owner, id),
      ConsistentRead: true,
    });
    return item ? (unpack(item.d) as StoredPushSubscription) : null;
  }

  async put(subscription: StoredPushSubscription): Promise<boolean> {
    const { owner, id, version } = subscription;
    const ttl = ttlOf(subscription.expiresAt);
    const isNew = version === 1;
    let before: Item | undefined;
    try {
      const { Attributes } = await this.dynamo.call("PutItem", {
        TableName: this.table,
        Item: { ...keys.subscription(owner, id), d: pack(subscription) as Item[string], v: { N: String(version) }, ttl },
        ConditionExpression: isNew ? "attribute_not_exists(pk)" : "v = :before",
        ...(!isNew && { ExpressionAttributeValues: { ":before": { N: String(version - 1) } } }),
        ReturnValues: "ALL_OLD",
      });
      before = Attributes;
    } catch (error) {
      if (error instanceof ConditionFailed) return false;
      throw error;
    }
    await this.setRows(subscription, before ? (unpack(before.d) as StoredPushSubscription) : null, ttl);
    return true;
  }

  async mend(subscription: StoredPushSubscription): Promise<void> {
    await this.setRows(subscription, null, ttlOf(subscription.expiresAt));
  }

  async remove({ owner, id, accountIds }: StoredPushSubscription): Promise<void> {
    await batchWrite(this.dynamo, this.table, [
      { DeleteRequest: { Key: keys.subscription(owner, id) } },
      ...accountIds.map((accountId) => ({ DeleteRequest: { Key: keys.subscriber(accountId, id) } })),
    ]);
  }

  async countCreation(owner: EntryId, now: number, most: number): Promise<boolean> {
    const hour = Math.floor(now / HOUR);
    try {
      await this.dynamo.call("UpdateItem", {
        TableName: this.table,
        Key: keys.creations(owner, hour),
        UpdateExpression: "ADD n :one SET #ttl = :ttl",
        ConditionExpression: "attribute_not_exists(n) OR n < :most",
        ExpressionAttributeNames: { "#ttl": "ttl" },
        ExpressionAttributeValues: { ":one": { N: "1" }, ":most": { N: String(most) }, ":ttl": ttlOf((hour + 1) * HOUR) },
      });
      return true;
    } catch (error) {
      if (error instanceof ConditionFailed) return false;
      throw error;
    }
  }

  /** Rows only for what is verified, and written only when something in them changes. */
  private async setRows(after: StoredPushSubscription, before: StoredPushSubscription | null, ttl: { N: string }): Promise<void> {
    const rowsOf = (of: StoredPushSubscription | null): ReadonlySet<AccountId> => new Set(of?.isVerified ? of.accountIds : []);
    const textOf = ({ id, owner, types, expiresAt, sharedAccountIds }: StoredPushSubscription): Subscriber => ({
      id,
      owner,
      types,
      expiresAt,
      ...(sharedAccountIds && { sharedAccountIds }),
    });
    const [had, has] = [rowsOf(before), rowsOf(after)];
    const same = before !== null && JSON.stringify(textOf(before)) === JSON.stringify(textOf(after));
    const d = pack(textOf(after)) as Item[string];
    const writes = [
      ...[...has]
        .filter((accountId) => !same || !had.has(accountId))
        .map((accountId) => ({ PutRequest: { Item: { ...keys.subscriber(accountId, after.id), d, ttl } } })),
      ...[...had]
        .filter((accountId) => !has.has(accountId))
        .map((accountId) => ({ DeleteRequest: { Key: keys.subscriber(accountId, after.id) } })),
    ];
    if (writes.length > 0) await batchWrite(this.dynamo, this.table, writes);
  }
}
