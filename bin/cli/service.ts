/**
 * The service that a command works on: the laptop's when one runs (`running.json` in its data folder) and no other is asked for, else
 * the one deployed in AWS that the operator's credentials reach. Names follow lib/resource-names.ts in both.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CognitoIdentityProviderClient, paginateListUserPools } from "@aws-sdk/client-cognito-identity-provider";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import { DynamoAccountLogStore } from "../../aws/account-log-store.ts";
import { SdkBlobStore } from "../../aws/blob-store.ts";
import { DynamoConnectionStore } from "../../aws/connection-store.ts";
import { DynamoDirectoryStore } from "../../aws/directory-store.ts";
import { createSdkDynamo } from "../../aws/dynamo-sdk.ts";
import { DynamoPushSubscriptionStore } from "../../aws/push-subscription-store.ts";
import { DynamoReceiptStore } from "../../aws/receipt-store.ts";
import { createSdkSqsSender } from "../../aws/sqs-sdk.ts";
import { createStageQueue } from "../../aws/stage-queue.ts";
import { DynamoTraceStore } from "../../aws/trace-store.ts";
import { TracesTable } from "../../aws/traces-table.ts";
import { DynamoVapidKeyStore } from "../../aws/vapid-keys.ts";
import type { IndexJob, ScanJob } from "../../core/flows/jobs.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import { resourceNames } from "../../lib/resource-names.ts";
import { Refusal } from "./refusal.ts";

const runningShape = z.object({
  region: z.string(),
  accountId: z.string(),
  endpoints: z.object({ gateway: z.string() }),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  resources: z.record(z.string(), z.record(z.string(), z.object({ type: z.string(), ref: z.string() }))),
});

export interface ServiceOptions {
  readonly service: string;
  readonly region?: string;
  readonly account?: string;
  readonly epoch?: string;
  /** Take AWS although a laptop service runs. */
  readonly aws: boolean;
  readonly data?: string;
}

export type Service = ReturnType<typeof connect>;

export const openService = (options: ServiceOptions) => {
  const laptop = options.aws ? null : runningLaptop(options.data ?? process.env.PENFOLD_DATA ?? ".penfold");
  if (laptop) {
    const userPoolId = Object.values(laptop.resources)
      .flatMap((stack) => Object.values(stack))
      .find(({ type }) => type === "AWS::Cognito::UserPool")?.ref;
    const { credentials, endpoints } = laptop;
    return connect(options, laptop.region, laptop.accountId, { endpoint: endpoints.gateway, credentials, userPoolId });
  }
  const region = options.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  const account = options.account ?? process.env.CDK_DEFAULT_ACCOUNT;
  if (!region || !account) {
    throw new Refusal("No service runs on this machine. To work on one in AWS, say --region and --account (and have credentials for it).");
  }
  return connect(options, region, account, {});
};

const runningLaptop = (dataDir: string): z.output<typeof runningShape> | null => {
  const path = join(resolve(dataDir), "running.json");
  return existsSync(path) ? runningShape.parse(JSON.parse(readFileSync(path, "utf8"))) : null;
};

const connect = (
  options: ServiceOptions,
  region: string,
  account: string,
  where: { endpoint?: string; credentials?: { accessKeyId: string; secretAccessKey: string }; userPoolId?: string },
) => {
  // The stores' clients read these as a function's do.
  if (where.endpoint) process.env.AWS_ENDPOINT_URL = where.endpoint;
  const client = { endpoint: where.endpoint, credentials: where.credentials, region };
  const names = resourceNames(options.service, account);
  const dynamo = createSdkDynamo({ client: new DynamoDBClient(client) });
  const store = new DynamoAccountLogStore(dynamo, names.table("accounts"));
  const traces = new TracesTable(dynamo, names.table("traces"));
  const sqs = new SQSClient(client);
  const cognito = new CognitoIdentityProviderClient(client);
  const queueUrl = (name: string) => `${where.endpoint ?? `https://sqs.${region}.amazonaws.com`}/${account}/${name}`;
  const s3 = { forcePathStyle: Boolean(where.endpoint) };
  return {
    region,
    account,
    names,
    sqs,
    cognito,
    queueUrl,
    queueArn: (name: string) => `arn:aws:sqs:${region}:${account}:${name}`,
    directory: new DynamoDirectoryStore(dynamo, names.table("directory")),
    connections: new DynamoConnectionStore(dynamo, names.table("connections")),
    vapidKeys: new DynamoVapidKeyStore(dynamo, names.table("connections")),
    subscriptions: new DynamoPushSubscriptionStore(dynamo, names.table("connections")),
    store,
    log: new StoredAccountLog({
      store,
      blobs: SdkBlobStore.of(names.bucket("state", region), { ...client, ...s3 }),
      epoch: Number(options.epoch ?? 1),
      now: Date.now,
    }),
    receipts: new DynamoReceiptStore(traces),
    traces: new DynamoTraceStore(traces),
    scanQueue: createStageQueue<ScanJob>(createSdkSqsSender(sqs), queueUrl(names.queue("scan"))),
    indexQueue: createStageQueue<IndexJob>(createSdkSqsSender(sqs), queueUrl(names.queue("index"))),
    userPoolId: async () => where.userPoolId ?? userPoolNamed(cognito, options.service),
    now: Date.now,
    randomOctets: (count: number): Uint8Array => randomBytes(count),
  };
};

const userPoolNamed = async (cognito: CognitoIdentityProviderClient, name: string): Promise<string> => {
  for await (const page of paginateListUserPools({ client: cognito }, { MaxResults: 60 })) {
    const pool = page.UserPools?.find((candidate) => candidate.Name === name);
    if (pool?.Id) return pool.Id;
  }
  throw new Refusal(`There is no user pool named ${name} in this region.`);
};
