import { functionDynamo, functionSqsSender } from "../aws/clients.ts";
import { readEnvironment } from "../aws/environment.ts";
import { DynamoHoldStore } from "../aws/hold-store.ts";
import { processMeter as meter } from "../aws/meter.ts";
import { createStageQueue } from "../aws/stage-queue.ts";
import type { SubmitJob } from "../core/flows/jobs.ts";
import { sweep } from "../core/flows/sweep.ts";
import { countMetric, observed } from "./edge/observe.ts";

const environment = readEnvironment(["ACCOUNTS_TABLE", "SUBMIT_QUEUE_URL"]);
const ports = {
  holds: new DynamoHoldStore(functionDynamo(), environment.ACCOUNTS_TABLE),
  submitQueue: createStageQueue<SubmitJob>(functionSqsSender(), environment.SUBMIT_QUEUE_URL, meter),
  now: Date.now,
};

export const handler = observed("sweep", async () => {
  const { handedOver } = await sweep(ports);
  countMetric("HoldsHandedOver", handedOver);
});
