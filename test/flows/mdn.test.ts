import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { MdnWorld } from "./mdn-world.ts";

const people = ["bea", "cat"];
let world: MdnWorld;
beforeEach(async () => {
  world = await MdnWorld.make(...people);
});

const textOf = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1");

describe("a read receipt (RFC 8621 §7 mdnBlobIds, RFC 9007 §2.1, §2.2)", () => {
  it("goes to a local person's inbox, into the thread of the message, and is noted on its submission", async () => {
    const sent = await world.write("bea", ["cat@care.example"], true);
    await world.settle(people);
    const [received] = await world.emailsIn("cat", "inbox");
    expect((await world.sendMdn("cat", { forEmailId: received! })).sent.k.subject).toBe("Read: Rota: week 3");
    await world.settle(people);
    expect(world.transport.sent).toEqual([]);
    const inbox = await world.emailsIn("bea", "inbox");
    expect(inbox).toHaveLength(1);
    const properties = ["threadId", "blobId", "from", "hasAttachment", "keywords"];
    const [original, receipt] = (await world.call("bea", "Email/get", { ids: [sent, ...inbox], properties })).list;
    expect(receipt).toMatchObject({ threadId: original.threadId, from: [{ email: "cat@care.example" }], keywords: {} });
    const [submission] = (await world.call("bea", "EmailSubmission/get", {})).list;
    expect(submission).toMatchObject({ mdnBlobIds: [receipt.blobId], dsnBlobIds: [] });
    expect(submission.deliveryStatus["cat@care.example"]).toMatchObject({ delivered: "unknown", displayed: "yes" });
    expect((await world.call("bea", "MDN/parse", { blobIds: submission.mdnBlobIds })).parsed[receipt.blobId]).toMatchObject({
      forEmailId: sent,
      finalRecipient: "rfc822; cat@care.example",
      disposition: { type: "displayed" },
    });
    expect((await world.sendMdn("bea", { forEmailId: inbox[0]! })).notSent.k.type).toBe("forbidden");
  });

  it("leaves to the outside by the transport, in one call, from the account's own address", async () => {
    world.acceptAsking("m1", "bea@care.example", "ann@outside.example, max@outside.example");
    await world.settle(people);
    const [received] = await world.emailsIn("bea", "inbox");
    await world.sendMdn("bea", { forEmailId: received! });
    await world.settle(people);
    expect(world.transport.sent).toHaveLength(1);
    expect(world.transport.sent[0]).toMatchObject({
      reversePath: "bea@care.example",
      recipients: ["ann@outside.example", "max@outside.example"],
    });
    expect(textOf(world.transport.sent[0]!.octets)).toContain("Original-Message-ID: <m1@outside.example>\r\n");
    expect((await world.submissions("bea"))[0]).toMatchObject({ undoStatus: "final" });
    expect(await world.emailsIn("bea", "inbox")).toEqual([received]);
  });

  it("is not answered when it cannot be delivered: its status alone says so", async () => {
    world.transport.refuse = "MessageRejected";
    world.acceptAsking("m1", "bea@care.example", "nobody@care.example, far@outside.example");
    await world.settle(people);
    const inbox = await world.emailsIn("bea", "inbox");
    await world.sendMdn("bea", { forEmailId: inbox[0]! });
    await world.settle(people);
    const [submission] = await world.submissions("bea");
    expect(submission!.deliveryStatus).toMatchObject({
      "nobody@care.example": { delivered: "no", smtpReply: expect.stringContaining("5.1.1") },
      "far@outside.example": { delivered: "no" },
    });
    expect(await world.emailsIn("bea", "inbox")).toEqual(inbox);
  });

  it("from outside, which names the transport's id beside ours, joins the thread and is noted", async () => {
    const sent = await world.write("bea", ["far@outside.example"], true);
    await world.settle(people);
    const [, references] = /^References: (.*)\r\n/m.exec(textOf(world.transport.sent[0]!.octets))!;
    const report = "Disposition: manual-action/MDN-sent-manually; displayed\r\nFinal-Recipient: rfc822; far@outside.example\r\n";
    world.accept("m1", ["bea@care.example"]);
    world.blobs.objects.set(
      "inbound/m1",
      Buffer.from(
        `From: far@outside.example\r\nSubject: Read: Rota: week 3\r\nIn-Reply-To: <010b-1@eu-west-2.amazonses.com>\r\nReferences: ${references} <010b-1@eu-west-2.amazonses.com>\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\nRead.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nOriginal-Message-ID: <010b-1@eu-west-2.amazonses.com>\r\n${report}--b--\r\n`,
      ),
    );
    await world.settle(people);
    const [receipt] = await world.emailsIn("bea", "inbox");
    const [original, received] = (await world.call("bea", "Email/get", { ids: [sent, receipt], properties: ["threadId", "blobId"] })).list;
    expect(received.threadId).toBe(original.threadId);
    const [submission] = await world.submissions("bea");
    expect(submission).toMatchObject({ mdnBlobIds: [received.blobId], deliveryStatus: { "far@outside.example": { displayed: "yes" } } });
  });

  it("is noted on nothing when it names no message that was sent", async () => {
    await world.write("bea", ["cat@care.example"], true);
    await world.settle(people);
    const report = "Disposition: manual-action/MDN-sent-manually; displayed\r\nFinal-Recipient: rfc822; cat@care.example\r\n";
    world.accept("m1", ["bea@care.example"]);
    const foreign = (id: string) =>
      Buffer.from(
        `From: Eve <eve@outside.example>\r\nSubject: Read: Rota: week 3\r\nIn-Reply-To: <${id}>\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\nRead.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n${report}--b--\r\n`,
      );
    world.blobs.objects.set("inbound/m1", foreign("guess@care.example"));
    await world.settle(people);
    expect(await world.emailsIn("bea", "inbox")).toHaveLength(1);
    const [submission] = await world.submissions("bea");
    expect(submission).toMatchObject({ mdnBlobIds: [], deliveryStatus: { "cat@care.example": { displayed: "unknown" } } });
  });
});

describe("a notice that a message was not delivered (RFC 8621 §7 dsnBlobIds)", () => {
  it("is in the thread of the message and noted on its submission", async () => {
    const sent = await world.write("bea", ["nobody@care.example"], false);
    await world.settle(people);
    const [notice] = await world.emailsIn("bea", "inbox");
    const [original, received] = (await world.call("bea", "Email/get", { ids: [sent, notice], properties: ["threadId", "blobId"] })).list;
    expect(received.threadId).toBe(original.threadId);
    expect((await world.submissions("bea"))[0]).toMatchObject({ dsnBlobIds: [received.blobId], mdnBlobIds: [] });
  });
});

const crashes = fc.array(fc.tuple(fc.nat(250), fc.constantFrom("before" as const, "after" as const)), { maxLength: 12 });
const schedule = fc.record({ order: fc.infiniteStream(fc.nat(1_000)), again: fc.infiniteStream(fc.nat(9)) });

describe("a read receipt, whatever dies", () => {
  it("is sent once: to a local person exactly, to the outside twice only when a death hid the answer of SES", async () => {
    await fc.assert(
      fc.asyncProperty(crashes, schedule, fc.boolean(), async (faults, plan, isLocal) => {
        const own = await MdnWorld.make(...people);
        if (isLocal) await own.write("bea", ["cat@care.example"], true);
        else own.acceptAsking("m1", "cat@care.example", "ann@outside.example");
        await own.settle(people);
        const [received] = await own.emailsIn("cat", "inbox");
        own.faults.crashes = new Map(faults.map(([call, side]) => [own.faults.calls + call, side]));
        let repeats = 10;
        const answers = [await own.sendMdn("cat", { forEmailId: received! }), await own.sendMdn("cat", { forEmailId: received! })];
        await own.settle(people, {
          pick: (count) => plan.order.next().value! % count,
          again: () => plan.again.next().value === 0 && repeats-- > 0,
        });
        own.faults.crashes = new Map();
        expect(answers[1].notSent.k.type).toBe("mdnAlreadySent");
        expect(await own.submissions("cat")).toHaveLength(1);
        expect(await own.emailsIn("bea", "inbox")).toHaveLength(isLocal ? 1 : 0);
        const calls = own.transport.sent.length;
        expect(calls).toBeGreaterThanOrEqual(isLocal ? 0 : 1);
        expect(calls).toBeLessThanOrEqual(isLocal ? 0 : 1 + faults.length);
        if (faults.length === 0 && !isLocal) expect(calls).toBe(1);
        expect(new Set(own.transport.sent.map(({ octets }) => textOf(octets))).size).toBe(isLocal ? 0 : 1);
        if (isLocal) expect((await own.submissions("bea"))[0]!.mdnBlobIds).toHaveLength(1);
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});
