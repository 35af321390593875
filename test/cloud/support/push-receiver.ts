/** A push service (RFC 8030) on loopback that keeps what is posted to it; subscriptions to it give no keys, so it reads what it gets. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificateIn } from "../../../local/ses/inbound/certificate.ts";
import { type Answer, eventually, type JmapSession } from "./jmap-session.ts";

export interface PushReceiver {
  readonly heard: Answer[];
  /** Public VAPID keys that the posts were signed with. */
  readonly keys: string[];
  close(): void;
}

/** A verified subscription of the person to all types. */
export const subscribePushes = async (session: JmapSession): Promise<PushReceiver> => {
  const folder = mkdtempSync(join(tmpdir(), "penfold-push-"));
  const heard: Answer[] = [];
  const keys: string[] = [];
  const server = createServer(certificateIn(folder, "localhost", Date.now()), async (request, response) => {
    keys.push(/k=(.*)$/.exec(String(request.headers.authorization))![1]!);
    heard.push(JSON.parse(Buffer.concat(await request.toArray()).toString()));
    response.writeHead(201).end();
  });
  rmSync(folder, { recursive: true });
  await new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready));
  const set = async (args: Record<string, unknown>): Promise<Answer> => {
    const { methodResponses } = await session.request([["PushSubscription/set", args, "p"]]);
    return methodResponses[0][1];
  };
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { created } = await set({ create: { p: { deviceClientId: "phone", url } } });
  const { verificationCode } = await eventually(() => heard.find((each) => each["@type"] === "PushVerification"), 30_000, "the code");
  const { updated } = await set({ update: { [created.p.id]: { verificationCode } } });
  if (!updated) throw new Error("The push subscription was not verified.");
  return { heard, keys, close: () => server.close() };
};
