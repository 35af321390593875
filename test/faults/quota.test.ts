import { beforeEach, describe, expect, test } from "vitest";
import type { AccountId } from "../../core/ids.ts";
import { deliver } from "../../core/log/delivery.ts";
import { threadKeys } from "../../core/mime/thread-keys.ts";
import { World } from "../flows/world.ts";
import { parsedMessage } from "../support/parsed-message.ts";

const FULL = "Afull" as AccountId;
let world: World;
beforeEach(async () => {
  world = new World();
  await world.addPerson("full", { quotaOctets: 10 });
  await world.addPerson("cat");
});

describe("a full mailbox bounces and does not defer", () => {
  test("the sender is told 5.2.2 at the first try; nothing waits, nothing comes again, others have theirs", async () => {
    world.accept("m1", ["full@care.example", "cat@care.example"]);
    let tries = 0;
    const file = world.file.bind(world);
    world.file = async (job) => {
      tries++;
      await file(job);
    };
    await world.run();
    expect(tries).toBe(1);
    expect(world.transport.bounces.map(({ recipients }) => recipients)).toEqual([[expect.objectContaining({ status: "5.2.2" })]]);
    for (const queue of [world.parseQueue, world.scanQueue, world.fileQueue, world.feedbackQueue]) expect(queue.jobs).toEqual([]);
    expect(world.endings("m1")).toEqual(["bounced full@care.example", "filed cat@care.example"]);
  });

  test("and a sender who was told is not contradicted: room made later does not file the replayed message", async () => {
    world.accept("m1", ["full@care.example"]);
    await world.parse(world.parseQueue.take()[0]!);
    await world.scan(world.scanQueue.take()[0]!);
    const [job] = world.fileQueue.take();
    await world.file(job!);
    await world.newLog().commit(FULL, () => ({ plan: { actor: "system:quota", quotaOctets: 1e9 }, result: null }));
    await world.file(job!);
    await world.run();
    expect(world.transport.bounces).toHaveLength(1);
    expect(await world.filed(FULL)).toEqual([]);
  });

  test("but nobody bounces by hearsay: room made a moment ago counts, though an eventually consistent read does not show it", async () => {
    await world.newLog().commit(FULL, () => ({ plan: { actor: "system:quota", quotaOctets: 1e9 }, result: null }));
    world.store.lagEntries = 1;
    const message = parsedMessage();
    const outcome = await deliver(
      { store: world.store, epoch: 1, now: world.now },
      {
        accountId: FULL,
        receiptId: "r1" as never,
        rawKey: "inbound/r1",
        message,
        reversePath: "a@b.example",
        receivedAt: 1,
        role: "inbox",
        marks: [],
        threadKeys: threadKeys(message),
      },
    );
    expect(outcome.outcome).toBe("filed");
  });
});
