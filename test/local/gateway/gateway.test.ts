import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetQueueUrlCommand, ListQueuesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Cloud } from "../../../local/cloud.ts";
import { bootStack, clientsOf, probe, statement } from "../support/cloud.ts";

/** IAM user guide: "AWS Signature Version 4 for API requests"; common errors of the API references. */
describe("the gateway", () => {
  let cloud: Cloud;
  let now = 0;
  beforeAll(async () => {
    cloud = await bootStack(
      {
        Work: { Type: "AWS::SQS::Queue", Properties: { QueueName: "work" } },
        ...probe({ statements: [statement("sqs:GetQueueUrl", "*")] }),
      },
      { clock: { now: () => Date.now() + now } },
    );
  });
  afterAll(() => cloud.stop());

  const getUrl = (credentials = {}) =>
    clientsOf(cloud, { ...cloud.credentials, ...credentials }).sqs.send(new GetQueueUrlCommand({ QueueName: "work" }));

  it("answers a signed call", async () => {
    expect((await getUrl()).QueueUrl).toContain("/work");
  });

  it("refuses a wrong secret, an unknown key and a missing signature", async () => {
    await expect(getUrl({ secretAccessKey: "wrong" })).rejects.toMatchObject({
      name: "InvalidSignatureException",
      $metadata: { httpStatusCode: 403 },
    });
    await expect(getUrl({ accessKeyId: "AKIAUNKNOWN" })).rejects.toMatchObject({ name: "UnrecognizedClientException" });
    const bare = await fetch(cloud.endpoints.gateway, { method: "POST", body: "{}", headers: { "x-amz-target": "AmazonSQS.ListQueues" } });
    expect(bare.status).toBe(403);
    expect(await bare.json()).toMatchObject({ __type: "MissingAuthenticationToken" });
  });

  it("refuses a role's key without its session token", async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = cloud.functionCredentials("probe");
    expect((await getUrl({ accessKeyId, secretAccessKey, sessionToken })).QueueUrl).toBeDefined();
    await expect(getUrl({ accessKeyId, secretAccessKey })).rejects.toMatchObject({ name: "UnrecognizedClientException" });
  });

  it("refuses a request that was signed too long ago", async () => {
    now = 20 * 60 * 1000;
    await expect(getUrl()).rejects.toMatchObject({ name: "InvalidSignatureException" });
    now = 0;
  });

  it("refuses a body that is not the one signed", async () => {
    const client = clientsOf(cloud).sqs;
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body: string }).body = JSON.stringify({ QueueName: "w0rk" });
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    await expect(client.send(new GetQueueUrlCommand({ QueueName: "work" }))).rejects.toMatchObject({ name: "InvalidSignatureException" });
  });

  it("refuses what the role's policies do not allow, in the shape that each service's SDK knows", async () => {
    const clients = clientsOf(cloud, cloud.functionCredentials("probe"));
    await expect(clients.sqs.send(new ListQueuesCommand({}))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining("is not authorized to perform: sqs:ListQueues"),
    });
    await expect(clients.dynamodb.send(new PutItemCommand({ TableName: "t", Item: { pk: { S: "x" } } }))).rejects.toMatchObject({
      name: "AccessDeniedException",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("listens on loopback only", async () => {
    expect(new URL(cloud.endpoints.gateway).hostname).toBe("127.0.0.1");
  });

  it("says so for a service that there is not", async () => {
    const answer = await fetch(cloud.endpoints.gateway, {
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${cloud.credentials.accessKeyId}/20261122/eu-west-2/ec2/aws4_request, SignedHeaders=host, Signature=00`,
        "x-amz-date": "20261122T000000Z",
      },
    });
    expect(answer.status).toBe(501);
  });
});
