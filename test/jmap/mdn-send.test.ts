import { beforeEach, describe, expect, it } from "vitest";
import type { EmailId } from "../../core/ids.ts";
import { asking, disposition, MDN, MdnWorld } from "./mdn-world.ts";
import { ANN, ann, bob, START, TEAM } from "./world.ts";

let world: MdnWorld;
beforeEach(async () => {
  world = await MdnWorld.make();
});
const deliver = (raw = asking(), options: object = {}): Promise<EmailId> => world.world.deliver(ANN, raw, options);

describe("the capability (RFC 9007 §1.3)", () => {
  it("is empty, and an account has it only where one may send", () => {
    const session = world.world.jmap.session(ann);
    expect(session.capabilities[MDN]).toEqual({});
    expect(session.accounts[ANN]!.accountCapabilities[MDN]).toEqual({});
    expect(session.accounts[TEAM]!.accountCapabilities[MDN]).toBeUndefined();
    expect(world.world.jmap.session(bob).accounts[TEAM]!.accountCapabilities[MDN]).toEqual({});
  });

  it("opens the methods, MDN/send only together with mail", async () => {
    const call = [["MDN/send", { accountId: ANN, identityId: world.identityId, send: {} }]] as const;
    const core = "urn:ietf:params:jmap:core";
    for (const using of [[core], [core, MDN], [core, "urn:ietf:params:jmap:mail"]])
      expect((await world.world.request(ann, call, using))[0][1].type).toBe("unknownMethod");
    expect(await world.world.request(ann, call, [core, MDN, "urn:ietf:params:jmap:mail"])).toEqual([
      ["MDN/send", { accountId: ANN, sent: null, notSent: null }, "c0"],
    ]);
  });
});

describe("MDN/send (RFC 9007 §2.1)", () => {
  it("sends the sample of RFC 9007 §3.1, tells what it added, and updates the Email in the same commit", async () => {
    const forEmailId = await deliver();
    const before = (await world.world.log.load(ANN))!.position.seq;
    const responses = await world.responses([
      {
        forEmailId,
        subject: "Read receipt for: World domination",
        textBody: "This receipt shows that the email has been\ndisplayed on your recipient's computer.",
        reportingUA: "joes-pc.cs.example.com; Foomail 97.1",
        extensionFields: { "EXTENSION-EXAMPLE": "example.com" },
      },
    ]);
    expect(responses).toEqual([
      [
        "MDN/send",
        {
          accountId: ANN,
          sent: {
            k0: {
              includeOriginalMessage: false,
              mdnGateway: null,
              originalRecipient: null,
              finalRecipient: "rfc822; ann@north.example",
              originalMessageId: "<19950919.23456@south.example>",
              error: null,
            },
          },
          notSent: null,
        },
        "c0",
      ],
      [
        "Email/set",
        {
          accountId: ANN,
          oldState: "1.2",
          newState: "1.3",
          created: null,
          updated: { [forEmailId]: null },
          destroyed: null,
          notCreated: null,
          notUpdated: null,
          notDestroyed: null,
        },
        "c0",
      ],
    ]);
    expect((await world.world.log.load(ANN))!.position.seq).toBe(before + 1);
    expect(await world.keywords(forEmailId)).toEqual(["$mdnsent"]);
  });

  it("writes a multipart/report as RFC 8098 has it", async () => {
    const original = asking({
      replyTo: "first@south.example",
      header: "Disposition-Notification-To: z@s.example\nOriginal-Recipient: rfc822;ann.smith@north.example",
    });
    await world.send({
      forEmailId: await deliver(original),
      subject: "Gelesen: Übergabe",
      textBody: "Read.",
      reportingUA: "pc; Mail 1",
      extensionFields: { "X-Ward": "Süd 4" },
    });
    const [id, submission] = (await world.submissions())[0]!;
    expect(submission).toMatchObject({
      envelope: { mailFrom: { email: "ann@north.example" }, rcptTo: [{ email: "z@s.example" }] },
      undoStatus: "pending",
      sendAt: START,
      isHeld: false,
    });
    expect((await world.sentMessage()).replaceAll(/=_[0-9a-f]{32}/g, "BOUNDARY")).toBe(
      [
        "Date: Mon, 05 Jan 2026 09:00:00 +0000",
        'From: "ann@north.example" <ann@north.example>',
        "To: z@s.example",
        "Subject: =?UTF-8?Q?Gelesen=3A_=C3=9Cbergabe?=",
        `Message-ID: <${id.toLowerCase()}.${START}@north.example>`,
        "In-Reply-To: <19950919.23456@south.example>",
        "References: <first@south.example> <19950919.23456@south.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=disposition-notification;",
        ' boundary="BOUNDARY"',
        "",
        "--BOUNDARY",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "Read.",
        "--BOUNDARY",
        "Content-Type: message/disposition-notification",
        "",
        "Reporting-UA: pc; Mail 1",
        "Original-Recipient: rfc822;ann.smith@north.example",
        "Final-Recipient: rfc822; ann@north.example",
        "Original-Message-ID: <19950919.23456@south.example>",
        "Disposition: manual-action/MDN-sent-manually; displayed",
        "X-Ward: =?UTF-8?Q?S=C3=BCd_4?=",
        "",
        "--BOUNDARY--",
        "",
      ].join("\r\n"),
    );
  });

  it("returns the whole original when it is asked to", async () => {
    const raw = asking({ body: "The plan: Überall." });
    await world.send({ forEmailId: await deliver(raw), includeOriginalMessage: true });
    const sent = Buffer.from(await world.sentMessage(), "latin1").toString();
    expect(sent).toContain(`Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${raw.replaceAll("\n", "\r\n")}`);
  });

  it("finds words of its own, and says which", async () => {
    const answer = await world.send({ forEmailId: await deliver(), subject: null });
    expect(answer.sent.k0).toMatchObject({
      subject: "Read: World domination",
      textBody:
        "Your message “World domination”, sent on Mon, 05 Jan 2026 07:59:00 +0000, to ann@north.example was displayed. There is no guarantee that it was read or understood.\n",
      reportingUA: null,
      extensionFields: null,
    });
  });

  it("answers everyone who asked, once, in one message", async () => {
    await world.send({
      forEmailId: await deliver(
        asking({ header: "Disposition-Notification-To: Zoe <zoe@south.example>,\n max@south.example, ZOE@south.example" }),
      ),
    });
    expect((await world.submissions())[0]![1].envelope.rcptTo.map(({ email }) => email)).toEqual([
      "zoe@south.example",
      "max@south.example",
    ]);
    expect(await world.sentMessage()).toContain("To: Zoe <zoe@south.example>, max@south.example\r\n");
  });

  it("takes an alias of the account as the final recipient", async () => {
    const answer = await world.send({ forEmailId: await deliver(), finalRecipient: "ann.alias@north.example" });
    expect(answer.sent.k0.finalRecipient).toBe("rfc822; ann.alias@north.example");
    const second = await world.send({ forEmailId: await deliver(), finalRecipient: "RFC822; ann.alias@north.example" });
    expect(second.sent.k0).not.toHaveProperty("finalRecipient");
  });

  it("takes back references for the Email and the Identity, and does the rest of the update", async () => {
    const blobId = await world.upload(asking().replaceAll("\n", "\r\n"));
    const responses = await world.world.request(ann, [
      ["Email/import", { accountId: ANN, emails: { e: { blobId, mailboxIds: { inbox: true } } } }],
      ["Identity/set", { accountId: ANN, create: { i: { email: "ann.alias@north.example", name: "Ann" } } }],
      [
        "MDN/send",
        {
          accountId: ANN,
          identityId: "#i",
          send: { m: { forEmailId: "#e", disposition } },
          onSuccessUpdateEmail: { "#m": { "keywords/$mdnsent": true, "keywords/$seen": true, mailboxIds: { archive: true } } },
        },
      ],
    ]);
    expect(responses.map(([name]) => name)).toEqual(["Email/import", "Identity/set", "MDN/send", "Email/set"]);
    const { id } = responses[0][1].created.e;
    expect(responses[2][1].sent.m.finalRecipient).toBe("rfc822; ann.alias@north.example");
    expect((await world.world.call("Email/get", { ids: [id], properties: ["keywords", "mailboxIds"] })).list[0]).toMatchObject({
      keywords: { $mdnsent: true, $seen: true },
      mailboxIds: { archive: true },
    });
  });

  it("shows as an EmailSubmission of an Email that is gone, in the thread of the message", async () => {
    const forEmailId = await deliver();
    await world.send({ forEmailId });
    const [submission] = (await world.world.call("EmailSubmission/get", {})).list;
    const [received] = (await world.world.call("Email/get", { ids: [forEmailId], properties: ["threadId"] })).list;
    expect(submission).toMatchObject({ identityId: world.identityId, threadId: received.threadId, undoStatus: "pending" });
    expect((await world.world.call("Email/get", { ids: [submission.emailId] })).notFound).toEqual([submission.emailId]);
    expect(submission).not.toHaveProperty("mdnFor");
  });
});

describe("one MDN for an Email", () => {
  it("whoever is quicker: two clients at once, and the same call again", async () => {
    const forEmailId = await deliver();
    const answers = await Promise.all(Array.from({ length: 5 }, (_, index) => world.send({ forEmailId, subject: `client ${index}` })));
    answers.push(await world.send({ forEmailId, subject: "again" }));
    expect(answers.filter(({ sent }) => sent)).toHaveLength(1);
    expect(answers.flatMap(({ notSent }) => notSent?.k0.type ?? [])).toEqual(Array(5).fill("mdnAlreadySent"));
    expect(await world.submissions()).toHaveLength(1);
  });

  it("although the answer was lost: a process that dies before the commit has sent nothing, after it the keyword is there", async () => {
    const { store } = world.world;
    const append = store.append.bind(store);
    const forEmailId = await deliver();
    store.append = async () => {
      throw new Error("died before");
    };
    expect((await world.send({ forEmailId })).type).toBe("serverFail");
    expect(await world.keywords(forEmailId)).toEqual([]);
    store.append = async (entry) => {
      await append(entry);
      throw new Error("died after");
    };
    expect((await world.send({ forEmailId })).type).toBe("serverFail");
    store.append = append;
    expect((await world.send({ forEmailId })).notSent.k0.type).toBe("mdnAlreadySent");
    expect(await world.submissions()).toHaveLength(1);
  });
});
