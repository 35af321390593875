/** Reading and writing rows of the directory table. */
import { batchWrite, type Dynamo, type Item, queryAll } from "./dynamo.ts";

export class DirectoryRows {
  private readonly dynamo: Dynamo;
  private readonly table: string;

  constructor(dynamo: Dynamo, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async get(key: Item): Promise<Item | undefined> {
    return (await this.dynamo.call("GetItem", { TableName: this.table, Key: key, ConsistentRead: true })).Item;
  }

  /** Rows of a partition whose sort keys begin so; all for "". */
  under(pk: string, prefix: string, limit?: number): Promise<Item[]> {
    return queryAll(
      this.dynamo,
      {
        TableName: this.table,
        KeyConditionExpression: prefix ? "pk = :pk AND begins_with(sk, :prefix)" : "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: pk }, ...(prefix && { ":prefix": { S: prefix } }) },
      },
      limit,
    );
  }

  between(pk: string, from: string, to: string): Promise<Item[]> {
    return queryAll(this.dynamo, {
      TableName: this.table,
      KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
      ExpressionAttributeValues: { ":pk": { S: pk }, ":from": { S: from }, ":to": { S: to } },
    });
  }

  put(...rows: readonly Item[]): Promise<void> {
    return batchWrite(
      this.dynamo,
      this.table,
      rows.map((Item) => ({ PutRequest: { Item } })),
    );
  }

  delete(...keys: readonly Item[]): Promise<void> {
    return batchWrite(
      this.dynamo,
      this.table,
      keys.map((Key) => ({ DeleteRequest: { Key } })),
    );
  }
}
