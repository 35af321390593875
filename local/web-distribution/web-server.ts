import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ServiceContext } from "../service.ts";
import { forBrowsers } from "./browser-addresses.ts";
import { serveFromBucket } from "./bucket-origin.ts";
import { type Behaviour, chooseBehaviour, type Distribution, type HeadersPolicy } from "./distribution.ts";
import { type EdgeFunction, type EdgeOutcome, type EdgeRequest, multiOf, queryText } from "./edge-functions.ts";
import { applyOnWrite } from "./headers-on-response.ts";

/** What the template made. */
export interface Edge {
  distributions: Distribution[];
  functions: Map<string, EdgeFunction>;
  policies: Map<string, HeadersPolicy>;
}

/** The one address that browsers use: what CloudFront would be in front of bucket and APIs. */
export class WebServer {
  readonly #context: ServiceContext;
  readonly #edge: Edge;
  readonly #server: Server;

  constructor(context: ServiceContext, edge: Edge) {
    this.#context = context;
    this.#edge = edge;
    this.#server = createServer({ requestTimeout: 0 }, (request, response) => void this.#answer(request, response));
    this.#server.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    setTimeout(() => this.#server.closeAllConnections(), 1_000).unref();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (!this.#isOwnHost(request)) {
        response.writeHead(421, { "content-length": 0 }).end();
        return;
      }
      const distribution = this.#edge.distributions[0];
      if (distribution) await this.#serve(distribution, request, response);
      else await this.#withoutDistribution(request, response);
    } catch (error) {
      if (response.destroyed) return;
      this.#context.log.error("The web address failed", { error: String((error as Error).stack ?? error) });
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { "content-type": "text/plain", "content-length": 0 }).end();
    }
  }

  /** Other names that point at loopback are refused (DNS rebinding). */
  #isOwnHost(request: IncomingMessage): boolean {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    return host === "127.0.0.1" || host === "localhost" || host.endsWith(".localhost");
  }

  async #withoutDistribution(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const apis = this.#context.port("httpApis");
    const apiId = apis.soleApiId();
    if (apiId !== null) await apis.handle(apiId, request, response);
    else response.writeHead(404, { "content-length": 0 }).end();
  }

  async #serve(distribution: Distribution, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.host?.startsWith("localhost") && request.method === "GET") {
      response.writeHead(307, { location: `${this.#context.webUrl}${request.url}`, "content-length": 0 }).end();
      return;
    }
    const { path, query } = splitUrl(request.url ?? "/");
    const behaviour = chooseBehaviour(distribution, path);
    const policy = behaviour.headersPolicyId === null ? undefined : this.#edge.policies.get(behaviour.headersPolicyId);
    applyOnWrite(response, policy, (value) => forBrowsers(value, this.#context));
    if (!behaviour.methods.includes(request.method ?? "GET")) {
      response.writeHead(403, { "content-type": "text/plain", "content-length": 0 }).end();
      return;
    }
    const outcome = await this.#viewerRequest(distribution, behaviour, request, path, query);
    if (outcome.kind === "response") {
      sendEdgeResponse(outcome.response, response);
      return;
    }
    const origin = distribution.origins.get(behaviour.originId)!;
    if (origin.kind === "bucket") {
      await serveFromBucket(this.#context, distribution, origin, outcome.request.uri, request, response);
      return;
    }
    request.url = `${origin.path}${outcome.request.uri}${behaviour.forwardsAll ? queryText(outcome.request.querystring) : ""}`;
    if (!behaviour.forwardsAll) for (const name of ["authorization", "cookie"]) dropHeader(request, name);
    await this.#context.port("httpApis").handle(origin.apiId, request, response);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      const target = this.#isOwnHost(request) ? await this.#socketTarget(request) : null;
      if (target) await this.#context.port("socketApis").upgrade(target.apiId, target.stage, request, socket, head);
      else socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    } catch (error) {
      this.#context.log.error("A WebSocket handshake failed", { error: String((error as Error).stack ?? error) });
      socket.destroy();
    }
  }

  /** By the distribution's behaviour for the path, or `/<stage>` as at the WebSocket API's own address. */
  async #socketTarget(request: IncomingMessage): Promise<{ apiId: string; stage: string } | null> {
    const { path, query } = splitUrl(request.url ?? "/");
    const direct = /^\/([\w-]+)\/?$/.exec(path)?.[1];
    const apiId = direct === undefined ? null : this.#context.port("socketApis").apiIdOfStage(direct);
    if (apiId !== null) return { apiId, stage: direct! };
    const distribution = this.#edge.distributions[0];
    if (!distribution) return null;
    const behaviour = chooseBehaviour(distribution, path);
    const origin = distribution.origins.get(behaviour.originId)!;
    const outcome = await this.#viewerRequest(distribution, behaviour, request, path, query);
    if (origin.kind !== "api" || outcome.kind !== "request") return null;
    return { apiId: origin.apiId, stage: `${origin.path}${outcome.request.uri}`.split("/")[1] ?? "" };
  }

  async #viewerRequest(
    distribution: Distribution,
    behaviour: Behaviour,
    request: IncomingMessage,
    path: string,
    query: string,
  ): Promise<EdgeOutcome> {
    const edge = edgeRequest(request, path, query);
    const found = behaviour.viewerRequest === null ? undefined : this.#edge.functions.get(behaviour.viewerRequest);
    if (!found) return { kind: "request", request: edge };
    const context = {
      distributionDomainName: distribution.domainName,
      distributionId: distribution.id,
      eventType: "viewer-request" as const,
      requestId: randomUUID(),
    };
    return found.run({ version: "1.0", context, viewer: { ip: "127.0.0.1" }, request: edge });
  }
}

function splitUrl(url: string): { path: string; query: string } {
  const at = url.indexOf("?");
  return at < 0 ? { path: url, query: "" } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

function edgeRequest(request: IncomingMessage, path: string, query: string): EdgeRequest {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined || name === "cookie" ? [] : [[name, String(value)] as const],
  );
  const cookies = (request.headers.cookie ?? "")
    .split(/;\s*/)
    .filter(Boolean)
    .map((one) => [one.split("=")[0]!, one.slice(one.indexOf("=") + 1)] as const);
  return {
    method: request.method ?? "GET",
    uri: path,
    querystring: multiOf(new URLSearchParams(query)),
    headers: multiOf(headers),
    cookies: multiOf(cookies),
  };
}

function dropHeader(request: IncomingMessage, name: string): void {
  delete request.headers[name];
  delete request.headersDistinct[name];
}

function sendEdgeResponse(edge: Extract<EdgeOutcome, { kind: "response" }>["response"], response: ServerResponse): void {
  const body =
    typeof edge.body === "string"
      ? Buffer.from(edge.body)
      : Buffer.from(edge.body?.data ?? "", edge.body?.encoding === "base64" ? "base64" : "utf8");
  for (const [name, { value, multiValue }] of Object.entries(edge.headers))
    response.setHeader(name, multiValue?.map((one) => one.value) ?? value);
  response.writeHead(edge.statusCode, { "content-length": body.length }).end(body);
}
