/** From the 250 of SMTP to what a JMAP client sees: the push of the new state over WebSocket, then the Email itself over HTTP. */
import WebSocket from "ws";
import { generateMix } from "../../tools/generate-mix.ts";
import { SmtpSession } from "../../tools/send-corpus/smtp-session.ts";
import { accessToken, type BenchCloud } from "./bench-cloud.ts";
import { accountOf } from "./mail-path.ts";

export interface Arrivals {
  readonly pushedMilliseconds: readonly number[];
  readonly visibleMilliseconds: readonly number[];
}

const PATIENCE_MILLIS = 30_000;

/** Messages go one after another: each is awaited before the next is sent. */
export const measureArrivals = async (bench: BenchCloud, options: { warmUp: number; count: number }): Promise<Arrivals> => {
  const person = bench.people[0]!;
  const token = await accessToken(bench, person);
  const reader = await openReader(bench, accountOf(person.mail), token);
  const { host, port } = bench.cloud.endpoints.smtp;
  const session = await SmtpSession.open(host, port);
  const pushed: number[] = [];
  const visible: number[] = [];
  try {
    for (const { octets } of generateMix(options.warmUp + options.count, { seed: "arrival" })) {
      const push = reader.nextPush();
      const { outcome } = await session.send({ reversePath: "mix@outside.example", recipients: [person.mail] }, octets);
      const accepted = performance.now();
      if (outcome !== "accepted") throw new Error("a message of the mix was refused");
      pushed.push((await push) - accepted);
      visible.push((await reader.readNew()) - accepted);
    }
  } finally {
    session.close();
    reader.close();
  }
  return { pushedMilliseconds: pushed.slice(options.warmUp), visibleMilliseconds: visible.slice(options.warmUp) };
};

const openReader = async ({ cloud }: BenchCloud, accountId: string, token: string) => {
  const authorization = `Bearer ${token}`;
  const { web } = cloud.endpoints;
  const call = async (methodCalls: unknown[]): Promise<[string, Record<string, unknown>, string][]> => {
    const using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    const body = JSON.stringify({ using, methodCalls });
    const answer = await fetch(`${web}/jmap/api`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body,
    });
    if (!answer.ok) throw new Error(`JMAP answered ${answer.status}`);
    return ((await answer.json()) as { methodResponses: [string, Record<string, unknown>, string][] }).methodResponses;
  };
  let state = (await call([["Email/get", { accountId, ids: [] }, "0"]]))[0]![1].state as string;
  const socket = new WebSocket(`${web.replace(/^http/, "ws")}/jmap/ws`, ["jmap"], { headers: { authorization } });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  let pushed: (at: number) => void = () => {};
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as { "@type": string; changed?: Record<string, Record<string, string>> };
    const newState = message.changed?.[accountId]?.EmailDelivery;
    if (message["@type"] === "StateChange" && newState !== undefined) pushed(performance.now());
  });
  socket.send(JSON.stringify({ "@type": "WebSocketPushEnable", dataTypes: ["EmailDelivery"] }));
  await new Promise((wake) => setTimeout(wake, 1_000));
  return {
    /** When the next push of new mail comes. */
    nextPush: () =>
      new Promise<number>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error("no push came in time")), PATIENCE_MILLIS);
        pushed = (at) => {
          clearTimeout(late);
          resolve(at);
        };
      }),
    /** When the Emails created since the last call are read: headers and preview, as a message list shows them. */
    readNew: async (): Promise<number> => {
      const path = { resultOf: "0", name: "Email/changes", path: "/created" };
      const properties = ["from", "subject", "receivedAt", "preview", "keywords", "mailboxIds"];
      const [changes, emails] = await call([
        ["Email/changes", { accountId, sinceState: state }, "0"],
        ["Email/get", { accountId, "#ids": path, properties }, "1"],
      ]);
      if ((emails![1].list as unknown[]).length === 0) throw new Error("a push came before its Email could be read");
      state = changes![1].newState as string;
      return performance.now();
    },
    close: () => socket.close(),
  };
};
