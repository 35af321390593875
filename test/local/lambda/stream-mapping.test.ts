import { DeleteItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "vitest";
import { type Cloud, startCloud } from "../../../local/cloud.ts";
import { fixtures, temporaryFolder, writeAssembly } from "../support/assembly.ts";
import { bootStack, clientsOf, probe, statement } from "../support/cloud.ts";

const arn = (logicalId: string, attribute = "Arn") => ({ "Fn::GetAtt": [logicalId, attribute] });
const streamRights = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];

const resources = (mapping: object = {}, rights: readonly string[] = streamRights) => ({
  Results: { Type: "AWS::SQS::Queue", Properties: { QueueName: "results" } },
  GivenUp: { Type: "AWS::SQS::Queue", Properties: { QueueName: "given-up" } },
  Table: {
    Type: "AWS::DynamoDB::GlobalTable",
    Properties: {
      TableName: "accounts",
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
      ],
      StreamSpecification: { StreamViewType: "NEW_IMAGE" },
      Replicas: [{ Region: "eu-west-2" }],
    },
  },
  ...probe({
    mode: "records",
    environment: { RESULT_URL: { Ref: "Results" } },
    statements: [statement(rights, arn("Table", "StreamArn")), statement("sqs:SendMessage", [arn("Results"), arn("GivenUp")])],
  }),
  Mapping: {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: {
      FunctionName: { Ref: "Probe" },
      EventSourceArn: arn("Table", "StreamArn"),
      BatchSize: 100,
      StartingPosition: "TRIM_HORIZON",
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ...mapping,
    },
  },
});

const put = (cloud: Cloud, sk: string, pk = "A#1") =>
  clientsOf(cloud).dynamodb.send(new PutItemCommand({ TableName: "accounts", Item: { pk: { S: pk }, sk: { S: sk } } }));

async function take(cloud: Cloud, logicalId: string, seconds = 5): Promise<Record<string, unknown> | null> {
  const { sqs } = clientsOf(cloud);
  const QueueUrl = cloud.resource(logicalId).ref;
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: seconds }));
  if (!Messages?.[0]) return null;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle }));
  return JSON.parse(Messages[0].Body!) as Record<string, unknown>;
}

async function texts(cloud: Cloud, count: number): Promise<string[]> {
  const all: string[] = [];
  while (all.length < count) {
    const result = await take(cloud, "Results");
    if (!result) break;
    all.push(...(result.texts as string[]));
  }
  return all;
}

/** Lambda developer guide: "Using Lambda with Amazon DynamoDB"; filtering, batch item failures, bisecting, on-failure destinations. */
describe("a table's stream that invokes a function", () => {
  let cloud: Cloud;
  afterEach(() => cloud?.stop());

  it("hands over records in the order of the writes and in the documented form", async () => {
    cloud = await bootStack(resources());
    for (let at = 0; at < 20; at += 1) await put(cloud, `L#${String(at).padStart(3, "0")}`);
    await clientsOf(cloud).dynamodb.send(new DeleteItemCommand({ TableName: "accounts", Key: { pk: { S: "A#1" }, sk: { S: "L#000" } } }));
    const first = (await take(cloud, "Results"))!;
    expect(first.first).toMatchObject({
      eventName: "INSERT",
      eventSource: "aws:dynamodb",
      awsRegion: "eu-west-2",
      eventSourceARN: expect.stringMatching(/^arn:aws:dynamodb:eu-west-2:000000000000:table\/accounts\/stream\//),
      dynamodb: { Keys: { pk: { S: "A#1" }, sk: { S: "L#000" } }, NewImage: { pk: { S: "A#1" } }, StreamViewType: "NEW_IMAGE" },
    });
    const all = [...(first.texts as string[]), ...(await texts(cloud, 21 - (first.texts as string[]).length))];
    expect(all).toEqual([...Array.from({ length: 20 }, (_, at) => `L#${String(at).padStart(3, "0")}`), "L#000"]);
  });

  it("takes only what a filter takes, by event name and key prefix", async () => {
    const pattern = { eventName: ["INSERT"], dynamodb: { Keys: { sk: { S: [{ prefix: "L#" }] } } } };
    cloud = await bootStack(resources({ FilterCriteria: { Filters: [{ Pattern: JSON.stringify(pattern) }] } }));
    await put(cloud, "E#1");
    await put(cloud, "L#1");
    await put(cloud, "L#1");
    await put(cloud, "L#2");
    expect(await texts(cloud, 2)).toEqual(["L#1", "L#2"]);
  });

  it("tries again from the first reported failure and gives up to the destination, saying where the records are", async () => {
    cloud = await bootStack(resources({ MaximumRetryAttempts: 1, DestinationConfig: { OnFailure: { Destination: arn("GivenUp") } } }));
    await put(cloud, "fail");
    const report = await take(cloud, "GivenUp", 10);
    expect(report).toMatchObject({
      requestContext: { condition: "RetryAttemptsExhausted" },
      DDBStreamBatchInfo: { batchSize: 1, streamArn: cloud.resource("Table").attributes.StreamArn },
    });
    await put(cloud, "after");
    expect(await texts(cloud, 3)).toEqual(["fail", "fail", "after"]);
  });

  it("halves a batch that throws until the poisoned record is alone", async () => {
    cloud = await bootStack(
      resources({
        MaximumBatchingWindowInSeconds: 1,
        BisectBatchOnFunctionError: true,
        MaximumRetryAttempts: 3,
        DestinationConfig: { OnFailure: { Destination: arn("GivenUp") } },
      }),
    );
    await Promise.all(["a", "poison", "c", "d"].map((sk) => put(cloud, sk)));
    const report = (await take(cloud, "GivenUp", 15)) as { DDBStreamBatchInfo: { batchSize: number } };
    expect(report.DDBStreamBatchInfo.batchSize).toBe(1);
  });

  it("goes on after a restart where it was, without losing what was written meanwhile", async () => {
    const assemblyDir = writeAssembly({ Test: { Resources: resources() } }, { "probe.zip": `${fixtures}/functions/probe` });
    const dataDir = temporaryFolder();
    cloud = await startCloud({ assemblyDir, dataDir });
    await put(cloud, "before");
    expect(await texts(cloud, 1)).toEqual(["before"]);
    await cloud.stop();
    cloud = await startCloud({ assemblyDir, dataDir });
    await put(cloud, "after");
    expect(await texts(cloud, 1)).toEqual(["after"]);
  });

  it.each(streamRights)("does not start when the function's role lacks %s", async (missing) => {
    const rights = streamRights.filter((right) => right !== missing);
    await expect(bootStack(resources({}, rights))).rejects.toThrow(`does not have permissions to call ${missing}`);
  });
});
