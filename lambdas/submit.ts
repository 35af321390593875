import { z } from "zod";
import { DynamoAccountLogStore } from "../aws/account-log-store.ts";
import { functionBlobStore, functionDynamo, functionSqsSender } from "../aws/clients.ts";
import { DynamoDispatchStore } from "../aws/dispatch-store.ts";
import { readEnvironment } from "../aws/environment.ts";
import { DynamoHoldStore } from "../aws/hold-store.ts";
import { createMailTransport } from "../aws/mail-transport.ts";
import { processMeter as meter } from "../aws/meter.ts";
import { createStageQueue } from "../aws/stage-queue.ts";
import { DynamoTraceStore } from "../aws/trace-store.ts";
import { TracesTable } from "../aws/traces-table.ts";
import { type RefusedJob, relayJobSchema, type SubmitJob, type SubmittedReceipt, submitJobSchema } from "../core/flows/jobs.ts";
import { submit } from "../core/flows/submit.ts";
import { StoredAccountLog } from "../core/log/account-log.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment([
  "ACCOUNTS_TABLE",
  "TRACES_TABLE",
  "MAIL_BUCKET",
  "STATE_BUCKET",
  "PARSE_QUEUE_URL",
  "SUBMIT_QUEUE_URL",
  "FEEDBACK_QUEUE_URL",
  "SES_CONFIGURATION_SET",
  "MAIL_DOMAINS",
  "EPOCH",
]);
const dynamo = functionDynamo();
const store = new DynamoAccountLogStore(dynamo, environment.ACCOUNTS_TABLE);
const stateBlobs = functionBlobStore(environment.STATE_BUCKET);
const sender = functionSqsSender();
const ports = {
  log: new StoredAccountLog({ store, blobs: stateBlobs, epoch: environment.EPOCH, now: Date.now }),
  store,
  blobs: functionBlobStore(environment.MAIL_BUCKET),
  dispatches: new DynamoDispatchStore(dynamo, environment.TRACES_TABLE),
  holds: new DynamoHoldStore(dynamo, environment.ACCOUNTS_TABLE),
  transport: createMailTransport({ configurationSet: environment.SES_CONFIGURATION_SET }),
  traces: new DynamoTraceStore(new TracesTable(dynamo, environment.TRACES_TABLE)),
  parseQueue: createStageQueue<SubmittedReceipt>(sender, environment.PARSE_QUEUE_URL, meter),
  submitQueue: createStageQueue<SubmitJob>(sender, environment.SUBMIT_QUEUE_URL, meter),
  feedbackQueue: createStageQueue<RefusedJob>(sender, environment.FEEDBACK_QUEUE_URL, meter),
  ownDomains: environment.MAIL_DOMAINS,
  now: Date.now,
};

export const handler = queueHandler({
  stage: "submit",
  schema: z.union([relayJobSchema, submitJobSchema]),
  run: (job) => submit(ports, job),
  atOnce: 2,
});
