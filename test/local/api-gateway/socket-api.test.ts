import { randomBytes } from "node:crypto";
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { region } from "../service-rig.ts";
import { type ApiRig, functionArn, startApi } from "./api-rig.ts";

let api: ApiRig;
let apiId: string;
let management: ApiGatewayManagementApiClient;
const open: WebSocket[] = [];
const requestOf = (event: Record<string, unknown>) => event.requestContext as Record<string, unknown>;
const policy = (Effect: string, Resource: string) => ({
  Version: "2012-10-17",
  Statement: [{ Action: "execute-api:Invoke", Effect, Resource }],
});

beforeAll(async () => {
  api = await startApi(
    {
      admit: (event: { queryStringParameters?: { ticket?: string }; methodArn: string }) => {
        const ticket = event.queryStringParameters?.ticket;
        if (ticket === "none") throw new Error("Unauthorized");
        if (ticket === "broken") return { nonsense: true };
        return {
          principalId: "ann",
          policyDocument: policy(ticket === "good" ? "Allow" : "Deny", event.methodArn),
          context: { accountId: "A1", limit: 5 },
        };
      },
      socket: (event: { requestContext: { eventType: string }; headers?: Record<string, string>; body?: string }) => {
        if (event.requestContext.eventType === "CONNECT") {
          if (event.headers?.["x-refuse"]) return { statusCode: 400 };
          return { statusCode: 200, headers: { "Sec-WebSocket-Protocol": "jmap" } };
        }
        if (event.body?.includes("fail")) throw new Error("no");
        return { statusCode: 200 };
      },
    },
    { times: { idleMs: 700 } },
  );
  const { rig } = api;
  const ApiId = (
    await rig.make("AWS::ApiGatewayV2::Api", "Socket", { ProtocolType: "WEBSOCKET", RouteSelectionExpression: "$request.body.action" })
  ).ref;
  apiId = ApiId;
  await rig.make("AWS::ApiGatewayV2::Stage", "Live", { ApiId, StageName: "live" });
  const uri = (name: string) => `arn:aws:apigateway:eu-west-2:lambda:path/2015-03-31/functions/${functionArn(name)}/invocations`;
  const AuthorizerId = (
    await rig.make("AWS::ApiGatewayV2::Authorizer", "Auth", { ApiId, AuthorizerType: "REQUEST", AuthorizerUri: uri("admit") })
  ).ref;
  const integration = (
    await rig.make("AWS::ApiGatewayV2::Integration", "To", { ApiId, IntegrationType: "AWS_PROXY", IntegrationUri: uri("socket") })
  ).ref;
  for (const RouteKey of ["$connect", "$disconnect", "$default", "special"]) {
    const authorised = RouteKey === "$connect" ? { AuthorizationType: "CUSTOM", AuthorizerId } : {};
    await rig.make("AWS::ApiGatewayV2::Route", RouteKey, { ApiId, RouteKey, Target: `integrations/${integration}`, ...authorised });
  }
  api.serve({ socket: { id: ApiId, stage: "live" } });
  management = new ApiGatewayManagementApiClient({ region, endpoint: `${rig.url}/${ApiId}/live`, credentials: rig.operator });
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.terminate();
});
afterAll(async () => {
  management.destroy();
  await api.stop();
});

const connect = (ticket = "good", protocols: string[] = ["jmap"], headers = {}) =>
  new Promise<WebSocket>((resolve, reject) => {
    const socket = new WebSocket(`${api.url.replace("http", "ws")}/live?ticket=${ticket}`, protocols, { headers });
    open.push(socket);
    socket.once("open", () => resolve(socket));
    socket.once("unexpected-response", (_, response) => reject(new Error(String(response.statusCode))));
    socket.once("error", reject);
  });
const nextEvent = async (type: string, count = 1) => {
  for (let n = 0; n < 200; n++) {
    const found = api.events.filter(({ event }) => requestOf(event).eventType === type && !("methodArn" in event));
    if (found.length >= count) return found.at(-1)!.event;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no ${type} event`);
};
const closed = (socket: WebSocket) => new Promise<number>((resolve) => socket.once("close", resolve));
const told = (socket: WebSocket) => new Promise<string>((resolve) => socket.once("message", (data) => resolve(String(data))));
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "done",
    (error: Error) => error.message,
  );

describe("handshake", () => {
  it("asks the authoriser, then $connect, and takes its subprotocol", async () => {
    const socket = await connect("good", ["other", "jmap"]);
    expect(socket.protocol).toBe("jmap");
    const [asked, connected] = api.events.slice(-2).map(({ event }) => event);
    expect(asked).toMatchObject({
      type: "REQUEST",
      methodArn: `arn:aws:execute-api:eu-west-2:111122223333:${apiId}/live/$connect`,
      queryStringParameters: { ticket: "good" },
    });
    expect(requestOf(connected!)).toMatchObject({
      routeKey: "$connect",
      eventType: "CONNECT",
      messageDirection: "IN",
      stage: "live",
      apiId,
      domainName: `${apiId}.execute-api.eu-west-2.amazonaws.com`,
      identity: { sourceIp: "127.0.0.1" },
      authorizer: { principalId: "ann", accountId: "A1", limit: "5" },
    });
  });

  it.each([
    ["bad", {}, "403"],
    ["none", {}, "401"],
    ["broken", {}, "500"],
    ["good", { "x-refuse": "1" }, "400"],
  ])("ticket %s with %o: %s", async (ticket, headers, status) => {
    expect(await failure(connect(ticket, ["jmap"], headers))).toBe(status);
  });
});

describe("messages", () => {
  it("go to the route that they name, else to $default, with the authoriser's context", async () => {
    const socket = await connect();
    api.events.length = 0;
    socket.send('{"action":"special"}');
    expect(await nextEvent("MESSAGE")).toMatchObject({
      body: '{"action":"special"}',
      isBase64Encoded: false,
      requestContext: { routeKey: "special", authorizer: { principalId: "ann" } },
    });
    socket.send("not json");
    expect(requestOf(await nextEvent("MESSAGE", 2)).routeKey).toBe("$default");
    expect(requestOf(await nextEvent("MESSAGE", 2)).messageId).toBeDefined();
  });

  it("a failing function is told to the client without its reason", async () => {
    const socket = await connect();
    socket.send("fail");
    expect(JSON.parse(await told(socket))).toMatchObject({ message: "Internal server error" });
  });

  it("up to 128 KB in frames of up to 32 KB; more closes with 1009", async () => {
    const whole = await connect();
    api.events.length = 0;
    const piece = "x".repeat(32 * 1024);
    for (let n = 0; n < 4; n++) whole.send(piece, { fin: n === 3 });
    expect((await nextEvent("MESSAGE")).body).toHaveLength(128 * 1024);
    const longFrame = await connect();
    const first = closed(longFrame);
    longFrame.send("x".repeat(32 * 1024 + 1));
    expect(await first).toBe(1009);
    const longMessage = await connect();
    const second = closed(longMessage);
    for (let n = 0; n < 5; n++) longMessage.send(piece, { fin: n === 4 });
    expect(await second).toBe(1009);
  });

  it("tells $disconnect, with the code", async () => {
    const socket = await connect();
    api.events.length = 0;
    socket.close(4001, "bye");
    expect(requestOf(await nextEvent("DISCONNECT"))).toMatchObject({
      routeKey: "$disconnect",
      disconnectStatusCode: 4001,
      disconnectReason: "bye",
    });
  });

  it("closes an idle connection, and keeps a busy one", async () => {
    const [idle, busy] = [await connect(), await connect()];
    const timer = setInterval(() => busy.ping(), 100);
    expect(await closed(idle)).toBe(1001);
    clearInterval(timer);
    expect(busy.readyState).toBe(WebSocket.OPEN);
  });
});

describe("@connections", () => {
  const connectionId = () => requestOf(api.events.at(-1)!.event).connectionId as string;

  it("posts, tells, deletes, and says 410 for what is gone", async () => {
    const socket = await connect();
    const ConnectionId = connectionId();
    const message = told(socket);
    await management.send(new PostToConnectionCommand({ ConnectionId, Data: Buffer.from("häppy") }));
    expect(await message).toBe("häppy");
    expect((await management.send(new GetConnectionCommand({ ConnectionId }))).Identity?.SourceIp).toBe("127.0.0.1");
    const tooMuch = new PostToConnectionCommand({ ConnectionId, Data: randomBytes(128 * 1024 + 1) });
    expect(await management.send(tooMuch).catch((error: Error) => error.name)).toBe("PayloadTooLargeException");
    const end = closed(socket);
    await management.send(new DeleteConnectionCommand({ ConnectionId }));
    expect(await end).toBe(1000);
    const late = new PostToConnectionCommand({ ConnectionId, Data: Buffer.from("x") });
    expect(await management.send(late).catch((error: Error) => error.name)).toBe("GoneException");
  });

  it("needs execute-api:ManageConnections on the connection", async () => {
    await connect();
    const ConnectionId = connectionId();
    const post = new PostToConnectionCommand({ ConnectionId, Data: Buffer.from("x") });
    const arn = (id: string) => `arn:aws:execute-api:eu-west-2:111122223333:${id}/live/POST/@connections/*`;
    for (const [name, id, outcome] of [
      ["right", apiId, "done"],
      ["wrong", "otherapi00", "ForbiddenException|AccessDenied"],
    ] as const) {
      const credentials = await api.rig.role(`socket-${name}`, {
        Effect: "Allow",
        Action: "execute-api:ManageConnections",
        Resource: arn(id),
      });
      const client = new ApiGatewayManagementApiClient({ region, endpoint: `${api.rig.url}/${apiId}/live`, credentials });
      const got = await client.send(post).then(
        () => "done",
        (error: Error) => error.name,
      );
      expect(got).toMatch(new RegExp(outcome));
      client.destroy();
    }
  });
});
