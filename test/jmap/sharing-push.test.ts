/** What a reader of some Mailboxes hears of the account (RFC 8620 §7.1, RFC 9670 §1.4, RFC 8621 §9.5): as much as they see, in the states that they are answered. */
import { beforeEach, describe, expect, it } from "vitest";
import type { ShareJob, TellJob } from "../../core/flows/jobs.ts";
import { notify } from "../../core/flows/notify.ts";
import { share } from "../../core/flows/share.ts";
import { tellReaders } from "../../core/flows/tell-readers.ts";
import type { AccountId, EntryId } from "../../core/ids.ts";
import { heardAccounts } from "../../core/jmap/session.ts";
import type { StoredPushSubscription } from "../../core/ports/push-subscription-store.ts";
import { MemoryQueue } from "../support/memory-queue.ts";
import { READ, SharingWorld } from "./sharing-world.ts";
import { type Any, message } from "./world.ts";

const [ANN, BOB] = ["aann", "abob"] as AccountId[] as [AccountId, AccountId];
const EVER = 9_000_000_000_000;

let world: SharingWorld;
let ward: string;
let told: number;
beforeEach(async () => {
  world = await SharingWorld.of("ann", "bob");
  world.connections.subscriptions = world.subscriptions;
  ward = (await world.does("ann", "Mailbox/set", { create: { w: { name: "Ward" } } })).created.w.id;
  told = 0;
  const common = { pushTypes: null, pushEnabled: true, expiresAt: EVER };
  for (const name of ["ann", "bob"])
    await world.connections.put({ connectionId: name, subject: `s${name}`, ...heardAccounts(await world.as(name)), ...common });
  await world.subscriptions.put(phone);
});

const phone: StoredPushSubscription = {
  ...{ id: "P1", owner: "ebob" as EntryId, deviceClientId: "phone", url: "https://push.example/1", keys: null, verificationCode: "code" },
  ...{ isVerified: true, createdAt: 0, expiresAt: EVER, types: null, accountIds: [BOB], quietUntil: 0, pending: null, version: 1 },
};

/** What the stream brings of Ann's account since it last did, and what becomes of it. */
const stream = async (): Promise<void> => {
  const shareQueue = new MemoryQueue<ShareJob | TellJob>();
  const none = new MemoryQueue<never>();
  const entries = await world.store.entriesAfter(ANN, { epoch: 0, seq: told });
  told = entries.at(-1)!.seq;
  const ports = world.sharePorts;
  await notify({ ...ports, submitQueue: none, snapshotQueue: none, indexQueue: new MemoryQueue(), shareQueue }, entries);
  for (const job of shareQueue.take()) await ("entry" in job ? share(ports, job) : tellReaders(ports, job));
};
/** What Bob has heard of Ann's account since he was last asked, on his WebSocket and by Web Push. */
const heard = async (): Promise<Any[]> => {
  await stream();
  const posted = world.posts.splice(0).filter(({ connectionId }) => connectionId === "bob");
  const pushed = world.pushQueue.take();
  expect(pushed.map(({ changed }) => changed?.[ANN])).toEqual(posted.map(({ changed }) => changed[ANN]));
  return posted.map(({ changed }) => changed[ANN]);
};
const states = async (...types: string[]) =>
  Object.fromEntries(
    await Promise.all(types.map(async (type) => [type, (await world.does("bob", `${type}/get`, { ids: [] }, ANN)).state])),
  );
const move = (id: string, mailboxId: string) => world.does("ann", "Email/set", { update: { [id]: { mailboxIds: { [mailboxId]: true } } } });
const give = (mailboxId: string, rights: object | null) =>
  world.does("ann", "Mailbox/set", { update: { [mailboxId]: { "shareWith/ebob": rights } } });

describe("a reader of one Mailbox hears", () => {
  beforeEach(async () => {
    await give(ward, READ);
    expect(await heard()).toEqual([await states("Email", "Mailbox", "Thread")]);
  });

  it("what comes into it and goes out of it, in the states that JMAP answers", async () => {
    const id = await world.deliver(ANN, message({}));
    expect(await heard()).toEqual([]);
    await move(id, ward);
    expect(await heard()).toEqual([await states("Email", "Mailbox", "Thread")]);
    await world.does("ann", "Email/set", { update: { [id]: { "keywords/$flagged": true } } });
    expect(await heard()).toMatchObject([await states("Email")]);
    await move(id, "inbox");
    expect(await heard()).toEqual([await states("Email", "Mailbox", "Thread")]);
  });

  it("nothing of the rest: neither mail there, nor Mailboxes, nor what is sent", async () => {
    const id = await world.deliver(ANN, message({}));
    await move(id, "archive");
    await world.does("ann", "Email/set", { destroy: [id] });
    await world.does("ann", "Mailbox/set", { create: { p: { name: "Private" } } });
    await world.does("ann", "VacationResponse/set", { update: { singleton: { isEnabled: true } } });
    expect(await heard()).toEqual([]);
  });

  it("that another is shared: the states of all are others then", async () => {
    await give("inbox", READ);
    expect(await heard()).toContainEqual(await states("Email", "Mailbox", "Thread"));
    await world.deliver(ANN, message({}));
    const { Email } = await states("Email");
    expect(await heard()).toMatchObject([{ Email, EmailDelivery: Email }]);
  });

  it("nothing from the moment at which it is taken back, although the share stage was not there yet", async () => {
    const id = await world.deliver(ANN, message({}));
    await heard();
    await give(ward, null);
    await move(id, ward);
    const shareQueue = [{ accountId: ANN, after: { epoch: 1, seq: told }, deliveredTo: [ward] }];
    for (const job of shareQueue) await tellReaders(world.sharePorts, job);
    expect([world.posts, world.pushQueue.take()]).toEqual([[], []]);
    expect(await heard()).toEqual([]);
  });
});

it("who may open the account as a whole goes on hearing of all of it, whatever of it is shared with them besides", async () => {
  const account = { accountId: ANN, name: "Ann", mail: "ann@north.example", isPersonal: false, rights: "readWrite" } as const;
  await world.people.grantAccess("ebob" as EntryId, account);
  const connection = (await world.connections.get("bob"))!;
  await world.connections.put({ ...connection, ...heardAccounts(await world.as("bob")) });
  for (const rights of [READ, null]) {
    await give(ward, rights);
    await stream();
    world.posts.splice(0);
    await world.deliver(ANN, message({}));
    await stream();
    const mine = (connectionId: string) => world.posts.filter((post) => post.connectionId === connectionId).map(({ changed }) => changed);
    expect(mine("bob")).toEqual(mine("ann"));
  }
});

it("a push subscription is found by a share's changes although the stage died as it stored that", async () => {
  await give(ward, READ);
  const mended: string[] = [];
  world.subscriptions.mend = async ({ id }) => void mended.push(id);
  await stream();
  told = 0;
  await stream();
  expect(new Set(mended)).toEqual(new Set(["P1"]));
});
