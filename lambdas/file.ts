import { DynamoAccountLogStore } from "../aws/account-log-store.ts";
import { functionDynamo, functionSqsSender } from "../aws/clients.ts";
import { readEnvironment } from "../aws/environment.ts";
import { processMeter as meter } from "../aws/meter.ts";
import { DynamoReceiptStore } from "../aws/receipt-store.ts";
import { createStageQueue } from "../aws/stage-queue.ts";
import { DynamoTraceStore } from "../aws/trace-store.ts";
import { TracesTable } from "../aws/traces-table.ts";
import { file } from "../core/flows/file.ts";
import { fileJobSchema, type UndeliveredJob } from "../core/flows/jobs.ts";
import { Turns } from "../core/flows/turns.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment(["ACCOUNTS_TABLE", "TRACES_TABLE", "FEEDBACK_QUEUE_URL", "EPOCH"]);
const dynamo = functionDynamo();
const traces = new TracesTable(dynamo, environment.TRACES_TABLE);
const ports = {
  delivery: { store: new DynamoAccountLogStore(dynamo, environment.ACCOUNTS_TABLE), epoch: environment.EPOCH, now: Date.now },
  receipts: new DynamoReceiptStore(traces),
  traces: new DynamoTraceStore(traces),
  feedbackQueue: createStageQueue<UndeliveredJob>(functionSqsSender(), environment.FEEDBACK_QUEUE_URL, meter),
  turns: new Turns(),
  now: Date.now,
};

export const handler = queueHandler({ stage: "file", schema: fileJobSchema, run: (job) => file(ports, job), atOnce: 10 });
