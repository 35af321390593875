/**
 * Writes many Emails' items and thread keys of one account in calls of 25: for mail that is brought in in bulk. Without conditions, so only for
 * Emails that no log entry creates yet; doing it again writes the same.
 */
import type { AccountId, ThreadId } from "../core/ids.ts";
import type { EmailItem } from "../core/mail/email-item.ts";
import { batchWrite, type Dynamo, type Item } from "./dynamo.ts";
import { accountKeys as keys } from "./keys.ts";
import { pack } from "./packed.ts";

export class DynamoEmailImport {
  private readonly dynamo: Dynamo;
  private readonly table: string;

  constructor(dynamo: Dynamo, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async put(accountId: AccountId, emails: readonly EmailItem[], threads: ReadonlyMap<string, ThreadId>): Promise<void> {
    const items: Item[] = [
      ...emails.map((email) => ({ ...keys.email(accountId, email.id), d: pack(email) as Item[string] })),
      ...[...threads].map(([key, threadId]) => ({ ...keys.thread(accountId, key), t: { S: threadId } })),
    ];
    await batchWrite(
      this.dynamo,
      this.table,
      items.map((Item) => ({ PutRequest: { Item } })),
    );
  }
}
