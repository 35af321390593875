import { afterAll, beforeAll, expect, test } from "vitest";
import { DynamoAccountLogStore } from "../../aws/account-log-store.ts";
import type { Dynamo } from "../../aws/dynamo.ts";
import { createSdkDynamo } from "../../aws/dynamo-sdk.ts";
import type { AccountId, EmailId } from "../../core/ids.ts";
import type { EmailItem } from "../../core/mail/email-item.ts";
import { startTables, type TestTables } from "../support/dynoxide.ts";

let tables: TestTables;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());

/** DynamoDB whose eventually consistent reads show nothing of what was just written. */
const lagging = (dynamo: Dynamo): Dynamo => ({
  call: ((name: string, request: { RequestItems?: Record<string, { ConsistentRead?: boolean }> }) => {
    const isEventual = name === "BatchGetItem" && Object.values(request.RequestItems!).some(({ ConsistentRead }) => !ConsistentRead);
    return isEventual ? Promise.resolve({ Responses: {} }) : dynamo.call(name as never, request as never);
  }) as Dynamo["call"],
});

test("a message that the log shows is not missing from Email/get or the search index because an eventually consistent read lags", async () => {
  const store = new DynamoAccountLogStore(lagging(createSdkDynamo({ client: tables.client })), tables.table);
  const account = "Alag" as AccountId;
  const item = { accountId: account, id: "E1", threadId: "T1", rawKey: "k", marks: [] } as unknown as EmailItem;
  await store.putEmail(account, item);
  expect(await store.getEmails(account, ["E1" as EmailId, "Eabsent" as EmailId])).toEqual([item]);
});
