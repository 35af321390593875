import type { APIGatewayRequestAuthorizerEvent } from "aws-lambda";
import { beforeEach, describe, expect, it } from "vitest";
import type { AccountId, EntryId } from "../../core/ids.ts";
import type { SocketAnswer } from "../../core/jmap/api.ts";
import { limits } from "../../core/limits.ts";
import type { Admission } from "../../lambdas/edge/request-limits.ts";
import { type AdmissionPorts, admitSocket } from "../../lambdas/edge/socket-admission.ts";
import { type SocketEvent, socketRoutes } from "../../lambdas/edge/socket-routes.ts";
import { MemoryConnectionStore } from "../support/memory-connection-store.ts";
import { MemoryDirectoryStore } from "../support/memory-directory-store.ts";

const now = 1_000_000;
let connections: MemoryConnectionStore;
let directory: MemoryDirectoryStore;
let posts: { connectionId: string; payload: unknown }[];
let reply: SocketAnswer;
let admission: Admission;

beforeEach(async () => {
  connections = new MemoryConnectionStore();
  directory = new MemoryDirectoryStore();
  posts = [];
  admission = { outcome: "admitted", leave: async () => {} };
  reply = { outcome: "reply", json: { "@type": "Response", requestId: "r1" } };
  await directory.putEntry({
    entryId: "n1" as EntryId,
    kind: "person",
    displayName: "Bea",
    mail: "bea@care.example",
    accountId: "A1" as AccountId,
    subject: "sub-1",
    status: "active",
  });
});

describe("admission (RFC 8620 §8.2, RFC 8887 §4.1)", () => {
  const admit = (event: Partial<APIGatewayRequestAuthorizerEvent>) => {
    const tokens: AdmissionPorts["tokens"] = {
      verify: async (token) => (token === "good.token.x" ? { subject: "sub-1", expiresAt: now + 5_000 } : null),
    };
    return admitSocket({ tickets: connections, tokens, directory, now: () => now }, {
      methodArn: "arn",
      ...event,
    } as APIGatewayRequestAuthorizerEvent);
  };

  it("lets the bearer of an access token in, with the token's end", async () => {
    const answer = await admit({ headers: { Authorization: "Bearer good.token.x" } });
    expect(answer.policyDocument.Statement).toEqual([{ Action: "execute-api:Invoke", Effect: "Allow", Resource: "arn" }]);
    expect(answer.context).toEqual({ subject: "sub-1", expiresAt: "1005000" });
  });

  it("takes a ticket once", async () => {
    await connections.putTicket("t".repeat(40), "sub-1", now + 1, now + 9_000);
    const event = { queryStringParameters: { ticket: "t".repeat(40) } };
    expect((await admit(event)).context).toEqual({ subject: "sub-1", expiresAt: "1009000" });
    await expect(admit(event)).rejects.toThrow("Unauthorized");
  });

  it.each([
    ["a bad token", { headers: { Authorization: "Bearer bad.token.x" } }],
    ["another scheme", { headers: { Authorization: "Basic good.token.x" } }],
    ["nothing", {}],
  ])("refuses %s alike", async (_name, event) => {
    await expect(admit(event)).rejects.toThrow(/^Unauthorized$/);
  });

  it("refuses someone who was disabled since", async () => {
    const entry = await directory.getEntry("n1" as EntryId);
    await directory.putEntry({ ...entry!, status: "disabled" });
    await expect(admit({ headers: { Authorization: "Bearer good.token.x" } })).rejects.toThrow("Unauthorized");
  });
});

describe("messages (RFC 8887 §4.2, §4.3.2, §4.3.3, §4.3.5.2, §4.3.5.3)", () => {
  const send = (routeKey: string, different: object = {}) =>
    socketRoutes({
      connections,
      directory,
      jmap: { socket: async () => reply },
      log: { load: async () => null },
      push: {
        post: async (connectionId, payload) => {
          posts.push({ connectionId, payload: JSON.parse(payload) });
          return "posted";
        },
      },
      admit: async () => admission,
      now: () => now,
    })({
      requestContext: { routeKey, connectionId: "c1", authorizer: { subject: "sub-1", expiresAt: "1005000" } },
      body: "{}",
      ...different,
    } as SocketEvent);
  const jmapProtocol = { headers: { "Sec-WebSocket-Protocol": "jmap" } };

  it("open a connection that speaks jmap, and no other", async () => {
    expect(await send("$connect", jmapProtocol)).toEqual({ statusCode: 200, headers: { "Sec-WebSocket-Protocol": "jmap" } });
    expect(await connections.get("c1")).toMatchObject({ accountIds: ["A1"], pushEnabled: false });
    expect(await send("$connect", { headers: { "Sec-WebSocket-Protocol": "soap" } })).toEqual({ statusCode: 400 });
  });

  it("are answered on the connection that asked", async () => {
    await send("$connect", jmapProtocol);
    await send("$default");
    expect(posts).toEqual([{ connectionId: "c1", payload: { "@type": "Response", requestId: "r1" } }]);
  });

  it("that would be answered with more than a frame may hold are refused with the limit", async () => {
    await send("$connect", jmapProtocol);
    reply = { outcome: "reply", json: { "@type": "Response", requestId: "r1", text: "x".repeat(limits.edge.socketMessageOctets) } };
    await send("$default");
    expect(posts[0]!.payload).toMatchObject({ "@type": "RequestError", requestId: "r1", type: "urn:ietf:params:jmap:error:limit" });
  });

  it("count as requests, and one too many is refused by its id", async () => {
    await send("$connect", jmapProtocol);
    const problem = { type: "urn:ietf:params:jmap:error:limit", status: 400, limit: "maxConcurrentRequests" };
    admission = { outcome: "refused", problem, retryAfterSeconds: 1 };
    await send("$default", { body: JSON.stringify({ "@type": "Request", id: "r7" }) });
    expect(posts).toEqual([{ connectionId: "c1", payload: { "@type": "RequestError", requestId: "r7", ...problem } }]);
  });

  it("turn push on and off", async () => {
    await send("$connect", jmapProtocol);
    reply = { outcome: "pushEnable", dataTypes: ["Email"], pushState: null };
    await send("$default");
    expect(await connections.get("c1")).toMatchObject({ pushEnabled: true, pushTypes: ["Email"] });
    reply = { outcome: "pushDisable" };
    await send("$default");
    expect(await connections.get("c1")).toMatchObject({ pushEnabled: false });
  });

  it("are refused after the token's end, and the connection is forgotten when it closes", async () => {
    await connections.put({ connectionId: "c1", accountIds: [], subject: "sub-1", pushTypes: null, pushEnabled: false, expiresAt: now });
    expect(await send("$default")).toEqual({ statusCode: 401 });
    expect(posts[0]!.payload).toMatchObject({ "@type": "RequestError", status: 401 });
    await send("$disconnect");
    expect(await connections.get("c1")).toBeNull();
  });
});
