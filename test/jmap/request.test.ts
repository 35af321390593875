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

describe("RFC 8620 §1.5, §3.1 to §3.3, §3.6.1 and §8.4: requests that are refused whole", () => {
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

describe("RFC 8620 §3.4, §3.6.2, §3.7 and §4: calls, errors of calls, references", () => {
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

  it("takes an argument that is left out for its default, and null for one that may be null (RFC 8620 §3.5)", async () => {
    const [plain, spelt, unknown] = (
      await send(
        call(
          ["Mailbox/query", { accountId: ANN }, "a"],
          [
            "Mailbox/query",
            { accountId: ANN, filter: null, sort: null, position: 0, anchor: null, limit: null, calculateTotal: false },
            "b",
          ],
          ["Mailbox/query", { accountId: ANN, positions: null }, "c"],
        ),
      )
    ).methodResponses.map((response: Any) => response[1]);
    expect(spelt).toEqual(plain);
    expect(unknown.type).toBe("invalidArguments");
  });

  it("makes the calls in order, each upon what the one before did (RFC 8620 §3.10)", async () => {
    const answer = await send(
      call(
        ["Mailbox/set", { accountId: ANN, create: { m: { name: "Order" } } }, "a"],
        ["Mailbox/get", { accountId: ANN, ids: ["#m"], properties: ["name"] }, "b"],
        ["Mailbox/set", { accountId: ANN, destroy: ["#m"] }, "c"],
        ["Mailbox/get", { accountId: ANN, ids: ["#m"] }, "d"],
      ),
    );
    expect(answer.methodResponses.map((response: Any) => response[2])).toEqual(["a", "b", "c", "d"]);
    expect(answer.methodResponses[1][1].list).toMatchObject([{ name: "Order" }]);
    expect(answer.methodResponses[3][1]).toMatchObject({ list: [], notFound: ["#m"] });
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

describe("RFC 8887 §4.3.1 to §4.3.4, §4.3.5.2, §4.3.5.3", () => {
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

describe("RFC 8620 §2, RFC 8621 §1.3.1 to §1.3.3, §1.4, RFC 8887 §3, RFC 9404 §3.1, RFC 9425 §2.1: the session", () => {
  it("says of each capability what its RFC asks for", () => {
    const session = world.jmap.session(ann);
    const of = (name: string) => session.accounts[ANN]!.accountCapabilities[`urn:ietf:params:jmap:${name}`];
    expect(of("mail")).toEqual({
      maxMailboxesPerEmail: null,
      maxMailboxDepth: limits.jmap.maxMailboxDepth,
      maxSizeMailboxName: expect.any(Number),
      maxSizeAttachmentsPerEmail: expect.any(Number),
      emailQuerySortOptions: expect.arrayContaining(["receivedAt", "hasKeyword"]),
      mayCreateTopLevelMailbox: true,
    });
    expect((of("mail") as Any).maxSizeMailboxName).toBeGreaterThanOrEqual(100);
    expect(of("submission")).toEqual({ maxDelayedSend: expect.any(Number), submissionExtensions: { FUTURERELEASE: [expect.any(String)] } });
    expect(of("vacationresponse")).toEqual({});
    expect(of("quota")).toEqual({});
    expect((of("blob") as Any).maxDataSources).toBeGreaterThanOrEqual(64);
    expect(of("blob")).toMatchObject({
      maxSizeBlobSet: expect.any(Number),
      supportedTypeNames: expect.any(Array),
      supportedDigestAlgorithms: ["sha", "sha-256", "sha-512"],
    });
    for (const name of ["mail", "submission", "vacationresponse", "blob", "quota"])
      expect(session.capabilities[`urn:ietf:params:jmap:${name}`]).toEqual({});
    expect(session.capabilities["urn:ietf:params:jmap:websocket"]).toEqual({ url: "wss://mail.example/jmap/ws", supportsPush: true });
    expect(of("websocket")).toBeUndefined();
  });

  it("changes its state exactly when it changes itself", () => {
    const again = { ...ann, accounts: ann.accounts.map((account) => ({ ...account })) };
    const other = { ...ann, accounts: ann.accounts.slice(0, 1) };
    expect(world.jmap.session(again).state).toBe(world.jmap.session(ann).state);
    expect(world.jmap.session(other).state).not.toBe(world.jmap.session(ann).state);
  });

  it("refuses a method in an account that lacks its capability", async () => {
    const answer = await send(
      JSON.stringify({ using: [CORE, "urn:ietf:params:jmap:submission"], methodCalls: [["Identity/get", { accountId: "ateam" }, "c"]] }),
    );
    expect(answer.methodResponses[0][1]).toEqual({ type: "accountNotSupportedByMethod" });
  });

  it("describes each account", () => {
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
