/** Reads and writes of the traces table, joined over the concurrent jobs of a batch. Receipts and traces share it. */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { limits } from "../core/limits.ts";
import type { TraceRecord } from "../core/ports/trace-store.ts";
import { batchGet, batchWrite, type Dynamo, type Item } from "./dynamo.ts";
import { gather } from "./gather.ts";
import { pack } from "./packed.ts";

const nameOf = (item: Item) => `${item.pk!.S}\n${item.sk!.S}`;
const dayMilliseconds = 24 * 3600 * 1000;
/** A partition key may be 2 KB; longer Message-IDs are indexed by their beginning. */
const indexedCharacters = 900;

export const expiryAfter = (at: number, days: number): AttributeValue => ({ N: String(Math.ceil((at + days * dayMilliseconds) / 1000)) });
export const indexKeyOf = (value: string) => value.toLowerCase().slice(0, indexedCharacters);
export const instantKey = (at: number) => String(Math.max(0, Math.trunc(at))).padStart(15, "0");

/** Attributes that make a record findable and let it expire. */
export const indexedAttributes = (record: TraceRecord): Item => {
  const sortKey = { S: `${instantKey(record.at)}#${record.receiptId}#${record.stage}`.slice(0, 1000) };
  return {
    ttl: expiryAfter(record.at, limits.retention.traceDays),
    ...(record.messageId && { gmPk: { S: indexKeyOf(record.messageId) }, gmSk: sortKey }),
    ...(record.sender && { gsPk: { S: indexKeyOf(record.sender) }, gsSk: sortKey }),
    ...(record.recipient && { grPk: { S: indexKeyOf(record.recipient) }, grSk: sortKey }),
  };
};

export const packed = (value: object): AttributeValue => pack(value) as AttributeValue;

export class TracesTable {
  readonly dynamo: Dynamo;
  readonly name: string;
  /** The item of a key, or null. Eventually consistent. */
  readonly get: (key: Item) => Promise<Item | null>;
  /** Puts without a condition. */
  readonly put: (item: Item) => Promise<void>;

  constructor(dynamo: Dynamo, name: string) {
    this.dynamo = dynamo;
    this.name = name;
    this.get = gather(async (keys: readonly Item[]) => {
      const distinct = new Map(keys.map((key) => [nameOf(key), key]));
      const items = new Map((await batchGet(dynamo, name, [...distinct.values()])).map((item) => [nameOf(item), item]));
      return keys.map((key) => items.get(nameOf(key)) ?? null);
    });
    this.put = gather(async (items: readonly Item[]) => {
      const distinct = new Map(items.map((item) => [nameOf(item), item]));
      await batchWrite(
        dynamo,
        name,
        [...distinct.values()].map((Item) => ({ PutRequest: { Item } })),
      );
      return items.map(() => undefined);
    });
  }

  async getConsistently(key: Item): Promise<Item | null> {
    const { Item: item } = await this.dynamo.call("GetItem", { TableName: this.name, Key: key, ConsistentRead: true });
    return item ?? null;
  }
}
