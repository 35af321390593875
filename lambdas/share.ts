import * as z from "zod";
import { DynamoAccountLogStore } from "../aws/account-log-store.ts";
import { functionBlobStore, functionDynamo, functionPushChannel, functionSqsSender } from "../aws/clients.ts";
import { DynamoConnectionStore } from "../aws/connection-store.ts";
import { DynamoDirectoryStore } from "../aws/directory-store.ts";
import { readEnvironment } from "../aws/environment.ts";
import { processMeter as meter } from "../aws/meter.ts";
import { DynamoPushSubscriptionStore } from "../aws/push-subscription-store.ts";
import { createStageQueue } from "../aws/stage-queue.ts";
import { type PushJob, type ShareJob, shareJobSchema, type TellJob, tellJobSchema } from "../core/flows/jobs.ts";
import { share } from "../core/flows/share.ts";
import { tellReaders } from "../core/flows/tell-readers.ts";
import { StoredAccountLog } from "../core/log/account-log.ts";
import { countMetric, describeError, logger } from "./edge/observe.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment([
  "ACCOUNTS_TABLE",
  "DIRECTORY_TABLE",
  "CONNECTIONS_TABLE",
  "STATE_BUCKET",
  "EPOCH",
  "SOCKET_ENDPOINT",
  "PUSH_QUEUE_URL",
]);
const dynamo = functionDynamo();
const store = new DynamoAccountLogStore(dynamo, environment.ACCOUNTS_TABLE);
const blobs = functionBlobStore(environment.STATE_BUCKET);
const ports = {
  log: new StoredAccountLog({ store, blobs, epoch: environment.EPOCH, now: Date.now }),
  store,
  directory: new DynamoDirectoryStore(dynamo, environment.DIRECTORY_TABLE),
  connections: new DynamoConnectionStore(dynamo, environment.CONNECTIONS_TABLE),
  subscriptions: new DynamoPushSubscriptionStore(dynamo, environment.CONNECTIONS_TABLE),
  push: functionPushChannel(environment.SOCKET_ENDPOINT),
  pushQueue: createStageQueue<PushJob>(functionSqsSender(), environment.PUSH_QUEUE_URL, meter),
  now: Date.now,
  pushFailed: (error: unknown) => {
    logger.warn("A push failed", { error: describeError(error) });
    countMetric("PushesFailed", 1);
  },
};

const run = (job: ShareJob | TellJob) => ("entry" in job ? share(ports, job) : tellReaders(ports, job));

export const handler = queueHandler({ stage: "share", schema: z.union([shareJobSchema, tellJobSchema]), run, atOnce: 2 });
