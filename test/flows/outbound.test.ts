import { beforeEach, describe, expect, it } from "vitest";
import type { SesEvent } from "../../core/flows/ses-event.ts";
import { submissionReceiptId, submissionType } from "../../core/flows/submission.ts";
import { sweep } from "../../core/flows/sweep.ts";
import type { AccountId } from "../../core/ids.ts";
import type { StoredSubmission } from "../../core/jmap/records.ts";
import { rawMessage } from "../support/memory-transport.ts";
import { pendingSubmission } from "./submission.ts";
import { World } from "./world.ts";

const bea = "Abea" as AccountId;
let world: World;

beforeEach(async () => {
  world = new World();
  await world.addPerson("bea");
  await world.addPerson("cat");
  const raw = Buffer.from(rawMessage("out", "bea@care.example", "Hello"))
    .toString()
    .replace("\r\n\r\n", "\r\nBcc: secret@care.example\r\n\r\n");
  world.blobs.objects.set("composed/e1", Buffer.from(raw));
});

const newSubmission = async (to: string[], sendAt = world.clock, different: Partial<StoredSubmission> = {}): Promise<void> => {
  const record = pendingSubmission(to, sendAt, { createdAt: world.clock, ...different });
  await commit({ created: { S1: record } });
  await world.notify(bea, 1);
};

const commit = (change: { created?: Record<string, object>; updated?: Record<string, object>; destroyed?: string[] }) =>
  world.newLog().commit(bea, () => ({ plan: { actor: "principal:bea", records: [{ type: submissionType, ...change }] }, result: null }));

const stored = async () => (await world.newLog().load(bea))!.records(submissionType).get("S1") as StoredSubmission;

describe("sending", () => {
  it("files to local people without SES and without Bcc, and sends to others in calls of fifty", async () => {
    const many = Array.from({ length: 120 }, (_, index) => `p${index}@outside.example`);
    await newSubmission(["cat@care.example", ...many]);
    await world.run();
    expect(world.transport.sent.map(({ recipients }) => recipients.length)).toEqual([50, 50, 20]);
    expect(new Set(world.transport.sent.flatMap(({ recipients }) => recipients))).toEqual(new Set(many));
    expect(world.transport.sent[0]).toMatchObject({ reversePath: "bea@care.example", submissionKey: "Abea_S1" });
    expect(Buffer.from(world.transport.sent[0]!.octets).toString()).not.toContain("secret");
    const receiptId = submissionReceiptId(bea, "S1");
    expect(await world.filed("Acat" as AccountId)).toEqual([receiptId]);
    expect(Buffer.from(world.blobs.objects.get(`submitted/${receiptId}`)!).toString()).not.toContain("secret");
    const { undoStatus, deliveryStatus } = await stored();
    expect(undoStatus).toBe("final");
    expect(deliveryStatus!["cat@care.example"]!.delivered).toBe("unknown");
    expect(deliveryStatus!["p0@outside.example"]!.delivered).toBe("queued");
  });

  it("waits for the undo window, and sends nothing that was taken back in it", async () => {
    await newSubmission(["far@outside.example"], world.clock + 10_000);
    expect(world.submitQueue.delays[0]).toBeGreaterThan(9);
    await commit({ updated: { S1: { ...(await stored()), undoStatus: "canceled" } } });
    world.clock += 11_000;
    await world.run();
    expect(world.transport.sent).toEqual([]);
    expect((await stored()).undoStatus).toBe("canceled");
  });

  it("does not send before the time when the queue is early", async () => {
    await newSubmission(["far@outside.example"], world.clock + 10_000);
    const [job] = world.submitQueue.take();
    await world.submit(job!);
    expect(world.transport.sent).toEqual([]);
    expect(world.submitQueue.jobs).toEqual([job]);
  });

  it("sends although the record was destroyed meanwhile, but not when it was taken back first", async () => {
    await newSubmission(["far@outside.example"]);
    await commit({ destroyed: ["S1"] });
    await world.run();
    expect(world.transport.sent).toHaveLength(1);
    const [job] = [{ accountId: bea as string, submissionId: "S2", entry: { epoch: 1, seq: 4 } }];
    await commit({ created: { S2: { ...(world.transport.sent as unknown as object), undoStatus: "canceled" } } });
    await commit({ destroyed: ["S2"] });
    await world.submit(job);
    expect(world.transport.sent).toHaveLength(1);
  });

  it("holds what is for later than a queue can delay, and the sweep hands it over in time", async () => {
    const sendAt = world.clock + 3 * 3600_000;
    await newSubmission(["far@outside.example"], sendAt);
    await world.run();
    expect(world.transport.sent).toEqual([]);
    const run = () => sweep({ holds: world.holds, submitQueue: world.submitQueue, now: () => world.clock });
    expect(await run()).toEqual({ handedOver: 0 });
    world.clock = sendAt - 600_000;
    expect(await run()).toEqual({ handedOver: 1 });
    expect(world.submitQueue.delays.at(-1)).toBe(600);
    expect(await run()).toEqual({ handedOver: 0 });
    world.clock = sendAt + 1;
    await world.run();
    expect(world.transport.sent).toHaveLength(1);
  });

  it("tells the sender what the transport refused", async () => {
    world.transport.refuse = "MessageRejected";
    await newSubmission(["far@outside.example"]);
    await world.run();
    expect((await stored()).deliveryStatus!["far@outside.example"]).toMatchObject({ delivered: "no" });
    const [notice] = [...world.store.partition(bea).emails.values()];
    expect(notice!.message.subject).toContain("Ward round out");
    expect(notice!.message.preview).toContain("far@outside.example");
  });
});

const sesMail = {
  messageId: "0100-ses",
  source: "bea@care.example",
  timestamp: "2026-11-22T17:00:00.000Z",
  destination: ["far@outside.example"],
  tags: { submissionKey: ["Abea_S1"] },
};

const bounceEvent: SesEvent = {
  eventType: "Bounce",
  mail: sesMail,
  bounce: {
    timestamp: "2026-11-22T17:00:05.000Z",
    bounceType: "Permanent",
    bouncedRecipients: [{ emailAddress: "Far@outside.example", status: "5.1.1", diagnosticCode: "smtp; 550 5.1.1 user unknown" }],
  },
};
const deliveryEvent: SesEvent = {
  eventType: "Delivery",
  mail: sesMail,
  delivery: { timestamp: "2026-11-22T17:00:03.000Z", recipients: ["far@outside.example"], smtpResponse: "250 2.0.0 taken" },
};

describe("what comes back", () => {
  beforeEach(async () => {
    await newSubmission(["far@outside.example"]);
    await world.run();
  });

  it("notes a delivery", async () => {
    await world.feedback(deliveryEvent);
    expect((await stored()).deliveryStatus!["far@outside.example"]).toMatchObject({ delivered: "yes", smtpReply: "250 2.0.0 taken" });
  });

  it("turns a bounce into a status and one readable message, however often it is told", async () => {
    for (let time = 0; time < 3; time++) await world.feedback(bounceEvent);
    await world.run();
    expect((await stored()).deliveryStatus!["far@outside.example"]).toMatchObject({ delivered: "no", smtpReply: "550 5.1.1 user unknown" });
    const notices = [...world.store.partition(bea).emails.values()];
    expect(notices).toHaveLength(1);
    expect(await world.filed(bea)).toHaveLength(1);
  });

  it("lets no late event undo a later truth", async () => {
    await world.feedback(bounceEvent);
    await world.feedback(deliveryEvent);
    expect((await stored()).deliveryStatus!["far@outside.example"]!.delivered).toBe("no");
  });

  it("keeps a complaint and a delay on record", async () => {
    const people = [{ emailAddress: "far@outside.example", diagnosticCode: "smtp; 451 4.7.1 try later" }];
    await world.feedback({ eventType: "Complaint", mail: sesMail, complaint: { timestamp: "x", complainedRecipients: people } });
    await world.feedback({ eventType: "DeliveryDelay", mail: sesMail, deliveryDelay: { timestamp: "x", delayedRecipients: people } });
    const stages = (await world.traces.ofReceipt(submissionReceiptId(bea, "S1"))).map(({ stage }) => stage);
    expect(stages).toEqual(expect.arrayContaining(["submitted", "sent", "complained", "deferred"]));
    expect((await stored()).deliveryStatus!["far@outside.example"]).toMatchObject({
      delivered: "queued",
      smtpReply: "451 4.7.1 try later",
    });
  });

  it("passes over events of mail that is no submission", async () => {
    await world.feedback({ ...bounceEvent, mail: { ...sesMail, tags: {} } });
    await world.run();
    expect(await world.filed(bea)).toEqual([]);
  });
});

describe("notify (RFC 8620 §7, §7.1, RFC 8621 §1.5, RFC 8887 §4.3.5.1, RFC 9425 §6)", () => {
  const connection = { connectionId: "c1", accountIds: [bea], subject: "sub-bea", pushEnabled: true, expiresAt: 9e15 };

  it("tells each listener the types they asked for, of new mail with its delivery", async () => {
    await world.connections.put({ ...connection, pushTypes: null });
    await world.connections.put({ ...connection, connectionId: "c2", pushTypes: ["Mailbox"] });
    await world.connections.put({ ...connection, connectionId: "c3", pushTypes: null, pushEnabled: false });
    await world.connections.put({ ...connection, connectionId: "c4", pushTypes: null, expiresAt: 1 });
    world.accept("m1", ["bea@care.example"]);
    await world.run();
    await world.notify(bea, 1);
    const all = { Email: "1.2", Thread: "1.2", Quota: "1.2", Mailbox: "1.2", EmailDelivery: "1.2" };
    expect(world.posts.map(({ connectionId, payload }) => [connectionId, JSON.parse(payload)])).toEqual([
      ["c1", { "@type": "StateChange", changed: { Abea: all } }],
      ["c2", { "@type": "StateChange", changed: { Abea: { Mailbox: "1.2" } } }],
    ]);
  });

  it("says the states that the account then has", async () => {
    await world.connections.put({ ...connection, pushTypes: null });
    world.accept("m1", ["bea@care.example"]);
    await world.run();
    await world.newLog().commit(bea, () => ({
      plan: { actor: "principal:bea", email: { updated: [{ uids: [1], addKeywords: ["$flagged"] }] } },
      result: null,
    }));
    await world.newLog().commit(bea, () => ({
      plan: { actor: "principal:bea", email: { updated: [{ uids: [1], addKeywords: ["$seen"] }] } },
      result: null,
    }));
    await world.notify(bea, 1);
    const state = (await world.newLog().load(bea))!;
    const { changed } = JSON.parse(world.posts[0]!.payload) as { changed: Record<string, Record<string, string>> };
    for (const type of ["Email", "Thread", "Mailbox"]) {
      const { epoch, seq } = state.typePosition(type);
      expect(changed.Abea![type]).toBe(`${epoch}.${seq}`);
    }
  });

  it("asks for a snapshot now and then", async () => {
    for (let count = 0; count < 130; count++) {
      await world.newLog().commit(bea, () => ({ plan: { actor: "principal:bea", quotaOctets: 1e9 + count }, result: null }));
    }
    await world.notify(bea, 0);
    expect(world.snapshotQueue.jobs).toEqual([{ accountId: bea }]);
  });
});
