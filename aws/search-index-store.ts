/** The list of an account's search segments: one item of its partition, changed by conditional writes. */
import * as z from "zod";
import { PoisonError } from "../core/errors.ts";
import type { AccountId } from "../core/ids.ts";
import type { SearchIndexStore, SearchManifest } from "../core/ports/search-index-store.ts";
import { ConditionFailed, type Dynamo } from "./dynamo.ts";
import { accountKeys as keys } from "./keys.ts";
import { pack, unpack } from "./packed.ts";

const segments = z.array(
  z.object({
    key: z.string(),
    octets: z.number(),
    footOffset: z.number(),
    messages: z.number(),
    firstUid: z.number(),
    lastUid: z.number(),
  }),
);

const manifestSchema = z.object({
  version: z.number(),
  indexedUid: z.number(),
  emptiedAt: z.number().default(0),
  segments,
  former: z.object({ indexedUid: z.number(), segments }).nullable().default(null),
  retired: z.array(z.object({ key: z.string(), at: z.number() })),
});

export class DynamoSearchIndexStore implements SearchIndexStore {
  private readonly dynamo: Dynamo;
  private readonly table: string;

  constructor(dynamo: Dynamo, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async getManifest(accountId: AccountId): Promise<SearchManifest | null> {
    const { Item } = await this.dynamo.call("GetItem", { TableName: this.table, Key: key(accountId), ConsistentRead: true });
    if (!Item) return null;
    const read = manifestSchema.safeParse(unpack(Item.d));
    if (!read.success) throw new PoisonError("the list of search segments does not fit its schema", { cause: read.error });
    return read.data;
  }

  async putManifest(accountId: AccountId, manifest: SearchManifest): Promise<boolean> {
    try {
      await this.dynamo.call("PutItem", {
        TableName: this.table,
        Item: { ...key(accountId), v: { N: String(manifest.version) }, d: pack(manifest) },
        ConditionExpression: manifest.version === 1 ? "attribute_not_exists(pk)" : "v = :before",
        ...(manifest.version > 1 && { ExpressionAttributeValues: { ":before": { N: String(manifest.version - 1) } } }),
      });
      return true;
    } catch (error) {
      if (error instanceof ConditionFailed) return false;
      throw error;
    }
  }
}

const key = (accountId: AccountId) => ({ pk: { S: keys.partition(accountId) }, sk: { S: "X" } });
