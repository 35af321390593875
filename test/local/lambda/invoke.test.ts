import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, type InvokeCommandInput } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Cloud } from "../../../local/cloud.ts";
import { bootStack, clientsOf, probe, statement } from "../support/cloud.ts";

/** Lambda developer guide: "Lambda runtime API", "Understanding the Lambda execution environment lifecycle", "Invoke" API reference. */
describe("invoking a function", () => {
  let cloud: Cloud;
  const invoke = async (event: object, more: Partial<InvokeCommandInput> = {}) => {
    const { lambda } = clientsOf(cloud);
    const answer = await lambda.send(new InvokeCommand({ FunctionName: "probe", Payload: JSON.stringify(event), ...more }));
    return { status: answer.StatusCode, error: answer.FunctionError, payload: JSON.parse(answer.Payload?.transformToString() || "null") };
  };

  beforeAll(async () => {
    cloud = await bootStack({
      Table: {
        Type: "AWS::DynamoDB::Table",
        Properties: {
          TableName: "things",
          BillingMode: "PAY_PER_REQUEST",
          KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
          AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
        },
      },
      ...probe({
        environment: { TABLE_NAME: { Ref: "Table" } },
        properties: { Timeout: 2, MemorySize: 256 },
        statements: [statement("dynamodb:PutItem", { "Fn::GetAtt": ["Table", "Arn"] })],
      }),
    });
  });
  afterAll(() => cloud.stop());

  it("gives the answer of the handler and keeps the process warm", async () => {
    const first = await invoke({ hello: 1 });
    const second = await invoke({ hello: 2 });
    expect(first).toMatchObject({ status: 200, error: undefined, payload: { event: { hello: 1 } } });
    expect(second.payload).toMatchObject({ event: { hello: 2 }, pid: first.payload.pid, invocations: first.payload.invocations + 1 });
  });

  it("gives the template's variables and Lambda's own, and none of this machine's", async () => {
    const { payload } = await invoke({ wish: "environment" });
    expect(payload).toMatchObject({
      TABLE_NAME: "things",
      _HANDLER: "index.handler",
      AWS_LAMBDA_FUNCTION_NAME: "probe",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
      AWS_REGION: "eu-west-2",
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    });
    expect(payload).not.toHaveProperty("HOME");
  });

  it("gives a context with the deadline", async () => {
    const { payload } = await invoke({ wish: "context" });
    expect(payload).toMatchObject({ functionName: "probe", memoryLimitInMB: "256", functionVersion: "$LATEST" });
    expect(payload.invokedFunctionArn).toBe("arn:aws:lambda:eu-west-2:000000000000:function:probe");
    expect(payload.remaining).toBeGreaterThan(1_000);
    expect(payload.remaining).toBeLessThanOrEqual(2_000);
  });

  it("tells an error of the handler as a function error", async () => {
    const { status, error, payload } = await invoke({ wish: "throw" });
    expect({ status, error }).toEqual({ status: 200, error: "Unhandled" });
    expect(payload).toMatchObject({ errorType: "TypeError", errorMessage: "as asked" });
    expect(payload.trace[0]).toContain("as asked");
  });

  it("ends a process at its timeout and starts another for the next invocation", async () => {
    const { error, payload } = await invoke({ wish: "hang" });
    expect(error).toBe("Unhandled");
    expect(payload).toMatchObject({ errorType: "Sandbox.Timedout" });
    expect(payload.errorMessage).toContain("Task timed out after 2.00 seconds");
    expect((await invoke({})).error).toBeUndefined();
  });

  it("survives a process that ends itself, and one that is killed", async () => {
    expect((await invoke({ wish: "exit" })).payload).toMatchObject({ errorType: "Runtime.ExitError" });
    const sleeping = invoke({ wish: "sleep", milliseconds: 1_500 });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(cloud.killFunction("probe")).toBeGreaterThan(0);
    expect((await sleeping).payload).toMatchObject({ errorType: "Runtime.ExitError" });
    expect((await invoke({ again: true })).payload.event).toEqual({ again: true });
  });

  it("refuses an answer over 6 MB", async () => {
    expect((await invoke({ wish: "large" })).payload).toMatchObject({ errorType: "Function.ResponseSizeTooLarge" });
  });

  it("runs invocations beside each other, each in a process of its own", async () => {
    const [one, two] = await Promise.all([invoke({ wish: "sleep", milliseconds: 1_500 }), invoke({ wish: "sleep", milliseconds: 1_500 })]);
    expect(one.payload.pid).not.toBe(two.payload.pid);
  });

  it("accepts an event for later with 202", async () => {
    const before = cloud.invokeCounts().probe!.invocations;
    expect((await invoke({}, { InvocationType: "Event" })).status).toBe(202);
    await expect.poll(() => cloud.invokeCounts().probe!.invocations).toBe(before + 1);
  });

  it("lets the function act with its role's rights, and gives it a genuine refusal beyond them", async () => {
    const stored = await invoke({ wish: "put", item: { pk: { S: "a" } } });
    expect(stored.payload).toBe("stored");
    const read = clientsOf(cloud, cloud.functionCredentials("probe")).dynamodb.send(
      new GetItemCommand({ TableName: "things", Key: { pk: { S: "a" } } }),
    );
    await expect(read).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it("hides packages that AWS would not have, and gives the SDK that Lambda's runtime brings", async () => {
    expect((await invoke({ wish: "require", module: "zod" })).error).toBe("Unhandled");
    expect((await invoke({ wish: "require", module: "@aws-sdk/client-s3" })).payload).toBe("object");
  });

  it("leads names under amazonaws.com to the gateway", async () => {
    const { payload } = await invoke({ wish: "get-host", url: "https://nothing.eu-west-2.amazonaws.com/somewhere" });
    expect(payload.status).toBe(403);
    expect(payload.text).toContain("Authentication Token");
  });

  it("does not know a function that the template does not make", async () => {
    await expect(invoke({}, { FunctionName: "other" })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("a function that cannot start", () => {
  it("fails each invocation with the error of its initialisation", async () => {
    const cloud = await bootStack(probe({ mode: "init-error" }));
    try {
      const answer = await clientsOf(cloud).lambda.send(new InvokeCommand({ FunctionName: "probe" }));
      expect(answer.FunctionError).toBe("Unhandled");
      expect(JSON.parse(answer.Payload!.transformToString())).toMatchObject({ errorMessage: "this function cannot start" });
    } finally {
      await cloud.stop();
    }
  });
});
