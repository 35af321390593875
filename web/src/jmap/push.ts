/**
 * Live arrival: JMAP push over WebSocket (RFC 8887 §4.3.5.2). A browser cannot put a token on a WebSocket, so a single-use ticket is
 * asked for first. While the socket is down the caller polls; the socket comes back with backoff.
 */
import { backoffMilliseconds, type JmapClient } from "./client.ts";
import type { StateChange } from "./types.ts";

export type PushState = "connecting" | "live" | "polling";

interface PushOptions {
  readonly client: JmapClient;
  readonly socketUrl: string | null;
  readonly onChange: (changed: StateChange["changed"] | null) => void;
  readonly onState: (state: PushState) => void;
}

const pollMilliseconds = 30_000;
/** API Gateway closes a WebSocket after 10 idle minutes. */
const keepAliveMilliseconds = 5 * 60_000;

export class Push {
  readonly #options: PushOptions;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #poll: ReturnType<typeof setInterval> | undefined;
  #keepAlive: ReturnType<typeof setInterval> | undefined;
  #failures = 0;
  #stopped = false;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  start(): void {
    window.addEventListener("online", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
    this.#poll = setInterval(() => {
      if (this.#socket?.readyState !== WebSocket.OPEN) this.#options.onChange(null);
    }, pollMilliseconds);
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#poll);
    clearInterval(this.#keepAlive);
    window.removeEventListener("online", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    this.#socket?.close();
  }

  /** Back online or back on this tab: look now, do not wait for the backoff. */
  readonly #wake = () => {
    if (this.#stopped || document.visibilityState === "hidden" || this.#socket?.readyState === WebSocket.OPEN) return;
    this.#options.onChange(null);
    if (this.#socket === null) {
      clearTimeout(this.#timer);
      void this.#connect();
    }
  };

  async #connect(): Promise<void> {
    const url = this.#options.socketUrl;
    if (url === null || this.#stopped) {
      this.#options.onState("polling");
      return;
    }
    try {
      const response = await this.#options.client.send("/jmap/ticket", { method: "POST" }, true);
      const { ticket } = (await response.json()) as { ticket: string };
      if (this.#stopped) return;
      const target = new URL(url);
      target.searchParams.set("ticket", ticket);
      const socket = new WebSocket(target, "jmap");
      this.#socket = socket;
      socket.addEventListener("open", () => this.#opened(socket));
      socket.addEventListener("message", (event) => this.#received(event));
      socket.addEventListener("close", () => this.#lost(socket));
    } catch {
      this.#later();
    }
  }

  #opened(socket: WebSocket): void {
    this.#failures = 0;
    this.#options.onState("live");
    socket.send(JSON.stringify({ "@type": "WebSocketPushEnable", dataTypes: ["Mailbox", "Email", "Thread", "EmailSubmission"] }));
    this.#keepAlive = setInterval(() => {
      socket.send(
        JSON.stringify({ "@type": "Request", id: "alive", using: ["urn:ietf:params:jmap:core"], methodCalls: [["Core/echo", {}, "0"]] }),
      );
    }, keepAliveMilliseconds);
    this.#options.onChange(null);
  }

  #received(event: MessageEvent): void {
    try {
      const message = JSON.parse(String(event.data)) as Partial<StateChange>;
      if (message["@type"] === "StateChange" && message.changed) this.#options.onChange(message.changed);
    } catch {
      // Not JSON: nothing to act on; the next poll or change brings the same news.
    }
  }

  #lost(socket: WebSocket): void {
    clearInterval(this.#keepAlive);
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#later();
  }

  #later(): void {
    if (this.#stopped) return;
    this.#socket = null;
    this.#options.onState("polling");
    this.#timer = setTimeout(() => void this.#connect(), backoffMilliseconds(this.#failures, Math.random()));
    this.#failures = Math.min(this.#failures + 1, 7);
  }
}
