import { DynamoAccountLogStore } from "../aws/account-log-store.ts";
import { functionBlobStore, functionDynamo, functionSqsSender } from "../aws/clients.ts";
import { readEnvironment } from "../aws/environment.ts";
import { processMeter as meter } from "../aws/meter.ts";
import { DynamoReceiptStore } from "../aws/receipt-store.ts";
import { DynamoRuleMemory } from "../aws/rule-memory.ts";
import { createStageQueue } from "../aws/stage-queue.ts";
import { DynamoTraceStore } from "../aws/trace-store.ts";
import { TracesTable } from "../aws/traces-table.ts";
import { file } from "../core/flows/file.ts";
import { fileJobSchema, type RelayJob, type UndeliveredJob } from "../core/flows/jobs.ts";
import { Slots } from "../core/flows/slots.ts";
import { Turns } from "../core/flows/turns.ts";
import { StoredAccountLog } from "../core/log/account-log.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment([
  "ACCOUNTS_TABLE",
  "TRACES_TABLE",
  "MAIL_BUCKET",
  "STATE_BUCKET",
  "FEEDBACK_QUEUE_URL",
  "SUBMIT_QUEUE_URL",
  "MAIL_DOMAINS",
  "EPOCH",
]);
const dynamo = functionDynamo();
const traces = new TracesTable(dynamo, environment.TRACES_TABLE);
const store = new DynamoAccountLogStore(dynamo, environment.ACCOUNTS_TABLE);
const sender = functionSqsSender();
const ports = {
  delivery: { store, epoch: environment.EPOCH, now: Date.now },
  receipts: new DynamoReceiptStore(traces),
  traces: new DynamoTraceStore(traces),
  feedbackQueue: createStageQueue<UndeliveredJob>(sender, environment.FEEDBACK_QUEUE_URL, meter),
  turns: new Turns(),
  rules: {
    log: new StoredAccountLog({ store, blobs: functionBlobStore(environment.STATE_BUCKET), epoch: environment.EPOCH, now: Date.now }),
    store,
    blobs: functionBlobStore(environment.MAIL_BUCKET),
    memory: new DynamoRuleMemory(dynamo, environment.ACCOUNTS_TABLE),
    submitQueue: createStageQueue<RelayJob>(sender, environment.SUBMIT_QUEUE_URL, meter),
    slots: new Slots(2),
    ownDomains: environment.MAIL_DOMAINS,
    now: Date.now,
  },
  now: Date.now,
};

export const handler = queueHandler({ stage: "file", schema: fileJobSchema, run: (job) => file(ports, job), atOnce: 10 });
