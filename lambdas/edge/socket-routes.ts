/** JMAP over WebSocket (RFC 8887) behind API Gateway: what happens on $connect, $disconnect and each message. */
import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import { restrictedTo } from "../../core/flows/state-change.ts";
import type { Jmap, SocketAnswer } from "../../core/jmap/api.ts";
import { heardAccounts } from "../../core/jmap/session.ts";
import { limits } from "../../core/limits.ts";
import type { AccountLog } from "../../core/log/api.ts";
import type { DirectoryStore, Principal } from "../../core/ports/directory-store.ts";
import type { Connection, ConnectionStore, PushChannel } from "../../core/ports/push-channel.ts";
import { statesOf } from "./present-states.ts";
import type { Admission, Asking } from "./request-limits.ts";

export type SocketEvent = APIGatewayProxyWebsocketEventV2 & {
  readonly requestContext: { readonly authorizer?: { readonly subject?: string; readonly expiresAt?: string } };
  readonly headers?: Readonly<Record<string, string | undefined>>;
};

export interface SocketPorts {
  readonly connections: ConnectionStore;
  readonly directory: Pick<DirectoryStore, "principalOf">;
  readonly jmap: Pick<Jmap, "socket">;
  readonly log: Pick<AccountLog, "load">;
  readonly push: PushChannel;
  /** Takes a place among the connection's requests. */
  readonly admit: (asking: Asking) => Promise<Admission>;
  readonly now: () => number;
}

export const socketRoutes =
  (ports: SocketPorts) =>
  async (event: SocketEvent): Promise<APIGatewayProxyResultV2> => {
    const { routeKey, connectionId } = event.requestContext;
    if (routeKey === "$connect") return connect(ports, event);
    if (routeKey === "$disconnect") {
      await ports.connections.remove(connectionId);
      return { statusCode: 200 };
    }
    return message(ports, connectionId, event.body ?? "");
  };

const connect = async (ports: SocketPorts, event: SocketEvent): Promise<APIGatewayProxyResultV2> => {
  const { connectionId, authorizer } = event.requestContext;
  const principal = authorizer?.subject ? await ports.directory.principalOf(authorizer.subject) : null;
  if (!authorizer?.subject || !principal) return { statusCode: 401 };
  const protocols = headerOf(event, "sec-websocket-protocol")
    ?.split(",")
    .map((name) => name.trim());
  // RFC 8887 §4.2: the client offers `jmap`; without an offer there is nothing to confirm.
  if (protocols && !protocols.includes("jmap")) return { statusCode: 400 };
  await ports.connections.put({
    connectionId,
    ...heardAccounts(principal),
    subject: authorizer.subject,
    pushTypes: null,
    pushEnabled: false,
    expiresAt: Number(authorizer.expiresAt ?? 0),
  });
  return { statusCode: 200, ...(protocols && { headers: { "Sec-WebSocket-Protocol": "jmap" } }) };
};

const headerOf = (event: SocketEvent, name: string): string | undefined =>
  Object.entries(event.headers ?? {}).find(([given]) => given.toLowerCase() === name)?.[1];

const message = async (ports: SocketPorts, connectionId: string, text: string): Promise<APIGatewayProxyResultV2> => {
  const connection = await ports.connections.get(connectionId);
  const principal = connection && connection.expiresAt > ports.now() ? await ports.directory.principalOf(connection.subject) : null;
  // 401 closes nothing by itself; the client sees its token's end and connects again.
  if (!connection || !principal) {
    await ports.push.post(connectionId, JSON.stringify(expired));
    return { statusCode: 401 };
  }
  const admission = await ports.admit({ who: connection.subject, client: connectionId });
  if (admission.outcome === "refused") {
    await ports.push.post(connectionId, JSON.stringify({ "@type": "RequestError", requestId: requestIdOf(text), ...admission.problem }));
    return { statusCode: 200 };
  }
  const answer = await ports.jmap.socket(principal, text).finally(() => admission.leave());
  switch (answer.outcome) {
    case "reply":
      await ports.push.post(connectionId, replyText(answer));
      break;
    case "pushEnable":
      await enablePush(ports, connection, principal, answer);
      break;
    case "pushDisable":
      await ports.connections.put({ ...connection, pushEnabled: false });
      break;
  }
  return { statusCode: 200 };
};

/** The id that a client gave its request (RFC 8887 §4.3.2), to refuse it by name. */
const requestIdOf = (text: string): string | null => {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === "string" ? id : null;
  } catch {
    return null;
  }
};

const expired = { "@type": "RequestError", requestId: null, type: "about:blank", status: 401, detail: "The access token has expired." };

/** RFC 8887 §4.3.3. API Gateway carries at most 128 KB a message: a larger answer is to be asked for in smaller parts, or over HTTP. */
const replyText = (answer: SocketAnswer & { outcome: "reply" }): string => {
  const text = JSON.stringify(answer.json);
  if (Buffer.byteLength(text) <= limits.edge.socketMessageOctets) return text;
  const { requestId = null } = answer.json as { requestId?: string };
  return JSON.stringify({
    "@type": "RequestError",
    requestId,
    type: "urn:ietf:params:jmap:error:limit",
    status: 400,
    limit: "maxSizeResponse",
    detail: "The answer is larger than a WebSocket message may be here. Ask over HTTP or for less at once.",
  });
};

/** RFC 8887 §4.3.5.2. What changed since `pushState` cannot be told from it alone, so present states are sent: the client compares. */
const enablePush = async (
  ports: SocketPorts,
  connection: Connection,
  principal: Principal,
  { dataTypes, pushState }: SocketAnswer & { outcome: "pushEnable" },
): Promise<void> => {
  const listening = heardAccounts(principal);
  const enabled = { ...connection, ...listening, pushTypes: dataTypes, pushEnabled: true };
  await ports.connections.put(enabled);
  if (pushState === null) return;
  const changed = await statesOf(ports.log, principal);
  const wanted = restrictedTo({ "@type": "StateChange", changed }, dataTypes, new Set(listening.accountIds));
  if (wanted) await ports.push.post(connection.connectionId, JSON.stringify(wanted));
};
