/** A plain JMAP client over HTTP and WebSocket: it shows answers as they came, refusals too. */
import { WebSocket } from "ws";

export type Call = readonly [name: string, args: Record<string, unknown>, callId: string];
// biome-ignore lint/suspicious/noExplicitAny: an answer is what the test asks about
export type Answer = any;

export const MAIL = ["core", "mail", "submission", "mdn"].map((name) => `urn:ietf:params:jmap:${name}`);

export interface Listening {
  readonly heard: Answer[];
  readonly closed: Promise<number>;
  /** A request on the WebSocket, under an id of its own; gives its Response object. */
  ask(id: string, methodCalls: readonly Call[]): Promise<Answer>;
  close(): void;
}

export class JmapSession {
  readonly origin: string;
  readonly token: string;
  readonly accountId: string;

  constructor(origin: string, token: string, accountId: string) {
    this.origin = origin;
    this.token = token;
    this.accountId = accountId;
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.token}` };
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.origin}${path}`, { ...init, headers: { ...this.headers, ...(init.headers as Record<string, string>) } });
  }

  /** The whole Response object (RFC 8620 §3.4). */
  async request(methodCalls: readonly Call[], using: readonly string[] = MAIL): Promise<Answer> {
    const body = JSON.stringify({ using, methodCalls });
    const response = await this.fetch("/jmap/api", { method: "POST", headers: { "content-type": "application/json" }, body });
    if (response.status !== 200) throw new Error(`JMAP answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  /** The response to each call, in order: [name, arguments]. */
  async calls(...calls: readonly Call[]): Promise<readonly (readonly [string, Answer])[]> {
    const { methodResponses } = await this.request(calls);
    return (methodResponses as [string, Answer, string][]).map(([name, answer]) => [name, answer] as const);
  }

  /** The arguments of the one response; a method error is thrown. */
  async call(name: string, args: Record<string, unknown> = {}): Promise<Answer> {
    const [answer] = await this.calls([name, { accountId: this.accountId, ...args }, "c"]);
    if (answer?.[0] === "error") throw new Error(`${name}: ${JSON.stringify(answer[1])}`);
    return answer?.[1];
  }

  async mailboxId(role: string): Promise<string> {
    const { list } = await this.call("Mailbox/get", { properties: ["role"] });
    return (list as { id: string; role: string }[]).find((mailbox) => mailbox.role === role)!.id;
  }

  /** Emails with this subject, newest first, with their text. */
  async withSubject(subject: string, accountId = this.accountId): Promise<Answer[]> {
    const [, got] = await this.calls(
      ["Email/query", { accountId, filter: { subject }, sort: [{ property: "receivedAt", isAscending: false }] }, "q"],
      [
        "Email/get",
        {
          accountId,
          "#ids": { resultOf: "q", name: "Email/query", path: "/ids" },
          properties: [
            "id",
            "blobId",
            "threadId",
            "mailboxIds",
            "keywords",
            "subject",
            "from",
            "to",
            "messageId",
            "inReplyTo",
            "references",
            "textBody",
            "bodyValues",
            "attachments",
          ],
          fetchTextBodyValues: true,
        },
        "g",
      ],
    );
    if (got?.[0] !== "Email/get") throw new Error(JSON.stringify(got));
    return got[1].list as Answer[];
  }

  /** Opens push (RFC 8887) and collects what comes. */
  async listen(): Promise<Listening> {
    const { capabilities } = (await (await this.fetch("/jmap/session")).json()) as Answer;
    const socket = new WebSocket(capabilities["urn:ietf:params:jmap:websocket"].url, "jmap", { headers: this.headers });
    const heard: Answer[] = [];
    socket.on("message", (data) => heard.push(JSON.parse(String(data))));
    await new Promise((opened, failed) => socket.once("open", opened).once("error", failed));
    socket.on("error", () => {});
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    socket.send(JSON.stringify({ "@type": "WebSocketPushEnable", dataTypes: null }));
    // Answered after the one before it: push is on once this is.
    socket.send(JSON.stringify({ "@type": "Request", id: "ready", using: MAIL, methodCalls: [["Core/echo", {}, "e"]] }));
    await eventually(() => heard.some((each) => each.requestId === "ready"), 10_000, "a WebSocket that answers");
    const ask = (id: string, methodCalls: readonly Call[]) => {
      socket.send(JSON.stringify({ "@type": "Request", id, using: MAIL, methodCalls }));
      return eventually(() => heard.find((each) => each.requestId === id), 10_000, "an answer on the WebSocket");
    };
    return { heard, closed, ask, close: () => socket.close() };
  }
}

/** Tries until it gives something; fails with `what` when patience is over. */
export const eventually = async <Value>(
  attempt: () => Value | Promise<Value>,
  milliseconds: number,
  what: string,
): Promise<NonNullable<Value>> => {
  const until = Date.now() + milliseconds;
  for (;;) {
    const value = await attempt();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<Value>;
    if (Date.now() > until) throw new Error(`Waited ${milliseconds} ms in vain for ${what}.`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
};
