import { DynamoAccountLogStore } from "../aws/account-log-store.ts";
import { functionBlobStore, functionDynamo } from "../aws/clients.ts";
import { readEnvironment } from "../aws/environment.ts";
import { DynamoSearchIndexStore } from "../aws/search-index-store.ts";
import { TransientError } from "../core/errors.ts";
import { indexMail } from "../core/flows/index-mail.ts";
import { indexJobSchema } from "../core/flows/jobs.ts";
import { limits } from "../core/limits.ts";
import { StoredAccountLog } from "../core/log/account-log.ts";
import { libraryDocumentText } from "./documents/library-document-text.ts";
import { queueHandler } from "./edge/queue.ts";

const environment = readEnvironment(["ACCOUNTS_TABLE", "MAIL_BUCKET", "STATE_BUCKET", "EPOCH"]);
const dynamo = functionDynamo();
const store = new DynamoAccountLogStore(dynamo, environment.ACCOUNTS_TABLE);
const state = functionBlobStore(environment.STATE_BUCKET);
const log = new StoredAccountLog({ store, blobs: state, epoch: environment.EPOCH, now: Date.now });
const ports = {
  log,
  store,
  index: new DynamoSearchIndexStore(dynamo, environment.ACCOUNTS_TABLE),
  mail: functionBlobStore(environment.MAIL_BUCKET),
  state,
  documents: libraryDocumentText,
  now: Date.now,
};

export const handler = queueHandler({
  stage: "index",
  schema: indexJobSchema,
  run: async (job) => {
    const until = Date.now() + limits.search.indexSeconds * 1000;
    const isDone = await indexMail({ ...ports, hasTime: () => Date.now() < until }, job);
    if (!isDone) throw new TransientError("there is more to index than one run has time for");
  },
  // A segment in the making takes some hundred megabytes.
  atOnce: 1,
});
