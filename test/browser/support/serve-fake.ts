/** The built webmail with the deployment's own security headers, in front of the fake service. `node serve-fake.ts` leaves it running. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { contentSecurityPolicy } from "../../../lib/security-headers.ts";
import { accountId, FakeJmap } from "./fake-jmap.ts";
import { type SampleEmail, sampleMail } from "./sample-mail.ts";

const dist = fileURLToPath(new URL("../../../web/dist", import.meta.url));
const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

export interface FakeService {
  readonly origin: string;
  readonly jmap: FakeJmap;
  /** What sessionStorage holds for a signed-in person. */
  readonly session: string;
  stop(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function answerJmap(
  jmap: FakeJmap,
  request: IncomingMessage,
  path: string,
): Promise<{ status: number; type: string; body: Buffer | string }> {
  const json = (value: unknown, status = 200) => ({ status, type: "application/json", body: JSON.stringify(value) });
  if (request.headers.authorization !== "Bearer fake") return json({ status: 401 }, 401);
  if (path === "/jmap/session") return json(jmap.session());
  if (path === "/jmap/ticket") return json({ ticket: "t" });
  if (path === "/jmap/api") return json(jmap.api(JSON.parse((await bodyOf(request)).toString())));
  if (path.startsWith("/jmap/upload/")) {
    const content = await bodyOf(request);
    return json({
      accountId,
      blobId: jmap.store(String(request.headers["content-type"]), content),
      type: request.headers["content-type"],
      size: content.length,
    });
  }
  const blob = jmap.blobs.get(path.split("/")[4] ?? "");
  return blob ? { status: 200, type: "application/octet-stream", body: blob.content } : json({ status: 404 }, 404);
}

async function answerFile(path: string, config: unknown): Promise<{ status: number; type: string; body: Buffer | string }> {
  if (path === "/config.json") return { status: 200, type: "application/json", body: JSON.stringify(config) };
  const file = normalize(path).replace(/^\/+/, "") || "index.html";
  try {
    return { status: 200, type: types[extname(file)] ?? "application/octet-stream", body: await readFile(join(dist, file)) };
  } catch {
    return { status: 404, type: "text/plain", body: "not found" };
  }
}

export async function serveFake(emails: SampleEmail[] = sampleMail(), port = 0): Promise<FakeService> {
  let jmap: FakeJmap | undefined;
  let origin = "";
  const server: Server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    const config = {
      region: "eu-west-2",
      userPoolId: "eu-west-2_Fake12345",
      userPoolClientId: "fake",
      cognitoEndpoint: `${origin}/cognito`,
      apiUrl: origin,
      socketUrl: `${origin.replace("http", "ws")}/jmap/ws`,
    };
    const answer = path.startsWith("/jmap/") && jmap ? await answerJmap(jmap, request, path) : await answerFile(path, config);
    response.writeHead(answer.status, {
      "content-type": answer.type,
      "content-security-policy": contentSecurityPolicy([origin.replace("http", "ws")]),
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    response.end(answer.body);
  });
  const sockets = new WebSocketServer({ server, path: "/jmap/ws", handleProtocols: () => "jmap" });
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  jmap = new FakeJmap(emails, origin);
  jmap.onChange = () => {
    for (const socket of sockets.clients)
      socket.send(JSON.stringify({ "@type": "StateChange", changed: { [accountId]: { Email: crypto.randomUUID(), Mailbox: "x" } } }));
  };
  return {
    origin,
    jmap,
    session: JSON.stringify({ accessToken: "fake", refreshToken: "fake", expiresAt: Date.now() + 3_600_000 }),
    stop: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fake = await serveFake(sampleMail(), Number(process.argv[2] ?? 0));
  console.log(`${fake.origin}\nsessionStorage["penfold.session"] = ${fake.session}`);
}
