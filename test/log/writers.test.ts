import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReceiptId } from "../../core/ids.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import { type Delivery, deliver } from "../../core/log/delivery.ts";
import type { ParsedMessage } from "../../core/mail/email-item.ts";
import { standardMailboxes } from "../../core/mail/standard-mailboxes.ts";
import { MemoryAccountLogStore } from "../support/memory-account-log-store.ts";
import { MemoryBlobStore } from "../support/memory-blob-store.ts";
import { ACCOUNT, type Choice, choices, dump, foldOf, planOf } from "./arbitrary-log.ts";

const RUNS = { numRuns: Number(process.env.PENFOLD_PROPERTY_RUNS ?? 100) };
const message = {
  sizeOctets: 1000,
  from: [{ name: null, email: "a@b.example" }],
  sentAt: 5,
  hasAttachment: false,
} as unknown as ParsedMessage;

const delivery = (receipt: number): Delivery => ({
  accountId: ACCOUNT,
  receiptId: `r${receipt}` as ReceiptId,
  rawKey: `inbound/r${receipt}`,
  message,
  reversePath: "a@b.example",
  receivedAt: 1_700_000_000_000 + receipt,
  role: "inbox",
  marks: [],
  threadKeys: { own: [`k${receipt % 3}`], lookups: [`k${receipt % 3}`] },
});

const freshAccount = async (quotaOctets = 0) => {
  const store = new MemoryAccountLogStore();
  const blobs = new MemoryBlobStore();
  const log = () => new StoredAccountLog({ store, blobs, epoch: 1, now: () => 1 });
  await log().create(ACCOUNT, { actor: "system:test", records: [{ type: "Mailbox", created: standardMailboxes }], quotaOctets });
  return { store, log };
};

describe("many writers", () => {
  test("make one total order, whatever way their steps interleave", async () => {
    await fc.assert(
      fc.asyncProperty(
        choices(12),
        fc.array(fc.nat(4), { minLength: 1, maxLength: 8 }),
        fc.scheduler(),
        async (chosen, receipts, scheduler) => {
          const { store, log } = await freshAccount();
          store.before = () => scheduler.schedule(Promise.resolve());
          const editors = [log(), log()];
          const edits = chosen.map((choice: Choice, step) =>
            editors[step % 2]!.commit(ACCOUNT, (state) => ({
              plan: choice.kind === "deliver" ? null : planOf(state, choice, step),
              result: null,
            })),
          );
          const deliveries = receipts.map((receipt) => deliver({ store, epoch: 1, now: () => 1 }, delivery(receipt)));
          const settled = Promise.allSettled([...edits, ...deliveries]);
          await scheduler.waitFor(settled);
          const failures = (await settled).filter((one) => one.status === "rejected" && (one.reason as Error).name !== "TransientError");
          expect(failures).toEqual([]);
          store.before = () => {};
          const entries = await store.entriesAfter(ACCOUNT, { epoch: 0, seq: 0 });
          expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
          const filed = entries.flatMap((entry) => entry.email?.created?.map((row) => row.id) ?? []);
          expect(new Set(filed).size).toBe(filed.length);
          const outcomes = (await settled)
            .slice(edits.length)
            .flatMap((one) => (one.status === "fulfilled" ? [one.value as { outcome: string; emailId: string }] : []));
          for (const outcome of outcomes) expect(filed).toContain(outcome.emailId);
          expect(dump((await log().load(ACCOUNT))!)).toEqual(dump(foldOf(entries)));
        },
      ),
      RUNS,
    );
  });
});

describe("a delivery", () => {
  test("that crashes before or after any write, and is replayed, is filed exactly once in one thread", async () => {
    for (let crashAt = 0; crashAt < 12; crashAt++) {
      const { store, log } = await freshAccount();
      let operations = 0;
      store.before = () => {
        if (operations++ === crashAt) throw new Error("crash");
      };
      await deliver({ store, epoch: 1, now: () => 1 }, delivery(1)).catch(() => {});
      store.before = () => {};
      await deliver({ store, epoch: 1, now: () => 1 }, delivery(4));
      const replay = await deliver({ store, epoch: 1, now: () => 1 }, delivery(1));
      const again = await deliver({ store, epoch: 1, now: () => 1 }, delivery(1));
      expect(["filed", "already"]).toContain(replay.outcome);
      expect(again.outcome).toBe("already");
      const state = (await log().load(ACCOUNT))!;
      expect(state.emails.count).toBe(2);
      expect(state.totals.octets).toBe(2000);
    }
  });

  test("into a full mailbox is refused, and the account stays as it was", async () => {
    const { store, log } = await freshAccount(1500);
    expect((await deliver({ store, epoch: 1, now: () => 1 }, delivery(1))).outcome).toBe("filed");
    expect((await deliver({ store, epoch: 1, now: () => 1 }, delivery(2))).outcome).toBe("overQuota");
    expect((await deliver({ store, epoch: 1, now: () => 1 }, delivery(1))).outcome).toBe("already");
    expect((await log().load(ACCOUNT))!.emails.count).toBe(1);
  });

  test("destroyed by its owner does not come back when the receipt is replayed", async () => {
    const { store, log } = await freshAccount();
    await deliver({ store, epoch: 1, now: () => 1 }, delivery(1));
    await log().commit(ACCOUNT, () => ({ plan: { actor: "principal:x", email: { destroyedUids: [1] } }, result: null }));
    expect((await deliver({ store, epoch: 1, now: () => 1 }, delivery(1))).outcome).toBe("already");
    expect((await log().load(ACCOUNT))!.emails.count).toBe(0);
  });

  test("from a blocked sender goes to Junk", async () => {
    const { store, log } = await freshAccount();
    await store.putRules(ACCOUNT, { blockedSenders: ["@b.example"] });
    await log().commit(ACCOUNT, () => ({ plan: { actor: "principal:x", hasRules: true }, result: null }));
    await deliver({ store, epoch: 1, now: () => 1 }, delivery(1));
    const state = (await log().load(ACCOUNT))!;
    expect(state.emails.mailboxIds(0)).toEqual(["junk"]);
  });

  test("to an account that does not exist says so", async () => {
    expect((await deliver({ store: new MemoryAccountLogStore(), epoch: 1, now: () => 1 }, delivery(1))).outcome).toBe("noAccount");
  });
});
