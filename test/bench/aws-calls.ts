/** What one warm DynamoDB call costs the caller's process, by the SDK's client and by signed HTTP (docs/adr/0006-signed-http.md). */
import type { Dynamo } from "../../aws/dynamo.ts";
import { createSdkDynamo } from "../../aws/dynamo-sdk.ts";
import { createSignedDynamo } from "../../aws/signed/signed-dynamo.ts";
import { startTables, testCredentials } from "../support/dynoxide.ts";

const rounds = 2_000;
const tables = await startTables();
const adapters: Record<string, Dynamo> = {
  "AWS SDK": createSdkDynamo({ client: tables.client }),
  "signed HTTP": createSignedDynamo({ endpoint: tables.endpoint, region: "eu-west-2", credentials: testCredentials }),
};
const key = (index: number) => ({ pk: { S: "bench" }, sk: { S: String(index) } });
const calls: Record<string, (dynamo: Dynamo, index: number) => Promise<unknown>> = {
  "PutItem of 1 KB": (dynamo, index) =>
    dynamo.call("PutItem", { TableName: tables.table, Item: { ...key(index), d: { B: Buffer.alloc(1_024, 7) } } }),
  "GetItem of 1 KB": (dynamo, index) => dynamo.call("GetItem", { TableName: tables.table, Key: key(index) }),
  "BatchGetItem of 50": (dynamo, index) =>
    dynamo.call("BatchGetItem", {
      RequestItems: { [tables.table]: { Keys: Array.from({ length: 50 }, (_, offset) => key((index + offset) % rounds)) } },
    }),
};

for (const [call, run] of Object.entries(calls)) {
  for (const [name, dynamo] of Object.entries(adapters)) {
    for (let index = 0; index < 300; index++) await run(dynamo, index);
    const before = process.cpuUsage();
    for (let index = 0; index < rounds; index++) await run(dynamo, index);
    const { user, system } = process.cpuUsage(before);
    console.log(`${call.padEnd(20)} ${name.padEnd(12)} ${((user + system) / 1_000 / rounds).toFixed(2)} ms CPU a call`);
  }
}
await tables.stop();
