import type { IncomingMessage } from "node:http";
import type { Api, Route, Stage } from "./api.ts";
import { decodePath } from "./route-matching.ts";

/** One request on its way through an HTTP API. */
export interface HttpRequest {
  requestId: string;
  timeMs: number;
  method: string;
  /** Undecoded, stage included unless it is $default. */
  path: string;
  rawQuery: string;
  /** Lower case, values joined by commas, without cookies. */
  headers: Record<string, string>;
  cookies: string[];
  sourceIp: string;
  protocol: string;
  body: Buffer;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** Types whose bodies HTTP APIs hand on as text; everything else, and no type at all, comes as base64. */
const TEXT_TYPE = /^\s*(text\/|application\/(json|xml|javascript)\s*(;|$))/i;
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"]);

export function readHttpRequest(request: IncomingMessage, api: Api, body: Buffer, requestId: string, timeMs: number): HttpRequest {
  const url = request.url ?? "/";
  const at = url.indexOf("?");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headersDistinct)) {
    if (name !== "cookie" && !HOP_BY_HOP.has(name) && value) headers[name] = value.join(",");
  }
  const sourceIp = request.socket.remoteAddress?.replace(/^::ffff:/, "") ?? "127.0.0.1";
  headers.host = api.host;
  headers["content-length"] = String(body.length);
  headers["x-amzn-trace-id"] ??= `Root=1-${Math.floor(timeMs / 1000).toString(16)}-${requestId.replaceAll("-", "").slice(0, 24)}`;
  headers["x-forwarded-for"] = headers["x-forwarded-for"] === undefined ? sourceIp : `${headers["x-forwarded-for"]}, ${sourceIp}`;
  headers["x-forwarded-port"] = "443";
  headers["x-forwarded-proto"] = "https";
  return {
    requestId,
    timeMs,
    method: request.method ?? "GET",
    path: at < 0 ? url : url.slice(0, at),
    rawQuery: at < 0 ? "" : url.slice(at + 1),
    headers,
    cookies: (request.headersDistinct.cookie ?? []).flatMap((line) => line.split(/;\s*/)).filter((cookie) => cookie !== ""),
    sourceIp,
    protocol: `HTTP/${request.httpVersion}`,
    body,
  };
}

/** Payload format 2.0 (developer guide, "Create AWS Lambda proxy integrations for HTTP APIs"). */
export function httpEvent(
  request: HttpRequest,
  at: { api: Api; stage: Stage; route: Route; pathParameters: Record<string, string>; accountId: string },
  authorizer: object | null,
): object {
  const query = queryOf(request.rawQuery);
  const text = TEXT_TYPE.test(request.headers["content-type"] ?? "");
  const hasBody = request.body.length > 0;
  return {
    version: "2.0",
    routeKey: at.route.key,
    rawPath: decodePath(request.path),
    rawQueryString: request.rawQuery,
    ...(request.cookies.length > 0 ? { cookies: request.cookies } : {}),
    headers: request.headers,
    ...(query ? { queryStringParameters: query } : {}),
    requestContext: {
      accountId: at.accountId,
      apiId: at.api.id,
      ...(authorizer ? { authorizer } : {}),
      domainName: at.api.host,
      domainPrefix: at.api.id,
      http: {
        method: request.method,
        path: decodePath(request.path),
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: request.headers["user-agent"] ?? "",
      },
      requestId: request.requestId,
      routeKey: at.route.key,
      stage: at.stage.name,
      time: clfTime(request.timeMs),
      timeEpoch: request.timeMs,
    },
    ...(hasBody ? { body: request.body.toString(text ? "utf8" : "base64") } : {}),
    ...(Object.keys(at.pathParameters).length > 0 ? { pathParameters: at.pathParameters } : {}),
    isBase64Encoded: hasBody && !text,
    ...(Object.keys(at.stage.variables).length > 0 ? { stageVariables: at.stage.variables } : {}),
  };
}

/** Repeated names are joined by commas. */
export function queryOf(rawQuery: string): Record<string, string> | null {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQuery)) query[name] = query[name] === undefined ? value : `${query[name]},${value}`;
  return Object.keys(query).length > 0 ? query : null;
}

/** `12/Mar/2020:19:03:58 +0000`. */
export function clfTime(ms: number): string {
  const time = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${two(time.getUTCDate())}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}`;
  return `${date}:${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())} +0000`;
}
