/**
 * Signed requests to one AWS service over kept-alive connections: a third of the SDK's CPU a call (docs/adr/0006-signed-http.md).
 * Tries again, with full jitter, what the network, throttling or a server fault spoiled; then throws TransientError. Every other refusal
 * is given back as an answer for the caller to read.
 */
import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { TransientError } from "../../core/errors.ts";
import type { Meter } from "../meter.ts";
import { type Credentials, type Scope, signHeaders } from "./sign.ts";

export interface SignedRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface ClientOptions extends Scope {
  /** Origin, e.g. https://dynamodb.eu-west-2.amazonaws.com */
  readonly endpoint: string;
  readonly credentials: Credentials;
  readonly attempts?: number;
  readonly timeoutMilliseconds: number;
  /** True for an answer that another try may better, besides 5xx and 429. */
  readonly isThrottled?: (answer: Answer) => boolean;
  readonly meter?: Meter;
}

export type SignedClient = (request: SignedRequest) => Promise<Answer>;

const connectionsAtMost = 64;
const firstPauseMilliseconds = 25;
const longestPauseMilliseconds = 2_000;
const wholeAboveOctets = 64 * 1024;
const mostOctets = 1024 * 1024 * 1024;

export const createSignedClient = (options: ClientOptions): SignedClient => {
  const origin = new URL(options.endpoint);
  const secure = origin.protocol === "https:";
  const agentOptions = { keepAlive: true, maxSockets: connectionsAtMost, scheduling: "lifo" as const };
  const agent = secure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  const attempts = options.attempts ?? 4;
  const once = (request: SignedRequest): Promise<Answer> => {
    const headers = signHeaders({ ...request, host: origin.host }, options, options.credentials, Date.now());
    const length = typeof request.body === "string" ? Buffer.byteLength(request.body) : request.body.length;
    headers["content-length"] = String(length);
    const query = queryText(request.query);
    return exchange(
      {
        agent,
        protocol: origin.protocol,
        hostname: origin.hostname,
        port: origin.port || undefined,
        method: request.method,
        path: query ? `${request.path}?${query}` : request.path,
        headers,
        timeout: options.timeoutMilliseconds,
      },
      secure,
      request.body,
    );
  };
  const untilAnswered = async (request: SignedRequest): Promise<Answer> => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await once(request).catch((error: Error) => error);
      const isError = outcome instanceof Error;
      if (!isError && outcome.status < 500 && outcome.status !== 429 && !options.isThrottled?.(outcome)) return outcome;
      if (attempt === attempts) {
        throw new TransientError(`${options.service} did not answer well ${attempts} times`, isError ? { cause: outcome } : undefined);
      }
      const longest = Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** attempt);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
    }
  };
  return async (request) => {
    const ended = options.meter?.begin(options.service);
    try {
      return await untilAnswered(request);
    } finally {
      ended?.();
    }
  };
};

const queryText = (query: SignedRequest["query"]): string =>
  query
    ? Object.entries(query)
        .map(([name, value]) => (value === "" ? encodeURIComponent(name) : `${encodeURIComponent(name)}=${encodeURIComponent(value)}`))
        .join("&")
    : "";

/** One exchange; an error for a broken or silent connection, or a body that is cut short. */
const exchange = (options: RequestOptions, secure: boolean, body: Uint8Array | string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = (secure ? httpsRequest : httpRequest)(options, (incoming) => {
      const body = new BodyIntake(Number(incoming.headers["content-length"] ?? 0));
      incoming.on("data", (chunk: Buffer) => body.take(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        if (!incoming.complete) return reject(new Error("the answer was cut short"));
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: body.octets() });
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
    outgoing.on("error", reject);
    outgoing.end(body);
  });

/** Copies a body of known length into its place as it comes, so that a large one is never in memory twice. */
class BodyIntake {
  private readonly whole: Buffer | null;
  private readonly chunks: Buffer[] = [];
  private at = 0;

  constructor(announcedOctets: number) {
    this.whole = announcedOctets > wholeAboveOctets && announcedOctets <= mostOctets ? Buffer.allocUnsafeSlow(announcedOctets) : null;
  }

  take(chunk: Buffer): void {
    if (this.whole) this.at += chunk.copy(this.whole, this.at);
    else this.chunks.push(chunk);
  }

  octets(): Buffer {
    if (this.whole) return this.whole.subarray(0, this.at);
    return this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
  }
}
