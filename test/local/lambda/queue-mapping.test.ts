import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "vitest";
import type { Cloud } from "../../../local/cloud.ts";
import { bootStack, clientsOf, eventually, probe, statement } from "../support/cloud.ts";

const arn = (logicalId: string) => ({ "Fn::GetAtt": [logicalId, "Arn"] });
const queueRights = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/** A queue with a dead-letter queue, read by the probe function, which tells what it got to the queue Results. */
const resources = (mapping: object = {}, rights: readonly string[] = queueRights) => ({
  DeadLetters: { Type: "AWS::SQS::Queue", Properties: { QueueName: "dead" } },
  Results: { Type: "AWS::SQS::Queue", Properties: { QueueName: "results" } },
  Work: {
    Type: "AWS::SQS::Queue",
    Properties: { QueueName: "work", VisibilityTimeout: 6, RedrivePolicy: { deadLetterTargetArn: arn("DeadLetters"), maxReceiveCount: 2 } },
  },
  ...probe({
    mode: "records",
    environment: { RESULT_URL: { Ref: "Results" } },
    statements: [statement(rights, arn("Work")), statement("sqs:SendMessage", arn("Results"))],
  }),
  Mapping: {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: {
      FunctionName: { Ref: "Probe" },
      EventSourceArn: arn("Work"),
      BatchSize: 10,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ...mapping,
    },
  },
});

const urlOf = (cloud: Cloud, logicalId: string) => cloud.resource(logicalId).ref;
const send = (cloud: Cloud, text: string) =>
  clientsOf(cloud).sqs.send(new SendMessageCommand({ QueueUrl: urlOf(cloud, "Work"), MessageBody: text }));

async function take(cloud: Cloud, logicalId: string, seconds = 5): Promise<Message | undefined> {
  const { sqs } = clientsOf(cloud);
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: urlOf(cloud, logicalId), WaitTimeSeconds: seconds, MessageSystemAttributeNames: ["All"] }),
  );
  const message = Messages?.[0];
  if (message) await sqs.send(new DeleteMessageCommand({ QueueUrl: urlOf(cloud, logicalId), ReceiptHandle: message.ReceiptHandle }));
  return message;
}

const textsIn = (message: Message | undefined): string[] => JSON.parse(message!.Body!).texts;

async function emptied(cloud: Cloud): Promise<boolean> {
  const { Attributes } = await clientsOf(cloud).sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: urlOf(cloud, "Work"), AttributeNames: ["All"] }),
  );
  return Attributes!.ApproximateNumberOfMessages === "0" && Attributes!.ApproximateNumberOfMessagesNotVisible === "0";
}

/** Lambda developer guide: "Using Lambda with Amazon SQS", with "Handling errors for an SQS event source". */
describe("a queue that invokes a function", () => {
  let cloud: Cloud;
  afterEach(() => cloud?.stop());

  it("hands over records in the documented form and deletes what succeeded", async () => {
    cloud = await bootStack(resources());
    await send(cloud, "one");
    const result = await take(cloud, "Results");
    const { first } = JSON.parse(result!.Body!);
    expect(first).toMatchObject({
      body: "one",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:eu-west-2:000000000000:work",
      awsRegion: "eu-west-2",
      md5OfBody: "f97c5d29941bfb1b2fdab0874906ab82",
      messageAttributes: {},
    });
    expect(first.attributes).toMatchObject({ ApproximateReceiveCount: "1", SentTimestamp: expect.stringMatching(/^\d{13}$/) });
    await eventually(() => emptied(cloud));
  });

  it("returns only the reported items, and moves them to the dead-letter queue after their last receive", async () => {
    cloud = await bootStack(resources({ MaximumBatchingWindowInSeconds: 1 }), { retryAfterSeconds: 0 });
    await send(cloud, "good");
    await send(cloud, "fail this");
    const dead = await take(cloud, "DeadLetters", 15);
    expect(dead!.Body).toBe("fail this");
    expect(dead!.Attributes!.DeadLetterQueueSourceArn).toBe("arn:aws:sqs:eu-west-2:000000000000:work");
    const seen: string[] = [];
    while (seen.length < 3) seen.push(...textsIn(await take(cloud, "Results")));
    expect(seen.sort()).toEqual(["fail this", "fail this", "good"]);
  });

  it("returns a whole batch when the function throws, visible again only after the visibility timeout", async () => {
    cloud = await bootStack(resources({ BatchSize: 1 }));
    const begun = Date.now();
    await send(cloud, "poison");
    await take(cloud, "Results");
    const second = await take(cloud, "Results", 10);
    expect(textsIn(second)).toEqual(["poison"]);
    expect(Date.now() - begun).toBeGreaterThan(5_500);
  });

  it("takes what a killed process held up again", async () => {
    cloud = await bootStack(resources({ BatchSize: 1 }), { retryAfterSeconds: 0 });
    await send(cloud, "exit");
    expect((await take(cloud, "DeadLetters", 15))!.Body).toBe("exit");
  });

  it("drops what the filter does not take", async () => {
    cloud = await bootStack(
      resources({ FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ body: { kind: [{ prefix: "wanted" }] } }) }] } }),
    );
    await send(cloud, JSON.stringify({ kind: "other" }));
    await send(cloud, JSON.stringify({ kind: "wanted-1" }));
    expect(textsIn(await take(cloud, "Results"))).toEqual([JSON.stringify({ kind: "wanted-1" })]);
    await eventually(() => emptied(cloud));
  });

  it("delivers every batch twice when that fault is asked for", async () => {
    cloud = await bootStack(resources(), { duplicateEvents: true });
    await send(cloud, "twice");
    expect([textsIn(await take(cloud, "Results")), textsIn(await take(cloud, "Results"))]).toEqual([["twice"], ["twice"]]);
    await eventually(() => emptied(cloud));
  });

  it.each(queueRights)("does not start when the function's role lacks %s", async (missing) => {
    const rights = queueRights.filter((right) => right !== missing);
    await expect(bootStack(resources({}, rights))).rejects.toThrow(
      `Stack Test, resource Mapping (AWS::Lambda::EventSourceMapping): the function execution role of probe does not have permissions to call ${missing}`,
    );
  });

  it("does not start when the queue's visibility is shorter than the function's timeout", async () => {
    const changed = resources();
    changed.Work.Properties.VisibilityTimeout = 4;
    await expect(bootStack(changed)).rejects.toThrow("shorter than the function's timeout");
  });
});
