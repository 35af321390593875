/**
 * Receipts in the traces table: one item for an ordinary message, which is its `parsed` trace as well. The targets of a large list
 * do not fit one item: further parts are written first, the first part, which makes the receipt visible, last.
 */
import { InvariantError } from "../core/errors.ts";
import type { ReceiptId } from "../core/ids.ts";
import type { ReceiptRecord, ReceiptStore } from "../core/ports/receipt-store.ts";
import type { TraceRecord } from "../core/ports/trace-store.ts";
import { batchGet, type Item, putIfAbsent } from "./dynamo.ts";
import { traceKeys } from "./keys.ts";
import { pack, unpack } from "./packed.ts";
import { indexedAttributes, packed, type TracesTable } from "./traces-table.ts";

const partOctets = 300 * 1024;

const octetsOf = (attribute: { S: string } | { B: Uint8Array }) => ("B" in attribute ? attribute.B.length : Buffer.byteLength(attribute.S));

export class DynamoReceiptStore implements ReceiptStore {
  private readonly table: TracesTable;

  constructor(table: TracesTable) {
    this.table = table;
  }

  async putReceipt(record: ReceiptRecord, trace: TraceRecord): Promise<{ existing: ReceiptRecord | null }> {
    const attributes: Item = { ...indexedAttributes(trace), t: packed(trace) };
    const whole = pack(record);
    const first: Item = { ...traceKeys.receipt(record.receiptId, 0), ...attributes };
    if (octetsOf(whole) <= partOctets) first.d = whole as Item[string];
    else {
      const octets = "B" in whole ? whole.B : Buffer.from(whole.S);
      const parts = Math.ceil(octets.length / partOctets);
      await Promise.all(
        Array.from({ length: parts }, (_, index) =>
          this.table.put({
            ...traceKeys.receipt(record.receiptId, index + 1),
            p: { B: octets.subarray(index * partOctets, (index + 1) * partOctets) },
            ttl: attributes.ttl!,
          }),
        ),
      );
      first.parts = { N: String(parts) };
    }
    const there = await putIfAbsent(this.table.dynamo, this.table.name, first);
    return { existing: there ? await this.recordOf(record.receiptId, there) : null };
  }

  async getReceipt(receiptId: ReceiptId): Promise<ReceiptRecord | null> {
    const key = traceKeys.receipt(receiptId, 0);
    const item = (await this.table.get(key)) ?? (await this.table.getConsistently(key));
    return item ? this.recordOf(receiptId, item) : null;
  }

  private async recordOf(receiptId: ReceiptId, first: Item): Promise<ReceiptRecord> {
    if (!first.parts) return unpack(first.d) as ReceiptRecord;
    const keys = Array.from({ length: Number(first.parts.N) }, (_, index) => traceKeys.receipt(receiptId, index + 1));
    const items = await batchGet(this.table.dynamo, this.table.name, keys, { consistent: true });
    if (items.length !== keys.length) throw new InvariantError("a receipt lacks a part");
    items.sort((a, b) => (a.sk!.S! < b.sk!.S! ? -1 : 1));
    return unpack({ B: Buffer.concat(items.map((item) => item.p!.B!)) }) as ReceiptRecord;
  }
}
