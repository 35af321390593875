import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { InvokeOutcome } from "../ports.ts";
import type { ServiceContext } from "../service.ts";
import { type Api, type Authorizer, apiArn, type Stage } from "./api.ts";
import { answerOfFunction, type HttpAnswer, message, writeAnswer } from "./http-answer.ts";
import { answerPreflight, isPreflight, withCors } from "./http-cors.ts";
import { type HttpRequest, httpEvent, queryOf, readHttpRequest } from "./http-event.ts";
import { authorizeJwt } from "./jwt-authorizer.ts";
import { readAuthorizer } from "./request-authorizer.ts";
import { type MatchedRoute, matchHttpRoute } from "./route-matching.ts";
import { Throttle } from "./throttle.ts";

/** API Gateway quota: payload of an HTTP API. */
const MAXIMUM_BODY_OCTETS = 10 * 1024 * 1024;

interface Routed extends MatchedRoute {
  api: Api;
  stage: Stage;
  accountId: string;
}

/** HTTP APIs: route → authorise → invoke → answer, with API Gateway's own refusals. */
export class HttpApiServer {
  readonly #context: ServiceContext;
  readonly #throttles = new Map<string, Throttle>();
  readonly #kept = new Map<string, { untilMs: number; context: Record<string, unknown> }>();

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  async handle(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const body = await readBody(request);
    const read = readHttpRequest(request, api, body ?? Buffer.alloc(0), requestId, this.#context.clock.now());
    const answer = body === null ? message(413, "Request Entity Too Large") : await this.#answer(api, read);
    const marked = api.cors && !isPreflight(read) ? withCors(api.cors, read, answer) : answer;
    writeAnswer(response, marked, requestId, read.method);
  }

  async #answer(api: Api, request: HttpRequest): Promise<HttpAnswer> {
    if (api.cors && isPreflight(request)) return answerPreflight(api.cors, request);
    const routed = this.#route(api, request);
    if (!routed) return message(404, "Not Found");
    const throttle = this.#throttles.get(api.id) ?? new Throttle();
    this.#throttles.set(api.id, throttle);
    if (!throttle.admits(routed.stage.throttle, request.timeMs)) return message(429, "Too Many Requests");
    const admitted = await this.#authorize(routed, request);
    if (!admitted.admitted) return admitted.answer;
    return this.#invoke(routed, request, admitted.authorizer);
  }

  #route(api: Api, request: HttpRequest): Routed | null {
    const [, first = "", ...rest] = request.path.split("/");
    const named = first === "$default" ? undefined : api.stages.get(first);
    const stage = named ?? api.stages.get("$default");
    const matched = stage ? matchHttpRoute(api.routes, request.method, named ? `/${rest.join("/")}` : request.path) : null;
    return matched && stage ? { ...matched, api, stage, accountId: this.#context.accountId } : null;
  }

  async #authorize(
    routed: Routed,
    request: HttpRequest,
  ): Promise<{ admitted: true; authorizer: object | null } | { admitted: false; answer: HttpAnswer }> {
    const { api, route } = routed;
    const authorizer = route.authorizerId === null ? undefined : api.authorizers.get(route.authorizerId);
    if (!authorizer) return { admitted: true, authorizer: null };
    if (authorizer.kind === "request") return this.#askFunction(authorizer, routed, request);
    const keys = await this.#context.port("tokenKeys").jwks(authorizer.issuer);
    const token = sourceValue(authorizer.identitySource, request);
    return authorizeJwt(authorizer, token, route.scopes, keys?.keys ?? [], request.timeMs);
  }

  async #askFunction(authorizer: Extract<Authorizer, { kind: "request" }>, routed: Routed, request: HttpRequest) {
    const values = authorizer.identitySources.map((source) => sourceValue(source, request));
    if (values.some((value) => value === undefined || value === ""))
      return { admitted: false, answer: message(401, "Unauthorized") } as const;
    const cacheKey = JSON.stringify([authorizer.id, routed.route.key, values]);
    const kept = this.#kept.get(cacheKey);
    if (kept && kept.untilMs > request.timeMs) return { admitted: true, authorizer: { lambda: kept.context } } as const;
    const routeArn = apiArn(this.#context, routed.api.id, `${routed.stage.name}/${request.method}${routed.route.key.replace(/^\S+ /, "")}`);
    const { body: _body, isBase64Encoded: _encoded, ...event } = httpEvent(request, routed, null) as Record<string, unknown>;
    const asked = { ...event, type: "REQUEST", routeArn, identitySource: values };
    const caller = { service: "apigateway.amazonaws.com", sourceArn: apiArn(this.#context, routed.api.id, `authorizers/${authorizer.id}`) };
    const outcome = await this.#context.port("functions").invoke(authorizer.functionArn, JSON.stringify(asked), caller);
    const read = readAuthorizer(outcome, routeArn, authorizer.simpleResponses);
    if (read.verdict === "allow") {
      if (authorizer.ttlSeconds > 0)
        this.#kept.set(cacheKey, { untilMs: request.timeMs + authorizer.ttlSeconds * 1000, context: read.context });
      return { admitted: true, authorizer: { lambda: read.context } } as const;
    }
    const answers = {
      deny: message(403, "Forbidden"),
      unauthorized: message(401, "Unauthorized"),
      failed: message(500, "Internal Server Error"),
    };
    return { admitted: false, answer: answers[read.verdict] } as const;
  }

  async #invoke(routed: Routed, request: HttpRequest, authorizer: object | null): Promise<HttpAnswer> {
    const integration = routed.api.integrations.get(routed.route.integrationId)!;
    const event = JSON.stringify(httpEvent(request, routed, authorizer));
    const caller = { service: "apigateway.amazonaws.com", sourceArn: sourceArnOf(this.#context, routed, request.method) };
    const work = this.#context.port("functions").invoke(integration.functionArn, event, caller);
    const outcome = await withinTime(work, integration.timeoutMs);
    if (outcome === "late") return message(503, "Service Unavailable");
    if (outcome.outcome === "returned") return answerOfFunction(outcome.payload);
    if (outcome.outcome === "failed") return message(500, "Internal Server Error");
    switch (outcome.code) {
      case "RequestTooLargeException":
        return message(413, "Request Entity Too Large");
      case "TooManyRequestsException":
        return message(503, "Service Unavailable");
      default:
        this.#context.log.warn("API Gateway may not invoke the function of a route", { route: routed.route.key, code: outcome.code });
        return message(500, "Internal Server Error");
    }
  }
}

/** `<api>/<stage>/<METHOD>/<route path>`, or `<api>/<stage>/$default`. */
function sourceArnOf(context: ServiceContext, { api, stage, route }: Routed, method: string): string {
  const path = route.key === "$default" ? "$default" : `${method}${route.key.replace(/^\S+ /, "")}`;
  return apiArn(context, api.id, `${stage.name}/${path}`);
}

/** `$request.header.Name`, `$request.querystring.name`. */
function sourceValue(source: string, request: HttpRequest): string | undefined {
  const [, kind, name = ""] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  return kind === "header" ? request.headers[name.toLowerCase()] : kind === "querystring" ? queryOf(request.rawQuery)?.[name] : undefined;
}

export async function withinTime(work: Promise<InvokeOutcome>, timeoutMs: number): Promise<InvokeOutcome | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Null when larger than API Gateway takes; Node drops what is still to come. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers["content-length"] ?? 0) > MAXIMUM_BODY_OCTETS) return null;
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    octets += chunk.length;
    if (octets > MAXIMUM_BODY_OCTETS) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
