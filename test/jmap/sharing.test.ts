/** RFC 9670 and draft-ietf-jmap-mail-sharing: what is shared, with whom, and what they are told. */
import { beforeEach, describe, expect, it } from "vitest";
import { share } from "../../core/flows/share.ts";
import type { AccountId } from "../../core/ids.ts";
import { sessionOf } from "../../core/jmap/session.ts";
import { READ, SharingWorld, WRITE } from "./sharing-world.ts";
import { type Any, message } from "./world.ts";

const ANN = "aann" as AccountId;

let world: SharingWorld;
let ward: string;
beforeEach(async () => {
  world = await SharingWorld.of("ann", "bob", "cat");
  ward = (await world.does("ann", "Mailbox/set", { create: { w: { name: "Ward" } } })).created.w.id;
});

const accountsOf = async (name: string): Promise<Any> => sessionOf(await world.as(name), world.ports).accounts;
const fileIn = async (mailboxId: string, fields: Parameters<typeof message>[0] = {}): Promise<string> => {
  const id = await world.deliver(ANN, message(fields));
  await world.does("ann", "Email/set", { update: { [id]: { mailboxIds: { [mailboxId]: true } } } });
  return id;
};

describe("sharing a Mailbox", () => {
  it("shows the account to the other at once, with that Mailbox alone, and tells them (RFC 9670 §3)", async () => {
    expect(await accountsOf("bob")).not.toHaveProperty(ANN);
    await world.give("ann", ward, { bob: READ });
    expect(await accountsOf("bob")).toMatchObject({
      [ANN]: {
        name: "ann@north.example",
        isPersonal: false,
        isReadOnly: true,
        accountCapabilities: { "urn:ietf:params:jmap:principals:owner": { accountIdForPrincipal: "abob", principalId: "eann" } },
      },
    });
    const { list } = await world.does("bob", "Mailbox/get", {}, ANN);
    expect(list).toMatchObject([{ id: ward, name: "Ward", parentId: null, isSubscribed: true, shareWith: null }]);
    expect(list[0].myRights).toMatchObject({ mayReadItems: true, mayAddItems: false, mayShare: false });
    const told = await world.does("bob", "ShareNotification/get", {});
    expect(told.list).toMatchObject([
      {
        objectType: "Mailbox",
        objectAccountId: ANN,
        objectId: ward,
        name: "Ward",
        changedBy: { name: "Ann Fern", email: "ann@north.example", principalId: "eann" },
        oldRights: null,
        newRights: { mayReadItems: true, mayAddItems: false },
      },
    ]);
    expect(world.failures).toEqual([]);
  });

  it("is told to the owner as shareWith, and to no one who may not change it", async () => {
    await world.give("ann", ward, { bob: READ, cat: { ...READ, mayShare: true } });
    const [mine] = (await world.does("ann", "Mailbox/get", { ids: [ward] })).list;
    expect(Object.keys(mine.shareWith).sort()).toEqual(["ebob", "ecat"]);
    expect(mine.shareWith.ebob).toMatchObject({ mayReadItems: true, maySubmit: false });
    expect((await world.does("bob", "Mailbox/get", { ids: [ward] }, ANN)).list[0].shareWith).toBeNull();
    expect(Object.keys((await world.does("cat", "Mailbox/get", { ids: [ward] }, ANN)).list[0].shareWith)).toHaveLength(2);
  });

  it("is taken back at the next call, and the account is gone as if it had never been", async () => {
    await world.give("ann", ward, { bob: WRITE });
    const id = await fileIn(ward);
    const asBefore = await world.as("bob");
    expect((await world.does("bob", "Email/get", { ids: [id] }, ANN)).list).toHaveLength(1);
    await world.does("ann", "Mailbox/set", { update: { [ward]: { shareWith: null } } });
    // The share stage has not run: who asks still holds what was known before (case S02).
    for (const method of ["Mailbox/get", "Email/get", "EmailSubmission/set", "Quota/get"]) {
      const [[, answer]] = await world.request(asBefore, [[method, { accountId: ANN }]]);
      const [[, nowhere]] = await world.request(asBefore, [[method, { accountId: "anobody" }]]);
      expect(JSON.stringify(answer), method).toBe(JSON.stringify(nowhere));
    }
    expect((await world.jmap.download(asBefore, ANN, `GM${id}`)).outcome).toBe("refused");
    await world.tell(ANN);
    expect(await accountsOf("bob")).not.toHaveProperty(ANN);
    const told = (await world.does("bob", "ShareNotification/get", {})).list;
    expect(told.at(-1)).toMatchObject({ name: "Ward", newRights: null, oldRights: { mayReadItems: true } });
  });

  it("refuses whom nothing can be shared with, by name, and rights that do not exist", async () => {
    const fault = async (patch: object) => (await world.does("ann", "Mailbox/set", { update: { [ward]: patch } })).notUpdated?.[ward];
    expect(await fault({ "shareWith/eann": READ })).toMatchObject({ type: "invalidProperties", properties: ["shareWith"] });
    expect(await fault({ "shareWith/enobody": READ })).toMatchObject({ type: "invalidProperties", properties: ["shareWith"] });
    expect(await fault({ "shareWith/onorth": READ })).toMatchObject({ type: "invalidProperties" });
    expect(await fault({ shareWith: { ebob: { mayFly: true } } })).toMatchObject({ type: "invalidProperties" });
    expect(await fault({ shareWith: { ebob: { mayReadItems: "yes" } } })).toMatchObject({ type: "invalidProperties" });
    expect(await fault({ "shareWith/__proto__": READ })).toMatchObject({ type: expect.any(String) });
    expect((await world.does("ann", "Mailbox/get", { ids: [ward] })).list[0].shareWith).toBeNull();
  });

  it("leaves the session of who unsubscribes, who can still find it and come back (RFC 9670 §1.5)", async () => {
    await world.give("ann", ward, { bob: READ });
    await world.does("bob", "Mailbox/set", { update: { [ward]: { isSubscribed: false } } }, ANN);
    await world.tell(ANN);
    expect(await accountsOf("bob")).not.toHaveProperty(ANN);
    expect((await world.does("bob", "Principal/get", { ids: ["eann"] })).list[0].accounts).toHaveProperty(ANN);
    await world.does("bob", "Mailbox/set", { update: { [ward]: { isSubscribed: true } } }, ANN);
    await world.tell(ANN);
    expect(await accountsOf("bob")).toHaveProperty(ANN);
    // The owner's own subscription is another matter.
    expect((await world.does("ann", "Mailbox/get", { ids: [ward] })).list[0].isSubscribed).toBe(true);
  });

  it("tells once, however often the share stage runs, and keeps the newest notifications", async () => {
    await world.give("ann", ward, { bob: READ });
    for (let round = 0; round < 3; round++) {
      const entries = await world.store.entriesAfter(ANN, { epoch: 0, seq: 0 });
      for (const { epoch, seq } of entries) await share(world.sharePorts, { accountId: ANN, entry: { epoch, seq } });
    }
    expect((await world.does("bob", "ShareNotification/get", {})).list).toHaveLength(1);
  });
});

describe("ShareNotification (RFC 9670 §3)", () => {
  it("can be queried, dismissed, and neither made nor changed", async () => {
    await world.give("ann", ward, { bob: READ });
    const { state } = await world.does("bob", "ShareNotification/get", {});
    world.now += 60_000;
    await world.give("ann", "archive", { bob: READ });
    const changes = await world.does("bob", "ShareNotification/changes", { sinceState: state });
    expect(changes.created).toHaveLength(1);
    const query = (filter: object) =>
      world.does("bob", "ShareNotification/query", { filter, sort: [{ property: "created", isAscending: false }] });
    expect((await query({})).ids[0]).toBe(changes.created[0]);
    expect((await query({ after: new Date(world.now - 1_000).toISOString().replace(".000", "") })).ids).toEqual(changes.created);
    expect((await query({ objectType: "Calendar" })).ids).toEqual([]);
    expect((await query({ objectAccountId: ANN })).ids).toHaveLength(2);
    const answer = await world.does("bob", "ShareNotification/set", {
      create: { a: { name: "x" } },
      update: { [changes.created[0]]: { name: "x" } },
    });
    expect(answer.notCreated.a.type).toBe("forbidden");
    expect(answer.notUpdated[changes.created[0]].type).toBe("forbidden");
    expect((await world.does("bob", "ShareNotification/set", { destroy: changes.created })).destroyed).toEqual(changes.created);
  });
});

describe("Principal (RFC 9670 §2)", () => {
  it("finds colleagues by parts of name and address, and anyone by the whole address", async () => {
    await world.add("zoe", "osouth" as never);
    const ids = async (filter: object) => (await world.does("bob", "Principal/query", { filter, sort: [{ property: "name" }] })).ids;
    expect(await ids({ name: "fern" })).toEqual(["eann", "ebob", "ecat"]);
    expect(await ids({ text: "NURSE", email: "cat@" })).toEqual(["ecat"]);
    expect(await ids({ email: "zoe@" })).toEqual([]);
    expect(await ids({ email: "ZOE@north.example" })).toEqual(["ezoe"]);
    expect(await ids({ type: "group" })).toEqual([]);
    expect(await ids({ accountIds: ["abob"] })).toEqual(["ebob"]);
    const { list, notFound } = await world.does("bob", "Principal/get", { ids: ["ezoe", "enobody"] });
    expect(list).toMatchObject([{ id: "ezoe", type: "individual", name: "Zoe Fern", email: "zoe@north.example", accounts: null }]);
    expect(notFound).toEqual(["enobody"]);
  });

  it("says what it cannot tell: changes of the directory, and who may change it", async () => {
    const { state } = await world.does("bob", "Principal/get", { ids: ["ebob"] });
    expect(await world.does("bob", "Principal/changes", { sinceState: state })).toMatchObject({ created: [], updated: [], destroyed: [] });
    await world.add("dan");
    expect((await world.does("bob", "Principal/changes", { sinceState: state })).type).toBe("cannotCalculateChanges");
    const answer = await world.does("bob", "Principal/set", {
      create: { a: { name: "Eve" } },
      update: { ebob: { name: "King Bob" }, enobody: {} },
      destroy: ["eann"],
    });
    expect([answer.notCreated.a.type, answer.notUpdated.ebob.type, answer.notUpdated.enobody.type, answer.notDestroyed.eann.type]).toEqual([
      "forbidden",
      "forbidden",
      "notFound",
      "forbidden",
    ]);
  });
});
