/** The trace of every message and what is held back, in the traces table. */
import type { ReceiptId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { QuarantineItem, TraceRecord, TraceStore } from "../core/ports/trace-store.ts";
import { batchGet, ConditionFailed, type Item, putIfAbsent, queryAll } from "./dynamo.ts";
import { traceKeys } from "./keys.ts";
import { unpack } from "./packed.ts";
import { expiryAfter, indexedAttributes, indexKeyOf, instantKey, packed, type TracesTable } from "./traces-table.ts";

const heldPartition = "held";

/** The trace record of an item, be it a record of its own or carried by the receipt; null for other items. */
const recordOf = (item: Item): TraceRecord | null => {
  if (item.t) return unpack(item.t) as TraceRecord;
  return item.sk?.S?.startsWith("T#") ? (unpack(item.d) as TraceRecord) : null;
};

const isRecord = (record: TraceRecord | null): record is TraceRecord => record !== null;

const heldOf = (item: Item): QuarantineItem => ({
  ...(unpack(item.d) as QuarantineItem),
  status: item.status!.S as QuarantineItem["status"],
});

export class DynamoTraceStore implements TraceStore {
  private readonly table: TracesTable;

  constructor(table: TracesTable) {
    this.table = table;
  }

  async record(records: readonly TraceRecord[]): Promise<void> {
    await Promise.all(
      records.map((record) =>
        this.table.put({
          ...traceKeys.record(record.receiptId, record.stage, record.detailKey ?? ""),
          ...indexedAttributes(record),
          d: packed(record),
        }),
      ),
    );
  }

  async recorded(receiptId: ReceiptId, marks: readonly { stage: TraceRecord["stage"]; detailKey: string }[]): Promise<boolean[]> {
    return Promise.all(
      marks.map(async ({ stage, detailKey }) => (await this.table.get(traceKeys.record(receiptId, stage, detailKey))) !== null),
    );
  }

  async ofReceipt(receiptId: ReceiptId): Promise<TraceRecord[]> {
    const items = await queryAll(this.table.dynamo, {
      TableName: this.table.name,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: traceKeys.partition(receiptId) } },
      ConsistentRead: true,
    });
    return items
      .map(recordOf)
      .filter(isRecord)
      .sort((a, b) => a.at - b.at);
  }

  async search(by: Parameters<TraceStore["search"]>[0]): Promise<TraceRecord[]> {
    const [IndexName, prefix, value] =
      by.messageId !== undefined
        ? (["byMessageId", "gm", by.messageId] as const)
        : by.sender !== undefined
          ? (["bySender", "gs", by.sender] as const)
          : (["byRecipient", "gr", by.recipient ?? ""] as const);
    const found = await queryAll(
      this.table.dynamo,
      {
        TableName: this.table.name,
        IndexName,
        KeyConditionExpression: "#pk = :pk AND #sk BETWEEN :from AND :to",
        ExpressionAttributeNames: { "#pk": `${prefix}Pk`, "#sk": `${prefix}Sk` },
        ExpressionAttributeValues: {
          ":pk": { S: indexKeyOf(value) },
          ":from": { S: instantKey(by.from ?? 0) },
          ":to": { S: `${instantKey(by.to ?? 9e14)}$` },
        },
        ScanIndexForward: false,
        Limit: by.limit,
      },
      by.limit,
    );
    // An index need not hold the whole item: the records are read from the table.
    const keys = found.slice(0, by.limit).map((item) => ({ pk: item.pk!, sk: item.sk! }));
    const items = await batchGet(this.table.dynamo, this.table.name, keys);
    return items
      .map(recordOf)
      .filter(isRecord)
      .sort((a, b) => b.at - a.at);
  }

  async hold(item: QuarantineItem): Promise<QuarantineItem> {
    const there = await putIfAbsent(this.table.dynamo, this.table.name, {
      ...traceKeys.held(item.receiptId),
      d: packed(item),
      status: { S: "held" },
      ttl: expiryAfter(item.at, limits.retention.quarantineDays),
      ghPk: { S: heldPartition },
      ghSk: { S: `${instantKey(item.at)}#${item.receiptId}` },
    });
    return there ? heldOf(there) : { ...item, status: "held" };
  }

  async getHeld(receiptId: ReceiptId): Promise<QuarantineItem | null> {
    const item = await this.table.getConsistently(traceKeys.held(receiptId));
    return item ? heldOf(item) : null;
  }

  async listHeld(options: { limit: number; after?: string }): Promise<{ items: QuarantineItem[]; next: string | null }> {
    const answer = await this.table.dynamo.call("Query", {
      TableName: this.table.name,
      IndexName: "held",
      KeyConditionExpression: "ghPk = :pk",
      ExpressionAttributeValues: { ":pk": { S: heldPartition } },
      ScanIndexForward: false,
      Limit: options.limit,
      ...(options.after && { ExclusiveStartKey: keyOfToken(options.after) }),
    });
    const keys = (answer.Items ?? []).map((item) => ({ pk: item.pk!, sk: item.sk! }));
    const items = await batchGet(this.table.dynamo, this.table.name, keys, { consistent: true });
    const held = items.map(heldOf).sort((a, b) => b.at - a.at);
    return { items: held, next: answer.LastEvaluatedKey ? tokenOfKey(answer.LastEvaluatedKey) : null };
  }

  async release(receiptId: ReceiptId, actor: string, at: number): Promise<boolean> {
    try {
      await this.table.dynamo.call("UpdateItem", {
        TableName: this.table.name,
        Key: traceKeys.held(receiptId),
        UpdateExpression: "SET #status = :released, releasedBy = :actor, releasedAt = :at REMOVE ghPk, ghSk",
        ConditionExpression: "#status = :held",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":released": { S: "released" },
          ":held": { S: "held" },
          ":actor": { S: actor },
          ":at": { N: String(at) },
        },
      });
    } catch (error) {
      if (error instanceof ConditionFailed) return false;
      throw error;
    }
    return true;
  }
}

/** All attributes of these keys are strings. */
const tokenOfKey = (key: Item) =>
  Buffer.from(JSON.stringify(Object.entries(key).map(([name, value]) => [name, value.S]))).toString("base64url");
const keyOfToken = (token: string): Item =>
  Object.fromEntries((JSON.parse(Buffer.from(token, "base64url").toString()) as [string, string][]).map(([name, S]) => [name, { S }]));
