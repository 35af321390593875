/** The account log's partition in DynamoDB. Keys: keys.ts; octets of an entry: core/log/codec.ts. */
import { PoisonError } from "../core/errors.ts";
import type { AccountId, EmailId, ThreadId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { decodeEntry, encodeEntry } from "../core/log/codec.ts";
import type { LogEntry, Position } from "../core/log/entry.ts";
import type { EmailItem } from "../core/mail/email-item.ts";
import type { AccountLogStore, SnapshotPointer, UploadItem } from "../core/ports/account-log-store.ts";
import { batchGet, batchWrite, ConditionFailed, type Dynamo, type Item, putIfAbsent, queryAll } from "./dynamo.ts";
import { accountKeys as keys } from "./keys.ts";
import { pack, unpack } from "./packed.ts";

const entrySortKey = /^L#(\d{6})#(\d{12})$/;

/** The entry that an item of the accounts table holds; null for an item of another kind. */
export const entryOfItem = (item: Item): LogEntry | null => {
  const account = /^A#(.+)$/.exec(item.pk?.S ?? "");
  const position = entrySortKey.exec(item.sk?.S ?? "");
  if (!account || !position) return null;
  if (!item.d?.B) throw new PoisonError("a log entry's item has no octets");
  return decodeEntry({ accountId: account[1] as AccountId, epoch: Number(position[1]), seq: Number(position[2]) }, item.d.B);
};

const requiredEntry = (item: Item): LogEntry => {
  const entry = entryOfItem(item);
  if (!entry) throw new PoisonError("an item among the log entries is none");
  return entry;
};

export class DynamoAccountLogStore implements AccountLogStore {
  private readonly dynamo: Dynamo;
  private readonly table: string;
  private readonly now: () => number;

  constructor(dynamo: Dynamo, table: string, now: () => number = Date.now) {
    this.dynamo = dynamo;
    this.table = table;
    this.now = now;
  }

  async newest(accountId: AccountId, options: { consistent: boolean }): Promise<LogEntry | null> {
    const { Items } = await this.dynamo.call("Query", {
      TableName: this.table,
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :kind)",
      ExpressionAttributeValues: { ":pk": { S: keys.partition(accountId) }, ":kind": { S: "L#" } },
      ScanIndexForward: false,
      Limit: 1,
      ConsistentRead: options.consistent,
    });
    return Items?.[0] ? requiredEntry(Items[0]) : null;
  }

  async entriesAfter(accountId: AccountId, position: Position, options: { consistent: boolean }): Promise<LogEntry[]> {
    const items = await queryAll(this.dynamo, {
      TableName: this.table,
      KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
      ExpressionAttributeValues: {
        ":pk": { S: keys.partition(accountId) },
        ":from": { S: keys.entrySortKey({ epoch: position.epoch, seq: position.seq + 1 }) },
        ":to": { S: keys.entriesEnd },
      },
      ConsistentRead: options.consistent,
    });
    return items.map(requiredEntry);
  }

  async append(entry: LogEntry): Promise<"appended" | "taken"> {
    const octets = encodeEntry(entry);
    if (octets.length > limits.log.entryOctets) throw new PoisonError("a log entry is larger than an item may be");
    try {
      await this.dynamo.call("PutItem", {
        TableName: this.table,
        Item: { ...keys.entry(entry.accountId, entry), d: { B: octets } },
        ConditionExpression: "attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      });
      return "appended";
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      // A retry inside the SDK after a lost answer finds its own entry: that is a success, not a rival.
      return error.item?.d?.B && Buffer.compare(error.item.d.B, octets) === 0 ? "appended" : "taken";
    }
  }

  async putEmail(accountId: AccountId, item: EmailItem): Promise<{ existing: EmailItem | "deleted" | null }> {
    const there = await putIfAbsent(this.dynamo, this.table, { ...keys.email(accountId, item.id), d: pack(item) as Item[string] });
    if (!there) return { existing: null };
    return { existing: there.d ? (unpack(there.d) as EmailItem) : "deleted" };
  }

  async getEmails(accountId: AccountId, ids: readonly EmailId[]): Promise<EmailItem[]> {
    const wanted = [...new Set(ids)].map((id) => keys.email(accountId, id));
    const items = await batchGet(this.dynamo, this.table, wanted);
    // Callers have the ids from the log, which is read consistently: what an eventually consistent read does not show yet is asked for again.
    const shown = new Set(items.map(({ sk }) => sk!.S));
    const missing = wanted.filter(({ sk }) => !shown.has(sk!.S));
    if (missing.length > 0) items.push(...(await batchGet(this.dynamo, this.table, missing, { consistent: true })));
    return items.flatMap(({ d }) => (d ? [unpack(d) as EmailItem] : []));
  }

  async deleteEmails(accountId: AccountId, ids: readonly EmailId[]): Promise<void> {
    // What is left of an item costs what deleting it would, and goes by itself once no queue can bring its receipt again.
    const ttl = { N: String(Math.ceil(this.now() / 1000) + limits.retention.deletedEmailDays * 86_400) };
    const requests = [...new Set(ids)].map((id) => ({ PutRequest: { Item: { ...keys.email(accountId, id), ttl } } }));
    await batchWrite(this.dynamo, this.table, requests);
  }

  async getThreads(accountId: AccountId, threadKeys: readonly string[]): Promise<Map<string, ThreadId>> {
    const wanted = [...new Set(threadKeys)].map((key) => keys.thread(accountId, key));
    const items = await batchGet(this.dynamo, this.table, wanted);
    return new Map(items.map((item) => [item.sk!.S!.slice("T#".length), item.t!.S as ThreadId]));
  }

  async putThreads(accountId: AccountId, threadKeys: readonly string[], threadId: ThreadId): Promise<void> {
    const items = [...new Set(threadKeys)].map((key) => ({ ...keys.thread(accountId, key), t: { S: threadId } }));
    await batchWrite(
      this.dynamo,
      this.table,
      items.map((Item) => ({ PutRequest: { Item } })),
    );
  }

  async getUpload(accountId: AccountId, blobId: string): Promise<UploadItem | null> {
    const { Item: item } = await this.dynamo.call("GetItem", {
      TableName: this.table,
      Key: keys.upload(accountId, blobId),
      ConsistentRead: true,
    });
    return item ? (unpack(item.d) as UploadItem) : null;
  }

  async putUpload(accountId: AccountId, item: UploadItem): Promise<void> {
    const ttl = { N: String(Math.ceil(item.expiresAt / 1000)) };
    await this.dynamo.call("PutItem", {
      TableName: this.table,
      Item: { ...keys.upload(accountId, item.blobId), d: pack(item) as Item[string], ttl },
    });
  }

  async getRules(accountId: AccountId): Promise<object | null> {
    const { Item: item } = await this.dynamo.call("GetItem", { TableName: this.table, Key: keys.rules(accountId), ConsistentRead: true });
    return item ? (unpack(item.d) as object) : null;
  }

  async putRules(accountId: AccountId, rules: object, drawnFrom: Position = { epoch: 0, seq: 0 }): Promise<void> {
    const item = { ...keys.rules(accountId), d: pack(rules) as Item[string] };
    await this.putUnlessNewer(item, drawnFrom, "<=");
  }

  async getSnapshot(accountId: AccountId): Promise<SnapshotPointer | null> {
    const { Item: item } = await this.dynamo.call("GetItem", { TableName: this.table, Key: keys.snapshot(accountId) });
    if (!item) return null;
    return { epoch: Number(item.epoch!.N), seq: Number(item.seq!.N), key: item.key!.S!, octets: Number(item.octets!.N) };
  }

  async putSnapshot(accountId: AccountId, pointer: SnapshotPointer): Promise<void> {
    const item = { ...keys.snapshot(accountId), key: { S: pointer.key }, octets: { N: String(pointer.octets) } };
    await this.putUnlessNewer(item, pointer, "<");
  }

  /** Writes the item with its position unless what is there has a later one (or, with "<", the same). */
  private async putUnlessNewer(item: Item, position: Position, order: "<" | "<="): Promise<void> {
    const epoch = { N: String(position.epoch) };
    const seq = { N: String(position.seq) };
    try {
      await this.dynamo.call("PutItem", {
        TableName: this.table,
        Item: { ...item, epoch, seq },
        ConditionExpression: `attribute_not_exists(pk) OR attribute_not_exists(#epoch) OR #epoch < :epoch OR (#epoch = :epoch AND #seq ${order} :seq)`,
        ExpressionAttributeNames: { "#epoch": "epoch", "#seq": "seq" },
        ExpressionAttributeValues: { ":epoch": epoch, ":seq": seq },
      });
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }
}
