import { beforeEach, describe, expect, it } from "vitest";
import { presentStates, stateChangeOf } from "../../core/flows/state-change.ts";
import { ANN, type Any, ann, message, World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await World.make({ quotaOctets: 10_000 });
});

const stateOf = async (): Promise<string> => (await world.call("Quota/get", {})).state;

describe("Quota (RFC 9425 §3.1, §3.2, §4, §4.1 to §4.5, §6)", () => {
  it("is one of octets for the account, and names all that the RFC asks for", async () => {
    const id = await world.deliver(ANN, message({}));
    const [{ size }] = (await world.call("Email/get", { ids: [id], properties: ["size"] })).list;
    expect((await world.call("Quota/get", { ids: ["storage", "other"] })).list).toEqual([
      {
        id: "storage",
        resourceType: "octets",
        used: size,
        hardLimit: 10_000,
        scope: "account",
        name: expect.any(String),
        types: ["Email"],
        warnLimit: 9_000,
        softLimit: null,
        description: expect.any(String),
      },
    ]);
    expect((await world.call("Quota/get", { ids: ["other"] })).notFound).toEqual(["other"]);
  });

  it("is not shown to a client that does not know mail, nor where there is no limit", async () => {
    const using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:quota"];
    const [[, answer]] = await world.request(ann, [["Quota/get", { accountId: ANN }]], using);
    expect(answer.list).toEqual([]);
    const unlimited = await World.make({ quotaOctets: 0 });
    expect((await unlimited.call("Quota/get", {})).list).toEqual([]);
  });

  it("changes when mail comes or goes, and with nothing else; push tells the same state", async () => {
    const before = await stateOf();
    const id = await world.deliver(ANN, message({}));
    const filled = await stateOf();
    expect(await world.call("Quota/changes", { sinceState: before })).toMatchObject({
      created: [],
      updated: ["storage"],
      destroyed: [],
      updatedProperties: ["used"],
      newState: filled,
    });
    await world.call("Email/set", { update: { [id]: { "keywords/$seen": true } } });
    expect(await stateOf()).toBe(filled);
    expect((await world.call("Quota/changes", { sinceState: filled })).updated).toEqual([]);
    await world.call("Email/set", { destroy: [id] });
    expect((await world.call("Quota/changes", { sinceState: filled })).updated).toEqual(["storage"]);
    expect(presentStates((await world.log.load(ANN))!).Quota).toBe(await stateOf());
  });

  it("changes when an operator changes the limit, ends with it, and push tells of it (RFC 9425 §4.3, §6)", async () => {
    const limitTo = async (quotaOctets: number) =>
      (await world.log.commit(ANN, () => ({ plan: { actor: "system:cli", quotaOctets }, result: null }))).entry!;
    const before = await stateOf();
    const entry = await limitTo(20_000);
    const { queryState } = await world.call("Quota/query", {});
    expect(stateChangeOf([entry]).changed[ANN]).toEqual({ Quota: await stateOf() });
    expect(await world.call("Quota/changes", { sinceState: before })).toMatchObject({
      updated: ["storage"],
      updatedProperties: null,
      newState: await stateOf(),
    });
    expect(await world.call("Quota/changes", { sinceState: await stateOf() })).toMatchObject({ updated: [], destroyed: [] });
    world.forgetCaches();
    expect((await world.call("Quota/changes", { sinceState: before })).updated).toEqual(["storage"]);
    await limitTo(0);
    expect(await world.call("Quota/changes", { sinceState: before })).toMatchObject({ updated: [], destroyed: ["storage"] });
    expect(await world.call("Quota/queryChanges", { sinceQueryState: queryState })).toMatchObject({ removed: ["storage"], added: [] });
  });

  it("is found by name, scope, resource and type, and sorted by name and use", async () => {
    const ids = async (args: object): Promise<Any> => (await world.call("Quota/query", args)).ids;
    for (const filter of [{ name: "STORAGE" }, { scope: "account" }, { resourceType: "octets" }, { type: "Email" }, {}])
      expect(await ids({ filter }), JSON.stringify(filter)).toEqual(["storage"]);
    for (const filter of [{ name: "x" }, { scope: "domain" }, { resourceType: "count" }, { type: "Mailbox" }])
      expect(await ids({ filter }), JSON.stringify(filter)).toEqual([]);
    expect(await ids({ sort: [{ property: "name" }, { property: "used", isAscending: false }] })).toEqual(["storage"]);
    const { queryState } = await world.call("Quota/query", {});
    await world.deliver(ANN, message({}));
    expect(await world.call("Quota/queryChanges", { sinceQueryState: queryState })).toMatchObject({
      removed: ["storage"],
      added: [{ id: "storage", index: 0 }],
    });
  });
});
