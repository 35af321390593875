import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../core/limits.ts";
import { ANN, type Any, message, TEAM, World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await World.make();
});

const create = async (objects: Record<string, object>): Promise<Any> => world.call("Mailbox/set", { create: objects });
const made = async (name: string, parentId: string | null = null): Promise<string> =>
  (await create({ a: { name, parentId } })).created.a.id;

describe("Mailbox/set create (RFC 8620 §5.3, RFC 8621 §2, §2.5)", () => {
  it("tells everything that the client did not send", async () => {
    const answer = await create({ a: { name: "Clinic" } });
    expect(answer.created.a).toEqual({
      id: expect.any(String),
      parentId: null,
      role: null,
      sortOrder: 0,
      totalEmails: 0,
      unreadEmails: 0,
      totalThreads: 0,
      unreadThreads: 0,
      myRights: expect.objectContaining({ mayDelete: true, mayReadItems: true }),
      isSubscribed: true,
    });
    expect(answer.newState).not.toBe(answer.oldState);
  });

  it("orders creates that refer to one another", async () => {
    const answer = await create({ c: { name: "C", parentId: "#b" }, b: { name: "B", parentId: "#a" }, a: { name: "A" } });
    expect(answer.notCreated).toBeNull();
    const list = (await world.call("Mailbox/get", { ids: [answer.created.c.id] })).list;
    expect(list[0].parentId).toBe(answer.created.b.id);
  });

  const refused: [string, object, string[]][] = [
    ["no name", {}, ["name"]],
    ["an empty name", { name: "" }, ["name"]],
    ["a name of spaces", { name: "  " }, ["name"]],
    ["a control character", { name: "a\u0007" }, ["name"]],
    ["too long a name", { name: "é".repeat(200) }, ["name"]],
    ["a name that a sibling has", { name: "Inbox" }, ["name"]],
    ["a role that is taken", { name: "X", role: "inbox" }, ["role"]],
    ["a role that is none", { name: "X", role: "Inbox" }, ["role"]],
    ["no such parent", { name: "X", parentId: "Mnone" }, ["parentId"]],
    ["a parent that was not created", { name: "X", parentId: "#none" }, ["parentId"]],
    ["itself as parent", { name: "X", parentId: "#a" }, ["parentId"]],
    ["a server-set property", { name: "X", totalEmails: 0, id: "M1" }, ["totalEmails", "id"]],
    ["an unknown property", { name: "X", colour: "red" }, ["colour"]],
    ["too large an order", { name: "X", sortOrder: 2 ** 31 }, ["sortOrder"]],
    ["a wrong type", { name: "X", sortOrder: -1, isSubscribed: "yes" }, ["sortOrder", "isSubscribed"]],
  ];
  it.each(refused)("refuses %s", async (why, object, properties) => {
    const answer = await create({ a: object });
    expect(answer.created).toBeNull();
    expect(answer.notCreated.a).toMatchObject({ type: why.includes("sibling") ? "alreadyExists" : "invalidProperties", properties });
    expect(answer.newState).toBe(answer.oldState);
  });

  it("keeps the first of two of the same name, and a name equal but for composition is the same", async () => {
    const answer = await create({ a: { name: "Café" }, b: { name: "Cafe\u0301" } });
    expect(Object.keys(answer.created)).toEqual(["a"]);
    expect(answer.notCreated.b).toMatchObject({ type: "alreadyExists", existingId: answer.created.a.id });
  });

  it("bounds the depth", async () => {
    let parentId: string | null = null;
    for (let depth = 1; depth <= limits.jmap.maxMailboxDepth; depth++) parentId = await made(`d${depth}`, parentId);
    expect((await create({ a: { name: "deeper", parentId } })).notCreated.a).toMatchObject({ properties: ["parentId"] });
  });
});

describe("Mailbox/set update (RFC 8620 §5.3, RFC 8621 §2.5)", () => {
  it("swaps two names in one call", async () => {
    const a = await made("A");
    const b = await made("B");
    const answer = await world.call("Mailbox/set", { update: { [a]: { name: "B" }, [b]: { name: "A" } } });
    expect(answer.notUpdated).toBeNull();
    const { list } = await world.call("Mailbox/get", { ids: [a, b], properties: ["name"] });
    expect(list).toEqual([
      { id: a, name: "B" },
      { id: b, name: "A" },
    ]);
  });

  it("refuses a loop, and accepts a whole object said back", async () => {
    const a = await made("A");
    const b = await made("B", a);
    expect((await world.call("Mailbox/set", { update: { [a]: { parentId: b } } })).notUpdated[a]).toMatchObject({
      properties: ["parentId"],
    });
    const whole = (await world.call("Mailbox/get", { ids: [a] })).list[0];
    expect((await world.call("Mailbox/set", { update: { [a]: { ...whole, sortOrder: 2 ** 31 - 1 } } })).updated).toEqual({ [a]: null });
    expect((await world.call("Mailbox/set", { update: { [a]: { ...whole, totalEmails: 5 } } })).notUpdated[a]).toMatchObject({
      type: "invalidProperties",
      properties: ["totalEmails"],
    });
  });

  const patches: [string, object, string][] = [
    ["a path into text", { "name/x": "y" }, "invalidPatch"],
    ["a path into nothing", { "myRights/a/b": true }, "invalidPatch"],
    ["a path inside another", { myRights: {}, "myRights/mayDelete": true }, "invalidPatch"],
    ["a path with a bad escape", { "na~2me": "y" }, "invalidPatch"],
    ["a right", { "myRights/mayDelete": false }, "invalidProperties"],
    ["an unknown property", { colour: "red" }, "invalidProperties"],
    ["null for a required property", { name: null }, "invalidProperties"],
    ["a prototype", { "__proto__/x": 1 }, "invalidProperties"],
  ];
  it.each(patches)("refuses %s", async (_why, patch, type) => {
    const a = await made("A");
    expect((await world.call("Mailbox/set", { update: { [a]: patch } })).notUpdated[a].type).toBe(type);
  });

  it("keeps the roles that delivery relies on, and gives a default back for null", async () => {
    expect((await world.call("Mailbox/set", { update: { inbox: { role: null } } })).notUpdated.inbox.type).toBe("forbidden");
    expect((await world.call("Mailbox/set", { update: { archive: { role: null, sortOrder: null } } })).updated).toEqual({ archive: null });
    expect((await world.call("Mailbox/get", { ids: ["archive"] })).list[0]).toMatchObject({ role: null, sortOrder: 0 });
  });
});

describe("Mailbox/set destroy (RFC 8621 §2.5)", () => {
  it("destroys a tree in one call whatever the order, and once each", async () => {
    const a = await made("A");
    const b = await made("B", a);
    expect((await world.call("Mailbox/set", { destroy: [a] })).notDestroyed[a].type).toBe("mailboxHasChild");
    const answer = await world.call("Mailbox/set", { destroy: [a, b, a] });
    expect(new Set(answer.destroyed)).toEqual(new Set([a, b]));
    expect(answer.notDestroyed).toBeNull();
    expect((await world.call("Mailbox/set", { destroy: [a] })).notDestroyed[a].type).toBe("notFound");
  });

  it("takes mail along only when asked, and keeps what is elsewhere too", async () => {
    const a = await made("A");
    const both = await world.deliver(ANN, message({}));
    const only = await world.deliver(ANN, message({}));
    await world.call("Email/set", { update: { [both]: { [`mailboxIds/${a}`]: true }, [only]: { mailboxIds: { [a]: true } } } });
    expect((await world.call("Mailbox/set", { destroy: [a] })).notDestroyed[a].type).toBe("mailboxHasEmail");
    const answer = await world.call("Mailbox/set", { destroy: [a], onDestroyRemoveEmails: true });
    expect(answer.destroyed).toEqual([a]);
    const got = await world.call("Email/get", { ids: [both, only], properties: ["mailboxIds"] });
    expect(got).toMatchObject({ list: [{ id: both, mailboxIds: { inbox: true } }], notFound: [only] });
  });

  it("refuses the inbox", async () => {
    expect((await world.call("Mailbox/set", { destroy: ["inbox"] })).notDestroyed.inbox.type).toBe("forbidden");
  });
});

describe("Mailbox/changes (RFC 8620 §5.2, RFC 8621 §2.2)", () => {
  it("says when only counts have changed", async () => {
    const { state } = await world.call("Mailbox/get", {});
    await world.deliver(ANN, message({}));
    const counted = await world.call("Mailbox/changes", { sinceState: state });
    expect(counted).toMatchObject({
      updated: ["inbox"],
      updatedProperties: ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"],
    });
    const a = await made("A");
    await world.call("Mailbox/set", { update: { [a]: { name: "B" } } });
    const both = await world.call("Mailbox/changes", { sinceState: state });
    expect(both).toMatchObject({ created: [a], updated: ["inbox"], updatedProperties: null });
    expect((await world.call("Mailbox/changes", { sinceState: "nonsense" })).type).toBe("cannotCalculateChanges");
    expect((await world.call("Mailbox/changes", { sinceState: "1.99999" })).type).toBe("cannotCalculateChanges");
    expect((await world.call("Mailbox/changes", { sinceState: state, maxChanges: 0 })).type).toBe("invalidArguments");
  });

  it("cuts at maxChanges and goes on from there", async () => {
    const { state } = await world.call("Mailbox/get", {});
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) await made(name);
    const created: string[] = [];
    let sinceState = state;
    for (let more = true, rounds = 0; more && rounds < 10; rounds++) {
      const page = await world.call("Mailbox/changes", { sinceState, maxChanges: 2 });
      expect(page.created.length + page.updated.length + page.destroyed.length).toBeLessThanOrEqual(2);
      created.push(...page.created);
      sinceState = page.newState;
      more = page.hasMoreChanges;
    }
    expect(created.length).toBe(names.length);
  });
});

describe("Mailbox/query (RFC 8620 §5.5, RFC 8621 §2.3)", () => {
  it("filters, sorts, and orders and filters as a tree", async () => {
    const b = await made("B");
    const a = await made("A");
    const ba = await made("Ba", b);
    const aa = await made("Aa", a);
    const own = { operator: "NOT", conditions: [{ hasAnyRole: true }] };
    const ids = async (args: object) => (await world.call("Mailbox/query", args)).ids;
    const byName = [{ property: "name" }];
    expect(await ids({ filter: own, sort: byName })).toEqual([a, aa, b, ba]);
    expect(await ids({ filter: own, sort: [{ property: "name", isAscending: false }], sortAsTree: true })).toEqual([b, ba, a, aa]);
    expect(await ids({ filter: { name: "a" }, sort: byName, filterAsTree: true })).not.toContain(ba);
    expect(await ids({ filter: { role: "inbox" } })).toEqual(["inbox"]);
    expect(await ids({ filter: { parentId: a } })).toEqual([aa]);
    expect(await ids({ filter: { operator: "AND", conditions: [] }, limit: 3, position: -2 })).toHaveLength(2);
    expect(await ids({ filter: { operator: "OR", conditions: [] } })).toEqual([]);
    expect(
      await world.call("Mailbox/query", { filter: own, sort: byName, anchor: b, anchorOffset: -1, limit: 1, calculateTotal: true }),
    ).toMatchObject({ ids: [aa], position: 1, total: 4 });
  });

  const refused: [string, object, string][] = [
    ["an anchor that is not there", { anchor: "Mnone" }, "anchorNotFound"],
    ["an unknown sort", { sort: [{ property: "colour" }] }, "unsupportedSort"],
    ["an unknown collation", { sort: [{ property: "name", collation: "i;x" }] }, "unsupportedSort"],
    ["an unknown condition", { filter: { colour: "red" } }, "unsupportedFilter"],
    ["a condition of the wrong type", { filter: { hasAnyRole: "yes" } }, "invalidArguments"],
    ["an unknown operator", { filter: { operator: "XOR", conditions: [] } }, "invalidArguments"],
    ["a negative limit", { limit: -1 }, "invalidArguments"],
    ["a position that is no number", { position: "0" }, "invalidArguments"],
    ["a sort that is no list", { sort: {} }, "invalidArguments"],
    ["an unknown argument", { sortAsTreee: true }, "invalidArguments"],
  ];
  it.each(refused)("refuses %s", async (_why, args, type) => {
    expect((await world.call("Mailbox/query", args)).type).toBe(type);
  });

  it("refuses a filter that is too deep", async () => {
    let filter: object = {};
    for (let depth = 0; depth < 20; depth++) filter = { operator: "AND", conditions: [filter] };
    expect((await world.call("Mailbox/query", { filter })).type).toBe("unsupportedFilter");
  });
});

describe("rights and subscriptions (RFC 8621 §2, §2.1)", () => {
  it("keeps subscriptions to a shared mailbox for each user (RFC 9670 §4)", async () => {
    const { bob, person } = await import("./world.ts");
    const cat = person("acat" as never, bob.accounts[1]!);
    const subscribed = async (who: typeof bob) =>
      (await world.request(who, [["Mailbox/query", { accountId: TEAM, filter: { isSubscribed: true } }]]))[0][1].ids;
    expect(await subscribed(bob)).toEqual([]);
    const [[, answer]] = await world.request(bob, [
      ["Mailbox/set", { accountId: TEAM, update: { inbox: { isSubscribed: true } }, create: { a: { name: "Mine" } } }],
    ]);
    expect(answer.updated).toEqual({ inbox: null });
    expect(await subscribed(bob)).toEqual(["inbox", answer.created.a.id]);
    expect(await subscribed(cat)).toEqual([]);
    const [[, got]] = await world.request(bob, [["Mailbox/get", { accountId: TEAM, ids: ["inbox"], properties: ["isSubscribed"] }]]);
    expect(got.list).toEqual([{ id: "inbox", isSubscribed: true }]);
  });

  it("shows a reader of a shared account what they may not do", async () => {
    const [[, answer]] = await world.request((await import("./world.ts")).ann, [["Mailbox/get", { accountId: TEAM, ids: ["inbox"] }]]);
    expect(answer.list[0].myRights).toEqual({
      mayReadItems: true,
      mayAddItems: false,
      mayRemoveItems: false,
      maySetSeen: false,
      maySetKeywords: false,
      mayCreateChild: false,
      mayRename: false,
      mayDelete: false,
      maySubmit: false,
    });
  });
});
