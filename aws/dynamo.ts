/**
 * The few DynamoDB calls that Penfold makes, on raw attribute values. Two implementations: the SDK's client
 * (dynamo-sdk.ts) and signed HTTP (signed-dynamo.ts); test/aws runs one suite on both.
 * Thrown: ConditionFailed, TransientError (throttled, unreachable, server fault); anything else is a bug or a missing right.
 */
import type {
  AttributeValue,
  BatchGetItemInput,
  BatchGetItemOutput,
  BatchWriteItemInput,
  BatchWriteItemOutput,
  DeleteItemInput,
  DeleteItemOutput,
  GetItemInput,
  GetItemOutput,
  KeysAndAttributes,
  PutItemInput,
  PutItemOutput,
  QueryInput,
  QueryOutput,
  UpdateItemInput,
  UpdateItemOutput,
  WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { TransientError } from "../core/errors.ts";

export type Item = Record<string, AttributeValue>;

export interface DynamoOperations {
  GetItem: { input: GetItemInput; output: GetItemOutput };
  PutItem: { input: PutItemInput; output: PutItemOutput };
  UpdateItem: { input: UpdateItemInput; output: UpdateItemOutput };
  DeleteItem: { input: DeleteItemInput; output: DeleteItemOutput };
  Query: { input: QueryInput; output: QueryOutput };
  BatchGetItem: { input: BatchGetItemInput; output: BatchGetItemOutput };
  BatchWriteItem: { input: BatchWriteItemInput; output: BatchWriteItemOutput };
}
export type DynamoOperation = keyof DynamoOperations;

export interface Dynamo {
  call<Name extends DynamoOperation>(operation: Name, input: DynamoOperations[Name]["input"]): Promise<DynamoOperations[Name]["output"]>;
}

/** A ConditionExpression did not hold; `item` is what is there when the call asked for it. */
export class ConditionFailed extends Error {
  override readonly name = "ConditionFailed";
  readonly item: Item | undefined;
  constructor(item: Item | undefined) {
    super("the condition of a write did not hold");
    this.item = item;
  }
}

const batchAttempts = 8;
const getKeysPerCall = 100;
const writesPerCall = 25;

/** Full jitter: 0 to 20 ms at first, at most 1 s. */
const pause = (attempt: number) => new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(1000, 20 * 2 ** attempt)));

const chunked = <T>(values: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, index) => values.slice(index * size, (index + 1) * size));

/** Items of the keys that exist, in any order. Keys must be distinct. Unprocessed keys are asked for again, within a bound. */
export const batchGet = async (
  dynamo: Dynamo,
  table: string,
  keys: readonly Item[],
  options?: { consistent?: boolean },
): Promise<Item[]> => {
  const pages = await Promise.all(
    chunked(keys, getKeysPerCall).map(async (page) => {
      const items: Item[] = [];
      let wanted: KeysAndAttributes = { Keys: page, ConsistentRead: options?.consistent ?? false };
      for (let attempt = 0; attempt < batchAttempts; attempt++) {
        const answer = await dynamo.call("BatchGetItem", { RequestItems: { [table]: wanted } });
        items.push(...(answer.Responses?.[table] ?? []));
        const left = answer.UnprocessedKeys?.[table];
        if (!left?.Keys?.length) return items;
        wanted = left;
        await pause(attempt);
      }
      throw new TransientError("DynamoDB left keys unprocessed");
    }),
  );
  return pages.flat();
};

/** Puts and deletes without conditions, not atomic. At most one request a key. */
export const batchWrite = async (dynamo: Dynamo, table: string, requests: readonly WriteRequest[]): Promise<void> => {
  const one = requests.length === 1 ? requests[0] : undefined;
  if (one?.PutRequest) return void (await dynamo.call("PutItem", { TableName: table, Item: one.PutRequest.Item }));
  await Promise.all(
    chunked(requests, writesPerCall).map(async (page) => {
      let left: WriteRequest[] = page;
      for (let attempt = 0; attempt < batchAttempts; attempt++) {
        const answer = await dynamo.call("BatchWriteItem", { RequestItems: { [table]: left } });
        left = answer.UnprocessedItems?.[table] ?? [];
        if (left.length === 0) return;
        await pause(attempt);
      }
      throw new TransientError("DynamoDB left writes unprocessed");
    }),
  );
};

/** Every page of a query, or pages until `limit` items are there. */
export const queryAll = async (dynamo: Dynamo, input: QueryInput, limit = Number.POSITIVE_INFINITY): Promise<Item[]> => {
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const answer = await dynamo.call("Query", from ? { ...input, ExclusiveStartKey: from } : input);
    items.push(...(answer.Items ?? []));
    from = answer.LastEvaluatedKey;
  } while (from && items.length < limit);
  return items;
};

/** Writes the item unless its key is taken; then gives the item that is there. */
export const putIfAbsent = async (dynamo: Dynamo, table: string, item: Item): Promise<Item | null> => {
  try {
    await dynamo.call("PutItem", {
      TableName: table,
      Item: item,
      ConditionExpression: "attribute_not_exists(pk)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    return null;
  } catch (error) {
    if (error instanceof ConditionFailed && error.item) return error.item;
    throw error;
  }
};
