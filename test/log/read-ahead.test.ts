import { describe, expect, test } from "vitest";
import { TransientError } from "../../core/errors.ts";
import type { AccountId } from "../../core/ids.ts";
import { limits } from "../../core/limits.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import type { AccountState } from "../../core/log/api.ts";
import { writeSnapshot } from "../../core/log/snapshot.ts";
import { standardMailboxes } from "../../core/mail/standard-mailboxes.ts";
import { MemoryAccountLogStore } from "../support/memory-account-log-store.ts";
import { MemoryBlobStore } from "../support/memory-blob-store.ts";
import { ACCOUNT, dump, foldOf } from "./arbitrary-log.ts";

const KEY = "snapshots/a";

/** An account of `entries` log entries, its snapshot object at one of them and the pointer at another. */
const world = async (entries: number, snapshots: { object?: number; pointer?: number; octets?: number } = {}) => {
  const store = new MemoryAccountLogStore();
  const blobs = new MemoryBlobStore();
  const calls: string[] = [];
  blobs.before = (operation) => void calls.push(operation);
  const open = () => new StoredAccountLog({ store, blobs, epoch: 1, now: () => 1 });
  const writer = open();
  await writer.create(ACCOUNT, { actor: "test", records: [{ type: "Mailbox", created: standardMailboxes }] });
  const more = async (count: number) => {
    for (let made = 0; made < count; made++)
      await writer.commit(ACCOUNT, ({ position }) => ({
        plan: { actor: `test ${position.seq}`, quotaOctets: position.seq },
        result: null,
      }));
  };
  await more(entries - 1);
  const all = await store.entriesAfter(ACCOUNT, { epoch: 0, seq: 0 });
  if (snapshots.object) await blobs.put(KEY, writeSnapshot(foldOf(all.slice(0, snapshots.object))));
  if (snapshots.pointer) await store.putSnapshot(ACCOUNT, { epoch: 1, seq: snapshots.pointer, key: KEY, octets: snapshots.octets ?? 100 });
  calls.length = 0;
  store.before = (operation) => void calls.push(operation);
  return { store, open, calls, more, present: async () => dump(foldOf(await store.entriesAfter(ACCOUNT, { epoch: 0, seq: 0 }))) };
};

describe("reading ahead of a load", () => {
  test.each([
    { object: 7, pointer: 7, what: "the snapshot that the pointer means" },
    { object: 9, pointer: 6, what: "a newer object than the pointer means" },
    { object: 4, pointer: 8, what: "an older object than the pointer means" },
    { pointer: 8, what: "an object that is gone" },
    { what: "no snapshot" },
  ])("gives the present state from $what", async (snapshots) => {
    const { open, present } = await world(12, snapshots);
    expect(dump((await open().ahead(ACCOUNT).load(ACCOUNT))!)).toEqual(await present());
    expect(dump((await open().load(ACCOUNT))!)).toEqual(await present());
  });

  test("serves one load; the next sees what was written meanwhile", async () => {
    const { open, more, present } = await world(5, { object: 3, pointer: 3 });
    const log = open();
    const ahead = log.ahead(ACCOUNT);
    await ahead.load(ACCOUNT);
    await more(3);
    expect(dump((await ahead.load(ACCOUNT))!)).toEqual(await present());
    const warm = log.ahead(ACCOUNT);
    await log.load(ACCOUNT);
    expect(dump((await warm.load(ACCOUNT))!)).toEqual(await present());
  });

  test("begins without the load, but leaves a large snapshot to it", async () => {
    const small = await world(5, { object: 3, pointer: 3 });
    small.open().ahead(ACCOUNT);
    const large = await world(5, { object: 3, pointer: 3, octets: limits.log.aheadOctets + 1 });
    const ahead = large.open().ahead(ACCOUNT);
    await new Promise((wake) => setTimeout(wake, 5));
    expect(small.calls).toEqual(["getSnapshot", "get", "entriesAfter"]);
    expect(large.calls).toEqual(["getSnapshot"]);
    expect(dump((await ahead.load(ACCOUNT))!)).toEqual(await large.present());
  });

  test("spares the commit that follows a read, unless somebody was quicker", async () => {
    const { open, calls, more, present } = await world(5, { object: 3, pointer: 3 });
    const log = open();
    const planner = ({ position }: AccountState) => ({ plan: { actor: `after ${position.seq}` }, result: position.seq });
    const first = log.ahead(ACCOUNT);
    await first.load(ACCOUNT);
    calls.length = 0;
    expect((await first.commit(ACCOUNT, planner)).result).toBe(5);
    expect((await first.commit(ACCOUNT, planner)).result).toBe(6);
    expect(calls.filter((operation) => operation !== "appended")).toEqual(["append", "append"]);
    await more(2);
    expect((await first.commit(ACCOUNT, planner)).result).toBe(9);
    const second = log.ahead(ACCOUNT);
    await more(1);
    expect((await second.commit(ACCOUNT, planner)).result).toBe(11);
    expect(dump((await log.load(ACCOUNT))!)).toEqual(await present());
  });

  test("of a wrong guess fails nobody", async () => {
    const { open, store, present } = await world(5);
    store.before = (operation) => {
      if (operation === "getSnapshot") throw new TransientError("busy");
    };
    const ahead = open().ahead("Aanother" as AccountId);
    await new Promise((wake) => setTimeout(wake, 5));
    store.before = () => {};
    expect(dump((await ahead.load(ACCOUNT))!)).toEqual(await present());
    await expect(ahead.load("Aanother" as AccountId)).rejects.toThrow("busy");
  });
});
