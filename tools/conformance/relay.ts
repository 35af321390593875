/**
 * A loopback stand-in for smee.io, the relay through which the suite receives pushes: `/new` gives a channel, a GET of the channel is an
 * event stream, and what is POSTed to the channel comes out of it.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Certificate } from "../../local/ses/inbound/certificate.ts";

export interface Relay {
  /** https://localhost:port */
  readonly origin: string;
  close(): Promise<void>;
}

const BODY_OCTETS = 64 * 1024;

export const startRelay = async (certificate: Certificate): Promise<Relay> => {
  const listeners = new Map<string, Set<ServerResponse>>();
  const server = createServer(certificate, (request, response) => {
    const channel = (request.url ?? "/").slice(1);
    if (channel === "new") response.writeHead(307, { location: `${origin()}/${randomBytes(12).toString("base64url")}` }).end();
    else if (request.method === "POST") void forward(request, response, listeners.get(channel) ?? new Set());
    else listen(response, channel, listeners);
  });
  const origin = (): string => `https://localhost:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((ready, failed) => server.once("error", failed).listen(0, "127.0.0.1", ready));
  return {
    origin: origin(),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};

const listen = (response: ServerResponse, channel: string, listeners: Map<string, Set<ServerResponse>>): void => {
  const set = listeners.get(channel) ?? new Set();
  listeners.set(channel, set.add(response));
  response.on("close", () => set.delete(response));
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write("event: ready\ndata: {}\n\n");
};

const forward = async (request: IncomingMessage, response: ServerResponse, to: ReadonlySet<ServerResponse>): Promise<void> => {
  const pieces: Buffer[] = [];
  let octets = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    octets += piece.length;
    if (octets > BODY_OCTETS) return void response.writeHead(413).end();
    pieces.push(piece);
  }
  try {
    const data = JSON.stringify({ body: JSON.parse(Buffer.concat(pieces).toString()) });
    for (const listener of to) listener.write(`data: ${data}\n\n`);
    response.writeHead(201).end();
  } catch {
    response.writeHead(400).end();
  }
};
