import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Cloud } from "../../../local/cloud.ts";
import { bootStack, clientsOf } from "../support/cloud.ts";

/** Amazon SQS developer guide (visibility timeout, dead-letter queues, delay, long polling) and API reference. */
describe("SQS", () => {
  let cloud: Cloud;
  let clients: ReturnType<typeof clientsOf>;
  let work: string;
  let dead: string;

  beforeAll(async () => {
    cloud = await bootStack({
      Dead: { Type: "AWS::SQS::Queue", Properties: { QueueName: "dead" } },
      Work: {
        Type: "AWS::SQS::Queue",
        Properties: {
          QueueName: "work",
          VisibilityTimeout: 2,
          RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["Dead", "Arn"] }, maxReceiveCount: 2 },
        },
      },
    });
    clients = clientsOf(cloud);
    work = cloud.resource("Work").ref;
    dead = cloud.resource("Dead").ref;
  });
  afterAll(() => cloud.stop());

  const send = (body: string, more: object = {}) =>
    clients.sqs.send(new SendMessageCommand({ QueueUrl: work, MessageBody: body, ...more }));
  const receive = async (more: Partial<ReceiveMessageCommandInput> = {}) =>
    (await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: work, MessageSystemAttributeNames: ["All"], ...more }))).Messages ?? [];
  const remove = (handle: string | undefined) => clients.sqs.send(new DeleteMessageCommand({ QueueUrl: work, ReceiptHandle: handle }));

  beforeEach(async () => {
    for (const QueueUrl of [work, dead]) {
      for (;;) {
        const left = await receive({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 60 });
        if (left.length === 0) break;
        for (const message of left) await clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      }
    }
  });

  it("gives a queue URL on loopback, so that the SDK goes there", async () => {
    const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: "work" }));
    expect(QueueUrl).toBe(`${cloud.endpoints.gateway}/000000000000/work`);
  });

  it("keeps body and attributes, with digests that the SDK checks", async () => {
    const attributes = {
      trace: { DataType: "String", StringValue: "abc" },
      size: { DataType: "Number", StringValue: "42" },
      raw: { DataType: "Binary", BinaryValue: Buffer.of(0, 1, 255) },
    };
    await send("héllo", { MessageAttributes: attributes });
    const [message] = await receive({ MessageAttributeNames: ["All"] });
    expect(message!.Body).toBe("héllo");
    expect(message!.MessageAttributes!.raw!.BinaryValue).toEqual(new Uint8Array([0, 1, 255]));
    expect(message!.MessageAttributes!.size!.StringValue).toBe("42");
    await remove(message!.ReceiptHandle);
  });

  it("hides a received message until its visibility timeout ends, then counts the next receive", async () => {
    await send("hidden");
    const [first] = await receive();
    expect(await receive()).toEqual([]);
    const [second] = await receive({ WaitTimeSeconds: 4 });
    expect(second!.MessageId).toBe(first!.MessageId);
    expect(second!.Attributes!.ApproximateReceiveCount).toBe("2");
    await remove(second!.ReceiptHandle);
  });

  it("deletes by the newest receipt handle only", async () => {
    await send("twice received");
    const [first] = await receive({ VisibilityTimeout: 0 });
    const [second] = await receive({ VisibilityTimeout: 1 });
    await remove(first!.ReceiptHandle);
    expect(second).toBeDefined();
    const { Attributes } = await clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl: work, AttributeNames: ["All"] }));
    expect(Attributes!.ApproximateNumberOfMessagesNotVisible).toBe("1");
    await remove(second!.ReceiptHandle);
  });

  it("changes the visibility of a message in flight", async () => {
    await send("back at once");
    const [first] = await receive({ VisibilityTimeout: 60 });
    await clients.sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: work, ReceiptHandle: first!.ReceiptHandle, VisibilityTimeout: 0 }),
    );
    const [second] = await receive();
    expect(second!.MessageId).toBe(first!.MessageId);
    await remove(second!.ReceiptHandle);
    await expect(
      clients.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: work, ReceiptHandle: second!.ReceiptHandle, VisibilityTimeout: 5 })),
    ).rejects.toMatchObject({ name: "MessageNotInflight" });
  });

  it("moves a message to the dead-letter queue after maxReceiveCount receives, and back with a move task", async () => {
    await send("doomed");
    await receive({ VisibilityTimeout: 0 });
    await receive({ VisibilityTimeout: 0 });
    expect(await receive()).toEqual([]);
    const [moved] = await receive({ QueueUrl: dead, VisibilityTimeout: 0 });
    expect(moved!.Body).toBe("doomed");
    expect(moved!.Attributes!.DeadLetterQueueSourceArn).toBe("arn:aws:sqs:eu-west-2:000000000000:work");
    await clients.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: cloud.resource("Dead").attributes.Arn! }));
    const [back] = await receive();
    expect(back!.Body).toBe("doomed");
    expect(back!.Attributes!.ApproximateReceiveCount).toBe("1");
    await remove(back!.ReceiptHandle);
  });

  it("delays a message", async () => {
    await send("later", { DelaySeconds: 1 });
    expect(await receive()).toEqual([]);
    const [message] = await receive({ WaitTimeSeconds: 4 });
    expect(message!.Body).toBe("later");
    await remove(message!.ReceiptHandle);
  });

  it("answers a long poll as soon as a message comes", async () => {
    const begun = Date.now();
    const waiting = receive({ WaitTimeSeconds: 10 });
    setTimeout(() => void send("now"), 300);
    const [message] = await waiting;
    expect(message!.Body).toBe("now");
    expect(Date.now() - begun).toBeLessThan(3_000);
    await remove(message!.ReceiptHandle);
  });

  it("takes batches of ten, tells failures one by one", async () => {
    const Entries = Array.from({ length: 10 }, (_, at) => ({ Id: `m${at}`, MessageBody: at === 3 ? "bad \u0000" : `body ${at}` }));
    const { Successful, Failed } = await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: work, Entries }));
    expect(Successful).toHaveLength(9);
    expect(Failed).toEqual([expect.objectContaining({ Id: "m3", Code: "InvalidMessageContents", SenderFault: true })]);
    expect(await receive({ MaxNumberOfMessages: 10 })).toHaveLength(9);
    await expect(
      clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: work, Entries: [...Entries, { Id: "m11", MessageBody: "x" }] })),
    ).rejects.toMatchObject({
      name: expect.stringContaining("TooManyEntriesInBatchRequest"),
    });
  });

  it("refuses what is outside its limits, and queues that there are not", async () => {
    await expect(send("x".repeat(1_048_577))).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(send("x", { DelaySeconds: 901 })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(receive({ MaxNumberOfMessages: 11 })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(clients.sqs.send(new GetQueueUrlCommand({ QueueName: "none" }))).rejects.toMatchObject({ name: "QueueDoesNotExist" });
    await expect(remove("not a handle")).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid" });
  });
});
