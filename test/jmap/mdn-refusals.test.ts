import { beforeEach, describe, expect, it } from "vitest";
import type { EmailId } from "../../core/ids.ts";
import { limits } from "../../core/limits.ts";
import { asking, disposition, MDN, MdnWorld } from "./mdn-world.ts";
import { ANN, ann, message, TEAM } from "./world.ts";

let world: MdnWorld;
beforeEach(async () => {
  world = await MdnWorld.make();
});
const deliver = (raw = asking(), options: object = {}): Promise<EmailId> => world.world.deliver(ANN, raw, options);

describe("what MDN/send refuses (RFC 9007 §2, §2.1)", () => {
  const errorOf = async (mdn: object, args: object = {}) => (await world.send(mdn, args)).notSent?.k0;

  it("an Email that is not there or whose sender did not ask", async () => {
    const cases = [
      "Enone",
      "#none",
      await deliver(message({})),
      await deliver(asking({ header: "Disposition-Notification-To: " })),
      await deliver(asking({ header: "Disposition-Notification-To: nobody, zoe@south.example" })),
      await world.world.deliver("abob" as typeof ANN, asking()),
    ];
    for (const forEmailId of cases) expect(await errorOf({ forEmailId }), forEmailId).toMatchObject({ type: "notFound" });
  });

  it("an Email that was answered, also by an earlier MDN of the call", async () => {
    const forEmailId = await deliver();
    const [first, emailSet] = await world.responses([{ forEmailId }, { forEmailId, subject: "again" }]);
    expect(first[1]).toMatchObject({ sent: { k0: {} }, notSent: { k1: { type: "mdnAlreadySent" } } });
    expect(emailSet[1].updated).toEqual({ [forEmailId]: null });
    expect(await errorOf({ forEmailId })).toMatchObject({ type: "mdnAlreadySent" });
    expect(await errorOf({ forEmailId: await deliver(asking(), { keywords: ["$mdnsent"] }) })).toMatchObject({ type: "mdnAlreadySent" });
    expect(await world.submissions()).toHaveLength(1);
  });

  it("what RFC 8098 forbids", async () => {
    const automatically = { ...disposition, sendingMode: "mdn-sent-automatically" };
    const ask = "Disposition-Notification-To: zoe@south.example";
    const path = "Return-Path: <Zoe@South.example>";
    const outside = { marks: ["outside"] };
    const report = `MIME-Version: 1.0\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nRead.\n--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n`;
    const cases: [string, string, object?, object?][] = [
      ["an MDN", `From: z@s.example\n${ask}\n${report}`],
      ["a draft", asking(), { keywords: ["$draft"] }],
      ["an unknown option", asking({ header: `${ask}\nDisposition-Notification-Options: signed-receipt-protocol=required,pkcs7` })],
      ["no return path", asking(), outside, { disposition: automatically }],
      ["another return path", asking({ header: `${ask}\nReturn-Path: <list@south.example>` }), outside, { disposition: automatically }],
      ["two return paths", asking({ header: `${ask}\n${path}\n${path}` }), outside, { disposition: automatically }],
      ["two who ask", asking({ header: `${ask}, m@s.example\n${path}` }), outside, { disposition: automatically }],
      ["a return path of the sender's own", asking({ header: `${ask}\n${path}` }), {}, { disposition: automatically }],
    ];
    for (const [name, raw, options, mdn] of cases)
      expect(await errorOf({ forEmailId: await deliver(raw, options), ...mdn }), name).toMatchObject({ type: "forbidden" });
    expect(await world.submissions()).toEqual([]);
    const back = await deliver(asking({ header: `${ask}\n${path}` }), outside);
    expect((await world.send({ forEmailId: back, disposition: automatically })).sent).not.toBeNull();
  });

  it("a crowd, so that nobody is made to write to it", async () => {
    const header = `Disposition-Notification-To: ${Array.from({ length: limits.mdn.recipients + 1 }, (_, index) => `u${index}@s.example`).join(",\n ")}`;
    expect(await errorOf({ forEmailId: await deliver(asking({ header })) })).toEqual({
      type: "tooManyRecipients",
      maxRecipients: limits.mdn.recipients,
    });
  });

  it("an address or an identity that the account may not use (RFC 9007 §5)", async () => {
    const forEmailId = await deliver();
    for (const finalRecipient of ["boss@north.example", "rfc822; boss@north.example", "x400; ann@north.example"])
      expect(await errorOf({ forEmailId, finalRecipient }), finalRecipient).toMatchObject({ type: "forbiddenFrom" });
    const { sendingAddresses } = world.world.directory;
    world.world.directory.sendingAddresses = async () => ["other@north.example"];
    expect(await errorOf({ forEmailId })).toMatchObject({ type: "forbiddenFrom" });
    world.world.directory.sendingAddresses = async () => [];
    expect(await errorOf({ forEmailId })).toMatchObject({ type: "forbiddenToSend" });
    world.world.directory.sendingAddresses = async () => ["*@north.example"];
    const everyone = (await world.world.call("Identity/set", { create: { a: { email: "*@north.example" } } })).created.a.id;
    expect(await errorOf({ forEmailId }, { identityId: everyone })).toMatchObject({ properties: ["finalRecipient"] });
    const answer = await world.send({ forEmailId, finalRecipient: "ward7@north.example" }, { identityId: everyone });
    expect(answer.sent.k0.originalMessageId).toBe("<19950919.23456@south.example>");
    expect(await world.sentMessage()).toContain("From: ward7@north.example\r\n");
    world.world.directory.sendingAddresses = sendingAddresses;
  });

  it("objects that are no MDN", async () => {
    const forEmailId = await deliver();
    const cases: [object, string[]][] = [
      [{}, ["forEmailId"]],
      [{ forEmailId: null }, ["forEmailId"]],
      [{ forEmailId: "no id" }, ["forEmailId"]],
      [{ forEmailId, disposition: undefined }, ["disposition"]],
      [{ forEmailId, disposition: { ...disposition, type: "denied" } }, ["disposition"]],
      [{ forEmailId, disposition: { ...disposition, actionMode: "Manual-Action" } }, ["disposition"]],
      [{ forEmailId, disposition: { ...disposition, modifier: "error" } }, ["disposition"]],
      [{ forEmailId, includeOriginalMessage: null }, ["includeOriginalMessage"]],
      [{ forEmailId, extension: {} }, ["extension"]],
      [
        { forEmailId, mdnGateway: "x", originalRecipient: null, originalMessageId: "<a@b>", error: [] },
        ["mdnGateway", "originalRecipient", "originalMessageId", "error"],
      ],
      [{ forEmailId, finalRecipient: "somebody" }, ["finalRecipient"]],
      [{ forEmailId, extensionFields: { Disposition: "x" } }, ["extensionFields"]],
      [{ forEmailId, extensionFields: { "X-A": "1", "x-a": "2" } }, ["extensionFields"]],
      [{ forEmailId, extensionFields: { "X-A": 1 } }, ["extensionFields"]],
    ];
    for (const [mdn, properties] of cases)
      expect(await errorOf(mdn), JSON.stringify(mdn)).toMatchObject({ type: "invalidProperties", properties });
  });

  it("more than one line where a header field is meant", async () => {
    const forEmailId = await deliver();
    for (const bad of [
      "a\r\nBcc: victim@x.example",
      "a\nX: 1",
      "a\rb",
      "a\0b",
      "a\u2028b",
      "a\u0085b",
      "x".repeat(limits.mdn.fieldOctets + 1),
    ]) {
      for (const property of ["subject", "reportingUA", "finalRecipient"])
        expect(await errorOf({ forEmailId, [property]: bad }), `${property} ${bad.slice(0, 20)}`).toMatchObject({ properties: [property] });
      expect(await errorOf({ forEmailId, extensionFields: { "X-A": bad } })).toMatchObject({ properties: ["extensionFields"] });
      expect(await errorOf({ forEmailId, extensionFields: { [`X-A${bad}`]: "1" } })).toMatchObject({ properties: ["extensionFields"] });
    }
    expect(await world.submissions()).toEqual([]);
  });

  it("what a hostile original would smuggle in", async () => {
    const smuggled = "a@b.example> =?utf-8?q?=0D=0ABcc:_victim@x.example?=";
    const raw = asking({
      subject: "=?utf-8?q?Hi=0D=0ABcc:_victim@x.example?=",
      id: `${"x".repeat(5_000)}@south.example`,
      header: `Disposition-Notification-To: "=?utf-8?q?Z=0D=0ABcc:_victim@x.example?=" <zoe@south.example>\nOriginal-Recipient: ${smuggled}`,
    });
    await world.send({ forEmailId: await deliver(raw) });
    const sent = await world.sentMessage();
    expect(sent).not.toMatch(/^bcc:/im);
    expect(sent).not.toContain("Original-");
    expect(Math.max(...sent.split("\r\n").map((line) => line.length))).toBeLessThan(998);
  });

  it("too much: text, extensions, message", async () => {
    const forEmailId = await deliver();
    expect(await errorOf({ forEmailId, textBody: "ü".repeat(limits.mdn.textOctets / 2 + 1) })).toEqual({
      type: "tooLarge",
      maxSize: limits.mdn.textOctets,
    });
    const fields = (count: number, octets: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-Field-${index}`, "x".repeat(octets)]));
    expect(await errorOf({ forEmailId, extensionFields: fields(50, 1_900) })).toEqual({
      type: "tooLarge",
      maxSize: limits.mdn.reportOctets,
    });
    expect(await errorOf({ forEmailId, extensionFields: fields(5_000, 1) })).toMatchObject({ properties: ["extensionFields"] });
    const large = await deliver(asking({ body: "x".repeat(limits.outbound.messageOctets - 500) }));
    expect(await errorOf({ forEmailId: large, includeOriginalMessage: true })).toEqual({
      type: "tooLarge",
      maxSize: limits.outbound.messageOctets,
    });
  });

  it("too many or too much in an hour", async () => {
    const spend = (count: number, sizeOctets: number) =>
      world.world.log.commit(ANN, () => {
        const record = { mdnFor: "E1", createdAt: world.world.now, sizeOctets, undoStatus: "final" };
        const created = Object.fromEntries(Array.from({ length: count }, (_, index) => [`Sx${index}y${sizeOctets}`, record]));
        return { plan: { actor: "principal:eaann", records: [{ type: "EmailSubmission", created }] }, result: null };
      });
    await spend(1, limits.mdn.octetsPerHour);
    const forEmailId = await deliver();
    expect(await errorOf({ forEmailId })).toMatchObject({ type: "overQuota" });
    world.world.now += 3_600_000;
    await spend(limits.mdn.perHour - 1, 10);
    const [answer] = await world.responses([{ forEmailId }, { forEmailId: await deliver() }]);
    expect(answer[1]).toMatchObject({ sent: { k0: {} }, notSent: { k1: { type: "rateLimit" } } });
    expect(await errorOf({ forEmailId: await deliver() })).toMatchObject({ type: "rateLimit" });
    const [tooMany] = await world.responses(Array.from({ length: limits.mdn.perHour + 1 }, () => ({ forEmailId })));
    expect(tooMany[1].type).toBe("requestTooLarge");
  });

  it("a call that would not set the keyword in lower case, or that names something else (RFC 9007 §1.2, §2.1)", async () => {
    const forEmailId = await deliver();
    const wrong = [
      undefined,
      null,
      {},
      { "#k0": {} },
      { "#k0": { "keywords/$seen": true } },
      { "#k0": { "keywords/$mdnsent": null } },
      { "#k0": { "keywords/$MDNSent": true } },
      { "#k0": { keywords: { $seen: true } } },
      { k0: { "keywords/$mdnsent": true } },
      { [forEmailId]: { "keywords/$mdnsent": true } },
      { "#k0": { "keywords/$mdnsent": true }, "#k1": { "keywords/$mdnsent": true } },
    ];
    for (const onSuccessUpdateEmail of wrong)
      expect(await world.send({ forEmailId }, { onSuccessUpdateEmail }), JSON.stringify(onSuccessUpdateEmail)).toMatchObject({
        type: "invalidArguments",
        arguments: ["onSuccessUpdateEmail"],
      });
    const whole = await world.send({ forEmailId }, { onSuccessUpdateEmail: { "#k0": { keywords: { $mdnsent: true } } } });
    expect(whole.sent.k0).toBeDefined();
  });

  it("an update that cannot be made, since the keyword would be missing", async () => {
    const forEmailId = await deliver();
    const update = (patch: object) => ({ onSuccessUpdateEmail: { "#k0": { "keywords/$mdnsent": true, ...patch } } });
    expect(await errorOf({ forEmailId }, update({ mailboxIds: { nowhere: true } }))).toMatchObject({ properties: ["mailboxIds"] });
    expect(await errorOf({ forEmailId }, update({ keywords: {} }))).toMatchObject({ type: "invalidPatch" });
    expect(await errorOf({ forEmailId }, update({ subject: "other" }))).toMatchObject({ properties: ["subject"] });
    expect(await world.keywords(forEmailId)).toEqual([]);
    expect((await world.send({ forEmailId }, update({ subject: "World domination" }))).sent).not.toBeNull();
  });

  it("accounts and identities that are not there", async () => {
    const send = { k0: { forEmailId: await deliver(), disposition } };
    const call = async (args: object, principal = ann) =>
      (await world.world.request(principal, [["MDN/send", { accountId: ANN, identityId: world.identityId, send, ...args }]]))[0][1];
    for (const [args, error] of [
      [{ accountId: "anone" }, { type: "invalidArguments", arguments: ["accountId"] }],
      [{ accountId: "abob" }, { type: "invalidArguments", arguments: ["accountId"] }],
      [{ identityId: "Inone" }, { type: "invalidArguments", arguments: ["identityId"] }],
      [{ identityId: "#none" }, { type: "invalidArguments", arguments: ["identityId"] }],
      [{ accountId: TEAM }, { type: "accountReadOnly" }],
      [{ send: null }, { type: "invalidArguments", arguments: ["send"] }],
      [{ ifInState: "1.1" }, { type: "invalidArguments", arguments: ["ifInState"] }],
    ] as const)
      expect(await call(args), JSON.stringify(args)).toMatchObject(error);
  });

  it("a creation id that means something to JavaScript is one like any other", async () => {
    const body = JSON.stringify({
      using: ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", MDN],
      methodCalls: [
        [
          "MDN/send",
          {
            accountId: ANN,
            identityId: world.identityId,
            send: { PROTO: { forEmailId: "Enone", disposition } },
            onSuccessUpdateEmail: { "#PROTO": { "keywords/$mdnsent": true } },
          },
          "c",
        ],
      ],
    }).replaceAll("PROTO", "__proto__");
    const answer = await world.world.jmap.api(ann, body, "application/json");
    expect(JSON.stringify(answer)).toContain('"notSent":{"__proto__":{"type":"notFound"');
  });
});
