import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../core/limits.ts";
import { ANN, type Any, ann, BOB, bob, message, START, TEAM, World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await World.make();
});

const draft = (extra: object = {}): object => ({
  mailboxIds: { drafts: true },
  keywords: { $draft: true, $seen: true },
  from: [{ name: "Ann", email: "ann@north.example" }],
  to: [{ name: null, email: "zoe@south.example" }],
  subject: "Grüße von der Station",
  bodyValues: { t: { value: "Hello\nthere" } },
  textBody: [{ partId: "t", type: "text/plain" }],
  ...extra,
});

const create = async (object: object): Promise<Any> => world.call("Email/set", { create: { d: object } });
const get = async (id: string, args: object = {}): Promise<Any> => (await world.call("Email/get", { ids: [id], ...args })).list[0];
const upload = async (text: string | Buffer, type = "text/plain"): Promise<string> => {
  const stored = await world.jmap.upload(ann, ANN, Buffer.from(text), type);
  if (stored.outcome !== "stored") throw new Error("refused");
  return stored.json.blobId;
};

describe("Email/set create (RFC 8621 §4.1.3, §4.6)", () => {
  it("composes what can be read back", async () => {
    const answer = await create(draft());
    expect(answer.notCreated).toBeNull();
    expect(Object.keys(answer.created.d).sort()).toEqual(["blobId", "id", "size", "threadId"]);
    const email = await get(answer.created.d.id, { fetchAllBodyValues: true });
    expect(email).toMatchObject({
      subject: "Grüße von der Station",
      keywords: { $draft: true, $seen: true },
      mailboxIds: { drafts: true },
      to: [{ name: null, email: "zoe@south.example" }],
      size: answer.created.d.size,
      receivedAt: "2026-01-05T09:00:00Z",
      messageId: [expect.stringMatching(/@north\.example$/)],
    });
    expect(Object.values<Any>(email.bodyValues)[0]).toEqual({ value: "Hello\nthere", isEncodingProblem: false, isTruncated: false });
    expect(world.failures).toEqual([]);
  });

  it("attaches uploads and parts of other mail, and shows a header in every form", async () => {
    const blobId = await upload(Buffer.from([0, 1, 2, 255]), "application/pdf");
    const answer = await create(
      draft({
        attachments: [{ blobId, type: "application/pdf", name: "plan.pdf" }],
        "header:X-Ward:asText": "Zwölf",
        "header:List-Post:asURLs": ["mailto:list@north.example"],
      }),
    );
    const email = await get(answer.created.d.id, {
      properties: ["attachments", "hasAttachment", "header:x-ward:asText", "header:List-Post:asURLs", "header:X-None", "header:X-None:all"],
    });
    expect(email).toMatchObject({
      hasAttachment: true,
      attachments: [{ type: "application/pdf", name: "plan.pdf", size: 4 }],
      "header:x-ward:asText": "Zwölf",
      "header:List-Post:asURLs": ["mailto:list@north.example"],
      "header:X-None": null,
      "header:X-None:all": [],
    });
    const part = await world.jmap.download(ann, ANN, email.attachments[0].blobId);
    expect(part.outcome === "found" && [...(await part.read())!]).toEqual([0, 1, 2, 255]);
    const again = await create(draft({ attachments: [{ blobId: email.attachments[0].blobId, type: "application/pdf" }] }));
    expect(again.notCreated).toBeNull();
  });

  it("finds the thread of what it answers, also within one call", async () => {
    const first = await world.deliver(ANN, message({ id: "q@x", subject: "Question" }));
    const { threadId } = await get(first, { properties: ["threadId"] });
    const reply = draft({ subject: "Re: Question", inReplyTo: ["q@x"], references: ["q@x"], messageId: ["r@x"] });
    const second = draft({ subject: "RE: Question", inReplyTo: ["r@x"], references: ["q@x", "r@x"] });
    const answer = await world.call("Email/set", { create: { a: reply, b: second, c: draft({ subject: "Other", inReplyTo: ["q@x"] }) } });
    expect([answer.created.a.threadId, answer.created.b.threadId]).toEqual([threadId, threadId]);
    expect(answer.created.c.threadId).not.toBe(threadId);
  });

  const refused: [string, object, object][] = [
    ["no mailbox", { mailboxIds: {} }, { properties: ["mailboxIds"] }],
    ["no such mailbox", { mailboxIds: { Mnone: true } }, { properties: ["mailboxIds"] }],
    ["a mailbox that is false", { mailboxIds: { inbox: false } }, { properties: ["mailboxIds"] }],
    ["a bad keyword", { keywords: { "a b": true } }, { properties: ["keywords"] }],
    ["a bad date", { receivedAt: "yesterday" }, { properties: ["receivedAt"] }],
    ["headers", { headers: [] }, { properties: ["headers"] }],
    ["a server-set property", { preview: "x", size: 3 }, { properties: ["preview", "size"] }],
    ["one field twice", { "header:Subject": " x" }, { type: "invalidProperties" }],
    ["a form that the field cannot have", { "header:X-Y:asNonsense": "x" }, { type: "invalidProperties" }],
    ["a Content- field", { "header:Content-Type": " text/plain" }, { type: "invalidProperties" }],
    ["structure and lists", { bodyStructure: { partId: "t", type: "text/plain" } }, { type: "invalidProperties" }],
    ["no such body value", { textBody: [{ partId: "z", type: "text/plain" }] }, { type: "invalidProperties" }],
    ["two text bodies", { textBody: [{ partId: "t" }, { partId: "t" }] }, { type: "invalidProperties" }],
    ["HTML as text", { textBody: [{ partId: "t", type: "text/html" }] }, { type: "invalidProperties" }],
    ["a truncated value", { bodyValues: { t: { value: "x", isTruncated: true } } }, { type: "invalidProperties" }],
    [
      "no such blob",
      { attachments: [{ blobId: "GUnothing" }, { blobId: "GUneither" }] },
      { type: "blobNotFound", notFound: ["GUnothing", "GUneither"] },
    ],
  ];
  it.each(refused)("refuses %s", async (_why, extra, error) => {
    const answer = await create(draft(extra));
    expect(answer.created).toBeNull();
    expect(answer.notCreated.d).toMatchObject(error);
  });

  it("never lets a value begin a header field of its own", async () => {
    const answer = await create(draft({ subject: "a\r\nBcc: b@x.example", "header:X-Y": " a\r\nBcc: c@x.example" }));
    if (answer.notCreated) return;
    const email = await get(answer.created.d.id, { properties: ["bcc", "headers"] });
    expect(email.bcc).toBeNull();
    expect(email.headers.map((header: Any) => header.name.toLowerCase())).not.toContain("bcc");
  });

  it("refuses what the account has no room for, and keeps the totals right", async () => {
    const small = await World.make({ quotaOctets: 2_000 });
    const first = await small.call("Email/set", { create: { a: draft() } });
    expect(first.notCreated).toBeNull();
    const second = await small.call("Email/set", { create: { a: draft({ bodyValues: { t: { value: "x".repeat(2_000) } } }) } });
    expect(second.notCreated.a.type).toBe("overQuota");
    const [quota] = (await small.call("Quota/get", {})).list;
    expect(quota).toMatchObject({ used: first.created.a.size, hardLimit: 2_000, resourceType: "octets" });
    await small.call("Email/set", { destroy: [first.created.a.id] });
    expect((await small.call("Quota/get", { ids: ["storage"] })).list[0].used).toBe(0);
  });
});

describe("Email/set update and destroy (RFC 8620 §3.10, §5.3, RFC 8621 §4, §4.1.1, §4.6)", () => {
  it("marks 5,000 messages read in one commit", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 300; index++) ids.push(await world.deliver(ANN, message({ id: `${index}@x` })));
    const before = world.store.partition(ANN).entries.length;
    const answer = await world.call("Email/set", { update: Object.fromEntries(ids.map((id) => [id, { "keywords/$seen": true }])) });
    expect(Object.keys(answer.updated)).toHaveLength(300);
    expect(world.store.partition(ANN).entries.length).toBe(before + 1);
    const again = await world.call("Email/set", { update: Object.fromEntries(ids.map((id) => [id, { "keywords/$seen": true }])) });
    expect(again.newState).toBe(again.oldState);
    const many = Object.fromEntries(Array.from({ length: limits.jmap.maxObjectsInSet + 1 }, (_, index) => [`E${index}`, {}]));
    expect((await world.call("Email/set", { update: many })).type).toBe("requestTooLarge");
  });

  const patches: [string, object, object | null][] = [
    ["adds and removes keywords in any case", { "keywords/$Flagged": true, "keywords/$seen": null }, null],
    ["replaces keywords", { keywords: { work: true } }, null],
    ["moves", { "mailboxIds/inbox": null, "mailboxIds/archive": true }, null],
    [
      "says immutable properties as they are",
      { subject: "Rota", from: [{ name: "Zoe Outside", email: "zoe@south.example" }], size: undefined },
      null,
    ],
    ["leaves every mailbox", { "mailboxIds/inbox": null }, { properties: ["mailboxIds"] }],
    ["goes where nothing is", { "mailboxIds/Mnone": true }, { properties: ["mailboxIds"] }],
    ["changes the subject", { subject: "Other" }, { type: "invalidProperties", properties: ["subject"] }],
    ["sets an unknown property", { colour: 1 }, { type: "invalidProperties", properties: ["colour"] }],
    ["sets a keyword to false", { "keywords/$seen": false }, { type: "invalidProperties" }],
    ["sets a bad keyword", { "keywords/a b": true }, { type: "invalidProperties" }],
    ["goes deeper", { "mailboxIds/../../x": true }, { type: "invalidPatch" }],
    ["gives whole and part", { keywords: {}, "keywords/$seen": true }, { type: "invalidPatch" }],
    ["reaches for a prototype", { "keywords/$__proto__": true, "__proto__/a": 1 }, { type: "invalidProperties" }],
  ];
  it.each(patches)("%s", async (_what, patch, error) => {
    const id = await world.deliver(ANN, message({}));
    const answer = await world.call("Email/set", { update: { [id]: patch } });
    if (error) expect(answer.notUpdated[id]).toMatchObject(error);
    else expect(answer).toMatchObject({ updated: { [id]: null }, notUpdated: null });
  });

  it("updates and destroys what was created in the same request, and destroys once", async () => {
    const responses = await world.request(ann, [
      ["Mailbox/set", { accountId: ANN, create: { m: { name: "New" } } }],
      ["Email/set", { accountId: ANN, create: { e: draft({ mailboxIds: { "#m": true } }) } }],
      ["Email/set", { accountId: ANN, update: { "#e": { "keywords/$flagged": true } } }],
      ["Email/set", { accountId: ANN, update: { "#e": { "keywords/$flagged": null } }, destroy: ["#e", "#e"] }],
      ["Email/set", { accountId: ANN, destroy: ["#e"] }],
    ]);
    const id = responses[1][1].created.e.id;
    expect(responses[2][1].updated).toEqual({ [id]: null });
    expect(responses[3][1]).toMatchObject({ destroyed: [id], notUpdated: { "#e": { type: "willDestroy" } } });
    expect(responses[4][1].notDestroyed).toEqual({ "#e": { type: "notFound" } });
    expect((await world.call("Email/get", { ids: [id] })).notFound).toEqual([id]);
    expect(await world.jmap.download(ann, ANN, `GM${id}`)).toMatchObject({ outcome: "refused" });
  });

  it("P06: lets exactly one of two racing writers with the same ifInState win", async () => {
    const id = await world.deliver(ANN, message({}));
    const { state } = await world.call("Email/get", { ids: [] });
    const set = (keyword: string) => world.call("Email/set", { ifInState: state, update: { [id]: { [`keywords/${keyword}`]: true } } });
    const first = await set("a");
    const second = await set("b");
    expect([first.type, second.type]).toEqual([undefined, "stateMismatch"]);
    expect((await get(id, { properties: ["keywords"] })).keywords).toEqual({ a: true });
  });
});

describe("Email/import, Email/copy, Email/parse (RFC 8621 §4.7 to §4.9)", () => {
  it("imports an uploaded message with its date and thread", async () => {
    const raw = message({ id: "i@x", extra: "Received: from a by b; Tue, 06 Jan 2026 10:00:00 +0000" }).replaceAll("\n", "\r\n");
    const blobId = await upload(raw, "message/rfc822");
    const answer = await world.call("Email/import", {
      emails: {
        a: { blobId, mailboxIds: { inbox: true }, keywords: { $seen: true } },
        b: { blobId: "GUnone", mailboxIds: { inbox: true } },
        c: { blobId, mailboxIds: {} },
      },
    });
    expect(answer.notCreated).toMatchObject({
      b: { type: "invalidProperties", properties: ["blobId"] },
      c: { type: "invalidProperties", properties: ["mailboxIds"] },
    });
    const email = await get(answer.created.a.id);
    expect(email).toMatchObject({
      receivedAt: "2026-01-06T10:00:00Z",
      keywords: { $seen: true },
      subject: "Rota",
      sentAt: "2026-01-05T08:59:00+01:00",
    });
    expect((await world.call("Email/import", { ifInState: "1.1", emails: {} })).type).toBe("stateMismatch");
    const bad = await upload(Buffer.from([0xff, 0xd8, 0x00]));
    expect((await world.call("Email/import", { emails: { a: { blobId: bad, mailboxIds: { inbox: true } } } })).notCreated.a.type).toBe(
      "invalidEmail",
    );
  });

  it("keeps a conversation that is imported in one call in one thread, whatever the order", async () => {
    const emails: Record<string, object> = {};
    for (const [index, replyTo] of [undefined, "0@x", "1@x", "2@x", "2@x"].entries()) {
      const raw = message({ id: `${index}@x`, replyTo, subject: "Talk", extra: index > 1 ? "References: <0@x> <1@x>" : undefined });
      emails[`e${4 - index}`] = { blobId: await upload(raw.replaceAll("\n", "\r\n")), mailboxIds: { inbox: true } };
    }
    world.store.before = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    const { created } = await world.call("Email/import", { emails });
    expect(new Set(Object.values<Any>(created).map((email) => email.threadId)).size).toBe(1);
  });

  it("copies between accounts and destroys the original when asked", async () => {
    const id = await world.deliver(BOB, message({ subject: "Shared" }));
    const responses = await world.request(bob, [
      [
        "Email/copy",
        {
          fromAccountId: BOB,
          accountId: TEAM,
          create: { a: { id, mailboxIds: { inbox: true } }, b: { id: "Enone", mailboxIds: { inbox: true } } },
          onSuccessDestroyOriginal: true,
        },
      ],
    ]);
    expect(responses[0][1].notCreated.b.type).toBe("notFound");
    expect(responses[1]).toMatchObject(["Email/set", { accountId: BOB, destroyed: [id] }, "c0"]);
    const [[, got]] = await world.request(ann, [
      ["Email/get", { accountId: TEAM, ids: [responses[0][1].created.a.id], fetchTextBodyValues: true }],
    ]);
    expect(got.list[0].subject).toBe("Shared");
    expect(Object.values<Any>(got.list[0].bodyValues)[0].value).toContain("ward");
  });

  it("parses an attached message and what is in it", async () => {
    const inner = message({ subject: "Inside", body: "inner body" });
    const outer = [
      "From: a@x.example",
      "Subject: Outside",
      'Content-Type: multipart/mixed; boundary="b"',
      "",
      "--b",
      "Content-Type: text/plain",
      "",
      "see attached",
      "--b",
      "Content-Type: message/rfc822",
      "",
      inner,
      "--b--",
      "",
    ].join("\n");
    const id = await world.deliver(ANN, outer);
    const email = await get(id, { properties: ["attachments"] });
    const { blobId } = email.attachments[0];
    const parsed = await world.call("Email/parse", {
      blobIds: [blobId, "GUnone", email.attachments[0].blobId],
      properties: ["subject", "id", "mailboxIds", "blobId", "textBody", "bodyValues"],
      fetchTextBodyValues: true,
    });
    expect(parsed.notFound).toEqual(["GUnone"]);
    expect(parsed.parsed[blobId]).toMatchObject({ subject: "Inside", id: null, mailboxIds: null, blobId });
    const part = await world.jmap.download(ann, ANN, parsed.parsed[blobId].textBody[0].blobId);
    expect(part.outcome === "found" && Buffer.from((await part.read())!).toString()).toContain("inner body");
    expect((await world.call("Email/parse", { blobIds: [], properties: ["header:From:asDate"] })).type).toBe("invalidArguments");
  });
});

describe("Email/get (RFC 8620 §5.1, RFC 8621 §4.2)", () => {
  it("gives bodies by structure, truncated as asked", async () => {
    const raw = [
      "From: a@x.example",
      "MIME-Version: 1.0",
      'Content-Type: multipart/alternative; boundary="b"',
      "",
      "--b",
      "Content-Type: text/plain; charset=utf-8",
      "X-Part: one",
      "",
      "größer als sonst",
      "--b",
      "Content-Type: text/html",
      "",
      "<b>grossartig</b>",
      "--b--",
      "",
    ].join("\n");
    const id = await world.deliver(ANN, raw);
    const email = await get(id, {
      properties: ["bodyStructure", "bodyValues", "textBody", "htmlBody", "headers"],
      bodyProperties: ["partId", "type", "header:X-Part", "headers", "subParts"],
      fetchHTMLBodyValues: true,
      fetchTextBodyValues: true,
      maxBodyValueBytes: 4,
    });
    expect(email.bodyStructure.subParts.map((part: Any) => part.type)).toEqual(["text/plain", "text/html"]);
    expect(email.textBody[0]).toMatchObject({ type: "text/plain", "header:X-Part": " one" });
    expect(email.bodyValues[email.textBody[0].partId]).toEqual({ value: "grö", isTruncated: true, isEncodingProblem: false });
    expect(email.bodyValues[email.htmlBody[0].partId]).toMatchObject({ value: "<b>g", isTruncated: true });
    expect(email.headers[0]).toEqual({ name: "From", value: " a@x.example" });
    expect((await world.call("Email/get", { ids: [], properties: ["header:Date:asAddresses"] })).type).toBe("invalidArguments");
    expect((await world.call("Email/get", { ids: [], bodyProperties: ["nonsense"] })).type).toBe("invalidArguments");
    expect(
      (await world.call("Email/get", { ids: Array.from({ length: limits.jmap.maxObjectsInGet + 1 }, (_, index) => `E${index}`) })).type,
    ).toBe("requestTooLarge");
  });

  it("bounds the text of one answer", async () => {
    const line = `${"x".repeat(99)}\n`;
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) ids.push(await world.deliver(ANN, message({ id: `${index}@x`, body: line.repeat(18_000) })));
    expect((await world.call("Email/get", { ids, fetchTextBodyValues: true })).type).toBe("requestTooLarge");
    expect((await world.call("Email/get", { ids, fetchTextBodyValues: true, maxBodyValueBytes: 1_000 })).list).toHaveLength(3);
    const huge = await world.deliver(ANN, message({ id: "huge@x", body: line.repeat(50_000) }));
    const { bodyValues } = await get(huge, { fetchAllBodyValues: true });
    const [value] = Object.values<Any>(bodyValues);
    expect([value.value.length, value.isTruncated]).toEqual([limits.jmap.bodyValueOctets, true]);
  });

  it("opens the newest 50 in few reads", async () => {
    for (let index = 0; index < 60; index++) await world.deliver(ANN, message({ id: `${index}@x` }), { receivedAt: START + index * 1000 });
    await world.call("Email/query", {});
    const seen: string[] = [];
    world.store.before = (operation) => void seen.push(operation);
    world.blobs.before = (operation) => void seen.push(operation);
    const responses = await world.request(ann, [
      [
        "Email/query",
        {
          accountId: ANN,
          filter: { inMailbox: "inbox" },
          sort: [{ property: "receivedAt", isAscending: false }],
          limit: 50,
          collapseThreads: true,
          calculateTotal: true,
        },
      ],
      [
        "Email/get",
        {
          accountId: ANN,
          "#ids": { resultOf: "c0", name: "Email/query", path: "/ids" },
          properties: ["subject", "from", "preview", "receivedAt", "keywords", "mailboxIds", "hasAttachment"],
        },
      ],
    ]);
    expect(responses[1][1].list).toHaveLength(50);
    expect(seen).toEqual(["entriesAfter", "getEmails"]);
  });
});

describe("marks, an extension of our own (RFC 8620 §1.8)", () => {
  it("are given to who uses the capability and asks for them by name, and are nobody's to set", async () => {
    const id = await world.deliver(ANN, message({ subject: "From outside" }), { marks: ["outside"] });
    const args = { accountId: ANN, ids: [id], properties: ["marks"] };
    const using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    const [[, answer]] = await world.request(ann, [["Email/get", args]], [...using, "urn:penfold:params:jmap:marks"]);
    expect(answer.list).toEqual([{ id, marks: ["outside"] }]);
    expect((await world.request(ann, [["Email/get", args]], using))[0][1]).toMatchObject({
      type: "invalidArguments",
      arguments: ["properties"],
    });
    expect(await get(id)).not.toHaveProperty("marks");
    const refused = await world.call("Email/set", { update: { [id]: { marks: [] } } });
    expect(refused.notUpdated[id].type).toBe("invalidProperties");
  });
});
