import { functionDynamo, functionPushChannel, functionSqsSender } from "../aws/clients.ts";
import { DynamoConnectionStore } from "../aws/connection-store.ts";
import { readEnvironment } from "../aws/environment.ts";
import { processMeter as meter } from "../aws/meter.ts";
import { createStageQueue } from "../aws/stage-queue.ts";
import type { IndexJob, PushJob, ShareJob, SnapshotJob, SubmitJob, TellJob } from "../core/flows/jobs.ts";
import { notify } from "../core/flows/notify.ts";
import { countMetric, describeError, logger } from "./edge/observe.ts";
import { entryStreamHandler } from "./edge/stream.ts";

const environment = readEnvironment([
  "CONNECTIONS_TABLE",
  "SOCKET_ENDPOINT",
  "SUBMIT_QUEUE_URL",
  "SNAPSHOT_QUEUE_URL",
  "INDEX_QUEUE_URL",
  "PUSH_QUEUE_URL",
  "SHARE_QUEUE_URL",
]);
const sender = functionSqsSender();
const ports = {
  connections: new DynamoConnectionStore(functionDynamo(), environment.CONNECTIONS_TABLE),
  push: functionPushChannel(environment.SOCKET_ENDPOINT),
  submitQueue: createStageQueue<SubmitJob>(sender, environment.SUBMIT_QUEUE_URL, meter),
  snapshotQueue: createStageQueue<SnapshotJob>(sender, environment.SNAPSHOT_QUEUE_URL, meter),
  indexQueue: createStageQueue<IndexJob>(sender, environment.INDEX_QUEUE_URL, meter),
  pushQueue: createStageQueue<PushJob>(sender, environment.PUSH_QUEUE_URL, meter),
  shareQueue: createStageQueue<ShareJob | TellJob>(sender, environment.SHARE_QUEUE_URL, meter),
  now: Date.now,
  pushFailed: (error: unknown) => {
    logger.warn("A push failed", { error: describeError(error) });
    countMetric("PushesFailed", 1);
  },
};

export const handler = entryStreamHandler({ stage: "notify", run: (entries) => notify(ports, entries) });
