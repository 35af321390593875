import * as z from "zod";
import { functionBlobStore, functionDynamo, functionSqsSender } from "../aws/clients.ts";
import { DynamoDirectoryStore } from "../aws/directory-store.ts";
import { readEnvironment } from "../aws/environment.ts";
import { processMeter as meter } from "../aws/meter.ts";
import { DynamoReceiptStore } from "../aws/receipt-store.ts";
import { createStageQueue } from "../aws/stage-queue.ts";
import { TracesTable } from "../aws/traces-table.ts";
import { arrivalOfSubmission } from "../core/flows/arrival.ts";
import { type ScanJob, submittedReceiptSchema } from "../core/flows/jobs.ts";
import { receive } from "../core/flows/receive.ts";
import { arrivalOfNotification, sesNotificationSchema } from "../core/flows/ses-notification.ts";
import { Slots } from "../core/flows/slots.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment(["DIRECTORY_TABLE", "TRACES_TABLE", "MAIL_BUCKET", "SCAN_QUEUE_URL", "MAIL_DOMAINS"]);
const dynamo = functionDynamo();
const ports = {
  blobs: functionBlobStore(environment.MAIL_BUCKET),
  directory: new DynamoDirectoryStore(dynamo, environment.DIRECTORY_TABLE),
  receipts: new DynamoReceiptStore(new TracesTable(dynamo, environment.TRACES_TABLE)),
  scanQueue: createStageQueue<ScanJob>(functionSqsSender(), environment.SCAN_QUEUE_URL, meter),
  ownDomains: environment.MAIL_DOMAINS,
  slots: new Slots(4),
  now: Date.now,
};

export const handler = queueHandler({
  stage: "parse",
  schema: z.union([submittedReceiptSchema.transform(arrivalOfSubmission), sesNotificationSchema.transform(arrivalOfNotification)]),
  run: (arrival) => receive(ports, arrival),
  atOnce: 10,
});
