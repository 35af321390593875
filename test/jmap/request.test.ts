import { beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../core/limits.ts";
import { ANN, type Any, ann, World } from "./world.ts";

const CORE = "urn:ietf:params:jmap:core";
const MAIL = "urn:ietf:params:jmap:mail";
let world: World;
beforeAll(async () => {
  world = await World.make();
});

const send = async (body: string | Uint8Array, type: string | null = "application/json"): Promise<Any> => {
  const answer = await world.jmap.api(ann, body, type);
  return answer.outcome === "refused" ? answer.problem : answer.json;
};

const call = (...calls: unknown[]) => JSON.stringify({ using: [CORE, MAIL], methodCalls: calls });

describe("RFC 8620 §3.6.1 request-level errors", () => {
  const deep = `${"[".repeat(100)}${"]".repeat(100)}`;
  const cases: [name: string, body: string | Uint8Array, type: string | null, expected: object][] = [
    ["not JSON", "{", "application/json", { type: /notJSON$/, status: 400 }],
    ["another content type", call(), "text/plain", { type: /notJSON$/, status: 400 }],
    ["octets that are not UTF-8", Buffer.from([0x22, 0xff, 0x22]), "application/json", { type: /notJSON$/ }],
    ["a name given twice", '{"using":[],"using":[],"methodCalls":[]}', "application/json", { type: /notJSON$/ }],
    ["a name given twice by an escape", '{"using":[],"\\u0075sing":[],"methodCalls":[]}', "application/json", { type: /notJSON$/ }],
    ["a lone surrogate", '{"using":["\\ud800"],"methodCalls":[]}', "application/json", { type: /notJSON$/ }],
    ["deep nesting", `{"using":[],"methodCalls":${deep}}`, "application/json", { type: /limit$/, limit: "jsonDepth" }],
    ["very deep nesting", "[".repeat(1_000_000), "application/json", { type: /limit$/ }],
    ["a list", "[]", "application/json", { type: /notRequest$/ }],
    ["no methodCalls", '{"using":[]}', "application/json", { type: /notRequest$/ }],
    ["a call without id", call(["Core/echo", {}]), "application/json", { type: /notRequest$/ }],
    ["arguments that are a list", call(["Core/echo", [], "c"]), "application/json", { type: /notRequest$/ }],
    ["an unknown capability", '{"using":["urn:x"],"methodCalls":[]}', "application/json", { type: /unknownCapability$/ }],
    [
      "too many calls",
      call(...Array.from({ length: limits.jmap.maxCallsInRequest + 1 }, () => ["Core/echo", {}, "c"])),
      "application/json",
      { type: /limit$/, limit: "maxCallsInRequest" },
    ],
    [
      "too large",
      call(["Core/echo", { x: "x".repeat(limits.jmap.maxSizeRequest) }, "c"]),
      "application/json",
      { type: /limit$/, limit: "maxSizeRequest" },
    ],
  ];
  it.each(cases)("%s", async (_name, body, type, expected) => {
    const problem = await send(body, type);
    for (const [key, value] of Object.entries(expected)) {
      if (value instanceof RegExp) expect(problem[key]).toMatch(value);
      else expect(problem[key]).toBe(value);
    }
    expect(problem.status).toBe(400);
  });

  it("accepts a charset on the content type and quotes inside strings", async () => {
    const answer = await send(call(["Core/echo", { a: 'x\\"{[', "b\\": { a: 1 } }, "c"]), "application/json; charset=utf-8");
    expect(answer.methodResponses[0][1]).toEqual({ a: 'x\\"{[', "b\\": { a: 1 } });
  });
});

describe("RFC 8620 §3.6.2 and §3.7", () => {
  it("does not know a method whose capability is not used", async () => {
    const answer = await send(
      JSON.stringify({
        using: [CORE],
        methodCalls: [
          ["Mailbox/get", { accountId: ANN }, "c"],
          ["Foo/get", {}, "d"],
          ["__proto__", {}, "e"],
        ],
      }),
    );
    expect(answer.methodResponses.map((response: Any) => [response[0], response[1].type, response[2]])).toEqual([
      ["error", "unknownMethod", "c"],
      ["error", "unknownMethod", "d"],
      ["error", "unknownMethod", "e"],
    ]);
  });

  it("goes on after a call that fails and returns created ids when they were sent", async () => {
    const answer = await send(
      JSON.stringify({
        using: [CORE, MAIL],
        createdIds: { a: "M1" },
        methodCalls: [
          ["Mailbox/get", {}, "c"],
          ["Core/echo", { x: 1 }, "d"],
        ],
      }),
    );
    expect(answer.methodResponses[0]).toMatchObject(["error", { type: "invalidArguments" }, "c"]);
    expect(answer.methodResponses[1]).toEqual(["Core/echo", { x: 1 }, "d"]);
    expect(answer.createdIds).toEqual({ a: "M1" });
    expect(typeof answer.sessionState).toBe("string");
  });

  const echoed = {
    list: [
      { id: "a", to: ["x", "y"] },
      { id: "b", to: ["z"] },
    ],
    "a/b": { "~": 7 },
    one: { two: null },
  };
  const good: [path: string, value: unknown][] = [
    ["/list/*/id", ["a", "b"]],
    ["/list/*/to", ["x", "y", "z"]],
    ["/list/1/id", "b"],
    ["/a~1b/~0", 7],
    ["/one/two", null],
    ["", echoed],
  ];
  it.each(good)("resolves %s", async (path, value) => {
    const answer = await send(call(["Core/echo", echoed, "0"], ["Core/echo", { "#v": { resultOf: "0", name: "Core/echo", path } }, "1"]));
    expect(answer.methodResponses[1][1]).toEqual({ v: value });
  });

  const bad = [
    "/list/*/nope",
    "/list/2",
    "/list/-1",
    "/list/01",
    "/__proto__",
    "/constructor/prototype",
    "/list/length",
    "list",
    "/list/~2",
    "/list/*/to/*/x",
    `/${"a/".repeat(100)}`,
  ];
  it.each(bad)("refuses %s", async (path) => {
    const answer = await send(call(["Core/echo", echoed, "0"], ["Core/echo", { "#v": { resultOf: "0", name: "Core/echo", path } }, "1"]));
    expect(answer.methodResponses[1]).toMatchObject(["error", { type: "invalidResultReference" }, "1"]);
  });

  it("refuses a reference to another name, a later call, an error, a malformed one, and both forms at once", async () => {
    const refer = (resultOf: string, name: string) => ({ resultOf, name, path: "/list" });
    const answer = await send(
      call(
        ["Core/echo", echoed, "0"],
        ["Core/echo", { "#v": refer("0", "Mailbox/get") }, "1"],
        ["Core/echo", { "#v": refer("9", "Core/echo") }, "2"],
        ["Core/echo", { "#v": refer("1", "Core/echo") }, "3"],
        ["Core/echo", { "#v": "0" }, "4"],
        ["Core/echo", { "#v": refer("0", "Core/echo"), v: 1 }, "5"],
      ),
    );
    expect(answer.methodResponses.slice(1).map((response: Any) => response[1].type)).toEqual([
      "invalidResultReference",
      "invalidResultReference",
      "invalidResultReference",
      "invalidResultReference",
      "invalidArguments",
    ]);
  });
});

describe("RFC 8887", () => {
  it("answers requests, errors and push messages on a socket", async () => {
    const reply = await world.jmap.socket(
      ann,
      JSON.stringify({ "@type": "Request", id: "R1", using: [CORE], methodCalls: [["Core/echo", { a: 1 }, "c"]] }),
    );
    expect(reply).toMatchObject({
      outcome: "reply",
      json: { "@type": "Response", requestId: "R1", methodResponses: [["Core/echo", { a: 1 }, "c"]] },
    });
    expect(await world.jmap.socket(ann, '{"@type":"Request","id":"R2"}')).toMatchObject({
      json: { "@type": "RequestError", requestId: "R2", status: 400 },
    });
    expect(await world.jmap.socket(ann, "nonsense")).toMatchObject({ json: { "@type": "RequestError", requestId: null } });
    expect(await world.jmap.socket(ann, '{"@type":"WebSocketPushEnable","dataTypes":["Email"]}')).toEqual({
      outcome: "pushEnable",
      dataTypes: ["Email"],
      pushState: null,
    });
    expect(await world.jmap.socket(ann, '{"@type":"WebSocketPushDisable"}')).toEqual({ outcome: "pushDisable" });
  });
});

describe("RFC 8620 §2", () => {
  it("describes each account and its capabilities", () => {
    const session = world.jmap.session(ann);
    expect(session.username).toBe("ann@north.example");
    expect(session.primaryAccounts[MAIL]).toBe(ANN);
    expect(session.accounts.ateam).toMatchObject({ isPersonal: false, isReadOnly: true });
    expect(session.accounts.ateam!.accountCapabilities["urn:ietf:params:jmap:submission"]).toBeUndefined();
    expect(session.capabilities[CORE]).toMatchObject({
      maxObjectsInSet: limits.jmap.maxObjectsInSet,
      collationAlgorithms: expect.any(Array),
    });
    expect(session.downloadUrl).toContain("{accountId}");
  });
});
