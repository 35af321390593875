import { DynamoAccountLogStore } from "../aws/account-log-store.ts";
import { functionBlobStore, functionDynamo } from "../aws/clients.ts";
import { readEnvironment } from "../aws/environment.ts";
import { snapshotJobSchema } from "../core/flows/jobs.ts";
import { snapshot } from "../core/flows/snapshot.ts";
import { StoredAccountLog } from "../core/log/account-log.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment(["ACCOUNTS_TABLE", "STATE_BUCKET", "EPOCH"]);
const store = new DynamoAccountLogStore(functionDynamo(), environment.ACCOUNTS_TABLE);
const blobs = functionBlobStore(environment.STATE_BUCKET);
const log = new StoredAccountLog({ store, blobs, epoch: environment.EPOCH, now: Date.now });

export const handler = queueHandler({
  stage: "snapshot",
  schema: snapshotJobSchema,
  run: (job) => snapshot({ log, store, blobs }, job),
  // A fold of a million messages takes some hundred megabytes.
  atOnce: 1,
});
