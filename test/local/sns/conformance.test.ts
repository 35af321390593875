import { PublishBatchCommand, PublishCommand } from "@aws-sdk/client-sns";
import { DeleteMessageCommand, type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Cloud } from "../../../local/cloud.ts";
import { bootStack, clientsOf, probe } from "../support/cloud.ts";

const arn = (logicalId: string) => ({ "Fn::GetAtt": [logicalId, "Arn"] });
const subscribed = (queue: string, more: object = {}) => ({
  Type: "AWS::SNS::Subscription",
  Properties: { TopicArn: { Ref: "Topic" }, Protocol: "sqs", Endpoint: arn(queue), ...more },
});
const mayBeSentTo = (queue: string, topic: unknown) => ({
  Type: "AWS::SQS::QueuePolicy",
  Properties: {
    Queues: [{ Ref: queue }],
    PolicyDocument: {
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "sns.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: arn(queue),
          Condition: { ArnEquals: { "aws:SourceArn": topic } },
        },
      ],
    },
  },
});

/** Amazon SNS developer guide: "Fanout to Amazon SQS queues", "Raw message delivery", "Message filtering", "Dead-letter queues". */
describe("SNS", () => {
  let cloud: Cloud;
  let clients: ReturnType<typeof clientsOf>;
  beforeAll(async () => {
    cloud = await bootStack({
      Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: "inbound" } },
      Raw: { Type: "AWS::SQS::Queue", Properties: {} },
      Wrapped: { Type: "AWS::SQS::Queue", Properties: {} },
      Filtered: { Type: "AWS::SQS::Queue", Properties: {} },
      Closed: { Type: "AWS::SQS::Queue", Properties: {} },
      ClosedDead: { Type: "AWS::SQS::Queue", Properties: {} },
      RawPolicy: mayBeSentTo("Raw", { Ref: "Topic" }),
      WrappedPolicy: mayBeSentTo("Wrapped", { Ref: "Topic" }),
      FilteredPolicy: mayBeSentTo("Filtered", { Ref: "Topic" }),
      ClosedPolicy: mayBeSentTo("Closed", "arn:aws:sns:eu-west-2:000000000000:another"),
      ClosedDeadPolicy: mayBeSentTo("ClosedDead", { Ref: "Topic" }),
      ToRaw: subscribed("Raw", { RawMessageDelivery: true }),
      ToWrapped: subscribed("Wrapped"),
      ToFiltered: subscribed("Filtered", {
        RawMessageDelivery: true,
        FilterPolicy: { kind: ["bounce", { prefix: "compl" }], size: [{ numeric: [">=", 10] }] },
      }),
      ToClosed: subscribed("Closed", { RawMessageDelivery: true, RedrivePolicy: { deadLetterTargetArn: arn("ClosedDead") } }),
      ToFunction: {
        Type: "AWS::SNS::Subscription",
        Properties: { TopicArn: { Ref: "Topic" }, Protocol: "lambda", Endpoint: arn("Probe") },
      },
      MayInvoke: {
        Type: "AWS::Lambda::Permission",
        Properties: {
          Action: "lambda:InvokeFunction",
          FunctionName: arn("Probe"),
          Principal: "sns.amazonaws.com",
          SourceArn: { Ref: "Topic" },
        },
      },
      ...probe({}),
    });
    clients = clientsOf(cloud);
  });
  afterAll(() => cloud.stop());

  const publish = (Message: string, more: object = {}) =>
    clients.sns.send(new PublishCommand({ TopicArn: cloud.resource("Topic").ref, Message, ...more }));
  const take = async (logicalId: string, WaitTimeSeconds = 0): Promise<Message | undefined> => {
    const QueueUrl = cloud.resource(logicalId).ref;
    const { Messages } = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds, MessageAttributeNames: ["All"] }));
    if (Messages?.[0]) await clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle }));
    return Messages?.[0];
  };

  it("delivers raw, wrapped and to a function, once the publisher is answered", async () => {
    const invocations = () => cloud.invokeCounts().probe?.invocations ?? 0;
    const before = invocations();
    await publish("hello", { Subject: "s", MessageAttributes: { kind: { DataType: "String", StringValue: "x" } } });
    const raw = await take("Raw");
    expect(raw!.Body).toBe("hello");
    expect(raw!.MessageAttributes!.kind!.StringValue).toBe("x");
    expect(JSON.parse((await take("Wrapped"))!.Body!)).toMatchObject({
      Type: "Notification",
      TopicArn: cloud.resource("Topic").ref,
      Message: "hello",
      Subject: "s",
      MessageAttributes: { kind: { Type: "String", Value: "x" } },
    });
    await expect.poll(invocations).toBe(before + 1);
  });

  it("delivers only what the filter policy takes", async () => {
    const attributes = (kind: string, size: string) => ({
      MessageAttributes: { kind: { DataType: "String", StringValue: kind }, size: { DataType: "Number", StringValue: size } },
    });
    await publish("too small", attributes("bounce", "9"));
    await publish("no", attributes("delivery", "11"));
    await publish("yes", attributes("complaint", "10"));
    expect((await take("Filtered"))!.Body).toBe("yes");
    expect(await take("Filtered")).toBeUndefined();
  });

  it("does not reach a queue whose policy names another topic: the message goes to the subscription's dead-letter queue", async () => {
    while (await take("ClosedDead"));
    await publish("refused");
    expect(await take("Closed")).toBeUndefined();
    expect((await take("ClosedDead"))!.Body).toBe("refused");
  });

  it("publishes batches", async () => {
    const { Successful } = await clients.sns.send(
      new PublishBatchCommand({
        TopicArn: cloud.resource("Topic").ref,
        PublishBatchRequestEntries: [
          { Id: "a", Message: "1" },
          { Id: "b", Message: "2" },
        ],
      }),
    );
    expect(Successful!.map(({ Id }) => Id)).toEqual(["a", "b"]);
  });

  it("does not know a topic that the template does not make, and lets no role publish without the right", async () => {
    const { sns } = clientsOf(cloud, cloud.functionCredentials("probe"));
    await expect(
      clients.sns.send(new PublishCommand({ TopicArn: "arn:aws:sns:eu-west-2:000000000000:none", Message: "x" })),
    ).rejects.toMatchObject({ name: "NotFoundException" });
    await expect(sns.send(new PublishCommand({ TopicArn: cloud.resource("Topic").ref, Message: "x" }))).rejects.toMatchObject({
      Code: "AccessDenied",
    });
  });
});
