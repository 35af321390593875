import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { type Cloud, type CloudOptions, startCloud } from "../../../local/cloud.ts";
import type { RawResource } from "../../../local/template/assembly.ts";
import { fixtures, temporaryFolder, writeAssembly } from "./assembly.ts";

/** Boots one stack, "Test", with these resources and the functions under test/fixtures/local/functions as assets `<folder>.zip`. */
export async function bootStack(resources: Readonly<Record<string, RawResource>>, options: Partial<CloudOptions> = {}): Promise<Cloud> {
  const assemblyDir = writeAssembly({ Test: { Resources: resources } }, { "probe.zip": `${fixtures}/functions/probe` });
  return startCloud({ assemblyDir, dataDir: temporaryFolder(), functionProcesses: 2, ...options });
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** SDK clients against the cloud, as the operator or with the credentials given. */
export function clientsOf(cloud: Cloud, credentials: Credentials = cloud.credentials) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const options = {
    endpoint: cloud.endpoints.gateway,
    region: cloud.region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
    maxAttempts: 1,
  };
  return {
    dynamodb: new DynamoDBClient(options),
    sqs: new SQSClient(options),
    sns: new SNSClient(options),
    lambda: new LambdaClient(options),
    events: new EventBridgeClient(options),
  };
}

/** Tries until `check` gives something other than undefined or false. */
export async function eventually<T>(check: () => T | Promise<T>, milliseconds = 8_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<T>;
    if (Date.now() > deadline) throw new Error(`not within ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const allow = (actions: string | readonly string[], resource: unknown) => ({ Effect: "Allow", Action: actions, Resource: resource });

/** A role that may do exactly these things, and a probe function that acts as it. */
export function probe(options: {
  statements?: readonly object[];
  environment?: Readonly<Record<string, unknown>>;
  properties?: Readonly<Record<string, unknown>>;
  mode?: string;
}): Record<string, RawResource> {
  return {
    ProbeRole: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
        },
        Policies: [
          { PolicyName: "rights", PolicyDocument: { Version: "2012-10-17", Statement: options.statements ?? [allow("logs:*", "*")] } },
        ],
      },
    },
    Probe: {
      Type: "AWS::Lambda::Function",
      Properties: {
        FunctionName: "probe",
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: { "Fn::GetAtt": ["ProbeRole", "Arn"] },
        Code: { S3Bucket: "assets", S3Key: "probe.zip" },
        Timeout: 5,
        Environment: { Variables: { MODE: options.mode ?? "echo", ...options.environment } },
        ...options.properties,
      },
    },
  };
}

export const statement = allow;
