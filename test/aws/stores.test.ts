/** One contract suite a port, run on every adapter. */
import { afterAll, beforeAll } from "vitest";
import { DynamoAccountLogStore } from "../../aws/account-log-store.ts";
import { DynamoAdmissionStore } from "../../aws/admission-store.ts";
import { DynamoConnectionStore } from "../../aws/connection-store.ts";
import { DynamoDirectoryStore } from "../../aws/directory-store.ts";
import { DynamoDispatchStore } from "../../aws/dispatch-store.ts";
import type { Dynamo } from "../../aws/dynamo.ts";
import { createSdkDynamo } from "../../aws/dynamo-sdk.ts";
import { DynamoHoldStore } from "../../aws/hold-store.ts";
import { DynamoPushSubscriptionStore } from "../../aws/push-subscription-store.ts";
import { DynamoReceiptStore } from "../../aws/receipt-store.ts";
import { DynamoRuleMemory } from "../../aws/rule-memory.ts";
import { createSignedDynamo } from "../../aws/signed/signed-dynamo.ts";
import { DynamoTraceStore } from "../../aws/trace-store.ts";
import { TracesTable } from "../../aws/traces-table.ts";
import { DynamoVapidKeyStore } from "../../aws/vapid-keys.ts";
import { startTables, type TestTables, testCredentials } from "../support/dynoxide.ts";
import { MemoryAccountLogStore } from "../support/memory-account-log-store.ts";
import { MemoryAdmissionStore } from "../support/memory-admission-store.ts";
import { MemoryConnectionStore, MemoryHoldStore } from "../support/memory-connection-store.ts";
import { MemoryDirectoryStore } from "../support/memory-directory-store.ts";
import { MemoryPushSubscriptionStore } from "../support/memory-push-subscription-store.ts";
import { MemoryRuleMemory } from "../support/memory-rule-memory.ts";
import { MemoryTraceStores } from "../support/memory-trace-stores.ts";
import { accountLogStoreContract } from "./contracts/account-log-store-contract.ts";
import { admissionStoreContract } from "./contracts/admission-store-contract.ts";
import { connectionStoresContract } from "./contracts/connection-stores-contract.ts";
import { directoryStoreContract } from "./contracts/directory-store-contract.ts";
import { pushSubscriptionStoreContract } from "./contracts/push-subscription-store-contract.ts";
import { ruleMemoryContract } from "./contracts/rule-memory-contract.ts";
import { traceStoresContract } from "./contracts/trace-stores-contract.ts";
import { vapidKeyStoreContract } from "./contracts/vapid-key-store-contract.ts";

let tables: TestTables;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());

const adapters: Record<string, () => Dynamo> = {
  "DynamoDB by the SDK": () => createSdkDynamo({ client: tables.client }),
  "DynamoDB by signed HTTP": () => createSignedDynamo({ endpoint: tables.endpoint, region: "eu-west-2", credentials: testCredentials }),
};

for (const [name, dynamo] of Object.entries(adapters)) {
  accountLogStoreContract(name, () => new DynamoAccountLogStore(dynamo(), tables.table));
  ruleMemoryContract(name, () => new DynamoRuleMemory(dynamo(), tables.table));
  directoryStoreContract(name, () => new DynamoDirectoryStore(dynamo(), tables.table));
  traceStoresContract(name, () => {
    const table = new TracesTable(dynamo(), tables.table);
    return {
      receipts: new DynamoReceiptStore(table),
      traces: new DynamoTraceStore(table),
      dispatches: new DynamoDispatchStore(table.dynamo, tables.table),
    };
  });
  connectionStoresContract(name, () => ({
    connections: new DynamoConnectionStore(dynamo(), tables.table),
    holds: new DynamoHoldStore(dynamo(), tables.table),
  }));
  admissionStoreContract(name, () => new DynamoAdmissionStore(dynamo(), tables.table));
  vapidKeyStoreContract(name, (now) => [
    new DynamoVapidKeyStore(dynamo(), tables.table, now),
    new DynamoVapidKeyStore(dynamo(), tables.table, now),
  ]);
  pushSubscriptionStoreContract(name, () => ({
    subscriptions: new DynamoPushSubscriptionStore(dynamo(), tables.table),
    connections: new DynamoConnectionStore(dynamo(), tables.table),
  }));
}

accountLogStoreContract("memory", () => new MemoryAccountLogStore());
ruleMemoryContract("memory", () => new MemoryRuleMemory());
directoryStoreContract("memory", () => new MemoryDirectoryStore());
traceStoresContract("memory", () => {
  const stores = new MemoryTraceStores();
  return { receipts: stores, traces: stores, dispatches: stores };
});
connectionStoresContract("memory", () => ({ connections: new MemoryConnectionStore(), holds: new MemoryHoldStore() }));
pushSubscriptionStoreContract("memory", () => {
  const subscriptions = new MemoryPushSubscriptionStore();
  const connections = new MemoryConnectionStore();
  connections.subscriptions = subscriptions;
  return { subscriptions, connections };
});
admissionStoreContract("memory", () => new MemoryAdmissionStore());
