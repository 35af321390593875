/** The HTTP routes of the service (RFC 8620 §2.2, §3, §6, §7.3) onto JMAP. Each is known by API Gateway's route key. */
import { randomBytes } from "node:crypto";
import type { AccountId } from "../../core/ids.ts";
import type { ProblemDocument, ReadingAhead } from "../../core/jmap/api.ts";
import { limits } from "../../core/limits.ts";
import type { Principal } from "../../core/ports/directory-store.ts";
import { type Caller, callerOf } from "./claims.ts";
import { downloadAnswer } from "./download.ts";
import { eventSourceAnswer } from "./event-source.ts";
import { bodyOf, emptyAnswer, type HttpAnswer, type HttpEvent, jsonAnswer, problemAnswer } from "./http.ts";
import { admissions, connections, directory, environment, jmap, knowServerKey, log, mailBlobs, search } from "./jmap-service.ts";
import { type Admitted, admit } from "./request-limits.ts";

type Route = (event: HttpEvent, principal: Principal, caller: Caller, ahead: ReadingAhead) => Promise<HttpAnswer>;

const routes: Readonly<Record<string, Route>> = {
  "GET /jmap/session": async (event, principal) => jsonAnswer(event, 200, jmap.session(principal)),
  "POST /jmap/api": async (event, principal, _caller, ahead) => {
    const answer = await jmap.api(principal, bodyOf(event), event.headers["content-type"] ?? null, ahead);
    return answer.outcome === "answered" ? jsonAnswer(event, 200, answer.json) : problemAnswer(event, answer.problem);
  },
  "POST /jmap/upload/{accountId}": async (event, principal) => {
    const answer = await jmap.upload(principal, parameter(event, "accountId"), bodyOf(event), event.headers["content-type"] ?? null);
    // RFC 8620 §6.1 names no status for success; there are clients that take 200 alone (aerc).
    return answer.outcome === "stored" ? jsonAnswer(event, 200, answer.json) : problemAnswer(event, answer.problem);
  },
  "GET /jmap/download/{accountId}/{blobId}": async (event, principal) => {
    const blob = { accountId: parameter(event, "accountId"), blobId: parameter(event, "blobId") };
    return downloadAnswer(event, mailBlobs, await jmap.download(principal, blob.accountId, blob.blobId), {
      ...blob,
      name: event.queryStringParameters?.name ?? "",
    });
  },
  "GET /jmap/eventsource": async (event, principal, caller) => eventSourceAnswer(event, log, principal, caller.tokenExpiresAt),
  "POST /jmap/ticket": async (event, _principal, caller) => {
    const ticket = randomBytes(32).toString("base64url");
    const expiresAt = Date.now() + limits.edge.ticketSeconds * 1000;
    await connections.putTicket(ticket, caller.subject, expiresAt, caller.tokenExpiresAt);
    return jsonAnswer(event, 200, { ticket, expiresIn: limits.edge.ticketSeconds });
  },
};

/**
 * The account that a request begins with, and its search index for a search, are read while it is looked up who asks: whether they may see
 * it is decided in the request.
 */
const aheadOf = (event: HttpEvent): ReadingAhead => {
  const begins = event.routeKey === "POST /jmap/api" ? (event.body ?? "").slice(0, GUESSED_FROM) : "";
  const accountId = /"accountId"\s*:\s*"(A[a-z2-7]{20})"/.exec(begins)?.[1] as AccountId | undefined;
  if (!accountId) return {};
  const isSearch = begins.includes('"Email/query"') && /"(?:text|from|to|cc|bcc|subject|body)"\s*:\s*"/.test(begins);
  return { log: log.ahead(accountId), ...(isSearch && { search: search.ahead(accountId) }) };
};
const GUESSED_FROM = 2_048;

const counted: Readonly<Record<string, Admitted>> = {
  "POST /jmap/api": "request",
  "POST /jmap/upload/{accountId}": "upload",
  "GET /jmap/eventsource": "eventSource",
};

const parameter = (event: HttpEvent, name: string): string => event.pathParameters?.[name] ?? "";

const refusals = {
  unauthorised: { type: "about:blank", status: 401, title: "Unauthorized" },
  unknownPerson: { type: "about:blank", status: 403, title: "Forbidden", detail: "Nobody in the directory signs in with this token." },
  notFound: { type: "about:blank", status: 404, title: "Not Found" },
} as const satisfies Record<string, ProblemDocument>;

export const routeJmap = async (event: HttpEvent): Promise<HttpAnswer> => {
  if (event.routeKey === "GET /.well-known/jmap") return emptyAnswer(307, { location: `${environment.PUBLIC_URL}/jmap/session` });
  const route = routes[event.routeKey];
  if (!route) return problemAnswer(event, refusals.notFound);
  const caller = callerOf(event.requestContext.authorizer?.jwt?.claims, {
    issuer: environment.USER_POOL_ISSUER,
    clientIds: environment.USER_POOL_CLIENT_IDS,
    now: Date.now(),
  });
  if (!caller) return problemAnswer(event, refusals.unauthorised);
  const kind = counted[event.routeKey];
  const ahead = aheadOf(event);
  const [principal, admission] = await Promise.all([
    directory.principalOf(caller.subject),
    kind ? admit(admissions, { who: caller.subject, client: caller.signIn }, kind) : null,
    knowServerKey(),
  ]);
  if (admission?.outcome === "refused") {
    const refusal = problemAnswer(event, admission.problem);
    return { ...refusal, headers: { ...refusal.headers, "retry-after": String(admission.retryAfterSeconds) } };
  }
  try {
    return principal ? await route(event, principal, caller, ahead) : problemAnswer(event, refusals.unknownPerson);
  } finally {
    await admission?.leave();
  }
};
