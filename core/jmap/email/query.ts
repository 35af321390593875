/** Email/query (RFC 8621 §4.4): a scan of columns, which ends as soon as the page is full when nothing behind it is asked for. */
import type { EmailId, MailboxId, ThreadId } from "../../ids.ts";
import type { AccountState } from "../../log/api.ts";
import type { Position } from "../../log/entry.ts";
import type { EmailItem } from "../../mail/email-item.ts";
import type { Candidates } from "../../ports/text-search.ts";
import type { Filter, QueryDefinition, QueryResults, Reading } from "../engine/definition.ts";
import { boolean } from "../engine/kinds.ts";
import { type MethodError, methodError, type Outcome, ok } from "../errors.ts";
import { type CompiledFilter, compileFilter, emailFilters, isOpen, YES } from "./filter.ts";
import { isMutableSort, isReceivedOrder, isThreadSort, itemsForSort, needsItems, receivedOrder, sortKeys, sortRows } from "./order.ts";
import { EMAIL_SORTS } from "./sorts.ts";
import { textSearchOf } from "./text-search.ts";

export const emailQuery: QueryDefinition = {
  arguments: { collapseThreads: { kind: boolean } },
  filters: emailFilters,
  sorts: EMAIL_SORTS,
  keywordSorts: ["hasKeyword", "allInThreadHaveKeyword", "someInThreadHaveKeyword"],
  run: async (reading, query) => {
    const { state } = reading.account;
    const { emails } = state;
    const filter = compileFilter(query.filter, emails);
    const collapse = reading.args.collapseThreads === true;
    const lastUid = state.totals.nextUid - 1;
    if (filter.texts.length > 0) {
      const searched = await searchText(reading, filter, lastUid);
      if (!searched.ok) return searched;
    }
    // From here to the end nothing is awaited but items, after which rows are looked up again: a row holds until the next commit.
    const possible = possibleRows(state, filter, lastUid);
    let ordered: Iterable<number>;
    if (needsItems(query.sort)) {
      const ids = matchingRows(possible, filter).map((row) => emails.id(row));
      const items = await itemsForSort(reading, ids);
      if (!items.ok) return items;
      ordered = sortRows([...rowsOf(reading, ids)], query.sort, sortKeys(query.sort, emails, items.value));
    } else if (isReceivedOrder(query.sort)) ordered = receivedOrder(possible, query.sort, emails);
    else ordered = sortRows(matchingRows(possible, filter), query.sort, sortKeys(query.sort, emails, NO_ITEMS));
    const total = query.wantsTotal ? knownTotal(state, query.filter, collapse) : null;
    const counted = collectRows(state, ordered, filter, collapse, { upTo: query.upTo, countOn: query.wantsTotal && total === null });
    const ofThread = collapse || filter.ofThread || isThreadSort(query.sort);
    const results: QueryResults = {
      ids: counted.rows.map((row) => emails.id(row)),
      total: total ?? counted.total,
      mutable: filter.mutable || isMutableSort(query.sort) || ofThread,
      ...(ofThread && { alsoAffected: (changed, since) => threadMates(state, changed, since) }),
    };
    return ok(results);
  },
};

/** Asks TextSearch about the rows up to `lastUid` that the columns leave open. */
const searchText = async ({ account, context }: Reading, filter: CompiledFilter, lastUid: number): Promise<Outcome<null, MethodError>> => {
  const { emails } = account.state;
  const candidates: Candidates = (above) => {
    const open: number[] = [];
    for (let row = emails.rows - 1; row >= 0 && emails.uid(row) > above; row--) {
      if (emails.alive(row) && emails.uid(row) <= lastUid && isOpen(filter.test(row))) open.push(emails.uid(row));
    }
    return open;
  };
  const matches = await textSearchOf(context.ports).match(account.state, filter.texts, candidates);
  if (matches.outcome === "tooMany")
    return methodError(
      "unsupportedFilter",
      `More than ${matches.limit} messages would have to be read: narrow the search by mailbox or date.`,
    );
  filter.found = matches.found;
  return ok(null);
};

/** A text condition that every result satisfies and few messages do names the rows; of commoner ones it is quicker to look at all. */
const FEW = 1 / 8;

/** Rows that may satisfy the filter, newest first; after a search those that were there when it began. */
const possibleRows = ({ emails, totals }: AccountState, { found, required }: CompiledFilter, lastUid: number): Uint32Array => {
  if (found === null) return emails.newestFirst();
  const fewest = [...required].map((index) => found[index]!).sort((one, other) => one.size - other.size)[0];
  if (!fewest || fewest.size > emails.count * FEW) {
    const all = emails.newestFirst();
    return totals.nextUid - 1 === lastUid ? all : all.filter((row) => emails.uid(row) <= lastUid);
  }
  const rows: number[] = [];
  for (const uid of fewest) {
    const row = uid <= lastUid ? emails.rowOfUid(uid) : -1;
    if (row >= 0) rows.push(row);
  }
  return new Uint32Array(rows.sort((one, other) => emails.receivedAt(other) - emails.receivedAt(one) || other - one));
};

const matchingRows = (possible: Uint32Array, filter: CompiledFilter): number[] => {
  const rows: number[] = [];
  for (const row of possible) if (filter.test(row) === YES) rows.push(row);
  return rows;
};

const NO_ITEMS: ReadonlyMap<EmailId, EmailItem> = new Map();

function* rowsOf({ account }: Reading, ids: Iterable<EmailId>): Generator<number> {
  for (const id of ids) {
    const row = account.state.emails.rowOf(id);
    if (row >= 0) yield row;
  }
}

/** Rows up to `upTo`; `countOn`: the number of those behind them, too. */
const collectRows = (
  { emails }: AccountState,
  ordered: Iterable<number>,
  filter: CompiledFilter,
  collapse: boolean,
  { upTo, countOn }: { upTo: number | null; countOn: boolean },
): { rows: number[]; total: number } => {
  const rows: number[] = [];
  const threads = new Set<number>();
  let total = 0;
  for (const row of ordered) {
    if (filter.test(row) !== YES) continue;
    if (collapse) {
      // RFC 8621 §4.4.3: the first of each thread stands for it.
      const thread = emails.thread(row);
      if (threads.has(thread)) continue;
      threads.add(thread);
    }
    total++;
    if (upTo === null || rows.length < upTo) rows.push(row);
    else if (!countOn) break;
  }
  return { rows, total };
};

/** Number of results when the counters of a mailbox say it. */
const knownTotal = (state: AccountState, filter: Filter | null, collapse: boolean): number | null => {
  if (filter === null) return collapse ? null : state.emails.count;
  if (!("condition" in filter)) return null;
  const names = Object.keys(filter.condition);
  if (names.length !== 1 || names[0] !== "inMailbox") return null;
  const counts = state.mailboxCounts(filter.condition.inMailbox as MailboxId);
  return collapse ? counts.totalThreads : counts.totalEmails;
};

/** All Emails of the threads that changed: where one thread mate stands may move another. */
const threadMates = (state: AccountState, changed: readonly string[], since: Position): Iterable<string> | null => {
  const threads = state.changesSince("Thread", since, null);
  if (!threads) return null;
  const affected = new Set<ThreadId>([...threads.created, ...threads.updated] as ThreadId[]);
  for (const id of changed) {
    const row = state.emails.rowOf(id as EmailId);
    if (row >= 0) affected.add(state.emails.threadId(row));
  }
  const mates: string[] = [];
  for (const threadId of affected) for (const row of state.emails.rowsOfThread(threadId)) mates.push(state.emails.id(row));
  return mates;
};
