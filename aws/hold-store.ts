/** Held submissions in the accounts table, one partition an hour of release. */
import type { AccountId } from "../core/ids.ts";
import type { Hold, HoldStore } from "../core/ports/hold-store.ts";
import { type Dynamo, queryAll } from "./dynamo.ts";
import { accountKeys as keys } from "./keys.ts";

const hourMilliseconds = 3600 * 1000;
/** 2026-11-22T17 */
const hourOf = (at: number) => new Date(at).toISOString().slice(0, 13);

export class DynamoHoldStore implements HoldStore {
  private readonly dynamo: Dynamo;
  private readonly table: string;

  constructor(dynamo: Dynamo, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async put(hold: Hold): Promise<void> {
    const key = keys.hold(hourOf(hold.releaseAt), hold.accountId, hold.submissionId);
    await this.dynamo.call("PutItem", {
      TableName: this.table,
      Item: { ...key, at: { N: String(hold.releaseAt) }, epoch: { N: String(hold.entry.epoch) }, seq: { N: String(hold.entry.seq) } },
    });
  }

  async due(after: number, before: number): Promise<Hold[]> {
    const hours = new Set<string>([hourOf(before)]);
    for (let at = after; at < before; at += hourMilliseconds) hours.add(hourOf(at));
    const found: Hold[] = [];
    for (const hour of hours) {
      const items = await queryAll(this.dynamo, {
        TableName: this.table,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: keys.holdPartition(hour) } },
        ConsistentRead: true,
      });
      for (const item of items) {
        const [accountId, submissionId] = item.sk!.S!.split("#") as [AccountId, string];
        const entry = { epoch: Number(item.epoch!.N), seq: Number(item.seq!.N) };
        found.push({ accountId, submissionId, entry, releaseAt: Number(item.at!.N) });
      }
    }
    return found.filter((hold) => hold.releaseAt >= after && hold.releaseAt < before);
  }

  async remove(hold: Hold): Promise<void> {
    await this.dynamo.call("DeleteItem", {
      TableName: this.table,
      Key: keys.hold(hourOf(hold.releaseAt), hold.accountId, hold.submissionId),
    });
  }
}
