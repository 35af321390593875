/** SieveScript (RFC 9661 §1.2.1, §2, §2.1 to §2.6, §3 to §5), and that what is set there is what delivery goes by. */
import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../core/limits.ts";
import { rulesSchema } from "../../core/mail/rules.ts";
import { ANN, type Any, ann, TEAM, World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await World.make();
});

const upload = async (text: string | Uint8Array): Promise<string> => {
  const answer = await world.jmap.upload(ann, ANN, Buffer.from(text as string), "application/sieve");
  if (answer.outcome !== "stored") throw new Error("not stored");
  return answer.json.blobId;
};

const set = (args: object): Promise<Any> => world.call("SieveScript/set", args);
const create = async (name: string | null, text = "keep;", more: object = {}): Promise<Any> =>
  set({ create: { a: { name, blobId: await upload(text) } }, ...more });
const rules = async () => rulesSchema.parse((await world.store.getRules(ANN)) ?? {});
const hasRules = async () => (await world.log.load(ANN))!.totals.hasRules;

describe("the session", () => {
  it("says what scripts may be and use", () => {
    const session = world.jmap.session(ann);
    expect(session.capabilities["urn:ietf:params:jmap:sieve"]).toEqual({ implementation: "Penfold" });
    const capability = session.accounts[ANN]!.accountCapabilities["urn:ietf:params:jmap:sieve"] as Any;
    expect(capability).toMatchObject({ maxSizeScript: 65536, maxNumberScripts: 16, notificationMethods: null, externalLists: null });
    expect(capability.sieveExtensions).toContain("vacation");
    expect(session.accounts[TEAM]!.accountCapabilities).not.toHaveProperty("urn:ietf:params:jmap:sieve");
  });
});

describe("SieveScript/set", () => {
  it("keeps a script past its upload, as a blob of its own", async () => {
    const answer = await create("main", 'require "fileinto"; fileinto "Junk";');
    const { id, blobId, isActive } = answer.created.a;
    expect(isActive).toBe(false);
    world.now += 48 * 3_600_000;
    const got = await world.call("SieveScript/get", {});
    expect(got.list).toEqual([{ id, name: "main", blobId, isActive: false }]);
    const blob = await world.call("Blob/get", { ids: [blobId], properties: ["data:asText"] });
    expect(blob.list[0]["data:asText"]).toBe('require "fileinto"; fileinto "Junk";');
    expect(await hasRules()).toBe(false);
  });

  it("activates on success, one at a time, and delivery follows", async () => {
    const first = await create("one", "discard;", { onSuccessActivateScript: "#a" });
    expect(first.created.a.isActive).toBe(true);
    expect((await rules()).script).toBe("discard;");
    expect(await hasRules()).toBe(true);
    const second = await create("two", "keep;", { onSuccessActivateScript: "#a" });
    expect(second.created.a.isActive).toBe(true);
    expect(second.updated).toEqual({ [first.created.a.id]: { isActive: false } });
    expect((await rules()).script).toBe("keep;");
    const off = await set({ onSuccessDeactivateScript: true });
    expect(off.updated).toEqual({ [second.created.a.id]: { isActive: false } });
    expect((await rules()).script).toBeNull();
    expect(await hasRules()).toBe(false);
  });

  it("does not activate when anything failed, nor what does not exist", async () => {
    const answer = await create("one", "keep;", { destroy: ["nope"], onSuccessActivateScript: "#a" });
    expect(answer.created.a.isActive).toBe(false);
    expect((await set({ onSuccessActivateScript: "nope" })).updated).toBeNull();
    expect(await hasRules()).toBe(false);
  });

  it("replaces the text of the active script at once", async () => {
    const { id, blobId } = (await create("one", "keep;", { onSuccessActivateScript: "#a" })).created.a;
    const answer = await set({ update: { [id]: { blobId: await upload("discard;") } } });
    expect(answer.updated[id].blobId).not.toBe(blobId);
    expect((await rules()).script).toBe("discard;");
    expect((await set({ update: { [id]: { name: "other" } } })).updated).toEqual({ [id]: null });
  });

  it("refuses what is wrong, each with its error", async () => {
    const active = (await create("one", "keep;", { onSuccessActivateScript: "#a" })).created.a.id;
    const fault = async (answer: Promise<Any>) => (await answer).notCreated.a;
    expect(await fault(create("bad", 'keep;\nfrobnicate "x";'))).toMatchObject({
      type: "invalidSieve",
      description: expect.stringContaining("line 2"),
    });
    expect(await fault(create("one"))).toMatchObject({ type: "alreadyExists", existingId: active });
    expect((await fault(create("big", `# ${"x".repeat(limits.sieve.scriptOctets)}\n`))).type).toBe("tooLarge");
    expect((await fault(create("tab\tbed"))).type).toBe("invalidProperties");
    expect((await fault(set({ create: { a: { name: "x", blobId: "GUunknown" } } }))).type).toBe("blobNotFound");
    expect((await fault(set({ create: { a: { name: "x", blobId: "GUx", isActive: true } } }))).type).toBe("invalidProperties");
    expect((await set({ destroy: [active] })).notDestroyed[active].type).toBe("sieveIsActive");
    for (let index = 1; index < limits.sieve.scripts; index++) expect((await create(null)).notCreated).toBeNull();
    expect((await fault(create("one too many"))).type).toBe("overQuota");
  });

  it("destroys what is not active", async () => {
    const { id } = (await create("one")).created.a;
    expect((await set({ destroy: [id] })).destroyed).toEqual([id]);
    expect((await world.call("SieveScript/get", {})).list).toEqual([]);
  });
});

describe("SieveScript/query and /validate", () => {
  it("filters and sorts by name and activity", async () => {
    const b = (await create("beta")).created.a.id;
    const a = (await create("Alpha", "keep;", { onSuccessActivateScript: "#a" })).created.a.id;
    const query = async (args: object) => (await world.call("SieveScript/query", args)).ids;
    expect(await query({ sort: [{ property: "name" }] })).toEqual([a, b]);
    expect(await query({ filter: { isActive: true } })).toEqual([a]);
    expect(await query({ filter: { name: "BET" } })).toEqual([b]);
  });

  it("says what is wrong without storing anything", async () => {
    const validate = async (blobId: string) => (await world.call("SieveScript/validate", { blobId })).error;
    expect(await validate(await upload("keep;"))).toBeNull();
    expect(await validate(await upload("if true"))).toMatchObject({ type: "invalidSieve" });
    expect(await validate(await upload(Uint8Array.of(0xff, 0xfe)))).toMatchObject({ type: "invalidSieve" });
    expect(await validate("GUnone")).toMatchObject({ type: "blobNotFound" });
  });
});

describe("hostile and empty scripts (RFC 9661 §2.2, §5)", () => {
  it.each([
    ["nothing", ""],
    ["octets that are no UTF-8", Buffer.of(0x6b, 0xff)],
    ["blocks in blocks", `${"if true {".repeat(5_000)}`],
    ["a list without end", `require [${'"a",'.repeat(10_000)}`],
    ["a string without end", `keep "${"x".repeat(60_000)}`],
  ])("%s is refused with the line", async (_what, text) => {
    const { error } = await world.call("SieveScript/validate", { blobId: await upload(text) });
    expect(error.type).toBe("invalidSieve");
    expect(world.failures).toEqual([]);
  });
});

describe("what delivery goes by", () => {
  it("is the VacationResponse while it is enabled", async () => {
    await world.call("VacationResponse/set", { update: { singleton: { isEnabled: true, subject: "Away", textBody: "Back soon" } } });
    expect((await rules()).vacation).toMatchObject({ subject: "Away", textBody: "Back soon" });
    expect((await rules()).identities).toEqual([{ name: "ann@north.example", email: "ann@north.example" }]);
    expect(await hasRules()).toBe(true);
    await world.call("VacationResponse/set", { update: { singleton: { isEnabled: false } } });
    expect((await rules()).vacation).toBeNull();
    expect(await hasRules()).toBe(false);
  });

  it("keeps blocked senders whatever is set", async () => {
    await world.store.putRules(ANN, { blockedSenders: ["@b.example"] });
    await create("one", "keep;", { onSuccessActivateScript: "#a" });
    await set({ onSuccessDeactivateScript: true });
    expect((await rules()).blockedSenders).toEqual(["@b.example"]);
    expect(await hasRules()).toBe(true);
  });

  it("follows mailboxes as they are made, renamed and destroyed", async () => {
    await create("one", "keep;", { onSuccessActivateScript: "#a" });
    const made = await world.call("Mailbox/set", { create: { w: { name: "Ward" } } });
    const { id } = made.created.w;
    expect((await rules()).mailboxes.Ward).toBe(id);
    await world.call("Mailbox/set", { update: { [id]: { name: "Rota", parentId: "archive" } } });
    expect((await rules()).mailboxes["Archive/Rota"]).toBe(id);
    await world.call("Mailbox/set", { destroy: [id] });
    expect(Object.values((await rules()).mailboxes)).not.toContain(id);
  });

  it("is put right by asking again after a failure in between", async () => {
    const put = world.store.putRules.bind(world.store);
    world.store.putRules = () => Promise.reject(new Error("gone"));
    const id = (await create("one", "discard;")).type === "serverFail" ? (await world.call("SieveScript/get", {})).list[0].id : null;
    expect(id).not.toBeNull();
    expect((await set({ onSuccessActivateScript: id })).type).toBe("serverFail");
    expect(await hasRules()).toBe(false);
    world.store.putRules = put;
    expect((await set({ onSuccessActivateScript: id })).updated[id].isActive).toBe(true);
    expect((await rules()).script).toBe("discard;");
    expect(await hasRules()).toBe(true);
  });
});
