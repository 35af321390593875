import { InvokeCommand } from "@aws-sdk/client-lambda";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "vitest";
import { type Cloud, startCloud } from "../../../local/cloud.ts";
import { fixtures, temporaryFolder, writeAssembly } from "../support/assembly.ts";
import { bootStack, clientsOf, probe, statement } from "../support/cloud.ts";

const arn = (logicalId: string) => ({ "Fn::GetAtt": [logicalId, "Arn"] });
const resources = (may: boolean) => ({
  Failed: { Type: "AWS::SQS::Queue", Properties: { QueueName: "failed" } },
  ...probe({ statements: may ? [statement("sqs:SendMessage", arn("Failed"))] : [] }),
  Later: {
    Type: "AWS::Lambda::EventInvokeConfig",
    Properties: {
      FunctionName: { Ref: "Probe" },
      Qualifier: "$LATEST",
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: arn("Failed") } },
    },
  },
});

const later = (cloud: Cloud, event: object) =>
  clientsOf(cloud).lambda.send(new InvokeCommand({ FunctionName: "probe", InvocationType: "Event", Payload: JSON.stringify(event) }));
const failed = async (cloud: Cloud, WaitTimeSeconds: number) =>
  (await clientsOf(cloud).sqs.send(new ReceiveMessageCommand({ QueueUrl: cloud.resource("Failed").ref, WaitTimeSeconds }))).Messages?.[0]
    ?.Body;

/** Lambda developer guide: "Invoking a function asynchronously", "Capturing records of asynchronous invocations". */
describe("an asynchronous invocation", () => {
  let cloud: Cloud;
  afterEach(() => cloud?.stop());

  it("that fails for good goes to the on-failure destination with its event and its error", async () => {
    cloud = await bootStack(resources(true));
    await later(cloud, { wish: "throw", n: 1 });
    expect(JSON.parse((await failed(cloud, 10))!)).toMatchObject({
      requestContext: { condition: "RetriesExhausted", functionArn: "arn:aws:lambda:eu-west-2:000000000000:function:probe:$LATEST" },
      requestPayload: { wish: "throw", n: 1 },
      responseContext: { functionError: "Unhandled" },
      responsePayload: { errorType: "TypeError", errorMessage: "as asked" },
    });
  });

  it("cannot be reported to a destination that the function's role may not reach", async () => {
    cloud = await bootStack(resources(false));
    await later(cloud, { wish: "throw" });
    await expect.poll(() => cloud.invokeCounts().probe?.errors).toBe(1);
    expect(await failed(cloud, 1)).toBeUndefined();
  });

  it("that was accepted is done after a restart", async () => {
    const assemblyDir = writeAssembly({ Test: { Resources: resources(true) } }, { "probe.zip": `${fixtures}/functions/probe` });
    const dataDir = temporaryFolder();
    cloud = await startCloud({ assemblyDir, dataDir });
    await later(cloud, { wish: "sleep", milliseconds: 4_500 });
    await cloud.stop();
    cloud = await startCloud({ assemblyDir, dataDir });
    await expect.poll(() => cloud.invokeCounts().probe?.invocations ?? 0, { timeout: 5_000 }).toBe(1);
  });
});
