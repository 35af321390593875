import { beforeEach, describe, expect, it } from "vitest";
import type { StoredSubmission } from "../../core/jmap/records.ts";
import { limits } from "../../core/limits.ts";
import { ANN, type Any, ann, START, TEAM, World } from "./world.ts";

let world: World;
let identityId: string;
beforeEach(async () => {
  world = await World.make();
  identityId = (await world.call("Identity/get", {})).list[0].id;
});

const draft = async (extra: object = {}): Promise<string> => {
  const answer = await world.call("Email/set", {
    create: {
      d: {
        mailboxIds: { drafts: true },
        keywords: { $draft: true },
        from: [{ name: "Ann", email: "ann@north.example" }],
        to: [{ name: null, email: "zoe@south.example" }],
        cc: [{ name: null, email: "ZOE@south.example" }],
        bcc: [{ name: null, email: "max@south.example" }],
        subject: "Hello",
        ...extra,
      },
    },
  });
  return answer.created.d.id;
};
const submit = async (object: object, args: object = {}): Promise<Any> =>
  world.call("EmailSubmission/set", { create: { s: { identityId, ...object } }, ...args });
const stored = async (id: string): Promise<StoredSubmission> =>
  (await world.log.load(ANN))!.records("EmailSubmission").get(id) as StoredSubmission;

describe("EmailSubmission/set, /get and /query (RFC 8621 §7, §7.1, §7.3, §7.5, §9.4, §9.6)", () => {
  it("makes the envelope from the message and the record that sends it", async () => {
    const emailId = await draft();
    const answer = await submit({ emailId });
    expect(answer.created.s).toMatchObject({
      undoStatus: "pending",
      sendAt: "2026-01-05T09:00:00Z",
      envelope: {
        mailFrom: { email: "ann@north.example", parameters: null },
        rcptTo: [{ email: "zoe@south.example" }, { email: "max@south.example" }],
      },
      deliveryStatus: null,
    });
    expect(await stored(answer.created.s.id)).toMatchObject({
      sendAt: START + limits.jmap.undoSecondsDefault * 1000,
      isHeld: false,
      rawKey: expect.stringContaining(emailId),
    });
  });

  it("moves the message in the implicit Email/set, and does nothing when the submission failed", async () => {
    const emailId = await draft();
    const onSuccessUpdateEmail = { "#s": { "mailboxIds/drafts": null, "mailboxIds/sent": true, "keywords/$draft": null } };
    const failed = await world.request(ann, [
      ["EmailSubmission/set", { accountId: ANN, create: { s: { identityId: "none", emailId } }, onSuccessUpdateEmail }],
    ]);
    expect(failed).toHaveLength(1);
    const responses = await world.request(ann, [
      ["EmailSubmission/set", { accountId: ANN, create: { s: { identityId, emailId } }, onSuccessUpdateEmail }],
    ]);
    expect(responses[1]).toMatchObject(["Email/set", { updated: { [emailId]: null } }, "c0"]);
    expect((await world.call("Email/get", { ids: [emailId], properties: ["mailboxIds", "keywords"] })).list[0]).toMatchObject({
      mailboxIds: { sent: true },
      keywords: {},
    });
  });

  it("sends what was created in the same request, and destroys the draft", async () => {
    const responses = await world.request(ann, [
      [
        "Email/set",
        {
          accountId: ANN,
          create: { d: { mailboxIds: { drafts: true }, from: [{ email: "ann@north.example" }], to: [{ email: "b@c.example" }] } },
        },
      ],
      ["EmailSubmission/set", { accountId: ANN, create: { s: { identityId, emailId: "#d" } }, onSuccessDestroyEmail: ["#s"] }],
    ]);
    const id = responses[0][1].created.d.id;
    expect(responses[2][1].destroyed).toEqual([id]);
    const kept = await stored(responses[1][1].created.s.id);
    expect(await world.blobs.get(kept.rawKey)).not.toBeNull();
  });

  it("holds a message as FUTURERELEASE asks", async () => {
    const emailId = await draft();
    const envelope = (parameters: object) => ({
      mailFrom: { email: "ann@north.example", parameters },
      rcptTo: [{ email: "zoe@south.example" }],
    });
    const held = await submit({ emailId, envelope: envelope({ HOLDFOR: "3600" }) });
    expect(held.created.s.sendAt).toBe("2026-01-05T10:00:00Z");
    const until = await submit({ emailId, envelope: envelope({ holduntil: "2026-01-06T09:00:00Z" }) });
    expect(until.created.s.sendAt).toBe("2026-01-06T09:00:00Z");
    for (const parameters of [{ HOLDFOR: "99999999" }, { HOLDFOR: "x" }, { HOLDFOR: "1", HOLDUNTIL: "2026-01-06T09:00:00Z" }, { BY: "1" }])
      expect((await submit({ emailId, envelope: envelope(parameters) })).notCreated.s).toMatchObject({
        type: "invalidProperties",
        properties: ["envelope"],
      });
  });

  it("takes an envelope as aerc writes it, and holds it to the same rules", async () => {
    const rcptTo = [{ email: "zoe@south.example" }];
    const { created } = await submit({ emailId: await draft(), envelope: { mailfrom: { email: "ann@north.example" }, rcptTo } });
    expect((await stored(created.s.id)).envelope).toMatchObject({ mailFrom: { email: "ann@north.example" }, rcptTo });
    const refused = async (envelope: object) => (await submit({ emailId: await draft(), envelope })).notCreated.s.type;
    expect(await refused({ mailfrom: { email: "boss@north.example" }, rcptTo })).toBe("forbiddenMailFrom");
    expect(await refused({ mailfrom: { email: "ann@north.example" }, mailFrom: { email: "ann@north.example" }, rcptTo })).toBe(
      "invalidProperties",
    );
    expect(await refused({ mailfrom: "ann@north.example", rcptTo })).toBe("invalidProperties");
  });

  it("sends at once what is final as it is created, as meli writes it", async () => {
    for (const [undoStatus, seconds] of [
      ["final", 0],
      ["pending", limits.jmap.undoSecondsDefault],
    ] as const) {
      const { created } = await submit({ emailId: await draft(), undoStatus });
      expect(created.s.undoStatus).toBe("pending");
      const { sendAt, createdAt } = await stored(created.s.id);
      expect((sendAt - createdAt) / 1000).toBe(seconds);
    }
  });

  it("refuses what may not or cannot be sent", async () => {
    const own = { mailFrom: { email: "ann@north.example" }, rcptTo: [{ email: "zoe@south.example" }] };
    const cases: [object, object][] = [
      [{ emailId: "Enone" }, { type: "invalidProperties", properties: ["emailId"] }],
      [
        { emailId: await draft(), identityId: "Inone" },
        { type: "invalidProperties", properties: ["identityId"] },
      ],
      [{ emailId: await draft({ from: [{ email: "boss@north.example" }] }) }, { type: "forbiddenFrom" }],
      [{ emailId: await draft({ sender: [{ email: "boss@north.example" }] }) }, { type: "forbiddenFrom" }],
      [{ emailId: await draft({ from: null }) }, { type: "invalidEmail", properties: ["from"] }],
      [{ emailId: await draft({ to: null, cc: null, bcc: null }) }, { type: "noRecipients" }],
      [{ emailId: await draft({ to: [{ email: "not an address" }] }) }, { type: "invalidRecipients" }],
      [{ emailId: await draft(), envelope: { ...own, mailFrom: { email: "boss@north.example" } } }, { type: "forbiddenMailFrom" }],
      [{ emailId: await draft(), envelope: { ...own, rcptTo: [] } }, { type: "noRecipients" }],
      [
        {
          emailId: await draft(),
          envelope: { ...own, rcptTo: [{ email: "a@b" }, { email: "x@y.example\r\nDATA" }, { email: "ok@y.example" }] },
        },
        { type: "invalidRecipients", invalidRecipients: ["a@b", "x@y.example\r\nDATA"] },
      ],
      [
        {
          emailId: await draft(),
          envelope: {
            ...own,
            rcptTo: Array.from({ length: limits.parse.recipients + 1 }, (_, index) => ({ email: `u${index}@y.example` })),
          },
        },
        { type: "tooManyRecipients", maxRecipients: limits.parse.recipients },
      ],
      [
        { emailId: await draft(), undoStatus: "canceled" },
        { type: "invalidProperties", properties: ["undoStatus"] },
      ],
      [
        { emailId: await draft(), sendAt: "2026-01-06T09:00:00Z" },
        { type: "invalidProperties", properties: ["sendAt"] },
      ],
    ];
    for (const [object, error] of cases) expect((await submit(object)).notCreated?.s, JSON.stringify(object)).toMatchObject(error);
    expect(world.failures).toEqual([]);
  });

  it("cancels while it is pending, and neither cancels nor loses what is being sent", async () => {
    const emailId = await draft();
    const first = (await submit({ emailId })).created.s.id;
    expect((await world.call("EmailSubmission/set", { update: { [first]: { undoStatus: "canceled" } } })).updated).toEqual({
      [first]: null,
    });
    expect((await world.call("EmailSubmission/get", { ids: [first] })).list[0].undoStatus).toBe("canceled");
    const second = (await submit({ emailId })).created.s.id;
    const record = await stored(second);
    await world.log.commit(ANN, () => ({
      plan: { actor: "system:submit", records: [{ type: "EmailSubmission", updated: { [second]: { ...record, undoStatus: "final" } } }] },
      result: null,
    }));
    expect((await world.call("EmailSubmission/set", { update: { [second]: { undoStatus: "canceled" } } })).notUpdated[second].type).toBe(
      "cannotUnsend",
    );
    expect((await world.call("EmailSubmission/set", { update: { [second]: { undoStatus: "pending" } } })).notUpdated[second].type).toBe(
      "invalidProperties",
    );
    expect((await world.call("EmailSubmission/set", { update: { [second]: { emailId: "E1" } } })).notUpdated[second]).toMatchObject({
      properties: ["emailId"],
    });
    expect((await world.call("EmailSubmission/query", { filter: { undoStatus: "canceled" }, sort: [{ property: "sentAt" }] })).ids).toEqual(
      [first],
    );
    expect(
      (
        await world.call("EmailSubmission/query", {
          filter: { emailIds: [emailId], before: "2026-01-05T09:00:01Z", after: "2026-01-05T09:00:00Z" },
          calculateTotal: true,
        })
      ).total,
    ).toBe(2);
    expect((await world.call("EmailSubmission/set", { destroy: [second] })).destroyed).toEqual([second]);
  });
});

describe("Identity and VacationResponse (RFC 8621 §6, §6.1, §6.3, §8.1, §8.2)", () => {
  it("makes identities only of the account's own addresses", async () => {
    const answer = await world.call("Identity/set", {
      create: { a: { email: "ann.alias@north.example", name: "A", textSignature: "--" }, b: { email: "boss@north.example" }, c: {} },
    });
    expect(answer.created.a).toEqual({ id: expect.any(String), replyTo: null, bcc: null, htmlSignature: "", mayDelete: true });
    expect(answer.notCreated).toMatchObject({ b: { type: "forbiddenFrom" }, c: { type: "invalidProperties", properties: ["email"] } });
    const { id } = answer.created.a;
    const update = await world.call("Identity/set", {
      update: { [id]: { name: "B", replyTo: [{ email: "x@y.example" }] }, [identityId]: { email: "z@y.example" } },
    });
    expect(update).toMatchObject({
      updated: { [id]: null },
      notUpdated: { [identityId]: { type: "invalidProperties", properties: ["email"] } },
    });
    const destroy = await world.call("Identity/set", { destroy: [id, identityId] });
    expect(destroy).toMatchObject({ destroyed: [id], notDestroyed: { [identityId]: { type: "forbidden" } } });
  });

  it("has one vacation response", async () => {
    expect((await world.call("VacationResponse/get", {})).list).toEqual([
      { id: "singleton", isEnabled: false, fromDate: null, toDate: null, subject: null, textBody: null, htmlBody: null },
    ]);
    const answer = await world.call("VacationResponse/set", {
      create: { a: {} },
      update: { singleton: { isEnabled: true, fromDate: "2026-01-05T09:00:00Z", textBody: "Away" } },
      destroy: ["singleton"],
    });
    expect(answer).toMatchObject({
      updated: { singleton: null },
      notCreated: { a: { type: "singleton" } },
      notDestroyed: { singleton: { type: "singleton" } },
    });
    expect(await world.call("VacationResponse/get", { ids: ["singleton", "x"], properties: ["fromDate"] })).toMatchObject({
      list: [{ id: "singleton", fromDate: "2026-01-05T09:00:00Z" }],
      notFound: ["x"],
    });
    expect((await world.request(ann, [["VacationResponse/get", { accountId: TEAM }]]))[0][1].type).toBe("accountNotSupportedByMethod");
  });
});
