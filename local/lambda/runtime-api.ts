import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One function process as the Runtime API sees it. */
export interface RuntimeClient {
  /** The process asks for work; answer `response` when there is some. */
  next(response: ServerResponse): void;
  responded(invocationId: string, payload: string, headers: IncomingMessage["headers"]): void;
  failed(invocationId: string, payload: string, headers: IncomingMessage["headers"]): void;
  initFailed(payload: string): void;
}

/**
 * Lambda's Runtime API for all function processes on one loopback port. Each process has a path of its own before `/2018-06-01`
 * (AWS_LAMBDA_RUNTIME_API is put before the path as it stands, so any runtime client works with it).
 */
export class RuntimeApi {
  readonly #clients = new Map<string, RuntimeClient>();
  readonly #server: Server;
  #port = 0;

  constructor() {
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => void this.#answer(request, response));
    this.#server.timeout = 0;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#server.once("error", reject).listen(0, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Value of AWS_LAMBDA_RUNTIME_API for the process with this token. */
  addressFor(token: string): string {
    return `127.0.0.1:${this.#port}/${token}`;
  }

  add(token: string, client: RuntimeClient): void {
    this.#clients.set(token, client);
  }

  remove(token: string): void {
    this.#clients.delete(token);
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, token = "", , , ...rest] = (request.url ?? "").split("/");
    const client = this.#clients.get(token);
    const path = rest.join("/");
    if (!client) return end(response, 403, "Unknown runtime");
    if (request.method === "GET" && path === "invocation/next") return client.next(response);
    const body = await textOf(request);
    const [, id, outcome] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (request.method !== "POST") return end(response, 405, "Method not allowed");
    if (path === "init/error") client.initFailed(body);
    else if (id && outcome === "response") client.responded(id, body, request.headers);
    else if (id && outcome === "error") client.failed(id, body, request.headers);
    else return end(response, 404, "Not found");
    end(response, 202, "");
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain" });
  response.end(text);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
