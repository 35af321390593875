import * as z from "zod";
import { DynamoAccountLogStore } from "../aws/account-log-store.ts";
import { functionBlobStore, functionDynamo, functionSqsSender } from "../aws/clients.ts";
import { DynamoDispatchStore } from "../aws/dispatch-store.ts";
import { readEnvironment } from "../aws/environment.ts";
import { createMailTransport } from "../aws/mail-transport.ts";
import { processMeter as meter } from "../aws/meter.ts";
import { DynamoReceiptStore } from "../aws/receipt-store.ts";
import { createStageQueue } from "../aws/stage-queue.ts";
import { DynamoTraceStore } from "../aws/trace-store.ts";
import { TracesTable } from "../aws/traces-table.ts";
import { takeFeedback } from "../core/flows/feedback.ts";
import { refusedJobSchema, type SubmittedReceipt, undeliveredJobSchema } from "../core/flows/jobs.ts";
import { sesEventSchema } from "../core/flows/ses-event.ts";
import { StoredAccountLog } from "../core/log/account-log.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment([
  "ACCOUNTS_TABLE",
  "TRACES_TABLE",
  "MAIL_BUCKET",
  "STATE_BUCKET",
  "PARSE_QUEUE_URL",
  "SES_CONFIGURATION_SET",
  "MAIL_DOMAINS",
  "UNKNOWN_RECIPIENT",
  "EPOCH",
]);
const dynamo = functionDynamo();
const store = new DynamoAccountLogStore(dynamo, environment.ACCOUNTS_TABLE);
const stateBlobs = functionBlobStore(environment.STATE_BUCKET);
const traces = new TracesTable(dynamo, environment.TRACES_TABLE);
const ports = {
  log: new StoredAccountLog({ store, blobs: stateBlobs, epoch: environment.EPOCH, now: Date.now }),
  store,
  blobs: functionBlobStore(environment.MAIL_BUCKET),
  receipts: new DynamoReceiptStore(traces),
  traces: new DynamoTraceStore(traces),
  dispatches: new DynamoDispatchStore(dynamo, environment.TRACES_TABLE),
  transport: createMailTransport({ configurationSet: environment.SES_CONFIGURATION_SET }),
  parseQueue: createStageQueue<SubmittedReceipt>(functionSqsSender(), environment.PARSE_QUEUE_URL, meter),
  ownDomains: environment.MAIL_DOMAINS,
  unknownRecipient: environment.UNKNOWN_RECIPIENT,
  now: Date.now,
};

export const handler = queueHandler({
  stage: "feedback",
  schema: z.union([undeliveredJobSchema, refusedJobSchema, sesEventSchema]),
  run: (news) => takeFeedback(ports, news),
  atOnce: 4,
  // What SES publishes once, when the topic is made its event destination.
  notices: ["Successfully validated SNS topic for Amazon SES event publishing."],
});
