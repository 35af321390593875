/**
 * RFC 8620 §7.3 event source behind an API that cannot stream: the answer is held until something changes or the time is up, then ends;
 * an EventSource client connects again by itself with Last-Event-ID, so nothing is missed. WebSocket push is the better way here.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { presentStates } from "../../core/flows/state-change.ts";
import { limits } from "../../core/limits.ts";
import type { AccountLog } from "../../core/log/api.ts";
import type { Principal } from "../../core/ports/directory-store.ts";
import { type HttpAnswer, type HttpEvent, octetAnswer } from "./http.ts";

const lookEveryMilliseconds = 2_000;
type States = Record<string, Record<string, string>>;

export const eventSourceAnswer = async (event: HttpEvent, log: AccountLog, principal: Principal): Promise<HttpAnswer> => {
  const query = event.queryStringParameters ?? {};
  const types = !query.types || query.types === "*" ? null : query.types.split(",");
  const ping = Number(query.ping ?? 0);
  const waitSeconds = Math.min(limits.edge.eventSourceSeconds, ping > 0 ? Math.max(5, ping) : limits.edge.eventSourceSeconds);
  const until = Date.now() + waitSeconds * 1000;
  const before = readEventId(event.headers["last-event-id"]) ?? (await statesOf(log, principal));
  for (;;) {
    const present = await statesOf(log, principal);
    const changed = differences(before, present, types);
    if (Object.keys(changed).length > 0) return streamAnswer(present, "state", { "@type": "StateChange", changed });
    if (Date.now() + lookEveryMilliseconds > until) return streamAnswer(present, "ping", { interval: waitSeconds });
    await sleep(lookEveryMilliseconds);
  }
};

const statesOf = async (log: AccountLog, principal: Principal): Promise<States> => {
  const states: States = {};
  for (const { accountId } of principal.accounts) {
    const state = await log.load(accountId);
    if (state) states[accountId] = presentStates(state);
  }
  return states;
};

const differences = (before: States, present: States, types: readonly string[] | null): States => {
  const changed: States = {};
  for (const [accountId, states] of Object.entries(present)) {
    const moved = Object.entries(states).filter(
      ([type, state]) => (types === null || types.includes(type)) && before[accountId]?.[type] !== state,
    );
    if (moved.length > 0) changed[accountId] = Object.fromEntries(moved);
  }
  return changed;
};

const readEventId = (given: string | undefined): States | null => {
  if (!given || given.length > 8_192) return null;
  try {
    return JSON.parse(Buffer.from(given, "base64url").toString()) as States;
  } catch {
    return null;
  }
};

const streamAnswer = (present: States, name: string, data: object): HttpAnswer => {
  const id = Buffer.from(JSON.stringify(present)).toString("base64url");
  const text = `retry: 1000\nid: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  return octetAnswer(200, { "content-type": "text/event-stream" }, Buffer.from(text));
};
