import { functionBlobStore, functionDynamo, functionSqsSender } from "../aws/clients.ts";
import { readEnvironment } from "../aws/environment.ts";
import { processMeter as meter } from "../aws/meter.ts";
import { DynamoReceiptStore } from "../aws/receipt-store.ts";
import { createStageQueue } from "../aws/stage-queue.ts";
import { DynamoTraceStore } from "../aws/trace-store.ts";
import { TracesTable } from "../aws/traces-table.ts";
import { type FileJob, type ScanJob, scanJobSchema, type UndeliveredJob } from "../core/flows/jobs.ts";
import { scan } from "../core/flows/scan.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment([
  "TRACES_TABLE",
  "MAIL_BUCKET",
  "SCAN_QUEUE_URL",
  "FILE_QUEUE_URL",
  "FEEDBACK_QUEUE_URL",
  "MAIL_DOMAINS",
]);
const traces = new TracesTable(functionDynamo(), environment.TRACES_TABLE);
const sender = functionSqsSender();
const ports = {
  blobs: functionBlobStore(environment.MAIL_BUCKET),
  receipts: new DynamoReceiptStore(traces),
  traces: new DynamoTraceStore(traces),
  scanQueue: createStageQueue<ScanJob>(sender, environment.SCAN_QUEUE_URL, meter),
  fileQueue: createStageQueue<FileJob>(sender, environment.FILE_QUEUE_URL, meter),
  feedbackQueue: createStageQueue<UndeliveredJob>(sender, environment.FEEDBACK_QUEUE_URL, meter),
  ownDomains: environment.MAIL_DOMAINS,
  now: Date.now,
};

export const handler = queueHandler({ stage: "scan", schema: scanJobSchema, run: (job) => scan(ports, job), atOnce: 10 });
