/** What delivery rules remember, in the account's partition. An item past its time counts as absent before the table removes it. */
import type { AccountId } from "../core/ids.ts";
import type { RuleMemory } from "../core/ports/rule-memory.ts";
import { ConditionFailed, type Dynamo, type Item } from "./dynamo.ts";
import { accountKeys as keys } from "./keys.ts";
import { pack, unpack } from "./packed.ts";

export class DynamoRuleMemory implements RuleMemory {
  private readonly dynamo: Dynamo;
  private readonly table: string;

  constructor(dynamo: Dynamo, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async get(accountId: AccountId, key: string, now: number): Promise<object | null> {
    const { Item: item } = await this.dynamo.call("GetItem", {
      TableName: this.table,
      Key: keys.remembered(accountId, key),
      ConsistentRead: true,
    });
    return item && Number(item.until!.N) > now ? (unpack(item.d) as object) : null;
  }

  async keep(...[accountId, key, value, { now, until }]: Parameters<RuleMemory["keep"]>): Promise<object> {
    try {
      await this.dynamo.call("PutItem", {
        TableName: this.table,
        Item: itemOf(accountId, key, value, until),
        ConditionExpression: "attribute_not_exists(pk) OR #until <= :now",
        ExpressionAttributeNames: { "#until": "until" },
        ExpressionAttributeValues: { ":now": { N: String(now) } },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      });
      return value;
    } catch (error) {
      if (!(error instanceof ConditionFailed) || !error.item) throw error;
      return unpack(error.item.d) as object;
    }
  }

  async put(accountId: AccountId, key: string, value: object, until: number): Promise<void> {
    await this.dynamo.call("PutItem", { TableName: this.table, Item: itemOf(accountId, key, value, until) });
  }
}

const itemOf = (accountId: AccountId, key: string, value: object, until: number): Item => ({
  ...keys.remembered(accountId, key),
  d: pack(value) as Item[string],
  until: { N: String(until) },
  ttl: { N: String(Math.ceil(until / 1000)) },
});
