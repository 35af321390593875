/**
 * The service's VAPID keys (RFC 8292, RFC 9749 §5): the first is made by whichever function first needs it and kept in the connections
 * table beside the subscriptions, under the same customer key. Nobody has to provide one, and none ever leaves the account.
 */
import { generateKeyPairSync } from "node:crypto";
import { TransientError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { VapidKeyStore } from "../core/ports/vapid-keys.ts";
import { readVapidKey, type VapidKeys } from "../core/push/vapid.ts";
import { ConditionFailed, type Dynamo, type Item, putIfAbsent } from "./dynamo.ts";
import { connectionKeys as keys } from "./keys.ts";

export class DynamoVapidKeyStore implements VapidKeyStore {
  private readonly dynamo: Dynamo;
  private readonly table: string;
  private readonly now: () => number;
  private held: { readonly at: number; readonly reading: Promise<VapidKeys> } | null = null;

  constructor(dynamo: Dynamo, table: string, now: () => number = Date.now) {
    this.dynamo = dynamo;
    this.table = table;
    this.now = now;
  }

  read(): Promise<VapidKeys> {
    const { held } = this;
    if (!held) return this.readAnew();
    if (this.now() - held.at < limits.push.keysHeldSeconds * 1000) return held.reading;
    // Older keys are better than a request that fails.
    return this.readAnew().catch(() => held.reading);
  }

  readAnew(): Promise<VapidKeys> {
    const before = this.held;
    const held = { at: this.now(), reading: this.stored().then(keysIn) };
    this.held = held;
    // A failed reading is tried again at the next call.
    held.reading.catch(() => {
      if (this.held === held) this.held = before;
    });
    return held.reading;
  }

  async replace(now: number, { isAtOnce }: { readonly isAtOnce: boolean }): Promise<VapidKeys> {
    const before = await this.stored();
    const item: Item = { ...keys.vapidKey(), d: { S: newKey() }, at: { N: String(now) }, ...(!isAtOnce && { former: before.d! }) };
    try {
      await this.dynamo.call("PutItem", {
        TableName: this.table,
        Item: item,
        ConditionExpression: "d = :before",
        ExpressionAttributeValues: { ":before": before.d! },
      });
    } catch (error) {
      if (error instanceof ConditionFailed) throw new TransientError("the push key is being replaced by somebody else");
      throw error;
    }
    return keysIn(item);
  }

  private async stored(): Promise<Item> {
    const { Item: item } = await this.dynamo.call("GetItem", { TableName: this.table, Key: keys.vapidKey(), ConsistentRead: true });
    if (item?.d?.S) return item;
    const first = { ...keys.vapidKey(), d: { S: newKey() } };
    const earlier = await putIfAbsent(this.dynamo, this.table, first);
    if (!earlier) return first;
    if (!earlier.d?.S) throw new TransientError("the push key could not be read");
    return earlier;
  }
}

const newKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;

const keysIn = ({ d, former, at }: Item): VapidKeys => ({
  current: readVapidKey(d!.S!),
  former: former?.S ? readVapidKey(former.S) : null,
  replacedAt: at?.N ? Number(at.N) : null,
});
