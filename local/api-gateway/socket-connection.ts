import { randomBytes, randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import type { ServiceContext } from "../service.ts";
import { apiArn } from "./api.ts";
import { FrameWatch } from "./frame-watch.ts";
import { withinTime } from "./http-api.ts";
import { chooseRoute, requestContext, type SocketFacts } from "./socket-event.ts";

/** API Gateway quota: WebSocket frame size. A longer one closes the connection with 1009. */
const MAXIMUM_FRAME_OCTETS = 32 * 1024;

export interface SocketTimes {
  /** Quota "idle connection timeout": 10 minutes. */
  idleMs: number;
  /** Quota "connection duration": 2 hours. */
  longestMs: number;
}

/** One open WebSocket: its messages go to their routes, each in an invocation of its own and without waiting for the one before. */
export class SocketConnection {
  readonly facts: SocketFacts;
  lastActiveMs: number;
  readonly #webSocket: WebSocket;
  readonly #context: ServiceContext;
  readonly #times: SocketTimes;
  readonly #closed: Promise<void>;
  #idle: NodeJS.Timeout | undefined;
  readonly #longest: NodeJS.Timeout;

  constructor(
    facts: SocketFacts,
    webSocket: WebSocket,
    socket: Duplex,
    head: Buffer,
    context: ServiceContext,
    times: SocketTimes,
    onClosed: (code: number, reason: string) => Promise<void>,
  ) {
    this.facts = facts;
    this.#webSocket = webSocket;
    this.#context = context;
    this.#times = times;
    this.lastActiveMs = context.clock.now();
    this.#longest = setTimeout(() => this.close(1001, "Connection duration exceeded"), times.longestMs).unref();
    const watch = new FrameWatch((octets) => {
      if (octets > MAXIMUM_FRAME_OCTETS) webSocket.close(1009, "Message too long");
    });
    watch.push(head);
    socket.on("data", (chunk: Buffer) => watch.push(chunk));
    webSocket.on("error", () => undefined);
    webSocket.on("ping", () => this.#active());
    webSocket.on("message", (data, isBinary) => void this.#message(data, isBinary));
    this.#closed = new Promise((resolve) => {
      webSocket.on("close", (code, reason) => {
        clearTimeout(this.#idle);
        clearTimeout(this.#longest);
        void onClosed(code, reason.toString("utf8")).finally(resolve);
      });
    });
    this.#active();
  }

  /** False when it has closed meanwhile. */
  async post(data: Buffer): Promise<boolean> {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return false;
    this.#active();
    return new Promise((resolve) => this.#webSocket.send(data.toString("utf8"), (error) => resolve(!error)));
  }

  async close(code: number, reason: string): Promise<void> {
    this.#webSocket.close(code, reason);
    await this.#closed;
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  #active(): void {
    this.lastActiveMs = this.#context.clock.now();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.close(1001, "Going away"), this.#times.idleMs).unref();
  }

  async #message(data: RawData, isBinary: boolean): Promise<void> {
    this.#active();
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    const octets = Buffer.isBuffer(data) ? data : Buffer.concat([data].flat() as Buffer[]);
    const text = octets.toString(isBinary ? "base64" : "utf8");
    const key = isBinary ? "$default" : chooseRoute(this.facts.api, text);
    const requestId = randomUUID();
    const route = this.facts.api.routes.find((one) => one.key === key);
    const integration = route ? this.facts.api.integrations.get(route.integrationId) : undefined;
    if (!route || !integration) return this.#tell("Forbidden", requestId);
    const more = { messageId: `${randomBytes(11).toString("base64url")}=` };
    const context = requestContext(this.facts, key, "MESSAGE", requestId, this.#context.clock.now(), more);
    const event = JSON.stringify({ requestContext: context, body: text, isBase64Encoded: isBinary });
    const caller = {
      service: "apigateway.amazonaws.com",
      sourceArn: apiArn(this.#context, this.facts.api.id, `${this.facts.stage.name}/${key}`),
    };
    const outcome = await withinTime(this.#context.port("functions").invoke(integration.functionArn, event, caller), integration.timeoutMs);
    if (outcome === "late" || outcome.outcome !== "returned") await this.#tell("Internal server error", requestId);
  }

  async #tell(message: string, requestId: string): Promise<void> {
    await this.post(Buffer.from(JSON.stringify({ message, connectionId: this.facts.connectionId, requestId })));
  }
}
