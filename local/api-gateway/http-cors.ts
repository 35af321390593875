import type { ApiCors } from "./api.ts";
import type { HttpAnswer } from "./http-answer.ts";
import type { HttpRequest } from "./http-event.ts";

/** HTTP API CORS (developer guide, "Configure CORS for HTTP APIs"): preflights are answered by API Gateway, and a function's own CORS headers are ignored. */
const allows = (list: string[], value: string): boolean =>
  list.some((one) => one === "*" || one === value || (one.endsWith("://*") && value.startsWith(one.slice(0, -1))));

export function isPreflight(request: HttpRequest): boolean {
  return (
    request.method === "OPTIONS" && request.headers.origin !== undefined && request.headers["access-control-request-method"] !== undefined
  );
}

export function answerPreflight(cors: ApiCors, request: HttpRequest): HttpAnswer {
  const answer: HttpAnswer = { status: 204, headers: {}, cookies: [], body: Buffer.alloc(0) };
  const asked = (request.headers["access-control-request-headers"] ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);
  const fits =
    allows(cors.origins, request.headers.origin!) &&
    allows(cors.methods, request.headers["access-control-request-method"]!) &&
    asked.every((name) => allows(cors.headers, name));
  if (!fits) return answer;
  return {
    ...answer,
    headers: {
      ...originHeaders(cors, request.headers.origin!),
      "access-control-allow-methods": cors.methods.join(","),
      ...(cors.headers.length > 0 ? { "access-control-allow-headers": cors.headers.join(",") } : {}),
      ...(cors.maxAgeSeconds === null ? {} : { "access-control-max-age": String(cors.maxAgeSeconds) }),
    },
  };
}

export function withCors(cors: ApiCors, request: HttpRequest, answer: HttpAnswer): HttpAnswer {
  const kept = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !name.startsWith("access-control-")));
  const origin = request.headers.origin;
  if (origin === undefined || !allows(cors.origins, origin)) return { ...answer, headers: kept };
  const exposed: Record<string, string> = cors.exposed.length > 0 ? { "access-control-expose-headers": cors.exposed.join(",") } : {};
  return { ...answer, headers: { ...kept, ...originHeaders(cors, origin), ...exposed } };
}

function originHeaders(cors: ApiCors, origin: string): Record<string, string> {
  const any = cors.origins.includes("*") && !cors.credentials;
  return {
    "access-control-allow-origin": any ? "*" : origin,
    ...(any ? {} : { vary: "origin" }),
    ...(cors.credentials ? { "access-control-allow-credentials": "true" } : {}),
  };
}
