/**
 * RFC 8620 §7.3 event source behind an API that cannot stream: the answer is held until something changes or the time is up, then ends;
 * an EventSource client connects again by itself with Last-Event-ID, which encodes all it has seen, so nothing is missed. Each answer is
 * thus a `closeafter=state` one, whatever was asked; and since no answer lasts longer than `limits.edge.eventSourceSeconds`, only a ping
 * shorter than that is ever due. WebSocket push (RFC 8887) is the better way here.
 *
 * A client that connects again without an id (not every program is an EventSource in full: aerc is not) would never hear of what changed
 * between two answers. So an answer without news, to one who named no id, ends with the present states, which the client compares with
 * its own (RFC 8620 §7.1): it is late by one answer, not ignorant.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { limits } from "../../core/limits.ts";
import type { AccountLog } from "../../core/log/api.ts";
import type { Principal } from "../../core/ports/directory-store.ts";
import { type HttpAnswer, type HttpEvent, octetAnswer, problemAnswer } from "./http.ts";
import { type States, statesOf } from "./present-states.ts";

const { eventSourceSeconds, eventSourcePingSeconds } = limits.edge;
const lookEveryMilliseconds = 2_000;
/** An HTTP API takes 10 KB of headers; a longer id is not given, and a client without one compares states when it connects. */
const lastEventIdOctets = 7_500;
const querySchema = z.object({
  types: z
    .string()
    .min(1)
    .max(1_000)
    .default("*")
    .transform((types) => (types === "*" ? null : new Set(types.split(",")))),
  closeafter: z.enum(["state", "no"]).default("no"),
  ping: z.coerce.number().int().min(0).max(86_400).default(0),
});

const statesSchema = z.record(z.string(), z.record(z.string(), z.string()));

interface Clock {
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const clock: Clock = { now: Date.now, sleep: async (milliseconds: number) => void (await sleep(milliseconds)) };

export const eventSourceAnswer = async (
  event: HttpEvent,
  log: Pick<AccountLog, "load">,
  principal: Principal,
  tokenExpiresAt: number,
  { now, sleep: pause }: Clock = clock,
): Promise<HttpAnswer> => {
  const query = querySchema.safeParse(event.queryStringParameters ?? {});
  if (!query.success) {
    const detail = 'The event source takes types ("*" or names with commas), closeafter ("state" or "no") and ping (whole seconds).';
    return problemAnswer(event, { type: "about:blank", status: 400, title: "Bad Request", detail });
  }
  const { types, ping } = query.data;
  // RFC 8620 §7.3: a minimum of at most 30 s.
  const pingSeconds = ping > 0 ? Math.max(eventSourcePingSeconds, ping) : Number.POSITIVE_INFINITY;
  // Nothing is told to a token that has ended meanwhile.
  const until = Math.min(now() + Math.min(eventSourceSeconds, pingSeconds) * 1000, tokenExpiresAt);
  const told = readEventId(event.headers["last-event-id"]);
  const before = told ?? (await statesOf(log, principal));
  for (;;) {
    const present = await statesOf(log, principal);
    const changed = differences(before, present, types);
    if (Object.keys(changed).length > 0) return streamAnswer([...idOf(present), ...stateChange(changed)]);
    if (now() + lookEveryMilliseconds > until) {
      // A block without data tells nobody anything but sets the id, so that what changes before the next connection is found then.
      const ping: Field[] = [["event", "ping"], data({ interval: pingSeconds })];
      const all = told ? {} : differences({}, present, types);
      const end = [...(Object.keys(all).length > 0 ? [stateChange(all)] : []), ...(pingSeconds <= eventSourceSeconds ? [ping] : [])];
      return streamAnswer(idOf(before), ...end);
    }
    await pause(lookEveryMilliseconds);
  }
};

const differences = (before: States, present: States, types: ReadonlySet<string> | null): States => {
  const changed: States = {};
  for (const [accountId, states] of Object.entries(present)) {
    const moved = Object.entries(states).filter(
      ([type, state]) => (types === null || types.has(type)) && before[accountId]?.[type] !== state,
    );
    if (moved.length > 0) changed[accountId] = Object.fromEntries(moved);
  }
  return changed;
};

const readEventId = (given: string | undefined): States | null => {
  if (!given || given.length > lastEventIdOctets) return null;
  try {
    return statesSchema.parse(JSON.parse(Buffer.from(given, "base64url").toString()));
  } catch {
    return null;
  }
};

type Field = readonly [name: string, value: string];

const idOf = (states: States): Field[] => {
  const id = Buffer.from(JSON.stringify(states)).toString("base64url");
  return id.length <= lastEventIdOctets ? [["id", id]] : [];
};
const data = (value: object): Field => ["data", JSON.stringify(value)];
const stateChange = (changed: States): Field[] => [["event", "state"], data({ "@type": "StateChange", changed })];

const streamAnswer = (...blocks: readonly (readonly Field[])[]): HttpAnswer => {
  const texts = [[["retry", "1000"]] as Field[], ...blocks].map((fields) => fields.map(([name, value]) => `${name}: ${value}\n`).join(""));
  return octetAnswer(200, { "content-type": "text/event-stream" }, Buffer.from(texts.map((text) => `${text}\n`).join("")));
};
