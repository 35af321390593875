/** ShareNotification (RFC 9670 §3): written by the share stage into the account of the person it tells (core/flows/share.ts). */
import { PRINCIPALS } from "../capabilities.ts";
import { compareText } from "../engine/collation.ts";
import type { Property, SetDefinition, TypeDefinition, Wire } from "../engine/definition.ts";
import { pick } from "../engine/get.ts";
import { id, nullable, object, string, utcDate } from "../engine/kinds.ts";
import { type Comparisons, type Conditions, comparing, matches } from "../engine/record-query.ts";
import { formatUtcDate } from "../engine/utc-date.ts";
import { ok, refuse, setError } from "../errors.ts";
import { rightsOfLetters } from "../mailbox-rights.ts";
import type { StoredShareNotification } from "../records.ts";

const NAME = "ShareNotification";

const server = (kind: Property["kind"]): Property => ({ kind, setter: "server" });

const properties: Readonly<Record<string, Property>> = {
  created: server(utcDate),
  changedBy: server(object),
  objectType: server(string),
  objectAccountId: server(id),
  objectId: server(id),
  oldRights: server(nullable(object)),
  newRights: server(nullable(object)),
  name: server(string),
};

const rightsOrNull = (letters: string | null) => (letters === null ? null : rightsOfLetters(letters));

const wireOf = ({ createdAt, oldRights, newRights, ...told }: StoredShareNotification): Wire => ({
  ...told,
  created: formatUtcDate(createdAt),
  oldRights: rightsOrNull(oldRights),
  newRights: rightsOrNull(newRights),
});

interface Row {
  readonly id: string;
  readonly stored: StoredShareNotification;
}

/** RFC 9670 §3.4.1. */
const conditions: Conditions<Row> = {
  after: ({ stored }, value: string | null) => value === null || stored.createdAt >= Date.parse(value),
  before: ({ stored }, value: string | null) => value === null || stored.createdAt < Date.parse(value),
  objectType: ({ stored }, value: string) => stored.objectType === value,
  objectAccountId: ({ stored }, value: string) => stored.objectAccountId === value,
};

/** RFC 9670 §3.4.2. */
const comparisons: Comparisons<Row> = { created: (left, right) => left.stored.createdAt - right.stored.createdAt };

/** RFC 9670 §3.3: a notification can be dismissed, and nothing else. */
const dismissal: SetDefinition = {
  complete: (sent) => ok(sent),
  exists: (tx, key) => tx.record(NAME, key) !== undefined,
  create: () => refuse(setError("forbidden", "Only the server creates notifications.")),
  update: () => refuse(setError("forbidden", "A notification cannot be changed.")),
  destroy: (tx, _call, key) => {
    tx.removeRecord(NAME, key);
    return null;
  },
};

export const shareNotification: TypeDefinition = {
  name: NAME,
  capability: PRINCIPALS,
  properties,
  // RFC 9670 §3.1
  get: {
    allIds: ({ account }) => [...account.state.records(NAME).keys()],
    read: async ({ account }, ids, wanted) => {
      const records = account.state.records(NAME) as ReadonlyMap<string, StoredShareNotification>;
      const known = ids.filter((key) => records.has(key));
      return new Map(known.map((key) => [key, pick(wireOf(records.get(key)!), wanted)]));
    },
  },
  // RFC 9670 §3.2
  changes: {},
  set: dismissal,
  // RFC 9670 §3.4, §3.5
  query: {
    filters: { after: nullable(utcDate), before: nullable(utcDate), objectType: string, objectAccountId: id },
    sorts: Object.keys(comparisons),
    run: async ({ account }, { filter, sort }) => {
      const records = account.state.records(NAME) as ReadonlyMap<string, StoredShareNotification>;
      const rows = [...records].map(([key, stored]) => ({ id: key, stored })).filter((row) => matches(filter, row, conditions));
      const byId = (left: Row, right: Row) => compareText(left.id, right.id);
      const ids = rows.sort(comparing(sort, comparisons, byId)).map((row) => row.id);
      // A notification never changes: its place in the results neither.
      return ok({ ids, total: null, mutable: false });
    },
  },
};
