import { beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../core/limits.ts";
import { ANN, type Any, ann, BOB, message, World } from "./world.ts";

const MAIL = "urn:ietf:params:jmap:mail";
const CORE = "urn:ietf:params:jmap:core";

let world: World;
beforeEach(async () => {
  world = await World.make();
});

const send = async (body: string): Promise<Any> => {
  const answer = await world.jmap.api(ann, body, "application/json");
  return answer.outcome === "answered" ? JSON.parse(JSON.stringify(answer.json)) : answer.problem;
};
const request = (...methodCalls: unknown[]): string => JSON.stringify({ using: [CORE, MAIL], methodCalls });
const refer = (name: string, path: string) => ({ resultOf: "a", name, path });

describe("references", () => {
  test("R01: to a call that failed in a foreign account never become data", async () => {
    await world.deliver(BOB, message({ subject: "secret" }));
    for (const [name, path] of [
      ["Email/query", "/ids"],
      ["error", "/ids"],
      ["error", "/accountId"],
    ] as const) {
      const query = ["Email/query", { accountId: BOB }, "a"];
      const { methodResponses } = await send(request(query, ["Email/get", { accountId: ANN, "#ids": refer(name, path) }, "b"]));
      expect(methodResponses.map(([, answer]: Any) => answer.type)).toEqual(["accountNotFound", "invalidResultReference"]);
    }
  });

  test.each(["/list/*/~1x", "/__proto__", "/constructor/prototype", "/list/__proto__", "/list/*/constructor/name", `${"/*".repeat(40)}`])(
    "R03: with the path %s reach no prototype",
    async (path) => {
      const echo = ["Core/echo", { list: [{ id: "a" }, []] }, "a"];
      const { methodResponses } = await send(request(echo, ["Core/echo", { "#v": refer("Core/echo", path) }, "b"]));
      expect(methodResponses[1]).toMatchObject(["error", { type: "invalidResultReference" }, "b"]);
      expect(({} as Any).v).toBeUndefined();
    },
  );

  test("R03: into a million nested arrays are not followed, since no such request is read", async () => {
    const deep = `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`;
    const body = `{"using":["${CORE}"],"methodCalls":[["Core/echo",{"x":${deep}},"a"]]}`;
    expect(await send(body)).toMatchObject({ type: "urn:ietf:params:jmap:error:limit", limit: "jsonDepth" });
  });
});

describe("R05: past a bound", () => {
  const cases: readonly (readonly [string, () => string, object])[] = [
    [
      "one call too many",
      () => request(...Array.from({ length: limits.jmap.maxCallsInRequest + 1 }, () => ["Core/echo", {}, "c"])),
      { limit: "maxCallsInRequest" },
    ],
    ["a filter of 10 MB", () => request(["Email/query", { filter: { text: "x".repeat(10_000_000) } }, "c"]), { limit: "maxSizeRequest" }],
    [
      "a million ids",
      () => request(["Email/get", { accountId: ANN, ids: Array.from({ length: 1_000_000 }, (_, id) => `E${id}`) }, "c"]),
      { limit: "maxSizeRequest" },
    ],
  ];
  test.each(cases)("%s is refused before any of it is done", async (_what, body, expected) => {
    const text = body();
    const before = process.memoryUsage().rss;
    expect(await send(text)).toMatchObject({ type: "urn:ietf:params:jmap:error:limit", ...expected });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  test("a filter nested 1,000 deep, or as deep as JSON may be", async () => {
    const nested = (depth: number) => `${'{"operator":"AND","conditions":['.repeat(depth)}{"hasAttachment":true}${"]}".repeat(depth)}`;
    const body = (depth: number) =>
      `{"using":["${MAIL}"],"methodCalls":[["Email/query",{"accountId":"${ANN}","filter":${nested(depth)}},"c"]]}`;
    expect(await send(body(1_000))).toMatchObject({ limit: "jsonDepth" });
    expect((await send(body(20))).methodResponses[0][1].type).toBe("unsupportedFilter");
  });

  test("more ids than one call takes", async () => {
    const ids = Array.from({ length: limits.jmap.maxObjectsInGet + 1 }, (_, id) => `E${id}`);
    expect((await world.call("Email/get", { ids })).type).toBe("requestTooLarge");
  });
});

describe("R07: patches", () => {
  test.each([
    ["mailboxIds/../../x", "invalidPatch"],
    ["mailboxIds/inbox/x", "invalidPatch"],
    ["keywords/a/b", "invalidPatch"],
    ["__proto__/x", "invalidProperties"],
    ["keywords/a b", "invalidProperties"],
    ["keywords/é", "invalidProperties"],
  ])("%s is %s, and the message stays as it was", async (path, type) => {
    const id = await world.deliver(ANN, message({}));
    const patch = `{"${path}":true}`;
    const body = `{"using":["${MAIL}"],"methodCalls":[["Email/set",{"accountId":"${ANN}","update":{"${id}":${patch}}},"c"]]}`;
    expect((await send(body)).methodResponses[0][1].notUpdated[id].type).toBe(type);
    const [email] = (await world.call("Email/get", { ids: [id], properties: ["keywords", "mailboxIds"] })).list;
    expect(email).toMatchObject({ keywords: {}, mailboxIds: { inbox: true } });
  });

  test.each(["$__proto__", "__proto__", "constructor"])("keywords/%s names a keyword like any other", async (keyword) => {
    const id = await world.deliver(ANN, message({}));
    const { updated } = await world.call("Email/set", { update: { [id]: { [`keywords/${keyword}`]: true } } });
    expect(updated).toEqual({ [id]: null });
    expect((await world.call("Email/query", { filter: { hasKeyword: keyword } })).ids).toEqual([id]);
    expect((await world.call("Email/query", { filter: { notKeyword: keyword } })).ids).toEqual([]);
    expect(({} as Any)[`$${keyword}`]).toBeUndefined();
  });
});

describe("I02: a search text", () => {
  test.each(["*", "a OR b", "NEAR(rota)", "rota*", ".*", "(a+)+$", "'; DROP TABLE", '"unended', "\\", "-rota", "rota:^"])(
    "%j is literal and harms nothing",
    async (text) => {
      await world.deliver(ANN, message({ subject: "Something else" }));
      const answer = await world.call("Email/query", { filter: { subject: text }, calculateTotal: true });
      expect(answer.type).toBeUndefined();
      expect(world.failures).toEqual([]);
    },
  );

  test("of a megabyte is refused", async () => {
    expect((await world.call("Email/query", { filter: { text: "x".repeat(1_000_000) } })).type).toBe("invalidArguments");
  });
});

describe("I06: numbers and texts that are not I-JSON", () => {
  const raw = (args: string) => `{"using":["${CORE}","${MAIL}"],"methodCalls":[["Email/query",{"accountId":"${ANN}",${args}},"c"]]}`;
  test.each(['"limit":1e999', '"position":-1e999', '"limit":9007199254740993', '"filter":{"minSize":9007199254740993}', '"limit":1.5'])(
    "%s is an invalid argument",
    async (args) => expect((await send(raw(args))).methodResponses[0][1].type).toBe("invalidArguments"),
  );
  test.each(['"filter":{"text":"\\ud800"}', `"x":${"[".repeat(100_000)}`, '"limit":NaN', '"limit":01'])("%s is no request", async (args) =>
    expect((await send(raw(args))).type).toMatch(/notJSON$|limit$/),
  );
});
