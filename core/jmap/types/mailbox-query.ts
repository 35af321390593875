/** Mailbox/query and /queryChanges (RFC 8621 §2.3, §2.4). */
import { casemap, compareText } from "../engine/collation.ts";
import type { QueryDefinition } from "../engine/definition.ts";
import { boolean, id, nullable, string } from "../engine/kinds.ts";
import { type Comparisons, type Conditions, comparing, matches } from "../engine/record-query.ts";
import { ok } from "../errors.ts";
import type { StoredMailbox } from "../records.ts";
import { isSubscribed, shownParent } from "./mailbox-wire.ts";

interface Row {
  readonly id: string;
  readonly mailbox: StoredMailbox;
  readonly name: string;
  readonly subscribed: boolean;
}

const conditions: Conditions<Row> = {
  parentId: ({ mailbox }, value: string | null) => mailbox.parentId === value,
  name: ({ name }, value: string) => name.includes(casemap(value)),
  role: ({ mailbox }, value: string | null) => mailbox.role === value,
  hasAnyRole: ({ mailbox }, value: boolean) => (mailbox.role !== null) === value,
  isSubscribed: ({ subscribed }, value: boolean) => subscribed === value,
};

const comparisons: Comparisons<Row> = {
  sortOrder: (left, right) => left.mailbox.sortOrder - right.mailbox.sortOrder,
  name: (left, right) => compareText(left.name, right.name),
};

const byName = (left: Row, right: Row): number => compareText(left.name, right.name) || compareText(left.id, right.id);

export const mailboxQuery: QueryDefinition = {
  arguments: { sortAsTree: { kind: boolean }, filterAsTree: { kind: boolean } },
  filters: { parentId: nullable(id), name: string, role: nullable(string), hasAnyRole: boolean, isSubscribed: boolean },
  sorts: Object.keys(comparisons),
  run: async ({ account, args }, { filter, sort }) => {
    const all = new Map<string, Row>();
    for (const [mailboxId, stored] of account.state.records("Mailbox")) {
      const mailbox = { ...(stored as StoredMailbox), parentId: shownParent(account, stored as StoredMailbox) };
      all.set(mailboxId, { id: mailboxId, mailbox, name: casemap(mailbox.name), subscribed: isSubscribed(account, mailboxId, mailbox) });
    }
    const matching = new Set([...all.values()].filter((row) => matches(filter, row, conditions)).map((row) => row.id));
    const compare = comparing(sort, comparisons, byName);
    const ordered = args.sortAsTree === true ? treeOrder(all, compare) : [...all.values()].sort(compare);
    const included = args.filterAsTree === true ? (row: Row) => allAncestorsIn(all, matching, row) : (row: Row) => matching.has(row.id);
    const asTree = args.sortAsTree === true || args.filterAsTree === true;
    return ok({
      ids: ordered.filter(included).map((row) => row.id),
      total: null,
      mutable: true,
      // A Mailbox that moves takes its subtree along: the place of any may have changed.
      alsoAffected: (changed: readonly string[]) => (asTree && changed.length > 0 ? all.keys() : []),
    });
  },
};

/** Children after their parent, siblings by the comparators. */
const treeOrder = (all: ReadonlyMap<string, Row>, compare: (left: Row, right: Row) => number): Row[] => {
  const children = new Map<string | null, Row[]>();
  for (const row of all.values()) {
    const parent = row.mailbox.parentId !== null && all.has(row.mailbox.parentId) ? row.mailbox.parentId : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(row);
    else children.set(parent, [row]);
  }
  for (const siblings of children.values()) siblings.sort(compare);
  const ordered: Row[] = [];
  const stack = [...(children.get(null) ?? [])].reverse();
  while (stack.length > 0) {
    const row = stack.pop()!;
    ordered.push(row);
    for (const child of (children.get(row.id) ?? []).toReversed()) stack.push(child);
  }
  return ordered;
};

const allAncestorsIn = (all: ReadonlyMap<string, Row>, matching: ReadonlySet<string>, row: Row): boolean => {
  // Parents form no cycle (Mailbox/set sees to it); the bound is for records that another writer made.
  let at: Row | undefined = row;
  for (let depth = 0; at && depth <= all.size; depth++) {
    if (!matching.has(at.id)) return false;
    at = at.mailbox.parentId === null ? undefined : all.get(at.mailbox.parentId);
  }
  return true;
};
