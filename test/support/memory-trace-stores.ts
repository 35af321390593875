/** Receipts, traces, quarantine and dispatch steps in memory, with their contracts' semantics. */
import type { ReceiptId } from "../../core/ids.ts";
import { limits } from "../../core/limits.ts";
import type { DispatchStore } from "../../core/ports/dispatch-store.ts";
import type { ReceiptRecord, ReceiptStore } from "../../core/ports/receipt-store.ts";
import type { QuarantineItem, TraceRecord, TraceStore } from "../../core/ports/trace-store.ts";

export class MemoryTraceStores implements ReceiptStore, TraceStore, DispatchStore {
  readonly receipts = new Map<ReceiptId, ReceiptRecord>();
  readonly records = new Map<string, TraceRecord>();
  readonly held = new Map<ReceiptId, QuarantineItem>();
  readonly steps = new Map<string, { at: number; outcome: string | null }>();

  async putReceipt(record: ReceiptRecord, trace: TraceRecord): Promise<{ existing: ReceiptRecord | null }> {
    const existing = this.receipts.get(record.receiptId);
    if (existing) return { existing: structuredClone(existing) };
    this.receipts.set(record.receiptId, structuredClone(record));
    this.put(trace);
    return { existing: null };
  }

  async getReceipt(receiptId: ReceiptId): Promise<ReceiptRecord | null> {
    return structuredClone(this.receipts.get(receiptId) ?? null);
  }

  async record(records: readonly TraceRecord[]): Promise<void> {
    for (const record of records) this.put(record);
  }

  async recorded(receiptId: ReceiptId, marks: readonly { stage: TraceRecord["stage"]; detailKey: string }[]): Promise<boolean[]> {
    return marks.map(({ stage, detailKey }) => this.records.has(keyOf({ receiptId, stage, detailKey })));
  }

  async ofReceipt(receiptId: ReceiptId): Promise<TraceRecord[]> {
    return [...this.records.values()].filter((record) => record.receiptId === receiptId).sort((a, b) => a.at - b.at);
  }

  async search(by: Parameters<TraceStore["search"]>[0]): Promise<TraceRecord[]> {
    const same = (given: string | undefined, asked: string | undefined) =>
      asked === undefined || given?.toLowerCase() === asked.toLowerCase();
    return [...this.records.values()]
      .filter((record) => same(record.messageId, by.messageId) && same(record.sender, by.sender) && same(record.recipient, by.recipient))
      .filter(({ at }) => at >= (by.from ?? 0) && at <= (by.to ?? Number.POSITIVE_INFINITY))
      .sort((a, b) => b.at - a.at)
      .slice(0, by.limit);
  }

  async hold(item: QuarantineItem): Promise<QuarantineItem> {
    const there = this.held.get(item.receiptId) ?? { ...item, status: "held" as const };
    this.held.set(item.receiptId, there);
    return there;
  }

  async getHeld(receiptId: ReceiptId): Promise<QuarantineItem | null> {
    return this.held.get(receiptId) ?? null;
  }

  async listHeld(options: { limit: number; after?: string }): Promise<{ items: QuarantineItem[]; next: string | null }> {
    const all = [...this.held.values()].filter(({ status }) => status === "held").sort((a, b) => b.at - a.at);
    const from = Number(options.after ?? 0);
    const next = from + options.limit < all.length ? String(from + options.limit) : null;
    return { items: all.slice(from, from + options.limit), next };
  }

  async release(receiptId: ReceiptId): Promise<boolean> {
    const item = this.held.get(receiptId);
    if (item?.status !== "held") return false;
    this.held.set(receiptId, { ...item, status: "released" });
    return true;
  }

  async claim(dispatchId: string, step: string, at: number): ReturnType<DispatchStore["claim"]> {
    const key = `${dispatchId}\n${step}`;
    const there = this.steps.get(key);
    if (there === undefined) {
      this.steps.set(key, { at, outcome: null });
      return { state: "fresh" };
    }
    if (there.outcome !== null) return { state: "settled", outcome: there.outcome };
    if (at - there.at < limits.outbound.claimSeconds * 1000) return { state: "underWay" };
    there.at = at;
    return { state: "unsettled" };
  }

  async settle(dispatchId: string, step: string, outcome: string): Promise<void> {
    this.steps.set(`${dispatchId}\n${step}`, { at: 0, outcome });
  }

  private put(record: TraceRecord): void {
    this.records.set(keyOf(record), structuredClone(record));
  }
}

const keyOf = (record: Pick<TraceRecord, "receiptId" | "stage" | "detailKey">) =>
  `${record.receiptId}\n${record.stage}\n${record.detailKey ?? ""}`;
