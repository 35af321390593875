/** Quota (RFC 9425 §4, §4.2, §4.5): the octets an account may hold, out of the log's running totals. Who may read the account sees it (RFC 9425 §8). */

import type { AccountState } from "../../log/api.ts";
import { formatState, type Position } from "../../log/entry.ts";
import { MAIL, QUOTA } from "../capabilities.ts";
import { casemap, compareText } from "../engine/collation.ts";
import type { Property, TypeDefinition, Wire } from "../engine/definition.ts";
import { pick } from "../engine/get.ts";
import { listOf, nullable, string, unsignedInt } from "../engine/kinds.ts";
import { type Comparisons, type Conditions, comparing, matches } from "../engine/record-query.ts";
import { ok } from "../errors.ts";

const STORAGE = "storage";

const server = (kind: Property["kind"]): Property => ({ kind, setter: "server" });

const properties: Readonly<Record<string, Property>> = {
  resourceType: server(string),
  used: server(unsignedInt),
  hardLimit: server(unsignedInt),
  scope: server(string),
  name: server(string),
  types: server(listOf(string)),
  warnLimit: server(nullable(unsignedInt)),
  softLimit: server(nullable(unsignedInt)),
  description: server(nullable(string)),
};

interface Row {
  readonly id: string;
  readonly wire: Wire;
}

/** RFC 9425 §3.1, §3.2, §4.1: no quota of which the client knows no type; none when the account has no limit. */
const quotas = (state: AccountState, using: ReadonlySet<string>): Row[] => {
  const { quotaOctets, octets } = state.totals;
  if (quotaOctets === 0 || !using.has(MAIL)) return [];
  const wire = {
    resourceType: "octets",
    used: octets,
    hardLimit: quotaOctets,
    scope: "account",
    name: "Mail storage",
    types: ["Email"],
    warnLimit: Math.floor(quotaOctets * 0.9),
    softLimit: null,
    description: "Octets of all messages together.",
  };
  return [{ id: STORAGE, wire }];
};

const textOf = ({ wire }: Row, name: string): string => casemap(wire[name] as string);

const conditions: Conditions<Row> = {
  name: (row, value: string) => textOf(row, "name").includes(casemap(value)),
  scope: ({ wire }, value: string) => wire.scope === value,
  resourceType: ({ wire }, value: string) => wire.resourceType === value,
  type: ({ wire }, value: string) => (wire.types as string[]).includes(value),
};

const comparisons: Comparisons<Row> = {
  name: (left, right) => compareText(textOf(left, "name"), textOf(right, "name")),
  used: (left, right) => (left.wire.used as number) - (right.wire.used as number),
};

/** RFC 9425 §4.3: what is used changes when Emails come or go, which is when Threads change; an operator may change the limit. */
export const quotaPosition = (state: AccountState): Position => {
  const [used, limit] = [state.typePosition("Thread"), state.typePosition("QuotaLimit")];
  return limit.seq > used.seq ? limit : used;
};

const isLimitNew = (state: AccountState, since: Position): boolean => state.typePosition("QuotaLimit").seq > since.seq;

export const quota: TypeDefinition = {
  name: "Quota",
  capability: QUOTA,
  properties,
  logType: "Email",
  state: (state) => formatState(quotaPosition(state)),
  get: {
    allIds: ({ account, context }) => quotas(account.state, context.using).map(({ id }) => id),
    read: async ({ account, context }, ids, wanted) =>
      new Map(
        quotas(account.state, context.using).flatMap(({ id, wire }) => (ids.includes(id) ? [[id, pick(wire, wanted)] as const] : [])),
      ),
  },
  changes: {
    /** Whatever happened to the Emails, it is the storage quota's use that changed. */
    translate: (changed, state, since) => {
      const isNew = isLimitNew(state, since);
      const isChanged = isNew || changed.created.length + changed.destroyed.length > 0;
      const [updated, destroyed] = state.totals.quotaOctets > 0 ? [isChanged ? [STORAGE] : [], []] : [[], isNew ? [STORAGE] : []];
      return { ...changed, created: [], updated, destroyed };
    },
    extra: (state, since) => ({ updatedProperties: isLimitNew(state, since) ? null : ["used"] }),
  },
  // RFC 9425 §4.4.
  query: {
    filters: { name: string, scope: string, resourceType: string, type: string },
    sorts: Object.keys(comparisons),
    run: async ({ account, context }, { filter, sort }) => {
      const rows = quotas(account.state, context.using).filter((row) => matches(filter, row, conditions));
      const byId = (left: Row, right: Row) => compareText(left.id, right.id);
      const ids = rows.sort(comparing(sort, comparisons, byId)).map(({ id }) => id);
      return ok({ ids, total: null, mutable: true });
    },
  },
};
