/**
 * Sharing by the Mailbox (RFC 9670) as real clients meet it: whoever was signed in before hears of a share and of its end on every road,
 * sees that Mailbox alone, and nothing once it is taken back (case S02).
 */
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccountId } from "../../core/ids.ts";
import { limits } from "../../core/limits.ts";
import { alarmedDeadLetters, queueUrl, sqsOf } from "./support/dead-letters.ts";
import { eventSourceWith } from "./support/event-source.ts";
import { type Answer, type Call, eventually, type JmapSession, type Listening } from "./support/jmap-session.ts";
import { type PushReceiver, subscribePushes } from "./support/push-receiver.ts";
import { SHARING, share, shareNotifications, sharesSettled } from "./support/sharing.ts";
import { accountOf, at, bootSmallService, type SmallService, textMessage } from "./support/small-service.ts";

const [ann, bob, cat] = [at("ann.fern"), at("bob.lane"), at("cat.moss")];
const [hers, his, cats] = [accountOf(ann), accountOf(bob), accountOf(cat)];
const PATIENCE = 30_000;
const READING = { mayReadItems: true };
const STAGE = "penfold-share";

let service: SmallService;
let asAnn: JmapSession;
let asBob: JmapSession;
let ward: string;
let sockets: Readonly<Record<"ann" | "bob", Listening>>;
let events: EventTarget & { close(): void };
let phone: PushReceiver;
/** What Bob hears, by the road on which it comes. */
let roads: Readonly<Record<string, Answer[]>>;

const deliver = async (subject: string) => {
  await service.send(textMessage({ subject, to: ann }), ann);
  return (await eventually(async () => (await asAnn.withSubject(subject))[0], PATIENCE, subject)).id as string;
};
const move = (id: string, mailboxId: string) => asAnn.call("Email/set", { update: { [id]: { mailboxIds: { [mailboxId]: true } } } });
const inAnns = (name: string, args: Record<string, unknown> = {}): Call => [name, { accountId: hers, ...args }, name];
const calls = async (as: JmapSession, ...methodCalls: Call[]): Promise<Answer[]> => {
  const { methodResponses } = await as.request(methodCalls, SHARING);
  return methodResponses.map(([, answer]: Answer) => answer);
};
/** Bob asks in Ann's account. */
const asks = async (name: string, args: Record<string, unknown> = {}): Promise<Answer> => (await calls(asBob, inAnns(name, args)))[0];
const accounts = async (as: JmapSession): Promise<Answer> => ((await (await as.fetch("/jmap/session")).json()) as Answer).accounts;
const sessionState = async (): Promise<string> => (await asBob.request([["Core/echo", {}, "e"]])).sessionState;

const changesOf = (heard: readonly Answer[], accountId: string): Answer[] =>
  heard.flatMap(({ changed }) => (changed?.[accountId] ? [changed[accountId]] : []));
const changes = (accountId: string) => Object.values(roads).map((heard) => changesOf(heard, accountId).length);

/** Waits for all of it side by side, and prints how long after `since` each was there. */
const within = async (since: number, waits: Readonly<Record<string, () => unknown>>): Promise<void> => {
  const took = await Promise.all(
    Object.entries(waits).map(async ([what, attempt]) => {
      await eventually(attempt, PATIENCE, what);
      return `${what} ${Date.now() - since} ms`;
    }),
  );
  console.log(took.join(", "));
};

/** On each road the state of the type is told that Bob is answered now. */
const isTold = async (accountId: string, type: string) => {
  const [{ state }] = await calls(asBob, [`${type}/get`, { accountId, ids: [] }, "g"]);
  return Object.fromEntries(
    Object.entries(roads).map(([road, heard]) => [
      `${type} by ${road}`,
      () => changesOf(heard, accountId).some((told) => told[type] === state),
    ]),
  );
};

/** Lets pass the time in which news that were on their way would have come. */
const quiet = async (newState: string): Promise<void> => {
  const isHeard = () => changesOf(sockets.ann.heard, hers).some(({ Email }) => Email === newState);
  await eventually(isHeard, PATIENCE, "Ann's own news");
  await sharesSettled(service);
  // The event source looks every two seconds.
  await new Promise((wake) => setTimeout(wake, 2_500));
};

beforeAll(async () => {
  service = await bootSmallService({ people: { "ann.fern": [], "bob.lane": [], "cat.moss": [] } }, { retryAfterSeconds: 1 });
  [asAnn, asBob] = [await service.signIn(ann), await service.signIn(bob)];
  ward = (await asAnn.call("Mailbox/set", { create: { w: { name: "Ward" } } })).created.w.id;
  const [handover] = [await deliver("Handover"), await deliver("Private")];
  await move(handover, ward);
  sockets = { ann: await asAnn.listen(), bob: await asBob.listen() };
  phone = await subscribePushes(asBob);
  const fromEvents: Answer[] = [];
  events = new (eventSourceWith(`Bearer ${asBob.token}`))(`${asBob.origin}/jmap/eventsource?types=*&closeafter=state&ping=0`);
  events.addEventListener("state", (event) => fromEvents.push(JSON.parse((event as MessageEvent).data)));
  roads = { WebSocket: sockets.bob.heard, "event source": fromEvents, "Web Push": phone.heard };
});
afterAll(async () => {
  for (const road of [sockets?.ann, sockets?.bob, events, phone]) road?.close();
  await service?.stop();
});

describe("a Mailbox that is shared", () => {
  it("is told to who was signed in before: by a ShareNotification on every road, and by the session", async () => {
    expect(await asks("Mailbox/get")).toEqual({ type: "accountNotFound" });
    expect(Object.keys(await accounts(asBob))).toEqual([his]);
    const before = await sessionState();
    await share(asAnn, ward, { [bob]: READING });
    const since = Date.now();
    await within(since, {
      "the session's state changes": async () => (await sessionState()) !== before,
      "the session lists it": async () => hers in (await accounts(asBob)),
      "a notification is there": async () => (await shareNotifications(asBob)).length === 1,
    });
    await within(since, await isTold(his, "ShareNotification"));
    expect((await accounts(asBob))[hers]).toMatchObject({ name: ann, isPersonal: false, isReadOnly: true });
    expect(await sessionState()).toBe(((await (await asBob.fetch("/jmap/session")).json()) as Answer).state);
    expect((await shareNotifications(asBob))[0]).toMatchObject({
      changedBy: { email: ann },
      objectType: "Mailbox",
      objectAccountId: hers,
      objectId: ward,
      name: "Ward",
      oldRights: null,
      newRights: { mayReadItems: true, mayAddItems: false },
    });
  });

  it("is shown alone, with its mail and the reader's rights", async () => {
    const { list } = await asks("Mailbox/get");
    expect(list).toMatchObject([{ id: ward, name: "Ward", isSubscribed: true, totalEmails: 1 }]);
    expect(Object.entries(list[0].myRights).filter(([, held]) => held)).toEqual([["mayReadItems", true]]);
    expect((await asBob.withSubject("Handover", hers)).map(({ mailboxIds }) => mailboxIds)).toEqual([{ [ward]: true }]);
    expect(await asks("Email/query", { calculateTotal: true })).toMatchObject({ total: 1 });
    const [{ id, blobId }] = await asAnn.withSubject("Private");
    expect(await asks("Email/get", { ids: [id] })).toMatchObject({ list: [], notFound: [id] });
    expect((await asBob.fetch(`/jmap/download/${hers}/${blobId}?name=x`)).status).toBe(404);
    expect(await asks("Email/set", { update: { [id]: { "keywords/$flagged": true } } })).toMatchObject({ type: "accountReadOnly" });
  });

  it("is heard of on every road as mail is filed in it, with the state that the reader is answered", async () => {
    const id = await deliver("Rota");
    await move(id, ward);
    const since = Date.now();
    await within(since, { "the mail is found": async () => (await asBob.withSubject("Rota", hers)).length === 1 });
    await within(since, { ...(await isTold(hers, "Email")), ...(await isTold(hers, "Mailbox")) });
  });

  it("is all that is heard of: not mail that comes to the rest of the account", async () => {
    await quiet((await asAnn.call("Email/get", { ids: [] })).state);
    const before = changes(hers);
    await deliver("Private too");
    await quiet((await asAnn.call("Email/get", { ids: [] })).state);
    expect(changes(hers)).toEqual(before);
  });

  it("may be given more rights in, and each reader's $seen is their own", async () => {
    await share(asAnn, ward, { [bob]: { ...READING, maySetSeen: true } });
    await within(Date.now(), {
      "the session says it may be written": async () => (await accounts(asBob))[hers].isReadOnly === false,
      "a second notification is there": async () => (await shareNotifications(asBob)).length === 2,
    });
    expect((await shareNotifications(asBob))[1]).toMatchObject({ oldRights: { maySetSeen: false }, newRights: { maySetSeen: true } });
    const unread = async (as: JmapSession) =>
      (await calls(as, inAnns("Mailbox/get", { ids: [ward], properties: ["unreadEmails"] })))[0].list[0].unreadEmails;
    expect([await unread(asAnn), await unread(asBob)]).toEqual([2, 2]);
    const [{ id }] = await asAnn.withSubject("Rota");
    expect((await asks("Email/set", { update: { [id]: { "keywords/$seen": true } } })).notUpdated).toBeNull();
    expect([await unread(asAnn), await unread(asBob)]).toEqual([2, 1]);
    expect((await asAnn.withSubject("Rota"))[0].keywords).toEqual({});
    await within(Date.now(), await isTold(hers, "Email"));
  });

  it("S02: is gone for whoever it is taken from, at the next call and on every road", async () => {
    const { maxCallsInRequest } = limits.jmap;
    const many = Array.from({ length: maxCallsInRequest }, () => inAnns("Email/query", { filter: { subject: "Rota" } }));
    const [leave] = await asAnn.withSubject("Private too");
    await sharesSettled(service);
    const before = changes(hers);
    let isTaken = false;
    /** One request of many calls after another, until some were begun when it was taken back. */
    const keepAsking = async () => {
      const requests: { begunAfter: boolean; endedAfter: boolean; refused: number }[] = [];
      while (requests.filter(({ begunAfter }) => begunAfter).length < 3) {
        const begunAfter = isTaken;
        const answers = await calls(asBob, ...many);
        requests.push({ begunAfter, endedAfter: isTaken, refused: answers.filter(({ type }) => type === "accountNotFound").length });
      }
      return requests;
    };
    const asking = [1, 2, 3].map(keepAsking);
    await new Promise((wake) => setTimeout(wake, 300));
    await share(asAnn, ward, { [bob]: null });
    isTaken = true;
    const since = Date.now();
    await move(leave.id, ward);
    const gone = { type: "accountNotFound" };
    const names = ["Mailbox/get", "Email/query", "Email/get", "Thread/get", "Email/set"];
    const next = await Promise.all([1, 2, 3].map(() => calls(asBob, ...names.map((name) => inAnns(name)))));
    expect(next.flat()).toEqual(Array.from({ length: 3 * names.length }, () => gone));
    const { methodResponses } = await sockets.bob.ask("next", [inAnns("Email/query")]);
    expect(methodResponses[0]).toEqual(["error", gone, "Email/query"]);
    const asked = await Promise.all(asking);
    expect(asked.flat().some(({ refused }) => refused === 0)).toBe(true);
    for (const requests of asked) {
      // Nothing is answered again after it was refused, nor anything that was begun afterwards.
      expect(requests.map(({ refused }) => refused)).toEqual(requests.map(({ refused }) => refused).toSorted((a, b) => a - b));
      for (const { begunAfter, refused } of requests) if (begunAfter) expect(refused).toBe(maxCallsInRequest);
      const underWay = requests.filter(({ begunAfter, endedAfter }) => !begunAfter && endedAfter);
      console.log(`refused of requests under way: ${underWay.map(({ refused }) => `${refused} of ${maxCallsInRequest}`).join(", ")}`);
    }
    await within(since, {
      "the session lists it no more": async () => !(hers in (await accounts(asBob))),
      "a third notification is there": async () => (await shareNotifications(asBob)).length === 3,
    });
    await within(since, await isTold(his, "ShareNotification"));
    expect((await shareNotifications(asBob))[2]).toMatchObject({ objectId: ward, newRights: null, oldRights: { mayReadItems: true } });
    await quiet((await asAnn.call("Email/get", { ids: [] })).state);
    expect(changes(hers), "what was heard of the account, from the moment on which it was taken back").toEqual(before);
    // The socket is still there for what is his.
    await service.send(textMessage({ subject: "His own", to: bob }), bob);
    await eventually(async () => (await asBob.withSubject("His own")).length === 1, PATIENCE, "his own mail");
    await within(Date.now(), await isTold(his, "Email"));
  });
});

describe("the share stage", () => {
  it("killed between any two writes, with each job twice more, tells once and ends where it should", async () => {
    const asCat = await service.signIn(cat);
    const socket = await asCat.listen();
    const names = ["north", "south", "east"] as const;
    const { created } = await asAnn.call("Mailbox/set", { create: Object.fromEntries(names.map((name) => [name, { name }])) });
    const sqs = sqsOf(service.cloud);
    const entries = (accountId: AccountId) => service.ports.store.entriesAfter(accountId, { epoch: 0, seq: 0 }, { consistent: true });
    let told = 0;
    const countTold = async () => (await entries(cats)).filter(({ actor }) => actor === "system:share").length;
    /** What there is of a share when the function dies. */
    const killedAt = {
      north: async () => hers in (await accounts(asCat)),
      south: async () => (await countTold()) > told,
      east: async () => service.cloud.queueCounts()[STAGE]!.inFlight > 0,
    };
    const before = service.cloud.invokeCounts()[STAGE]!.errors;
    for (const name of names) {
      told = await countTold();
      service.cloud.killFunction(STAGE);
      await share(asAnn, created[name].id, { [cat]: READING });
      const { epoch, seq } = (await entries(hers)).findLast(({ shares }) => shares)!;
      const MessageBody = JSON.stringify({ accountId: hers, entry: { epoch, seq } });
      const again = () => sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(service.cloud, STAGE), MessageBody }));
      await again();
      while (!(await killedAt[name]())) await new Promise((wake) => setTimeout(wake, 2));
      service.cloud.killFunction(STAGE);
      await again();
    }
    await sharesSettled(service);
    expect(await alarmedDeadLetters(service.cloud)).toEqual([]);
    console.log(`the share function died ${service.cloud.invokeCounts()[STAGE]!.errors - before} times at work`);
    expect(service.cloud.invokeCounts()[STAGE]!.errors).toBeGreaterThan(before);
    const notifications = await shareNotifications(asCat);
    expect(notifications.map(({ name }) => name).toSorted()).toEqual([...names].toSorted());
    expect(Object.keys(await accounts(asCat)).toSorted()).toEqual([cats, hers].toSorted());
    const [{ list }] = await calls(asCat, inAnns("Mailbox/get"));
    expect(list.map(({ name }: Answer) => name).toSorted()).toEqual([...names].toSorted());
    await move(await deliver("Shift"), created.east.id);
    const [{ state }] = await calls(asCat, inAnns("Email/get", { ids: [] }));
    await within(Date.now(), { "she hears of mail": () => changesOf(socket.heard, hers).some(({ Email }) => Email === state) });
    socket.close();
  });
});
