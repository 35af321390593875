import { beforeEach, describe, expect, test } from "vitest";
import { snapshotKey } from "../../core/flows/snapshot.ts";
import type { AccountId, ReceiptId } from "../../core/ids.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import { deliver } from "../../core/log/delivery.ts";
import { writeSnapshot } from "../../core/log/snapshot.ts";
import { threadKeys } from "../../core/mime/thread-keys.ts";
import { ANN, type Any, ann, BOB, message, World } from "../jmap/world.ts";
import { parsedMessage } from "../support/parsed-message.ts";

let world: World;
beforeEach(async () => {
  world = await World.make();
});

/** Files a receipt's message as the file stage does, which may be told of it again and again. */
const receive = async (receipt: string, accountId: AccountId = ANN): Promise<{ outcome: string; emailId: string }> => {
  const parsed = parsedMessage({ messageId: [`${receipt}@x`], subject: receipt });
  const delivery = { receiptId: receipt as ReceiptId, rawKey: `inbound/${receipt}`, message: parsed, threadKeys: threadKeys(parsed) };
  const common = { accountId, reversePath: "", receivedAt: world.now, role: "inbox" as const, marks: [] };
  return (await deliver({ store: world.store, epoch: 1, now: () => world.now }, { ...common, ...delivery })) as never;
};

const restarted = async () => {
  const fold = await world.log.fold(ANN);
  const octets = writeSnapshot(fold);
  await world.blobs.put(snapshotKey(ANN), octets);
  await world.store.putSnapshot(ANN, { ...fold.position, key: snapshotKey(ANN), octets: octets.length });
  return new StoredAccountLog({ store: world.store, blobs: world.blobs, epoch: 1, now: () => world.now });
};

const idsOf = async (type: string): Promise<string[]> =>
  (await world.call(`${type}/get`, { ids: null, properties: ["id"] })).list.map(({ id }: Any) => id);

describe("an id is not reused for something else", () => {
  test("a receipt that is replayed after its reader destroyed the message brings nothing back, whichever trace was lost", async () => {
    const { emailId } = await receive("r1");
    const { state } = await world.call("Email/get", { ids: [] });
    await world.call("Email/set", { destroy: [emailId] });
    expect(await receive("r1")).toMatchObject({ outcome: "already", emailId });
    expect(await idsOf("Email")).toEqual([]);
    const changes = await world.call("Email/changes", { sinceState: state });
    expect([changes.created, changes.updated, changes.destroyed]).toEqual([[], [], [emailId]]);
  });

  test("nor after a Mailbox took the message along", async () => {
    const { emailId } = await receive("r1");
    const { created } = await world.call("Mailbox/set", { create: { m: { name: "M" } } });
    await world.call("Email/set", { update: { [emailId]: { mailboxIds: { [created.m.id]: true } } } });
    await world.call("Mailbox/set", { destroy: [created.m.id], onDestroyRemoveEmails: true });
    expect((await receive("r1")).outcome).toBe("already");
    expect(await idsOf("Email")).toEqual([]);
  });

  test("the newest message is destroyed, the account compacted and read anew: what comes next has a number and an id of its own", async () => {
    await receive("r1");
    const { emailId: gone } = await receive("r2");
    const before = (await world.log.load(ANN))!.totals.nextUid;
    await world.call("Email/set", { destroy: [gone] });
    const log = await restarted();
    const { emailId: next } = await receive("r3");
    const state = (await log.load(ANN))!;
    expect(next).not.toBe(gone);
    expect(state.emails.uid(state.emails.rowOf(next as never))).toBe(before);
    expect(state.emails.rowOf(gone as never)).toBe(-1);
    expect(state.emails.rowOfUid(before - 1)).toBe(-1);
  });

  test("nothing that was made again after it was destroyed gets the id that it had", async () => {
    const makers: [string, () => Promise<Any>][] = [
      ["Mailbox", () => world.call("Mailbox/set", { create: { n: { name: "N" } } })],
      ["Identity", () => world.call("Identity/set", { create: { n: { email: "ann.alias@north.example" } } })],
      ["Email", () => world.call("Email/set", { create: { n: { mailboxIds: { drafts: true }, subject: "N" } } })],
    ];
    const seen = new Set<string>();
    for (let round = 0; round < 3; round++) {
      for (const [type, make] of makers) {
        const { id } = (await make()).created.n;
        expect(seen.has(id)).toBe(false);
        seen.add(id);
        expect((await world.call(`${type}/set`, { destroy: [id] })).destroyed).toEqual([id]);
      }
    }
  });

  test("one message in two accounts, and everything of all types, have different ids", async () => {
    const [mine, theirs] = [await receive("r1"), await receive("r1", BOB)];
    expect(mine.emailId).not.toBe(theirs.emailId);
    await world.call("Identity/set", { create: { i: { email: "ann.alias@north.example" } } });
    const all = (await Promise.all(["Email", "Thread", "Identity"].map(idsOf))).flat();
    expect(new Set(all).size).toBe(all.length);
  });

  test("a blob id is not another message's once its own is gone", async () => {
    const emailId = await world.deliver(ANN, message({ id: "1@x" }));
    expect((await world.jmap.download(ann, ANN, `GM${emailId}`)).outcome).toBe("found");
    await world.call("Email/set", { destroy: [emailId] });
    await world.deliver(ANN, message({ id: "2@x" }));
    expect((await world.jmap.download(ann, ANN, `GM${emailId}`)).outcome).toBe("refused");
  });
});
