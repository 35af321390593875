import { DynamoAccountLogStore } from "../aws/account-log-store.ts";
import { functionBlobStore, functionDynamo } from "../aws/clients.ts";
import { DynamoConnectionStore } from "../aws/connection-store.ts";
import { DynamoDirectoryStore } from "../aws/directory-store.ts";
import { readEnvironment } from "../aws/environment.ts";
import { DynamoPushSubscriptionStore } from "../aws/push-subscription-store.ts";
import { shareJobSchema } from "../core/flows/jobs.ts";
import { share } from "../core/flows/share.ts";
import { StoredAccountLog } from "../core/log/account-log.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment(["ACCOUNTS_TABLE", "DIRECTORY_TABLE", "CONNECTIONS_TABLE", "STATE_BUCKET", "EPOCH"]);
const dynamo = functionDynamo();
const store = new DynamoAccountLogStore(dynamo, environment.ACCOUNTS_TABLE);
const blobs = functionBlobStore(environment.STATE_BUCKET);
const ports = {
  log: new StoredAccountLog({ store, blobs, epoch: environment.EPOCH, now: Date.now }),
  store,
  directory: new DynamoDirectoryStore(dynamo, environment.DIRECTORY_TABLE),
  connections: new DynamoConnectionStore(dynamo, environment.CONNECTIONS_TABLE),
  subscriptions: new DynamoPushSubscriptionStore(dynamo, environment.CONNECTIONS_TABLE),
};

export const handler = queueHandler({ stage: "share", schema: shareJobSchema, run: (job) => share(ports, job), atOnce: 2 });
