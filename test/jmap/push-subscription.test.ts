import { createECDH, randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import type { PushJob } from "../../core/flows/jobs.ts";
import type { JmapPorts } from "../../core/jmap/api.ts";
import { createJmap } from "../../core/jmap/jmap.ts";
import { limits } from "../../core/limits.ts";
import type { Principal } from "../../core/ports/directory-store.ts";
import { MemoryPushSubscriptionStore } from "../support/memory-push-subscription-store.ts";
import { type Any, ann, bob, START, World } from "./world.ts";

let world: World;
let ports: JmapPorts;
let store: MemoryPushSubscriptionStore;
let jobs: PushJob[];

beforeEach(async () => {
  world = await World.make();
  store = new MemoryPushSubscriptionStore();
  jobs = [];
  const send = async (job: PushJob) => void jobs.push(job);
  ports = { ...world.ports, now: () => world.now, pushes: { subscriptions: store, send } };
});

const call = async (name: string, args: object, principal: Principal = ann): Promise<Any> => {
  const body = JSON.stringify({ using: ["urn:ietf:params:jmap:core"], methodCalls: [[name, args, "c"]] });
  const answer = await createJmap(ports).api(principal, body, "application/json");
  if (answer.outcome !== "answered") throw new Error(JSON.stringify(answer.problem));
  return JSON.parse(JSON.stringify(answer.json.methodResponses))[0][1];
};

const URL = "https://push.example/device?secret=1";
const create = (object: object) => call("PushSubscription/set", { create: { p: { deviceClientId: "phone", url: URL, ...object } } });
const makeOne = async (object: object = {}) => (await create(object)).created.p.id as string;
const codeOf = async (id: string) => (await store.get(ann.entryId, id))!.verificationCode;

const device = createECDH("prime256v1");
device.generateKeys();
const keys = { p256dh: device.getPublicKey("base64url"), auth: randomBytes(16).toString("base64url") };

describe("PushSubscription/set (RFC 8620 §7.2, §7.2.2)", () => {
  test("a new one gets an id and an end, and its verification is asked for at once", async () => {
    const { created, ...rest } = await create({ keys });
    expect(created.p).toEqual({ id: expect.stringMatching(/^P/), types: null, expires: "2026-01-12T09:00:00Z" });
    expect(rest).not.toHaveProperty("accountId");
    expect(rest).not.toHaveProperty("newState");
    expect(jobs).toEqual([{ owner: ann.entryId, subscriptionId: created.p.id, attempt: 0 }]);
    expect(Buffer.from(await codeOf(created.p.id), "base64url").length * 8).toBeGreaterThanOrEqual(128);
  });

  test.each([
    ["http", { url: "http://push.example/" }, "url"],
    ["credentials in the address", { url: "https://user:secret@push.example/" }, "url"],
    ["no address", { url: "https://" }, "url"],
    ["too long an address", { url: `https://push.example/${"a".repeat(limits.push.urlOctets)}` }, "url"],
    ["half a pair of keys", { keys: { p256dh: keys.p256dh } }, "keys"],
    ["keys that are no point", { keys: { ...keys, p256dh: Buffer.alloc(65, 4).toString("base64url") } }, "keys"],
    ["a code of its own", { verificationCode: "mine" }, "verificationCode"],
    ["an end that has passed", { expires: "2026-01-05T08:00:00Z" }, "expires"],
    ["types that are no list", { types: "Email" }, "types"],
    ["an unknown property", { account: "a" }, "account"],
  ])("refuses %s", async (_, object, property) => {
    const { notCreated } = await create(object);
    expect(notCreated.p).toMatchObject({ type: "invalidProperties", properties: [property] });
    expect(jobs).toEqual([]);
  });

  test("P02: is verified by the code that was pushed and by no other", async () => {
    const id = await makeOne();
    const verify = (verificationCode: string | null) => call("PushSubscription/set", { update: { [id]: { verificationCode } } });
    for (const wrong of ["", "x", "é".repeat(32), null, `${await codeOf(id)}x`])
      expect((await verify(wrong)).notUpdated[id]).toMatchObject({ type: "invalidProperties", properties: ["verificationCode"] });
    expect((await store.get(ann.entryId, id))!.isVerified).toBe(false);
    expect((await verify(await codeOf(id))).updated).toEqual({ [id]: null });
    expect((await store.subscribersOf(ann.accountId)).map((each) => each.id)).toEqual([id]);
  });

  test("lives a week at most, and longer when it is extended", async () => {
    const id = await makeOne({ expires: "2026-01-06T09:00:00Z" });
    world.now = START + 3_600_000;
    const extend = (expires: string | null) => call("PushSubscription/set", { update: { [id]: { expires } } });
    expect((await extend("2027-01-01T00:00:00Z")).updated).toEqual({ [id]: { expires: "2026-01-12T10:00:00Z" } });
    expect((await extend("2026-01-07T00:00:00Z")).updated).toEqual({ [id]: null });
    world.now = Date.parse("2026-01-07T00:00:00Z");
    expect((await call("PushSubscription/get", {})).list).toEqual([]);
  });

  test("address and keys cannot be changed", async () => {
    const id = await makeOne();
    const { notUpdated } = await call("PushSubscription/set", { update: { [id]: { url: "https://other.example/" } } });
    expect(notUpdated[id]).toMatchObject({ type: "invalidProperties", properties: ["url"] });
  });

  test("P02: nobody sees or touches another's", async () => {
    const id = await makeOne();
    expect(await call("PushSubscription/get", { ids: [id] }, bob)).toEqual({ list: [], notFound: [id] });
    const answer = await call("PushSubscription/set", { update: { [id]: { types: [] } }, destroy: [id] }, bob);
    expect(answer.notUpdated[id].type).toBe("notFound");
    expect(answer.notDestroyed[id].type).toBe("notFound");
  });

  test("destroying erases it", async () => {
    const id = await makeOne();
    expect((await call("PushSubscription/set", { destroy: [id] })).destroyed).toEqual([id]);
    expect(await store.get(ann.entryId, id)).toBeNull();
  });

  test("is bounded in number and in how often one is made, so that nobody is flooded with verifications", async () => {
    for (let made = 0; made < limits.push.subscriptions; made++) await makeOne({ deviceClientId: `d${made}` });
    expect((await create({})).notCreated.p.type).toBe("overQuota");
    const ids = (await call("PushSubscription/get", {})).list.map(({ id }: Any) => id);
    await call("PushSubscription/set", { destroy: ids });
    for (let made = limits.push.subscriptions; made < limits.push.creationsPerHour; made++)
      await call("PushSubscription/set", { destroy: [await makeOne()] });
    expect((await create({})).notCreated.p.type).toBe("rateLimit");
    world.now += 3_600_000;
    expect((await create({})).created.p.id).toBeTruthy();
  });
});

describe("PushSubscription/get (RFC 8620 §7.2.1)", () => {
  test("never gives address, keys or an unproven code", async () => {
    const id = await makeOne({ types: ["Email"] });
    const { list, ...rest } = await call("PushSubscription/get", { ids: null });
    expect(list).toEqual([{ id, deviceClientId: "phone", verificationCode: null, expires: "2026-01-12T09:00:00Z", types: ["Email"] }]);
    expect(rest).toEqual({ notFound: [] });
    for (const property of ["url", "keys"])
      expect((await call("PushSubscription/get", { properties: ["id", property] })).type).toBe("forbidden");
    expect((await call("PushSubscription/get", { properties: ["device"] })).type).toBe("invalidArguments");
  });
});

test("the key for browsers is offered once it is known, and the session's state follows it (RFC 9749 §3, §5)", () => {
  const before = createJmap(ports).session(ann);
  const after = createJmap({ ...ports, applicationServerKey: () => "BKey" }).session(ann);
  expect(before.capabilities).not.toHaveProperty(["urn:ietf:params:jmap:webpush-vapid"]);
  expect(after.capabilities["urn:ietf:params:jmap:webpush-vapid"]).toEqual({ applicationServerKey: "BKey" });
  expect(after.state).not.toBe(before.state);
});

test("a subscription remembers the key that its client was told (RFC 9749 §5)", async () => {
  expect(await store.get(ann.entryId, await makeOne())).not.toHaveProperty("serverKey");
  ports = { ...ports, applicationServerKey: () => "BKey" };
  expect(await store.get(ann.entryId, await makeOne())).toMatchObject({ serverKey: "BKey" });
});
