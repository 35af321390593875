import { beforeEach, describe, expect, it } from "vitest";
import { PoisonError } from "../../core/errors.ts";
import type { AccountId, ReceiptId } from "../../core/ids.ts";
import { World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = new World();
  await world.addPerson("bea", { aliases: ["b.fern@care.example"] });
  await world.addPerson("cat");
  await world.addPerson("dan");
  await world.addPerson("full", { quotaOctets: 10 });
});

const inboxes = async () => Promise.all(["Abea", "Acat", "Adan", "Afull"].map((id) => world.filed(id as AccountId)));

describe("who receives", () => {
  const cases: [string, string[], { filed: string[][]; endings: string[] }][] = [
    ["an account", ["bea@care.example"], { filed: [["m1"], [], [], []], endings: ["filed bea@care.example"] }],
    ["whatever the case of the address", ["Bea@CARE.example"], { filed: [["m1"], [], [], []], endings: ["filed Bea@CARE.example"] }],
    ["an address with a detail", ["bea+ward@care.example"], { filed: [["m1"], [], [], []], endings: ["filed bea+ward@care.example"] }],
    [
      "an account reached by two addresses, once",
      ["bea@care.example", "b.fern@care.example"],
      { filed: [["m1"], [], [], []], endings: ["filed b.fern@care.example", "filed bea@care.example"] },
    ],
    [
      "each member of a list, and of the lists in it, once",
      ["outer@care.example", "cat@care.example"],
      {
        filed: [["m1"], ["m1"], ["m1"], []],
        endings: ["filed cat@care.example", "filed outer@care.example bea@care.example", "filed outer@care.example dan@care.example"],
      },
    ],
    [
      "nobody at an unknown address, who is told",
      ["nobody@care.example", "cat@care.example"],
      { filed: [[], ["m1"], [], []], endings: ["bounced nobody@care.example", "filed cat@care.example"] },
    ],
    [
      "not a full mailbox, and nothing else is lost",
      ["full@care.example", "dan@care.example"],
      { filed: [[], [], ["m1"], []], endings: ["bounced full@care.example", "filed dan@care.example"] },
    ],
    ["nobody of an empty list", ["empty@care.example"], { filed: [[], [], [], []], endings: ["bounced empty@care.example"] }],
    [
      "not a member outside, the others all the same",
      ["mixed@care.example"],
      {
        filed: [["m1"], [], [], []],
        endings: ["bounced mixed@care.example far@outside.example", "filed mixed@care.example bea@care.example"],
      },
    ],
    [
      "lists in a ring, each person once",
      ["ring1@care.example", "ring2@care.example"],
      {
        filed: [["m1"], ["m1"], [], []],
        endings: ["filed ring1@care.example bea@care.example", "filed ring2@care.example cat@care.example"],
      },
    ],
    [
      "two lists of the same people, each person once",
      ["twins@care.example", "twins2@care.example"],
      {
        filed: [["m1"], ["m1"], [], []],
        endings: ["filed twins2@care.example", "filed twins@care.example bea@care.example", "filed twins@care.example cat@care.example"],
      },
    ],
  ];

  it.each(cases)("%s", async (_name, recipients, expected) => {
    await world.addList("inner", ["dan@care.example", "outer@care.example"]);
    await world.addList("outer", ["bea@care.example", "inner@care.example", "cat@care.example"]);
    await world.addList("empty", []);
    await world.addList("mixed", ["bea@care.example", "far@outside.example"]);
    await world.addList("ring1", ["bea@care.example", "ring2@care.example"]);
    await world.addList("ring2", ["cat@care.example", "ring1@care.example"]);
    await world.addList("twins", ["bea@care.example", "cat@care.example"]);
    await world.addList("twins2", ["bea@care.example", "cat@care.example"]);
    world.accept("m1", recipients);
    await world.run();
    expect(await inboxes()).toEqual(expected.filed);
    expect(world.endings("m1")).toEqual(expected.endings);
  });

  it("goes by the envelope, never by To", async () => {
    world.accept("m1", ["cat@care.example"], { text: "To is someone else" });
    await world.run();
    expect(await inboxes()).toEqual([[], ["m1"], [], []]);
  });

  it("keeps apart what SES announces once a rule, and files to each person once", async () => {
    world.accept("m1", ["bea@care.example", "cat@care.example"]);
    await world.run();
    world.accept("m1", ["cat@care.example", "dan@care.example"]);
    await world.run();
    expect(await inboxes()).toEqual([["m1"], ["m1"], ["m1"], []]);
  });

  it("refuses a list nested deeper than the bound instead of following it", async () => {
    for (let depth = 0; depth < 15; depth++) await world.addList(`deep${depth}`, [`deep${depth + 1}@care.example`, "bea@care.example"]);
    world.accept("m1", ["deep0@care.example"]);
    await world.run();
    expect(world.endings("m1")).toEqual(["bounced deep0@care.example deep10@care.example", "filed deep0@care.example bea@care.example"]);
  });
});

describe("who is told (RFC 3464 §4.1)", () => {
  it("tells a proven outside sender of a full mailbox with 5.2.2", async () => {
    world.accept("m1", ["full@care.example"]);
    await world.run();
    expect(world.transport.bounces).toHaveLength(1);
    expect(world.transport.bounces[0]).toMatchObject({
      originalMessageId: "m1",
      recipients: [{ recipient: "full@care.example", status: "5.2.2" }],
    });
  });

  it.each([
    ["a sender that SPF did not prove", { spf: "FAIL" }],
    ["the null reverse path", { source: "<>" }],
    ["one of our own domains from outside", { source: "bea@care.example" }],
  ])("drops with a record rather than bounce to %s", async (_name, options) => {
    world.accept("m1", ["nobody@care.example"], options);
    await world.run();
    expect(world.transport.bounces).toEqual([]);
    expect(world.endings("m1")).toEqual(["dropped nobody@care.example"]);
  });

  it("drops mail to unknown people when the policy says so, but still tells of a full mailbox", async () => {
    world.unknownRecipient = "drop";
    world.accept("m1", ["nobody@care.example", "full@care.example"]);
    await world.run();
    expect(world.endings("m1")).toEqual(["bounced full@care.example", "dropped nobody@care.example"]);
  });
});

describe("what is held", () => {
  it("holds an infected message with its reason, files it when released, and holds it no second time", async () => {
    world.accept("m1", ["bea@care.example", "cat@care.example"]);
    world.blobs.verdicts.set("inbound/m1", { status: "infected", name: "EICAR" });
    await world.run();
    expect(await inboxes()).toEqual([[], [], [], []]);
    expect(world.endings("m1")).toEqual(["quarantined bea@care.example", "quarantined cat@care.example"]);
    expect(await world.traces.getHeld("m1" as ReceiptId)).toMatchObject({ status: "held", reasons: ["malware"] });
    await world.traces.release("m1" as ReceiptId);
    await world.scan({ receiptId: "m1" });
    await world.run();
    expect(await inboxes()).toEqual([["m1"], ["m1"], [], []]);
    const [item] = await world.store.getEmails("Abea" as AccountId, [...world.store.partition("Abea" as AccountId).emails.keys()]);
    expect(item!.marks).toContain("released");
  });

  it("holds what cannot be read within bounds, raw octets untouched, and can release it whole", async () => {
    world.accept("m1", ["bea@care.example"]);
    const bomb = Buffer.from(`From: a@b.example\r\n${"X-Many: 1\r\n".repeat(3_000)}\r\nhello\r\n`);
    world.blobs.objects.set("inbound/m1", bomb);
    await world.run();
    expect(world.endings("m1")).toEqual(["quarantined bea@care.example"]);
    expect((await world.traces.getHeld("m1" as ReceiptId))!.reasons).toEqual(["tooManyHeaderFields"]);
    await world.traces.release("m1" as ReceiptId);
    await world.scan({ receiptId: "m1" });
    await world.run();
    const [item] = [...world.store.partition("Abea" as AccountId).emails.values()];
    expect(item!.message.bodyStructure).toMatchObject({ type: "application/octet-stream", body: [0, bomb.length] });
  });

  it("waits for the scanner, more and more patiently, and not for ever", async () => {
    world.accept("m1", ["bea@care.example"]);
    world.blobs.verdicts.set("inbound/m1", { status: "pending" });
    await world.parse(world.parseQueue.take()[0]!);
    const waits: number[] = [];
    for (let look = 0; look < 100; look++) {
      const [job] = world.scanQueue.jobs.splice(0);
      if (!job) break;
      await world.scan(job);
      const delay = world.scanQueue.delays.pop() ?? 0;
      waits.push(delay);
      world.clock += delay * 1_000;
    }
    expect(waits[0]).toBe(2);
    expect(waits.length).toBeLessThan(40);
    expect(world.scanQueue.jobs).toEqual([]);
    await world.run();
    // Nothing is attached, so an absent verdict holds nothing up.
    expect(world.endings("m1")).toEqual(["filed bea@care.example"]);
  });
});

describe("replays", () => {
  it("brings nothing back that the reader has destroyed since", async () => {
    world.accept("m1", ["bea@care.example"]);
    await world.parse(world.parseQueue.jobs[0]!);
    await world.scan(world.scanQueue.jobs[0]!);
    const [job] = world.fileQueue.take();
    await world.file(job!);
    const partition = world.store.partition("Abea" as AccountId);
    await world.store.deleteEmails("Abea" as AccountId, [...partition.emails.keys()]);
    await world.file(job!);
    expect(await world.filed("Abea" as AccountId)).toEqual(["m1"]);
  });

  it("takes a job without a receipt for poison", async () => {
    await expect(world.scan({ receiptId: "never" })).rejects.toThrow(PoisonError);
  });
});
