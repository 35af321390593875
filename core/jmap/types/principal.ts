/**
 * Principal (RFC 9670 §2): the people and shared mailboxes of the directory, as someone looking for whom to share with sees them. Anyone
 * is found by id or by the whole address; a search by parts of names looks through the seeker's own organisation and whoever shares with them.
 */
import { normaliseAddress } from "../../directory/address.ts";
import type { EntryId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { DirectoryEntry, ListedEntry } from "../../ports/directory-store.ts";
import { MAIL, PRINCIPALS } from "../capabilities.ts";
import { casemap, compareText } from "../engine/collation.ts";
import type { Filter, Property, QueryDefinition, Reading, SetDefinition, TypeDefinition, Wire } from "../engine/definition.ts";
import { pick } from "../engine/get.ts";
import { id, listOf, nullable, object, string } from "../engine/kinds.ts";
import { type Comparisons, type Conditions, comparing, matches } from "../engine/record-query.ts";
import { methodError, ok, refuse, setError } from "../errors.ts";
import { sessionAccount, sessionState } from "../session.ts";

const server = (kind: Property["kind"]): Property => ({ kind, setter: "server" });

const properties: Readonly<Record<string, Property>> = {
  type: server(string),
  name: server(string),
  description: server(nullable(string)),
  email: server(nullable(string)),
  timeZone: server(nullable(string)),
  capabilities: server(object),
  accounts: server(nullable(object)),
};

const TYPES: Readonly<Record<DirectoryEntry["kind"], string>> = {
  person: "individual",
  externalContact: "individual",
  list: "group",
  organisation: "group",
  sharedMailbox: "other",
  application: "other",
};

const descriptionOf = ({ jobTitle, specialty, place }: ListedEntry): string | null =>
  [jobTitle, specialty, place].filter((part) => part !== undefined && part !== "").join(", ") || null;

const accountsOf = ({ context }: Reading, { accountId }: ListedEntry) =>
  context.principal.accounts.filter((one) => one.accountId === accountId);

const principalWire = (reading: Reading, entry: ListedEntry): Wire => {
  const { context } = reading;
  const accounts = accountsOf(reading, entry);
  const mayShareWith = entry.kind === "person" && entry.accountId !== undefined && entry.entryId !== context.principal.entryId;
  return {
    type: TYPES[entry.kind],
    name: entry.displayName,
    description: descriptionOf(entry),
    email: entry.mail ?? null,
    timeZone: null,
    capabilities: { [MAIL]: { accountId: accounts[0]?.accountId ?? null, mayShareWith } },
    accounts:
      accounts.length > 0
        ? Object.fromEntries(accounts.map((account) => [account.accountId, sessionAccount(context.ports, context.principal, account)]))
        : null,
  };
};

const isShown = ({ status }: ListedEntry): boolean => status === "active";

/** Those who can be searched through: null when the organisation is too large for that. */
const candidates = async (reading: Reading, filter: Filter | null): Promise<ListedEntry[] | null> => {
  const { directory } = reading.context.ports;
  const { organisationId, accounts, entryId } = reading.context.principal;
  const owners = accounts.flatMap(({ ownerId }) => (ownerId ? [ownerId] : []));
  const [colleagues, named] = await Promise.all([
    organisationId === "" ? [] : directory.listOrganisation(organisationId, limits.jmap.principalsInSearch),
    namedByAddress(reading, filter).then((ids) => directory.getEntries([entryId, ...owners, ...ids])),
  ]);
  if (colleagues === null) return null;
  const all = new Map<string, ListedEntry>([...colleagues, ...named].map((entry) => [entry.entryId, entry]));
  return [...all.values()].filter(isShown);
};

/** Whole addresses in the filter: whoever has one is found, wherever they work. */
const namedByAddress = async ({ context }: Reading, filter: Filter | null): Promise<EntryId[]> => {
  const addresses: string[] = [];
  const open = filter ? [filter] : [];
  for (let node = open.pop(); node; node = open.pop()) {
    if (!("condition" in node)) open.push(...node.conditions);
    else
      for (const name of ["email", "text"]) {
        const value = node.condition[name];
        const address = typeof value === "string" && value.includes("@") ? normaliseAddress(value.trim()) : null;
        if (address) addresses.push(address);
      }
  }
  const targets = await context.ports.directory.resolve(addresses);
  return [...targets.values()].flatMap((target) => (target.kind === "alias" ? [] : [target.entryId]));
};

const contains = (text: string | null | undefined, part: string): boolean => text != null && casemap(text).includes(casemap(part));

type Row = { readonly entry: ListedEntry; readonly accountIds: readonly string[] };

/** RFC 9670 §2.4.1. */
const conditions: Conditions<Row> = {
  accountIds: ({ accountIds }, wanted: string[]) => accountIds.some((accountId) => wanted.includes(accountId)),
  email: ({ entry }, value: string) => contains(entry.mail, value),
  name: ({ entry }, value: string) => contains(entry.displayName, value),
  text: ({ entry }, value: string) => [entry.displayName, entry.mail, descriptionOf(entry)].some((text) => contains(text, value)),
  type: ({ entry }, value: string) => TYPES[entry.kind] === value,
  timeZone: () => false,
};

const comparisons: Comparisons<Row> = {
  name: (left, right) => compareText(casemap(left.entry.displayName), casemap(right.entry.displayName)),
  email: (left, right) => compareText(left.entry.mail ?? "", right.entry.mail ?? ""),
};

/** RFC 9670 §2.4. */
const principalQuery: QueryDefinition = {
  filters: { accountIds: listOf(id), email: string, name: string, text: string, type: string, timeZone: string },
  sorts: Object.keys(comparisons),
  run: async (reading, { filter, sort }) => {
    const entries = await candidates(reading, filter);
    if (!entries) return methodError("unsupportedFilter", "The organisation is too large to search: name the whole address.");
    const rows = entries.map((entry) => ({ entry, accountIds: accountsOf(reading, entry).map(({ accountId }) => accountId) }));
    const found = rows.filter((row) => matches(filter, row, conditions));
    const byName = (left: Row, right: Row) => comparisons.name!(left, right) || compareText(left.entry.entryId, right.entry.entryId);
    return ok({ ids: found.sort(comparing(sort, comparisons, byName)).map(({ entry }) => entry.entryId), total: null, mutable: true });
  },
};

/** RFC 9670 §2.3, §6.4: who is in the directory is its administrators' to say. */
const refusal: SetDefinition<ReadonlySet<string>> = {
  complete: (sent) => ok(sent),
  prepare: async ({ context, update, destroy }) => {
    const entries = await context.ports.directory.getEntries([...update.keys(), ...destroy] as EntryId[]);
    return ok(new Set(entries.filter(isShown).map(({ entryId }) => entryId)));
  },
  exists: () => true,
  create: () => refuse(setError("forbidden", "The directory is changed by its administrators.")),
  update: (_tx, _call, { id: entryId }, known) => refuse(known.has(entryId) ? setError("forbidden") : setError("notFound")),
  destroy: (_tx, _call, entryId, known) => (known.has(entryId) ? setError("forbidden") : setError("notFound")),
};

export const principal: TypeDefinition = {
  name: "Principal",
  capability: PRINCIPALS,
  properties,
  // RFC 9670 §2.2, §2.5. The entries, and what of them the one who asks may open.
  outsideState: async ({ context }) => `${await context.ports.directory.version()}-${sessionState(context.principal, context.ports)}`,
  // RFC 9670 §2.1
  get: {
    allIds: async (reading) => (await candidates(reading, null))?.map(({ entryId }) => entryId) ?? null,
    read: async (reading, ids, wanted) => {
      const entries = (await reading.context.ports.directory.getEntries(ids as readonly EntryId[])).filter(isShown);
      return new Map(entries.map((entry) => [entry.entryId, pick(principalWire(reading, entry), wanted)]));
    },
  },
  changes: {},
  set: refusal,
  query: principalQuery,
};
