import { randomBytes, randomUUID } from "node:crypto";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { ServiceContext } from "../service.ts";
import { type Api, type Authorizer, apiArn, type Route, type Stage } from "./api.ts";
import { answerOfFunction } from "./http-answer.ts";
import { withinTime } from "./http-api.ts";
import { readAuthorizer } from "./request-authorizer.ts";
import { SocketConnection, type SocketTimes } from "./socket-connection.ts";
import { handshakeOf, requestContext, type SocketFacts } from "./socket-event.ts";

/** API Gateway quotas: WebSocket message payload. */
export const MAXIMUM_MESSAGE_OCTETS = 128 * 1024;

type Handshake = { accepted: true; protocol: string | null } | { accepted: false; status: number };

/** WebSocket APIs: $connect (with its authoriser) decides over the handshake, then messages go to their routes until $disconnect. */
export class SocketApiServer {
  readonly connections = new Map<string, SocketConnection>();
  readonly #context: ServiceContext;
  readonly #times: SocketTimes;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAXIMUM_MESSAGE_OCTETS,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });

  constructor(context: ServiceContext, times: SocketTimes) {
    this.#context = context;
    this.#times = times;
  }

  async upgrade(api: Api, stage: Stage, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const onEarlyError = () => socket.destroy();
    socket.on("error", onEarlyError);
    const facts: SocketFacts = {
      connectionId: `${randomBytes(11).toString("base64url")}=`,
      api,
      stage,
      connectedAtMs: this.#context.clock.now(),
      sourceIp: request.socket.remoteAddress?.replace(/^::ffff:/, "") ?? "127.0.0.1",
      userAgent: String(request.headers["user-agent"] ?? ""),
      authorizer: null,
    };
    const handshake = await this.#connect(facts, request);
    if (!handshake.accepted) {
      refuse(socket, handshake.status);
      return;
    }
    if (socket.destroyed) {
      void this.#disconnected(facts, 1006, "");
      return;
    }
    this.#server.handleUpgrade(withProtocol(request, handshake.protocol), socket, head, (webSocket) => {
      socket.off("error", onEarlyError);
      const connection = new SocketConnection(facts, webSocket, socket, head, this.#context, this.#times, (code, reason) => {
        this.connections.delete(facts.connectionId);
        return this.#disconnected(facts, code, reason);
      });
      this.connections.set(facts.connectionId, connection);
    });
  }

  async stop(): Promise<void> {
    const closing = [...this.connections.values()].map((connection) => connection.close(1001, "Going away"));
    await Promise.race([Promise.allSettled(closing), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
    for (const connection of this.connections.values()) connection.terminate();
  }

  async #connect(facts: SocketFacts, request: IncomingMessage): Promise<Handshake> {
    const route = facts.api.routes.find(({ key }) => key === "$connect");
    if (!route) return { accepted: true, protocol: null };
    const authorizer = route.authorizerId === null ? undefined : facts.api.authorizers.get(route.authorizerId);
    if (authorizer?.kind === "request") {
      const status = await this.#authorize(facts, authorizer, request);
      if (status !== null) return { accepted: false, status };
    }
    return this.#askConnect(facts, route, request);
  }

  /** Null when admitted, else the status of the refused handshake. */
  async #authorize(
    facts: SocketFacts,
    authorizer: Extract<Authorizer, { kind: "request" }>,
    request: IncomingMessage,
  ): Promise<number | null> {
    const handshake = handshakeOf(request, facts.api.host);
    if (!authorizer.identitySources.every((source) => sourceOf(source, request) !== null)) return 401;
    const now = this.#context.clock.now();
    const methodArn = apiArn(this.#context, facts.api.id, `${facts.stage.name}/$connect`);
    const event = {
      type: "REQUEST",
      methodArn,
      ...handshake,
      stageVariables: facts.stage.variables,
      requestContext: requestContext(facts, "$connect", "CONNECT", randomUUID(), now),
    };
    const caller = { service: "apigateway.amazonaws.com", sourceArn: apiArn(this.#context, facts.api.id, `authorizers/${authorizer.id}`) };
    const outcome = await this.#context.port("functions").invoke(authorizer.functionArn, JSON.stringify(event), caller);
    const read = readAuthorizer(outcome, methodArn, false);
    if (read.verdict !== "allow") return { deny: 403, unauthorized: 401, failed: 500 }[read.verdict];
    const strings = Object.fromEntries(
      Object.entries(read.context).map(([name, value]) => [name, typeof value === "object" ? value : String(value)]),
    );
    facts.authorizer = { principalId: read.principalId, integrationLatency: this.#context.clock.now() - now, ...strings };
    return null;
  }

  async #askConnect(facts: SocketFacts, route: Route, request: IncomingMessage): Promise<Handshake> {
    const event = {
      ...handshakeOf(request, facts.api.host),
      requestContext: requestContext(facts, "$connect", "CONNECT", randomUUID(), this.#context.clock.now()),
      isBase64Encoded: false,
    };
    const outcome = await this.#invoke(facts, route, event);
    if (outcome === "late" || outcome.outcome !== "returned") return { accepted: false, status: 502 };
    const answer = answerOfFunction(outcome.payload);
    if (answer.status < 200 || answer.status > 299) return { accepted: false, status: answer.status };
    return { accepted: true, protocol: answer.headers["sec-websocket-protocol"] ?? null };
  }

  /** Best effort, as in AWS: nobody waits for what the function says. */
  async #disconnected(facts: SocketFacts, code: number, reason: string): Promise<void> {
    const route = facts.api.routes.find(({ key }) => key === "$disconnect");
    if (!route) return;
    const more = { disconnectStatusCode: code, disconnectReason: reason };
    const context = requestContext(facts, "$disconnect", "DISCONNECT", randomUUID(), this.#context.clock.now(), more);
    const headers = { Host: facts.api.host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" };
    const outcome = await this.#invoke(facts, route, { headers, requestContext: context, isBase64Encoded: false });
    if (outcome === "late" || outcome.outcome !== "returned") this.#context.log.warn("$disconnect could not be told to its function");
  }

  #invoke(facts: SocketFacts, route: Route, event: object) {
    const integration = facts.api.integrations.get(route.integrationId)!;
    const caller = {
      service: "apigateway.amazonaws.com",
      sourceArn: apiArn(this.#context, facts.api.id, `${facts.stage.name}/${route.key}`),
    };
    return withinTime(
      this.#context.port("functions").invoke(integration.functionArn, JSON.stringify(event), caller),
      integration.timeoutMs,
    );
  }
}

/** `route.request.header.Name`, `route.request.querystring.name`. */
function sourceOf(source: string, request: IncomingMessage): string | null {
  const [, kind, name = ""] = /^route\.request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (kind === "header") return (request.headers[name.toLowerCase()] as string | undefined) ?? null;
  return new URLSearchParams((request.url ?? "").split("?")[1] ?? "").get(name);
}

/** The handshake names the subprotocol that $connect chose, and none when it chose none. */
function withProtocol(request: IncomingMessage, protocol: string | null): IncomingMessage {
  if (protocol === null) delete request.headers["sec-websocket-protocol"];
  else request.headers["sec-websocket-protocol"] = protocol;
  return request;
}

function refuse(socket: Duplex, status: number): void {
  const body = JSON.stringify({ message: STATUS_CODES[status] ?? "Error" });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
