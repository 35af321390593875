import { randomBytes } from "node:crypto";
import { functionDynamo, functionSqsSender } from "../aws/clients.ts";
import { DynamoDirectoryStore } from "../aws/directory-store.ts";
import { readEnvironment } from "../aws/environment.ts";
import { processMeter as meter } from "../aws/meter.ts";
import { DynamoPushSubscriptionStore } from "../aws/push-subscription-store.ts";
import { createStageQueue } from "../aws/stage-queue.ts";
import { DynamoVapidKeyStore } from "../aws/vapid-keys.ts";
import { createWebPush } from "../aws/web-push.ts";
import { type PushJob, pushJobSchema } from "../core/flows/jobs.ts";
import { push } from "../core/flows/push.ts";
import { countMetric } from "./edge/observe.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment(["CONNECTIONS_TABLE", "DIRECTORY_TABLE", "PUSH_QUEUE_URL", "PUSH_LOOPBACK", "MAIL_DOMAINS"]);
const dynamo = functionDynamo();
const metrics = { removed: "PushesRemoved", retried: "PushesRetried", givenUp: "PushesGivenUp", refused: "PushesRefused" } as const;
const ports = {
  subscriptions: new DynamoPushSubscriptionStore(dynamo, environment.CONNECTIONS_TABLE),
  directory: new DynamoDirectoryStore(dynamo, environment.DIRECTORY_TABLE),
  web: createWebPush({ allowLoopback: environment.PUSH_LOOPBACK === "allow" }),
  queue: createStageQueue<PushJob>(functionSqsSender(), environment.PUSH_QUEUE_URL, meter),
  keys: new DynamoVapidKeyStore(dynamo, environment.CONNECTIONS_TABLE),
  contact: `mailto:postmaster@${environment.MAIL_DOMAINS[0]}`,
  now: Date.now,
  randomOctets: (count: number) => randomBytes(count),
  untaken: (how: keyof typeof metrics) => countMetric(metrics[how], 1),
};

export const handler = queueHandler({ stage: "push", schema: pushJobSchema, run: (job) => push(ports, job), atOnce: 10 });
