/** VacationResponse (RFC 8621 §8, §8.1, §8.2): one an account. */
import { VACATION } from "../capabilities.ts";
import type { Property, SetDefinition, TypeDefinition, Wire } from "../engine/definition.ts";
import { pick } from "../engine/get.ts";
import { boolean, nullable, stringOf, utcDate } from "../engine/kinds.ts";
import { formatUtcDate } from "../engine/utc-date.ts";
import { ok, refuse, setError } from "../errors.ts";
import type { StoredVacationResponse } from "../records.ts";
import { applyRulesOf } from "./delivery-rules.ts";

const SINGLETON = "singleton";
const BODY = nullable(stringOf({ maxOctets: 100_000 }));

const properties: Readonly<Record<string, Property>> = {
  isEnabled: { kind: boolean, setter: "client", default: false },
  fromDate: { kind: nullable(utcDate), setter: "client", default: null },
  toDate: { kind: nullable(utcDate), setter: "client", default: null },
  subject: { kind: nullable(stringOf({ maxOctets: 1_000 })), setter: "client", default: null },
  textBody: { kind: BODY, setter: "client", default: null },
  htmlBody: { kind: BODY, setter: "client", default: null },
};

const OFF: StoredVacationResponse = { isEnabled: false, fromDate: null, toDate: null, subject: null, textBody: null, htmlBody: null };

const dateOrNull = (at: number | null): string | null => (at === null ? null : formatUtcDate(at));
const instantOrNull = (date: unknown): number | null => (typeof date === "string" ? Date.parse(date) : null);

const wireOf = (stored: StoredVacationResponse): Wire => ({
  ...stored,
  fromDate: dateOrNull(stored.fromDate),
  toDate: dateOrNull(stored.toDate),
});

const storedOf = (wire: Wire): StoredVacationResponse => ({
  isEnabled: wire.isEnabled as boolean,
  fromDate: instantOrNull(wire.fromDate),
  toDate: instantOrNull(wire.toDate),
  subject: wire.subject as string | null,
  textBody: wire.textBody as string | null,
  htmlBody: wire.htmlBody as string | null,
});

const vacationSet: SetDefinition = {
  singleton: true,
  exists: (_tx, id) => id === SINGLETON,
  wire: (tx) => wireOf(tx.record<StoredVacationResponse>("VacationResponse", SINGLETON) ?? OFF),
  create: () => refuse(setError("singleton")),
  update: (tx, _call, { after }) => {
    tx.putRecord("VacationResponse", SINGLETON, storedOf(after));
    return ok(null);
  },
  destroy: () => setError("singleton"),
  after: (call) => applyRulesOf(call),
};

export const vacationResponse: TypeDefinition = {
  name: "VacationResponse",
  capability: VACATION,
  properties,
  get: {
    allIds: () => [SINGLETON],
    read: async ({ account }, ids, wanted) => {
      const stored = account.state.records("VacationResponse").get(SINGLETON) as StoredVacationResponse | undefined;
      return new Map(ids.includes(SINGLETON) ? [[SINGLETON, pick(wireOf(stored ?? OFF), wanted)]] : []);
    },
  },
  set: vacationSet,
};
