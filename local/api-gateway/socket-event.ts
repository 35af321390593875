import type { IncomingMessage } from "node:http";
import type { Api, Stage } from "./api.ts";
import { clfTime } from "./http-event.ts";

/** What stays the same over the life of a WebSocket connection. */
export interface SocketFacts {
  connectionId: string;
  api: Api;
  stage: Stage;
  connectedAtMs: number;
  sourceIp: string;
  userAgent: string;
  /** `requestContext.authorizer`, or null. */
  authorizer: Record<string, unknown> | null;
}

type EventType = "CONNECT" | "MESSAGE" | "DISCONNECT";

/** Developer guide, "Set up a WebSocket API integration request": the proxy event's requestContext. */
export function requestContext(
  facts: SocketFacts,
  routeKey: string,
  eventType: EventType,
  requestId: string,
  nowMs: number,
  more: object = {},
): object {
  return {
    routeKey,
    ...(facts.authorizer ? { authorizer: facts.authorizer } : {}),
    eventType,
    extendedRequestId: requestId,
    requestTime: clfTime(nowMs),
    messageDirection: "IN",
    stage: facts.stage.name,
    connectedAt: facts.connectedAtMs,
    requestTimeEpoch: nowMs,
    identity: { ...(facts.userAgent === "" ? {} : { userAgent: facts.userAgent }), sourceIp: facts.sourceIp },
    requestId,
    domainName: facts.api.host,
    connectionId: facts.connectionId,
    apiId: facts.api.id,
    ...more,
  };
}

/** Headers and query of the handshake, single and multi-valued, as $connect and its authoriser see them. */
export function handshakeOf(request: IncomingMessage, host: string): Record<string, unknown> {
  const headers: Record<string, string> = {};
  const multiValueHeaders: Record<string, string[]> = {};
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index]!;
    if (/^(connection|upgrade)$/i.test(name)) continue;
    const value = /^host$/i.test(name) ? host : request.rawHeaders[index + 1]!;
    headers[name] = value;
    multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), value];
  }
  const query = new URLSearchParams((request.url ?? "").split("?")[1] ?? "");
  const names = [...new Set(query.keys())];
  return {
    headers,
    multiValueHeaders,
    ...(names.length > 0
      ? {
          queryStringParameters: Object.fromEntries(names.map((name) => [name, query.getAll(name).at(-1)])),
          multiValueQueryStringParameters: Object.fromEntries(names.map((name) => [name, query.getAll(name)])),
        }
      : {}),
  };
}

/** `$request.body.action`: the route that a message chooses, when the API has it. */
export function chooseRoute(api: Api, message: string): string {
  const path = /^\$\{?request\.body\.([\w.]+)\}?$/.exec(api.routeSelection)?.[1]?.split(".") ?? [];
  let value: unknown;
  try {
    value = path.reduce<unknown>(
      (at, name) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined),
      JSON.parse(message),
    );
  } catch {
    value = undefined;
  }
  return typeof value === "string" && api.routes.some((route) => route.key === value) ? value : "$default";
}
