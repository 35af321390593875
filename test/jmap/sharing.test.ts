/** RFC 9670 and draft-ietf-jmap-mail-sharing: what is shared, with whom, and what they are told. */
import { beforeEach, describe, expect, it } from "vitest";
import { share } from "../../core/flows/share.ts";
import type { AccountId } from "../../core/ids.ts";
import { sessionOf } from "../../core/jmap/session.ts";
import { limits } from "../../core/limits.ts";
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

const everyRight = (held: object): object => ({
  ...Object.fromEntries(
    "mayReadItems mayAddItems mayRemoveItems maySetSeen maySetKeywords mayCreateChild mayRename mayDelete maySubmit mayShare"
      .split(" ")
      .map((name) => [name, false]),
  ),
  ...held,
});

describe("the capabilities (RFC 9670 §1.5.1, §1.5.2)", () => {
  it("are of one's own account, and say whose each account is", async () => {
    await world.give("ann", ward, { bob: READ });
    const { capabilities, accounts } = sessionOf(await world.as("bob"), world.ports) as Any;
    expect(capabilities["urn:ietf:params:jmap:principals"]).toEqual({});
    expect(capabilities).not.toHaveProperty("urn:ietf:params:jmap:principals:owner");
    const told = (accountId: string, name: string) => accounts[accountId].accountCapabilities[`urn:ietf:params:jmap:principals${name}`];
    expect(told("abob", "")).toEqual({ currentUserPrincipalId: "ebob" });
    expect(told("abob", ":owner")).toEqual({ accountIdForPrincipal: "abob", principalId: "ebob" });
    expect(told(ANN, "")).toBeUndefined();
    expect(told(ANN, ":owner")).toEqual({ accountIdForPrincipal: "abob", principalId: "eann" });
  });
});

describe("sharing a Mailbox", () => {
  it("shows the account to the other at once, with that Mailbox alone, and tells them (RFC 9670 §1.5.2, §3, §4)", async () => {
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

  it("tells each right that was not named, and one's own that went with it (RFC 8620 §5.3)", async () => {
    const update = async (name: string, patch: object) =>
      (await world.does(name, "Mailbox/set", { update: { [ward]: patch } }, ANN)).updated[ward];
    expect(await update("ann", { shareWith: { ebob: { ...READ, mayShare: true }, ecat: {} } })).toEqual({
      shareWith: { ebob: everyRight({ ...READ, mayShare: true }) },
    });
    expect(await update("ann", { "shareWith/ecat": everyRight(READ) })).toBeNull();
    await world.tell(ANN);
    expect(await update("bob", { "shareWith/ebob": everyRight(READ) })).toEqual({ shareWith: null, myRights: everyRight(READ) });
    expect(await update("ann", { shareWith: null })).toBeNull();
  });

  it("refuses whom nothing can be shared with, the owner and a group among them, and rights that do not exist (RFC 9670 §4, §6.4)", async () => {
    const fault = async (patch: object) => (await world.does("ann", "Mailbox/set", { update: { [ward]: patch } })).notUpdated?.[ward];
    expect(await fault({ "shareWith/eann": READ })).toMatchObject({ type: "invalidProperties", properties: ["shareWith"] });
    expect(await fault({ "shareWith/enobody": READ })).toMatchObject({ type: "invalidProperties", properties: ["shareWith"] });
    expect(await fault({ "shareWith/onorth": READ })).toMatchObject({ type: "invalidProperties" });
    expect(await fault({ shareWith: { ebob: { mayFly: true } } })).toMatchObject({ type: "invalidProperties" });
    expect(await fault({ shareWith: { ebob: { mayReadItems: "yes" } } })).toMatchObject({ type: "invalidProperties" });
    expect(await fault({ "shareWith/__proto__": READ })).toMatchObject({ type: expect.any(String) });
    expect((await world.does("ann", "Mailbox/get", { ids: [ward] })).list[0].shareWith).toBeNull();
  });

  it("leaves the session of who unsubscribes, who can still find it and come back (RFC 9670 §1.4)", async () => {
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

  it("changes nothing for whom the account is open as a whole", async () => {
    const whole = { accountId: ANN, name: "Ann", mail: "ann@north.example", isPersonal: false, rights: "readWrite" as const };
    await world.people.grantAccess("ebob" as never, whole);
    const connection = { connectionId: "c", subject: "sbob", pushTypes: null, pushEnabled: true, expiresAt: world.now + 1_000 };
    await world.connections.put({ ...connection, accountIds: ["abob" as AccountId, ANN] });
    await world.give("ann", ward, { bob: READ });
    await world.give("ann", ward, { bob: null });
    expect((await world.does("bob", "ShareNotification/get", {})).list).toEqual([]);
    expect((await world.connections.listeners(ANN)).connections).toMatchObject([{ connectionId: "c", isShared: false }]);
  });

  it("lets open connections hear of it while the person is subscribed to something there (RFC 9670 §1.4)", async () => {
    const connection = { connectionId: "c", subject: "sbob", pushTypes: null, pushEnabled: true, expiresAt: world.now + 1_000 };
    await world.connections.put({ ...connection, accountIds: ["abob" as AccountId] });
    const hears = async () => (await world.connections.listeners(ANN)).connections.map(({ isShared }) => isShared);
    await world.give("ann", ward, { bob: READ });
    expect(await hears()).toEqual([true]);
    const wants = async (isSubscribed: boolean) => {
      await world.does("bob", "Mailbox/set", { update: { [ward]: { isSubscribed } } }, ANN);
      await world.tell(ANN);
    };
    await wants(false);
    expect(await hears()).toEqual([]);
    await wants(true);
    expect(await hears()).toEqual([true]);
    await world.give("ann", ward, { bob: null });
    expect(await hears()).toEqual([]);
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
  const told = async (): Promise<Any[]> => (await world.does("bob", "ShareNotification/get", {})).list;

  it("tells the rights that are held, not all that were granted", async () => {
    await world.give("ann", "inbox", { bob: { ...READ, mayDelete: true } });
    const [{ myRights }] = (await world.does("bob", "Mailbox/get", { ids: ["inbox"] }, ANN)).list;
    expect(await told()).toMatchObject([{ oldRights: null, newRights: myRights }]);
    expect(myRights).toMatchObject({ mayReadItems: true, mayDelete: false });
    // Nothing changes for Bob.
    await world.give("ann", "inbox", { bob: READ });
    expect(await told()).toHaveLength(1);
  });

  it("tells of a Mailbox that is destroyed", async () => {
    await world.give("ann", ward, { bob: READ });
    world.now += 1_000;
    await world.does("ann", "Mailbox/set", { destroy: [ward] });
    await world.tell(ANN);
    expect((await told()).find(({ newRights }) => newRights === null)).toMatchObject({ objectId: ward, name: "Ward", oldRights: READ });
  });

  it("leaves a record of who gave what to whom in the account's log, though nothing tells the owner by another way (RFC 9670 §6.2)", async () => {
    await world.give("ann", ward, { bob: { ...READ, mayShare: true } });
    await world.does("bob", "Mailbox/set", { update: { [ward]: { "shareWith/ecat": READ } } }, ANN);
    const entries = await world.store.entriesAfter(ANN, { epoch: 0, seq: 0 });
    expect(entries.flatMap(({ actor, shares }) => shares?.map((one) => [actor, one.principalId, one.newRights]) ?? [])).toEqual([
      ["principal:eann", "ebob", ["mayReadItems", "mayShare"]],
      ["principal:ebob", "ecat", ["mayReadItems"]],
    ]);
  });

  it("is not lost among those of a Mailbox that someone shares over and over (RFC 9670 §6.3)", async () => {
    await world.give("ann", ward, { bob: READ });
    for (let round = 0; round < limits.jmap.shareNotifications; round++) {
      world.now += 1_000;
      await world.give("cat", "archive", { bob: round % 2 === 0 ? READ : null });
    }
    const kept = await told();
    expect(kept).toHaveLength(limits.jmap.shareNotifications);
    expect(kept.filter(({ objectAccountId }) => objectAccountId === ANN)).toHaveLength(1);
    const latest = kept.toSorted((a, b) => (a.created < b.created ? 1 : -1))[0];
    expect(latest).toMatchObject({ objectAccountId: "acat", newRights: null });
  });

  it("can be queried, dismissed, and neither made nor changed (RFC 9670 §3.1 to §3.5)", async () => {
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
    expect((await query({ before: new Date(world.now).toISOString().replace(".000", "") })).ids).toHaveLength(1);
    expect((await query({ after: null, before: null, objectAccountId: "abob" })).ids).toEqual([]);
    const oldest = await world.does("bob", "ShareNotification/query", { sort: [{ property: "created" }] });
    expect(oldest.ids[1]).toBe(changes.created[0]);
    expect(oldest.canCalculateChanges).toBe(true);
    const answer = await world.does("bob", "ShareNotification/set", {
      create: { a: { name: "x" } },
      update: { [changes.created[0]]: { name: "x" } },
    });
    expect(answer.notCreated.a.type).toBe("forbidden");
    expect(answer.notUpdated[changes.created[0]].type).toBe("forbidden");
    expect((await world.does("bob", "ShareNotification/set", { destroy: changes.created })).destroyed).toEqual(changes.created);
    const since = { sort: [{ property: "created" }], sinceQueryState: oldest.queryState };
    expect(await world.does("bob", "ShareNotification/queryChanges", since)).toMatchObject({ removed: changes.created, added: [] });
  });
});

describe("Principal (RFC 9670 §2)", () => {
  it("finds colleagues by parts of name and address, and anyone by the whole address (RFC 9670 §2.1, §2.4, §2.4.1)", async () => {
    await world.add("zoe", "osouth" as never);
    const ids = async (filter: object) => (await world.does("bob", "Principal/query", { filter, sort: [{ property: "name" }] })).ids;
    expect(await ids({ name: "fern" })).toEqual(["eann", "ebob", "ecat"]);
    expect(await ids({ text: "NURSE", email: "cat@" })).toEqual(["ecat"]);
    expect(await ids({ email: "zoe@" })).toEqual([]);
    expect(await ids({ email: "ZOE@north.example" })).toEqual(["ezoe"]);
    expect(await ids({ type: "group" })).toEqual([]);
    expect(await ids({ type: "individual", text: "ann fern" })).toEqual(["eann"]);
    expect(await ids({ timeZone: "Europe/London" })).toEqual([]);
    expect(await ids({ accountIds: ["abob"] })).toEqual(["ebob"]);
    expect(await ids({ accountIds: [ANN] })).toEqual([]);
    await world.give("ann", ward, { bob: READ });
    expect(await ids({ accountIds: [ANN, "abob"] })).toEqual(["eann", "ebob"]);
    const everyone = await world.does("bob", "Principal/get", { ids: null, properties: ["name", "description"] });
    expect(everyone.list).toHaveLength(3);
    expect(everyone.list[0]).toMatchObject({ description: "Nurse" });
    const { list, notFound } = await world.does("bob", "Principal/get", { ids: ["ezoe", "enobody"] });
    expect(list).toMatchObject([{ id: "ezoe", type: "individual", name: "Zoe Fern", email: "zoe@north.example", accounts: null }]);
    expect(notFound).toEqual(["enobody"]);
  });

  it("says what it cannot tell: changes of the directory; and changes nothing of it (RFC 9670 §2.2, §2.3, §2.5, §6.4)", async () => {
    const { state } = await world.does("bob", "Principal/get", { ids: ["ebob"] });
    expect(await world.does("bob", "Principal/changes", { sinceState: state })).toMatchObject({ created: [], updated: [], destroyed: [] });
    await world.add("dan");
    expect((await world.does("bob", "Principal/changes", { sinceState: state })).type).toBe("cannotCalculateChanges");
    const { queryState, canCalculateChanges } = await world.does("bob", "Principal/query", {});
    expect(canCalculateChanges).toBe(false);
    expect((await world.does("bob", "Principal/queryChanges", { sinceQueryState: queryState })).type).toBe("cannotCalculateChanges");
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
