import { describe, expect, it } from "vitest";
import type { AccountId, ReceiptId } from "../../../core/ids.ts";
import { limits } from "../../../core/limits.ts";
import type { DispatchStore } from "../../../core/ports/dispatch-store.ts";
import type { ReceiptRecord, ReceiptStore } from "../../../core/ports/receipt-store.ts";
import type { QuarantineItem, TraceRecord, TraceStore } from "../../../core/ports/trace-store.ts";
import { parsedMessage } from "../../support/parsed-message.ts";

let number = 0;
const newId = () => `r${Date.now().toString(36)}x${number++}` as ReceiptId;
const at = 1_795_000_000_000;

export const receiptRecord = (receiptId: ReceiptId, different: Partial<ReceiptRecord> = {}): ReceiptRecord => ({
  receiptId,
  mailId: receiptId,
  origin: "outside",
  rawKey: `inbound/${receiptId}`,
  at,
  reversePath: "ann@outside.example",
  recipients: ["bea@care.example"],
  verdicts: { spam: "PASS", virus: "PASS", spf: "PASS", dkim: "PASS", dmarc: "PASS" },
  submission: null,
  message: parsedMessage(),
  unreadable: null,
  evidence: null,
  targets: [{ accountId: "Abea" as AccountId, recipient: "bea@care.example" }],
  refused: [],
  covered: [],
  ...different,
});

const parsed = (receiptId: ReceiptId, different: Partial<TraceRecord> = {}): TraceRecord => ({
  receiptId,
  stage: "parsed",
  at,
  sender: "ann@outside.example",
  recipients: ["bea@care.example"],
  ...different,
});

export const traceStoresContract = (
  name: string,
  factory: () => { receipts: ReceiptStore; traces: TraceStore; dispatches: DispatchStore },
): void => {
  describe(`ReceiptStore: ${name}`, () => {
    it("keeps the first receipt and gives it to a replay", async () => {
      const { receipts } = factory();
      const id = newId();
      expect(await receipts.getReceipt(id)).toBeNull();
      expect(await receipts.putReceipt(receiptRecord(id), parsed(id))).toEqual({ existing: null });
      const { existing } = await receipts.putReceipt(receiptRecord(id, { recipients: ["other@care.example"] }), parsed(id));
      expect(existing).toEqual(receiptRecord(id));
      expect(await receipts.getReceipt(id)).toEqual(receiptRecord(id));
    });

    it("keeps a receipt whose list has fifty thousand members", async () => {
      const { receipts } = factory();
      const id = newId();
      const targets = Array.from({ length: 50_000 }, (_, index) => ({
        accountId: `A${Math.imul(index + 1, 2_654_435_761).toString(36)}${Math.imul(index + 7, 40_503).toString(36)}` as AccountId,
        recipient: "everyone@care.example",
        address: `person.${Math.imul(index, 1_013_904_223).toString(36)}@care.example`,
      }));
      const large = receiptRecord(id, { targets });
      await receipts.putReceipt(large, parsed(id));
      expect(await receipts.getReceipt(id)).toEqual(large);
    });

    it("reads many receipts asked for together, each caller its own", async () => {
      const { receipts } = factory();
      const ids = Array.from({ length: 12 }, newId);
      for (const id of ids) await receipts.putReceipt(receiptRecord(id), parsed(id));
      const read = await Promise.all([...ids, ids[0]!, newId()].map((id) => receipts.getReceipt(id)));
      expect(read.map((record) => record?.receiptId ?? null)).toEqual([...ids, ids[0], null]);
    });
  });

  describe(`TraceStore: ${name}`, () => {
    it("shows every record of a receipt in time order, the receipt's own among them", async () => {
      const { receipts, traces } = factory();
      const id = newId();
      await receipts.putReceipt(receiptRecord(id), parsed(id));
      const filed: TraceRecord = {
        receiptId: id,
        stage: "filed",
        detailKey: "bea@care.example",
        at: at + 2,
        recipient: "bea@care.example",
      };
      const scanned: TraceRecord = { receiptId: id, stage: "scanned", at: at + 1, reasons: ["deliver"] };
      await traces.record([filed, scanned]);
      await traces.record([filed]);
      expect(await traces.ofReceipt(id)).toEqual([parsed(id), scanned, filed]);
      expect(
        await traces.recorded(id, [
          { stage: "filed", detailKey: "bea@care.example" },
          { stage: "filed", detailKey: "cat@care.example" },
        ]),
      ).toEqual([true, false]);
    });

    it("is searched by message id, sender and recipient, whatever the case, newest first and within a time", async () => {
      const { receipts, traces } = factory();
      const unique = newId();
      const ids = [newId(), newId(), newId()];
      for (const [index, id] of ids.entries()) {
        const sender = `Ann.${unique}@outside.example`;
        await receipts.putReceipt(receiptRecord(id), parsed(id, { at: at + index, messageId: `M${unique}${index}@x`, sender }));
        await traces.record([
          { receiptId: id, stage: "filed", detailKey: "x", at: at + 10 + index, recipient: `bea.${unique}@care.example` },
        ]);
      }
      const bySender = { sender: `ann.${unique}@OUTSIDE.example` };
      expect((await traces.search({ ...bySender, limit: 10 })).map(({ receiptId }) => receiptId)).toEqual([ids[2], ids[1], ids[0]]);
      expect((await traces.search({ ...bySender, limit: 2 })).map(({ receiptId }) => receiptId)).toEqual([ids[2], ids[1]]);
      expect((await traces.search({ ...bySender, from: at + 1, to: at + 1, limit: 9 })).map(({ receiptId }) => receiptId)).toEqual([
        ids[1],
      ]);
      expect((await traces.search({ messageId: `m${unique}1@X`, limit: 9 })).map(({ receiptId }) => receiptId)).toEqual([ids[1]]);
      const byRecipient = await traces.search({ recipient: `bea.${unique}@care.example`, limit: 9 });
      expect(byRecipient.map(({ stage, receiptId }) => [stage, receiptId])).toEqual([
        ["filed", ids[2]],
        ["filed", ids[1]],
        ["filed", ids[0]],
      ]);
    });

    it("holds once, lists newest first in pages, and releases once", async () => {
      const { traces } = factory();
      const ids = [newId(), newId(), newId()];
      const later = Date.now() + number * 1_000;
      const item = (index: number): QuarantineItem => ({
        receiptId: ids[index]!,
        at: later + index,
        key: "inbound/x",
        sender: "ann@outside.example",
        recipients: ["bea@care.example"],
        reasons: ["malware"],
        status: "held",
      });
      for (const index of [0, 1, 2]) expect((await traces.hold(item(index))).status).toBe("held");
      expect(await traces.getHeld(ids[1]!)).toEqual(item(1));
      const first = await traces.listHeld({ limit: 2 });
      expect(first.items.map(({ receiptId }) => receiptId)).toEqual([ids[2], ids[1]]);
      const second = await traces.listHeld({ limit: 2, after: first.next! });
      expect(second.items[0]?.receiptId).toBe(ids[0]);
      expect(await traces.release(ids[1]!, "admin", at)).toBe(true);
      expect(await traces.release(ids[1]!, "admin", at)).toBe(false);
      expect(await traces.release(newId(), "admin", at)).toBe(false);
      expect((await traces.hold(item(1))).status).toBe("released");
      expect((await traces.getHeld(ids[1]!))?.status).toBe("released");
      expect((await traces.listHeld({ limit: 2 })).items.map(({ receiptId }) => receiptId)).toEqual([ids[2], ids[0]]);
    });
  });

  describe(`DispatchStore: ${name}`, () => {
    it("tells a fresh step from one under way, one whose outcome is unknown and one that is done", async () => {
      const { dispatches } = factory();
      const id = newId();
      const later = at + limits.outbound.claimSeconds * 1000;
      expect(await dispatches.claim(id, "chunk-0", at)).toEqual({ state: "fresh" });
      expect(await dispatches.claim(id, "chunk-0", later - 1)).toEqual({ state: "underWay" });
      expect(await dispatches.claim(id, "chunk-0", later)).toEqual({ state: "unsettled" });
      expect(await dispatches.claim(id, "chunk-0", later + 1)).toEqual({ state: "underWay" });
      await dispatches.settle(id, "chunk-0", "sent");
      expect(await dispatches.claim(id, "chunk-0", at)).toEqual({ state: "settled", outcome: "sent" });
      expect(await dispatches.claim(id, "chunk-50", at)).toEqual({ state: "fresh" });
    });

    it("gives a step, new or left behind, to one of many who claim it at once", async () => {
      const { dispatches } = factory();
      const id = newId();
      const claimed = async (when: number) => {
        const claims = await Promise.all(Array.from({ length: 5 }, () => dispatches.claim(id, "all", when)));
        return claims.map(({ state }) => state).sort();
      };
      const others = Array(4).fill("underWay");
      expect(await claimed(at)).toEqual(["fresh", ...others]);
      expect(await claimed(at + limits.outbound.claimSeconds * 1000)).toEqual([...others, "unsettled"]);
    });
  });
};
