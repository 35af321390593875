/** JMAP and what it stands on, for the HTTP and the WebSocket function. */

import { randomBytes } from "node:crypto";
import { DynamoAccountLogStore } from "../../aws/account-log-store.ts";
import { DynamoAdmissionStore } from "../../aws/admission-store.ts";
import { functionBlobStore, functionDynamo, functionSqsSender } from "../../aws/clients.ts";
import { DynamoConnectionStore } from "../../aws/connection-store.ts";
import { DynamoDirectoryStore } from "../../aws/directory-store.ts";
import { readEnvironment } from "../../aws/environment.ts";
import { processMeter } from "../../aws/meter.ts";
import { DynamoPushSubscriptionStore } from "../../aws/push-subscription-store.ts";
import { DynamoSearchIndexStore } from "../../aws/search-index-store.ts";
import { createStageQueue } from "../../aws/stage-queue.ts";
import { DynamoVapidKeyStore } from "../../aws/vapid-keys.ts";
import type { PushJob } from "../../core/flows/jobs.ts";
import { IndexedTextSearch } from "../../core/jmap/email/indexed-text-search.ts";
import { DirectTextSearch } from "../../core/jmap/email/text-search.ts";
import { createJmap } from "../../core/jmap/jmap.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import { countMetric, describeError, logger } from "./observe.ts";
import type { RequestLimitPorts } from "./request-limits.ts";

export const environment = readEnvironment([
  "ACCOUNTS_TABLE",
  "DIRECTORY_TABLE",
  "CONNECTIONS_TABLE",
  "PUSH_QUEUE_URL",
  "MAIL_BUCKET",
  "STATE_BUCKET",
  "EPOCH",
  "PUBLIC_URL",
  "SOCKET_URL",
  "USER_POOL_ISSUER",
  "USER_POOL_CLIENT_IDS",
]);

const dynamo = functionDynamo();
const store = new DynamoAccountLogStore(dynamo, environment.ACCOUNTS_TABLE);
export const mailBlobs = functionBlobStore(environment.MAIL_BUCKET);
export const directory = new DynamoDirectoryStore(dynamo, environment.DIRECTORY_TABLE);
export const connections = new DynamoConnectionStore(dynamo, environment.CONNECTIONS_TABLE);
const stateBlobs = functionBlobStore(environment.STATE_BUCKET);
export const log = new StoredAccountLog({
  store,
  blobs: stateBlobs,
  epoch: environment.EPOCH,
  now: Date.now,
});

export const admissions: RequestLimitPorts = {
  admissions: new DynamoAdmissionStore(dynamo, environment.CONNECTIONS_TABLE),
  now: Date.now,
  failed: (error) => {
    logger.warn("Requests under way could not be counted", { error: describeError(error) });
    countMetric("AdmissionsFailed", 1);
  },
};

const vapidKeys = new DynamoVapidKeyStore(dynamo, environment.CONNECTIONS_TABLE);
let applicationServerKey: string | null = null;
/** To be awaited before a request is answered: what the session offers depends on it. Seldom a read. */
export const knowServerKey = async (): Promise<void> => {
  applicationServerKey = (await vapidKeys.read()).current.publicKey;
};
const pushQueue = createStageQueue<PushJob>(functionSqsSender(), environment.PUSH_QUEUE_URL, processMeter);

export const search = new IndexedTextSearch({
  index: new DynamoSearchIndexStore(dynamo, environment.ACCOUNTS_TABLE),
  state: stateBlobs,
  direct: new DirectTextSearch({ store, blobs: mailBlobs }),
});

export const jmap = createJmap({
  log,
  store,
  blobs: mailBlobs,
  directory,
  search,
  pushes: {
    subscriptions: new DynamoPushSubscriptionStore(dynamo, environment.CONNECTIONS_TABLE),
    send: (job) => pushQueue.send([job]),
  },
  applicationServerKey: () => applicationServerKey,
  answersVacations: true,
  now: Date.now,
  randomOctets: (count) => randomBytes(count),
  failed: (error, method) => {
    logger.error("A JMAP method failed", { method, error: describeError(error) });
    countMetric("JmapFailures", 1);
  },
  publicUrl: environment.PUBLIC_URL,
  socketUrl: environment.SOCKET_URL,
});
