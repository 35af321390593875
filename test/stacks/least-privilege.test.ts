/** A function holds what its grants say, to the action; docs/generated/iam.md shows the whole of it. */
import { describe, expect, test } from "vitest";
import { type ResourceGrant, type Stage, stages } from "../../core/stages.ts";
import { functionRights } from "../../lib/function-rights.ts";
import { example } from "./synthesized.ts";

const rights = new Map(functionRights(example("example-one-region")).map(({ stage, rights: held }) => [stage, held]));
const all: readonly Stage[] = stages;

const readTable = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "kms:Decrypt"];
const writeTable = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "kms:Decrypt"];
const readBucket = ["kms:Decrypt", "s3:GetObject", "s3:ListBucket"];
const writeBucket = ["kms:Decrypt", "kms:GenerateDataKey", "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"];
const sendToQueue = ["kms:Decrypt", "kms:GenerateDataKey", "sqs:SendMessage"];

/** Written out beside the code that grants, so that a grant that grows is seen here. */
const actionsOf = (grant: ResourceGrant): string[] => {
  if (grant.startsWith("queue:")) return sendToQueue;
  switch (grant) {
    case "accounts:stream":
      return ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams", "kms:Decrypt"];
    case "mail:read":
    case "state:read":
      return readBucket;
    case "mail:write":
    case "state:write":
      return writeBucket;
    case "mail:readTags":
      return ["s3:GetObjectTagging"];
    case "ses:send":
      return ["ses:SendBounce", "ses:SendEmail", "ses:SendRawEmail"];
    case "sockets:post":
      return ["execute-api:ManageConnections"];
    default:
      return grant.endsWith(":read") ? readTable : writeTable;
  }
};

const everyFunction = ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];
const driven: Record<Stage["trigger"]["kind"], string[]> = {
  queue: ["kms:Decrypt", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
  stream: sendToQueue,
  schedule: sendToQueue,
  http: [],
  socket: [],
  socketAuthoriser: [],
};

describe.each(all.map((stage) => [stage.name, stage] as const))("%s", (name, stage) => {
  const held = rights.get(name) ?? [];

  test("may do exactly what its grants and its trigger need", () => {
    const expected = new Set([...everyFunction, ...driven[stage.trigger.kind], ...stage.grants.flatMap(actionsOf)]);
    expect([...new Set(held.flatMap(({ actions }) => actions))].sort()).toEqual([...expected].sort());
  });

  test("names its resources: `*` stands alone only where AWS has no resource types", () => {
    for (const { actions, resources } of held) {
      expect(actions.filter((action) => action.includes("*"))).toEqual([]);
      if (!resources.includes("*")) continue;
      expect(["dynamodb:ListStreams", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]).toEqual(expect.arrayContaining([...actions]));
    }
  });

  test("uses keys through the service that holds the data only", () => {
    for (const { actions, condition } of held) {
      if (actions.some((action) => action.startsWith("kms:")))
        expect(condition).toMatch(/^kms:ViaService = (dynamodb|s3|sqs)\.eu-west-2\.amazonaws\.com$/);
    }
  });
});

describe("what the design forbids", () => {
  const may = (stage: string, action: RegExp, resource: RegExp): boolean =>
    (rights.get(stage) ?? []).some(
      (right) => right.actions.some((held) => action.test(held)) && right.resources.some((held) => resource.test(held)),
    );

  test("the code that reads hostile input reaches no account", () => {
    for (const stage of ["parse", "scan"]) expect(may(stage, /dynamodb:/, /AccountsTable/)).toBe(false);
  });

  test("the code that calls addresses given by clients reaches no mail, and no deployment lets it call itself", () => {
    expect(may("push", /dynamodb:/, /AccountsTable|TracesTable/)).toBe(false);
    expect(may("push", /^(s3|ses|execute-api):/, /./)).toBe(false);
    for (const name of ["example-one-region", "example-two-regions"]) expect(example(name).pushToLoopback).toBe(false);
  });

  test("nobody overwrites or deletes what SES stored", () => {
    for (const { name } of all) {
      expect(may(name, /s3:(Put|Delete)/, /penfold-mail-[^/]*\/(\*|inbound)/)).toBe(false);
    }
  });

  test("only who sends may send, and only for the service's domains", () => {
    const senders = all.filter(({ name }) => may(name, /^ses:/, /./)).map(({ name }) => name);
    expect(senders).toEqual(all.filter(({ grants }) => grants.includes("ses:send")).map(({ name }) => name));
    for (const sender of senders) expect(may(sender, /^ses:/, /identity\/\*/)).toBe(false);
  });
});
