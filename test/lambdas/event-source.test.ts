import { beforeEach, describe, expect, test } from "vitest";
import { presentStates } from "../../core/flows/state-change.ts";
import { limits } from "../../core/limits.ts";
import { eventSourceAnswer } from "../../lambdas/edge/event-source.ts";
import { ann, bob, message, START, World } from "../jmap/world.ts";
import { httpEvent } from "./http-event.ts";

let world: World;
let passed: number;
/** What happens while the answer is held, by seconds since it began. */
let happenings: [atSeconds: number, () => Promise<unknown>][];

beforeEach(async () => {
  world = await World.make();
  [passed, happenings] = [0, []];
});

const clock = {
  now: () => START + passed,
  sleep: async (milliseconds: number) => {
    passed += milliseconds;
    for (const happening of happenings.splice(0)) {
      if (happening[0] * 1000 <= passed) await happening[1]();
      else happenings.push(happening);
    }
  },
};

interface Event {
  name: string;
  data: string;
}

/** Reads a stream as the EventSource specification says: events that have data, and the last id. */
const connect = async (query: Record<string, string>, lastEventId?: string) => {
  const event = httpEvent("GET /jmap/eventsource", {
    query,
    headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId },
  });
  passed = 0;
  const answer = await eventSourceAnswer(event, world.log, ann, Number.MAX_SAFE_INTEGER, clock);
  const text = Buffer.from(answer.body ?? "", answer.isBase64Encoded ? "base64" : "utf8").toString();
  const events: (Event & { setsId: boolean })[] = [];
  let id = lastEventId;
  for (const block of text.split("\n\n")) {
    const fields = new Map(block.split("\n").map((line) => line.split(": ", 2) as [string, string]));
    id = fields.get("id") ?? id;
    const data = fields.get("data");
    if (data !== undefined) events.push({ name: fields.get("event") ?? "message", data: JSON.parse(data), setsId: fields.has("id") });
  }
  return { status: answer.statusCode, type: answer.headers?.["content-type"], events, id };
};

const whole = { types: "*", closeafter: "no", ping: "0" };

describe("the event source (RFC 8620 §7.3)", () => {
  test("tells of a change as it happens, with an id, and ends", async () => {
    happenings.push([5, () => world.deliver(ann.accountId, message({}))]);
    const answer = await connect(whole);
    expect(answer).toMatchObject({ status: 200, type: "text/event-stream" });
    expect(answer.events).toMatchObject([{ name: "state", setsId: true, data: { "@type": "StateChange" } }]);
    expect(passed / 1000).toBeLessThanOrEqual(8);
  });

  test("misses nothing between two connections, although none was open", async () => {
    const first = await connect(whole);
    await world.deliver(ann.accountId, message({}));
    const second = await connect(whole, first.id);
    expect(passed).toBe(0);
    expect(second.events[0]!.data).toMatchObject({ changed: { [ann.accountId]: { Email: expect.any(String) } } });
    expect((await connect(whole, second.id)).events).toEqual([]);
  });

  test("tells a client that names no id, at the end, how things stand: it may have missed something between two connections", async () => {
    const { id } = await connect(whole);
    await world.deliver(ann.accountId, message({}));
    const { events } = await connect({ ...whole, types: "Email,Identity" });
    const present = (await world.log.load(ann.accountId))!;
    const { Email, Identity } = presentStates(present);
    expect(events).toMatchObject([{ name: "state", setsId: false, data: { changed: { [ann.accountId]: { Email, Identity } } } }]);
    expect(passed / 1000).toBeGreaterThan(limits.edge.eventSourceSeconds - 3);
    expect((await connect({ ...whole, types: "Nothing" })).events).toEqual([]);
    await connect(whole, id);
    expect(passed).toBe(0);
  });

  test("tells of the types asked for and of no others", async () => {
    const { id } = await connect(whole);
    await world.deliver(ann.accountId, message({}));
    expect((await connect({ ...whole, types: "Identity" }, id)).events).toEqual([]);
    const { events } = await connect({ ...whole, types: "Email,Identity" }, id);
    expect(Object.keys((events[0]!.data as unknown as { changed: Record<string, object> }).changed[ann.accountId]!)).toEqual(["Email"]);
  });

  test("pings with the interval it uses, without a new id, and only when asked", async () => {
    const { id } = await connect(whole);
    for (const [asked, interval] of [
      ["1", limits.edge.eventSourcePingSeconds],
      ["20", 20],
    ] as const) {
      const { events } = await connect({ ...whole, ping: asked }, id);
      expect(events).toEqual([{ name: "ping", data: { interval }, setsId: false }]);
      expect(passed / 1000).toBeLessThanOrEqual(interval);
    }
    expect((await connect({ ...whole, ping: "300" }, id)).events).toEqual([]);
    expect((await connect(whole, id)).events).toEqual([]);
  });

  test("ends within what the platform allows", async () => {
    await connect({ ...whole, ping: "300" });
    expect(passed / 1000).toBeLessThanOrEqual(limits.edge.eventSourceSeconds);
  });

  test("P04: ends with the token, and tells it nothing that comes after", async () => {
    const { id } = await connect(whole);
    happenings.push([7, () => world.deliver(ann.accountId, message({}))]);
    passed = 0;
    const headers = { "last-event-id": id! };
    const event = httpEvent("GET /jmap/eventsource", { query: { ...whole, ping: "300" }, headers });
    const answer = await eventSourceAnswer(event, world.log, ann, START + 6_000, clock);
    expect(passed / 1000).toBeLessThanOrEqual(6);
    expect(Buffer.from(answer.body!, "base64").toString()).not.toContain("StateChange");
  });

  test("P04: tells of a stranger's account nothing, whatever id is brought along", async () => {
    await world.deliver(bob.accountId, message({}));
    const claimed = Buffer.from(JSON.stringify({ [bob.accountId]: { Email: "1.1" } })).toString("base64url");
    const { events } = await connect(whole, claimed);
    expect(JSON.stringify(events)).not.toContain(bob.accountId);
  });

  test.each([{ closeafter: "never" }, { ping: "-1" }, { ping: "soon" }, { types: "" }])("refuses %j", async (wrong) => {
    expect((await connect({ ...whole, ...wrong })).status).toBe(400);
  });

  test("takes any id for none that is not one of its own", async () => {
    const { events } = await connect(whole);
    for (const id of ["1", "bm90IGpzb24", Buffer.from('{"a":1}').toString("base64url")])
      expect((await connect(whole, id)).events).toEqual(events);
  });
});
