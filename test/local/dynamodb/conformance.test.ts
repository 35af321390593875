import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from "@aws-sdk/client-dynamodb-streams";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cloud, startCloud } from "../../../local/cloud.ts";
import { temporaryFolder, writeAssembly } from "../support/assembly.ts";
import { bootStack, clientsOf } from "../support/cloud.ts";

const key = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } });
const table = (more: object = {}) => ({
  Type: "AWS::DynamoDB::GlobalTable",
  Properties: {
    TableName: "accounts",
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    AttributeDefinitions: ["pk", "sk", "gpk", "gsk"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    GlobalSecondaryIndexes: [
      {
        IndexName: "byOther",
        KeySchema: [
          { AttributeName: "gpk", KeyType: "HASH" },
          { AttributeName: "gsk", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "ALL" },
      },
    ],
    StreamSpecification: { StreamViewType: "NEW_IMAGE" },
    TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true },
    Replicas: [{ Region: "eu-west-2" }],
    ...more,
  },
});

/** Amazon DynamoDB developer guide: condition expressions, transactions, read consistency, item size, streams. */
describe("DynamoDB", () => {
  let cloud: Cloud;
  let dynamodb: ReturnType<typeof clientsOf>["dynamodb"];
  const put = (Item: PutItemCommand["input"]["Item"], more: object = {}) =>
    dynamodb.send(new PutItemCommand({ TableName: "accounts", Item, ...more }));
  const get = async (Key: PutItemCommand["input"]["Item"]) =>
    (await dynamodb.send(new GetItemCommand({ TableName: "accounts", Key, ConsistentRead: true }))).Item;

  beforeAll(async () => {
    cloud = await bootStack({ Table: table() });
    dynamodb = clientsOf(cloud).dynamodb;
  });
  afterAll(() => cloud.stop());

  it("lets exactly one of many writers take a position", async () => {
    const attempts = Array.from({ length: 50 }, (_, at) =>
      put({ ...key("A#1", "L#000001"), writer: { N: String(at) } }, { ConditionExpression: "attribute_not_exists(pk)" }).then(
        () => "written",
        (error: Error) => error.name,
      ),
    );
    const outcomes = await Promise.all(attempts);
    expect(outcomes.filter((outcome) => outcome === "written")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "ConditionalCheckFailedException")).toHaveLength(49);
  });

  it("gives the item that was in the way when asked", async () => {
    const refused = put(
      { ...key("A#1", "L#000001"), writer: { N: "99" } },
      { ConditionExpression: "attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" },
    );
    await expect(refused).rejects.toMatchObject({ name: "ConditionalCheckFailedException", Item: { pk: { S: "A#1" } } });
  });

  it("reads its own writes, in key order, page by page", async () => {
    for (let at = 0; at < 25; at += 1) await put({ ...key("A#2", `L#${String(at).padStart(4, "0")}`), big: { S: "x".repeat(1000) } });
    const query = (ExclusiveStartKey?: QueryCommand["input"]["ExclusiveStartKey"]) =>
      dynamodb.send(
        new QueryCommand({
          TableName: "accounts",
          ConsistentRead: true,
          Limit: 10,
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
          ExpressionAttributeValues: { ":pk": { S: "A#2" }, ":prefix": { S: "L#" } },
          ExclusiveStartKey,
        }),
      );
    const found: string[] = [];
    for (let page = await query(); ; page = await query(page.LastEvaluatedKey)) {
      found.push(...page.Items!.map((item) => item.sk!.S!));
      if (!page.LastEvaluatedKey) break;
    }
    expect(found).toEqual(Array.from({ length: 25 }, (_, at) => `L#${String(at).padStart(4, "0")}`));
  });

  it("counts capacity as DynamoDB does", async () => {
    const written = await put({ ...key("A#3", "E#1"), body: { S: "x".repeat(1500) } }, { ReturnConsumedCapacity: "TOTAL" });
    expect(written.ConsumedCapacity?.CapacityUnits).toBe(2);
    const read = await dynamodb.send(
      new GetItemCommand({ TableName: "accounts", Key: key("A#3", "E#1"), ConsistentRead: false, ReturnConsumedCapacity: "TOTAL" }),
    );
    expect(read.ConsumedCapacity?.CapacityUnits).toBe(0.5);
  });

  it("applies a transaction whole or not at all, with a reason for each item", async () => {
    const write = dynamodb.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName: "accounts", Item: key("A#4", "new") } },
          { Put: { TableName: "accounts", Item: key("A#1", "L#000001"), ConditionExpression: "attribute_not_exists(pk)" } },
        ],
      }),
    );
    await expect(write).rejects.toMatchObject({
      name: "TransactionCanceledException",
      CancellationReasons: [{ Code: "None" }, { Code: "ConditionalCheckFailed" }],
    });
    expect(await get(key("A#4", "new"))).toBeUndefined();
  });

  it("updates in place, and in batches", async () => {
    const bump = () =>
      dynamodb.send(
        new UpdateItemCommand({
          TableName: "accounts",
          Key: key("A#5", "counter"),
          UpdateExpression: "ADD #n :one",
          ExpressionAttributeNames: { "#n": "n" },
          ExpressionAttributeValues: { ":one": { N: "1" } },
          ReturnValues: "ALL_NEW",
        }),
      );
    await Promise.all([bump(), bump(), bump()]);
    expect((await bump()).Attributes!.n!.N).toBe("4");
    await dynamodb.send(
      new BatchWriteItemCommand({ RequestItems: { accounts: ["a", "b"].map((sk) => ({ PutRequest: { Item: key("A#6", sk) } })) } }),
    );
    const found = await dynamodb.send(
      new BatchGetItemCommand({ RequestItems: { accounts: { Keys: ["a", "b", "c"].map((sk) => key("A#6", sk)) } } }),
    );
    expect(found.Responses!.accounts).toHaveLength(2);
  });

  it("finds by a secondary index", async () => {
    await put({ ...key("A#7", "x"), gpk: { S: "sender" }, gsk: { S: "2026" } });
    const { Items } = await dynamodb.send(
      new QueryCommand({
        TableName: "accounts",
        IndexName: "byOther",
        KeyConditionExpression: "gpk = :g",
        ExpressionAttributeValues: { ":g": { S: "sender" } },
      }),
    );
    expect(Items).toHaveLength(1);
  });

  it("refuses an item over 400 KB", async () => {
    await expect(put({ ...key("A#8", "big"), body: { S: "x".repeat(410_000) } })).rejects.toMatchObject({ name: "ValidationException" });
  });

  it("describes the table under this region's name and account, with its stream", async () => {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: "accounts" }));
    expect(Table!.TableArn).toBe("arn:aws:dynamodb:eu-west-2:000000000000:table/accounts");
    expect(Table!.LatestStreamArn).toBe(cloud.resource("Table").attributes.StreamArn);
  });

  it("serves the stream in the order of the writes, once each, and where a reader left off", async () => {
    const { accessKeyId, secretAccessKey } = cloud.credentials;
    const streams = new DynamoDBStreamsClient({
      endpoint: cloud.endpoints.gateway,
      region: cloud.region,
      credentials: { accessKeyId, secretAccessKey },
    });
    const StreamArn = cloud.resource("Table").attributes.StreamArn!;
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
    const ShardId = StreamDescription!.Shards![0]!.ShardId!;
    const { ShardIterator } = await streams.send(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "LATEST" }));
    for (const sk of ["1", "2", "3"]) await put(key("A#9", sk));
    await dynamodb.send(new DeleteItemCommand({ TableName: "accounts", Key: key("A#9", "1") }));
    const first = await streams.send(new GetRecordsCommand({ ShardIterator, Limit: 2 }));
    const second = await streams.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }));
    const seen = [...first.Records!, ...second.Records!].map((record) => [record.eventName, record.dynamodb!.Keys!.sk!.S]);
    expect(seen).toEqual([
      ["INSERT", "1"],
      ["INSERT", "2"],
      ["INSERT", "3"],
      ["REMOVE", "1"],
    ]);
  });
});

describe("DynamoDB over restarts", () => {
  it("keeps its items, and says so when the template's key no longer fits the data", async () => {
    const dataDir = temporaryFolder();
    const first = await startCloud({ assemblyDir: writeAssembly({ Test: { Resources: { Table: table() } } }), dataDir });
    await clientsOf(first).dynamodb.send(new PutItemCommand({ TableName: "accounts", Item: key("A#1", "kept") }));
    await first.stop();
    const second = await startCloud({ assemblyDir: writeAssembly({ Test: { Resources: { Table: table() } } }), dataDir });
    const { Item } = await clientsOf(second).dynamodb.send(new GetItemCommand({ TableName: "accounts", Key: key("A#1", "kept") }));
    await second.stop();
    expect(Item).toEqual(key("A#1", "kept"));
    const changed = table({ KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }] });
    await expect(startCloud({ assemblyDir: writeAssembly({ Test: { Resources: { Table: changed } } }), dataDir })).rejects.toThrow(
      "--fresh",
    );
  });
});
