/** The ports of the domain on a running laptop service, as its operator. */
import { DynamoAccountLogStore } from "../../aws/account-log-store.ts";
import { functionBlobStore, functionDynamo } from "../../aws/clients.ts";
import { DynamoDirectoryStore } from "../../aws/directory-store.ts";
import { DynamoEmailImport } from "../../aws/email-import.ts";
import { DynamoTraceStore } from "../../aws/trace-store.ts";
import { TracesTable } from "../../aws/traces-table.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import type { SeedPorts } from "./apply.ts";
import { adoptRunning, mailBucketOf, type RunningService, tableOf, userPoolOf } from "./running-service.ts";
import { createSignIn } from "./sign-in.ts";

export interface RunningPorts extends SeedPorts {
  readonly store: DynamoAccountLogStore;
  readonly traces: DynamoTraceStore;
}

export const portsOn = (running: RunningService, chance: Pick<SeedPorts, "randomOctets" | "say">): RunningPorts => {
  adoptRunning(running);
  const dynamo = functionDynamo();
  const blobs = functionBlobStore(mailBucketOf(running));
  const accounts = tableOf(running, "accounts");
  const store = new DynamoAccountLogStore(dynamo, accounts);
  return {
    ...chance,
    store,
    imports: new DynamoEmailImport(dynamo, accounts),
    blobs,
    log: new StoredAccountLog({ store, blobs, epoch: 1, now: () => Date.now() }),
    directory: new DynamoDirectoryStore(dynamo, tableOf(running, "directory")),
    traces: new DynamoTraceStore(new TracesTable(dynamo, tableOf(running, "traces"))),
    signIn: createSignIn(userPoolOf(running)),
  };
};
