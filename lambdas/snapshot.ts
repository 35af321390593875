import { DynamoAccountLogStore } from "../aws/account-log-store.ts";
import { SdkBlobStore } from "../aws/blob-store.ts";
import { createSdkDynamo } from "../aws/dynamo-sdk.ts";
import { readEnvironment } from "../aws/environment.ts";
import { processMeter as meter } from "../aws/meter.ts";
import { snapshotJobSchema } from "../core/flows/jobs.ts";
import { snapshot } from "../core/flows/snapshot.ts";
import { StoredAccountLog } from "../core/log/account-log.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment(["ACCOUNTS_TABLE", "STATE_BUCKET", "EPOCH"]);
const store = new DynamoAccountLogStore(createSdkDynamo({ meter }), environment.ACCOUNTS_TABLE);
const blobs = new SdkBlobStore(environment.STATE_BUCKET, { meter });
const log = new StoredAccountLog({ store, blobs, epoch: environment.EPOCH, now: Date.now });

export const handler = queueHandler({
  stage: "snapshot",
  schema: snapshotJobSchema,
  run: (job) => snapshot({ log, store, blobs }, job),
  // A fold of a million messages takes some hundred megabytes.
  atOnce: 1,
});
