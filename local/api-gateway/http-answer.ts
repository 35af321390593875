import type { ServerResponse } from "node:http";
import { z } from "zod";

/** An answer before CORS headers are put on it. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
}

export const message = (status: number, text: string, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  cookies: [],
  body: Buffer.from(JSON.stringify({ message: text })),
});

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const proxySchema = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), scalar).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.union([z.string(), z.number(), z.boolean()]).transform(String).nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/**
 * Format 2.0: a function that answers with a statusCode shapes the response; any other valid JSON is a 200 with that JSON.
 * What cannot be read is 500, as API Gateway answers a malformed proxy response.
 */
export function answerOfFunction(payload: string): HttpAnswer {
  let result: unknown;
  try {
    result = JSON.parse(payload);
  } catch {
    return message(500, "Internal Server Error");
  }
  if (typeof result !== "object" || result === null || !("statusCode" in result)) {
    const body = Buffer.from(typeof result === "string" ? result : (payload ?? ""));
    return { status: 200, headers: { "content-type": "application/json" }, cookies: [], body };
  }
  const parsed = proxySchema.safeParse(result);
  if (!parsed.success) return message(500, "Internal Server Error");
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const lower = Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    status: statusCode,
    headers: { "content-type": "text/plain; charset=utf-8", ...lower },
    cookies: cookies ?? [],
    body: Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"),
  };
}

/** Headers that API Gateway sets itself or renames (developer guide, "Important notes"). */
const DROPPED = new Set(["connection", "content-length", "transfer-encoding", "upgrade", "trailer", "te"]);

export function writeAnswer(response: ServerResponse, answer: HttpAnswer, requestId: string, method: string): void {
  const bodyless = answer.status === 204 || answer.status === 304;
  for (const [name, value] of Object.entries(answer.headers)) if (!DROPPED.has(name)) response.setHeader(name, value);
  if (bodyless) response.removeHeader("content-type");
  if (answer.cookies.length > 0) response.setHeader("set-cookie", answer.cookies);
  response.setHeader("apigw-requestid", requestId);
  if (!bodyless) response.setHeader("content-length", answer.body.length);
  response.writeHead(answer.status);
  response.end(method === "HEAD" || bodyless ? undefined : answer.body);
}
