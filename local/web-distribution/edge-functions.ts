import { createContext, Script } from "node:vm";
import { z } from "zod";

/**
 * CloudFront functions (runtime cloudfront-js-2.0) in a context without any Node API. They come from the project's own template:
 * node:vm keeps them honest about what they use, it is no wall against hostile code.
 */
const COMPILE_AND_RUN_MS = 1_000;

const multi = z.object({ value: z.string().default(""), multiValue: z.array(z.object({ value: z.string() })).optional() });
const requestSchema = z.object({
  method: z.string(),
  uri: z.string().startsWith("/"),
  querystring: z.record(z.string(), multi).default({}),
  headers: z.record(z.string(), multi).default({}),
  cookies: z.record(z.string(), multi).default({}),
});
const responseSchema = z.object({
  statusCode: z.number().int().min(100).max(599),
  statusDescription: z.string().optional(),
  headers: z.record(z.string(), multi).default({}),
  body: z.union([z.string(), z.object({ data: z.string(), encoding: z.enum(["text", "base64"]).default("text") })]).optional(),
});

export type EdgeRequest = z.output<typeof requestSchema>;
export type EdgeResponse = z.output<typeof responseSchema>;
export type EdgeOutcome = { kind: "request"; request: EdgeRequest } | { kind: "response"; response: EdgeResponse };

export interface EdgeEvent {
  version: "1.0";
  context: { distributionDomainName: string; distributionId: string; eventType: "viewer-request" | "viewer-response"; requestId: string };
  viewer: { ip: string };
  request: EdgeRequest;
  response?: EdgeResponse;
}

export class EdgeFunction {
  readonly #script: Script;

  constructor(code: string) {
    this.#script = new Script(`${code}\n;handler(JSON.parse(event));`);
  }

  async run(event: EdgeEvent): Promise<EdgeOutcome> {
    const context = createContext({ event: JSON.stringify(event) }, { codeGeneration: { strings: false, wasm: false } });
    const answer: unknown = await this.#script.runInContext(context, { timeout: COMPILE_AND_RUN_MS });
    const plain: unknown = JSON.parse(JSON.stringify(answer));
    const response = responseSchema.safeParse(plain);
    if (response.success) return { kind: "response", response: response.data };
    return { kind: "request", request: requestSchema.parse(plain) };
  }
}

/** `name → {value, multiValue}` as functions see headers, cookies and the query. */
export function multiOf(pairs: Iterable<readonly [string, string]>): EdgeRequest["headers"] {
  const all: EdgeRequest["headers"] = {};
  for (const [name, value] of pairs) {
    const known = all[name];
    if (!known) all[name] = { value };
    else known.multiValue = [...(known.multiValue ?? [{ value: known.value }]), { value }];
  }
  return all;
}

export function queryText(query: EdgeRequest["querystring"]): string {
  const search = new URLSearchParams();
  for (const [name, { value, multiValue }] of Object.entries(query))
    for (const one of multiValue ?? [{ value }]) search.append(name, one.value);
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}
