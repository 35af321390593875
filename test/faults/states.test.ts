import { beforeEach, describe, expect, test } from "vitest";
import { snapshotKey } from "../../core/flows/snapshot.ts";
import { createJmap } from "../../core/jmap/jmap.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import { parseState } from "../../core/log/entry.ts";
import { writeSnapshot } from "../../core/log/snapshot.ts";
import { ANN, type Any, ann, message, World } from "../jmap/world.ts";

const TYPES = ["Email", "Thread", "Mailbox", "Identity", "EmailSubmission"];
const QUERIES = ["Email", "Mailbox", "EmailSubmission"];

let world: World;
beforeEach(async () => {
  world = await World.make();
});

/** A process that was started just now: it knows what the stores hold. */
const freshProcess = () => {
  const log = new StoredAccountLog({ store: world.store, blobs: world.blobs, epoch: 1, now: () => world.now });
  const jmap = createJmap({ ...world.ports, log });
  const states = async (): Promise<Record<string, string>> => {
    const methodCalls = [
      ...TYPES.map((type) => [`${type}/get`, { accountId: ANN, ids: [] }, type]),
      ...QUERIES.map((type) => [`${type}/query`, { accountId: ANN }, `${type} query`]),
    ];
    const using = ["core", "mail", "submission"].map((name) => `urn:ietf:params:jmap:${name}`);
    const answer = (await jmap.api(ann, JSON.stringify({ using, methodCalls }), null)) as Any;
    return Object.fromEntries(answer.json.methodResponses.map(([, args, id]: Any) => [id, args.state ?? args.queryState]));
  };
  return { log, states };
};

const snapshotOf = async (): Promise<{ octets: Uint8Array; position: { epoch: number; seq: number } }> => {
  const fold = await freshProcess().log.fold(ANN);
  return { octets: writeSnapshot(fold), position: fold.position };
};

const store = async ({ octets, position }: Awaited<ReturnType<typeof snapshotOf>>): Promise<void> => {
  await world.blobs.put(snapshotKey(ANN), octets);
  await world.store.putSnapshot(ANN, { ...position, key: snapshotKey(ANN), octets: octets.length });
};

const notBackwards = (before: Record<string, string>, after: Record<string, string>): void => {
  for (const [type, state] of Object.entries(before)) {
    const [was, is] = [parseState(state)!, parseState(after[type]!)!];
    expect(is.epoch > was.epoch || is.seq >= was.seq, `${type}: ${after[type]} after ${state}`).toBe(true);
  }
};

/** Changes of every kind, one after the other. */
const happenings: (() => Promise<unknown>)[] = [
  () => world.deliver(ANN, message({ id: "1@x" })),
  () => world.call("Mailbox/set", { create: { a: { name: "A" } } }),
  () => world.deliver(ANN, message({ id: "2@x", replyTo: "1@x" })),
  async () => world.call("Email/set", { update: { [(await world.call("Email/query", {})).ids[0]]: { "keywords/$seen": true } } }),
  () => world.call("Identity/set", { create: { i: { email: "ann.alias@north.example" } } }),
  async () => world.call("Email/set", { destroy: (await world.call("Email/query", {})).ids }),
  () => world.deliver(ANN, message({ id: "3@x" })),
];

describe("a state string does not go backwards after a restart", () => {
  test("with no snapshot, an old one, a new one, one whose object or pointer is older, and reads that lag", async () => {
    const snapshots = [await snapshotOf()];
    const warm = freshProcess();
    let before = await warm.states();
    for (const happening of happenings) {
      world.store.lagEntries = 2;
      await happening();
      world.store.lagEntries = 0;
      snapshots.push(await snapshotOf());
      const now = await warm.states();
      notBackwards(before, now);
      for (const each of snapshots) {
        await store(each);
        expect(await freshProcess().states()).toEqual(now);
      }
      // Two writers crossed: the pointer names the newest, the object is the oldest.
      await world.blobs.put(snapshotKey(ANN), snapshots[0]!.octets);
      expect(await freshProcess().states()).toEqual(now);
      // The object is gone: all is folded anew.
      await world.blobs.delete(snapshotKey(ANN));
      expect(await freshProcess().states()).toEqual(now);
      before = now;
    }
  });

  test("nor does a process that slept through changes answer with an older state, or write over what it did not see", async () => {
    const sleeper = freshProcess();
    await sleeper.states();
    for (const happening of happenings) await happening();
    const awake = await freshProcess().states();
    expect(await sleeper.states()).toEqual(awake);
    const { entry } = await sleeper.log.commit(ANN, () => ({ plan: { actor: "t", quotaOctets: 1e9 }, result: null }));
    expect(entry!.seq).toBe(happenings.length + 2);
    notBackwards(awake, await freshProcess().states());
  });

  test("and what a client kept before the restart is brought up to date after it", async () => {
    await happenings[0]!();
    const { Email: sinceState } = await freshProcess().states();
    await store(await snapshotOf());
    for (const happening of happenings.slice(1)) await happening();
    await store(await snapshotOf());
    const restarted = createJmap({ ...world.ports, log: freshProcess().log });
    const body = JSON.stringify({
      using: ["urn:ietf:params:jmap:mail"],
      methodCalls: [["Email/changes", { accountId: ANN, sinceState }, "c"]],
    });
    const { created, destroyed } = ((await restarted.api(ann, body, null)) as Any).json.methodResponses[0][1];
    expect([created.length, destroyed.length]).toEqual([1, 1]);
  });
});
