import { createECDH, generateKeyPairSync, randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import type { PushJob } from "../../core/flows/jobs.ts";
import { type PushPorts, push } from "../../core/flows/push.ts";
import type { AccountId, EntryId } from "../../core/ids.ts";
import { limits } from "../../core/limits.ts";
import type { Principal } from "../../core/ports/directory-store.ts";
import type { StoredPushSubscription, WebPush } from "../../core/ports/push-subscription-store.ts";
import { readVapidKey, type VapidKeys } from "../../core/push/vapid.ts";
import { MemoryPushSubscriptionStore } from "../support/memory-push-subscription-store.ts";
import { MemoryQueue } from "../support/memory-queue.ts";

const MINE = "amine" as AccountId;
const OWNER = "n1" as EntryId;
const newKey = () =>
  readVapidKey(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }) as string);
const first = newKey();
const second = newKey();

type Answer = Awaited<ReturnType<WebPush["post"]>>;
const answered = (status: number, retryAfterSeconds: number | null = null): Answer => ({ outcome: "answered", status, retryAfterSeconds });

let now: number;
let store: MemoryPushSubscriptionStore;
let queue: MemoryQueue<PushJob>;
let posts: { headers: Readonly<Record<string, string>>; body: Uint8Array }[];
let answers: Answer[];
let accounts: AccountId[];
let active: boolean;
let untaken: string[];
/** As this process read them, and as they are. */
let held: VapidKeys;
let stored: VapidKeys;
let ports: PushPorts;

const subscription: StoredPushSubscription = {
  id: "P1",
  owner: OWNER,
  deviceClientId: "phone",
  url: "https://push.example/1",
  keys: null,
  verificationCode: "code",
  isVerified: true,
  createdAt: 0,
  expiresAt: 2_000_000_000_000,
  types: null,
  accountIds: [MINE],
  quietUntil: 0,
  pending: null,
  version: 1,
};

beforeEach(async () => {
  now = 1_700_000_000_000;
  store = new MemoryPushSubscriptionStore();
  queue = new MemoryQueue<PushJob>();
  [posts, answers, untaken] = [[], [], []];
  accounts = [MINE];
  active = true;
  held = stored = { current: first, former: null, replacedAt: null };
  ports = {
    subscriptions: store,
    directory: {
      getEntry: async (entryId) => ({ entryId, kind: "person", displayName: "", subject: "s", status: "active" }),
      principalOf: async () => (active ? ({ accounts: accounts.map((accountId) => ({ accountId })) } as unknown as Principal) : null),
    },
    web: {
      post: async (request) => {
        posts.push(request);
        return answers.shift() ?? answered(201);
      },
    },
    queue,
    keys: { read: async () => held, readAnew: async () => (held = stored) },
    contact: "mailto:postmaster@north.example",
    now: () => now,
    randomOctets: (count) => randomBytes(count),
    untaken: (how) => untaken.push(how),
  };
});

const job = (changed?: PushJob["changed"], attempt = 0): PushJob => ({
  owner: OWNER,
  subscriptionId: "P1",
  ...(changed && { changed }),
  attempt,
});
const email = { [MINE]: { Email: "1.2" } };
const sent = () => posts.map(({ body }) => JSON.parse(Buffer.from(body).toString()));
describe("what is pushed (RFC 8620 §7.2, §8.7, RFC 9749 §4)", () => {
  test("a new subscription gets its code and nothing else", async () => {
    await store.put({ ...subscription, isVerified: false });
    await push(ports, job(email));
    await push(ports, job());
    expect(sent()).toEqual([{ "@type": "PushVerification", pushSubscriptionId: "P1", verificationCode: "code" }]);
    expect(posts[0]!.headers).toMatchObject({ "content-type": "application/json", ttl: String(limits.push.ttlSeconds) });
    expect(posts[0]!.headers.authorization).toMatch(/^vapid t=.+, k=/);
  });

  test("a verified one gets changes of the types it wants, in accounts its owner may open now", async () => {
    await store.put({ ...subscription, types: ["Email"], accountIds: [MINE, "ashared" as AccountId] });
    await push(ports, job({ [MINE]: { Email: "1.2", Mailbox: "1.2" }, ashared: { Email: "1.9" } }));
    expect(sent()).toEqual([{ "@type": "StateChange", changed: email }]);
    await push(ports, job({ ashared: { Email: "1.10" } }));
    expect(posts).toHaveLength(1);
  });

  test("of what is shared only with one who is subscribed to it, and only of mail (RFC 9670 §1.4)", async () => {
    const theirs = { accountId: "atheirs" as AccountId, name: "", mail: "", isPersonal: false, rights: "shared" as const };
    const changed = { atheirs: { Email: "1.9", Mailbox: "1.9", EmailSubmission: "1.9", Quota: "1.9" } };
    await store.put({ ...subscription, accountIds: [MINE, theirs.accountId] });
    let isSubscribed = false;
    ports = {
      ...ports,
      directory: { ...ports.directory, principalOf: async () => ({ accounts: [{ ...theirs, isSubscribed }] }) as unknown as Principal },
    };
    await push(ports, job(changed));
    expect(posts).toEqual([]);
    isSubscribed = true;
    await push(ports, job(changed));
    expect(sent()).toEqual([{ "@type": "StateChange", changed: { atheirs: { Email: "1.9", Mailbox: "1.9" } } }]);
  });

  test("is encrypted when the device gave keys", async () => {
    const device = createECDH("prime256v1");
    device.generateKeys();
    await store.put({ ...subscription, keys: { p256dh: device.getPublicKey("base64url"), auth: randomBytes(16).toString("base64url") } });
    await push(ports, job(email));
    expect(posts[0]!.headers["content-encoding"]).toBe("aes128gcm");
    expect(Buffer.from(posts[0]!.body).includes("Email")).toBe(false);
  });

  test("nothing goes to one that has ended, and ends with its owner's sign-in", async () => {
    await store.put({ ...subscription, expiresAt: now });
    await push(ports, job(email));
    expect(await store.get(OWNER, "P1")).toBeNull();
    await store.put(subscription);
    active = false;
    await push(ports, job(email));
    expect(await store.get(OWNER, "P1")).toBeNull();
    expect(posts).toEqual([]);
  });

  test("many accounts are divided over pushes that each fit", async () => {
    accounts = Array.from({ length: 200 }, (_, index) => `a${String(index).padStart(20, "0")}` as AccountId);
    await store.put({ ...subscription, accountIds: accounts });
    await push(ports, job(Object.fromEntries(accounts.map((accountId) => [accountId, { Email: "000001.000000000012" }]))));
    expect(posts.length).toBeGreaterThan(1);
    for (const { body } of posts) expect(body.length).toBeLessThanOrEqual(4_096);
    expect(new Set(sent().flatMap(({ changed }) => Object.keys(changed))).size).toBe(200);
  });
});

describe("what the push service answers", () => {
  beforeEach(async () => void (await store.put(subscription)));

  test.each([404, 410])("%i ends the subscription", async (status) => {
    answers = [answered(status)];
    await push(ports, job(email));
    expect(await store.get(OWNER, "P1")).toBeNull();
    expect(untaken).toEqual(["removed"]);
  });

  test("an address that may not be called ends it too", async () => {
    answers = [{ outcome: "refused" }];
    await push(ports, job(email));
    expect(await store.get(OWNER, "P1")).toBeNull();
  });

  test("trouble is tried again, ever later, within a bound", async () => {
    for (let attempt = 0; attempt < limits.push.attempts; attempt++) {
      answers = [attempt % 2 === 0 ? answered(503) : { outcome: "unreachable" }];
      await push(ports, job(email, attempt));
    }
    expect(queue.delays).toEqual([15, 30, 60, 120, 240, 480]);
    expect(untaken.at(-1)).toBe("givenUp");
    expect(await store.get(OWNER, "P1")).not.toBeNull();
  });

  test("Retry-After is heeded", async () => {
    answers = [answered(503, 400)];
    await push(ports, job(email));
    expect(queue.delays).toEqual([400]);
  });

  test("any other refusal is final for the message", async () => {
    answers = [answered(400)];
    await push(ports, job(email));
    expect(queue.delays).toEqual([]);
    expect(untaken).toEqual(["refused"]);
  });

  test("after 429 changes are gathered and go as one", async () => {
    answers = [answered(429, 60)];
    await push(ports, job(email));
    const retry = queue.jobs[0]!;
    for (const state of ["1.3", "1.4"]) await push(ports, job({ [MINE]: { Email: state, Mailbox: state } }));
    expect(posts).toHaveLength(1);
    now += 61_000;
    await push(ports, retry);
    expect(sent().at(-1)).toEqual({ "@type": "StateChange", changed: { [MINE]: { Email: "1.4", Mailbox: "1.4" } } });
    expect((await store.get(OWNER, "P1"))!.pending).toBeNull();
  });
});

describe("a key that is replaced (RFC 9749 §5)", () => {
  const keyOf = (at: number): string => /k=(.*)$/.exec(posts[at]!.headers.authorization!)![1]!;
  const after = limits.push.lifeDays * 86_400_000;

  test.each([
    ["under it", first.publicKey],
    ["before keys were noted", undefined],
  ])("serves what was subscribed %s for as long as a subscription lives, then that ends", async (_, serverKey) => {
    await store.put({ ...subscription, serverKey });
    await push(ports, job(email));
    held = stored = { current: second, former: first, replacedAt: now };
    now += after - 1;
    await push(ports, job(email));
    expect([keyOf(0), keyOf(1)]).toEqual([first.publicKey, first.publicKey]);
    now += 1;
    await push(ports, job(email));
    expect(posts).toHaveLength(2);
    expect(untaken).toEqual(["removed"]);
    expect(await store.get(OWNER, "P1")).toBeNull();
  });

  test("signs what was subscribed under the new one, also in a process that had not read it yet", async () => {
    stored = { current: second, former: first, replacedAt: now };
    await store.put({ ...subscription, serverKey: second.publicKey });
    await push(ports, job(email));
    expect(keyOf(0)).toBe(second.publicKey);
  });

  test("ends its subscriptions at once when it has become known, and those of the one before it", async () => {
    held = stored = { current: second, former: null, replacedAt: now };
    await store.put({ ...subscription, serverKey: first.publicKey });
    await push(ports, job(email));
    expect(posts).toEqual([]);
    expect(await store.get(OWNER, "P1")).toBeNull();
  });
});
