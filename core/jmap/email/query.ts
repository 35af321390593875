/** Email/query (RFC 8621 §4.4): a scan of columns, which ends as soon as the page is full when nothing behind it is asked for. */
import type { EmailId, MailboxId, ThreadId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { AccountState } from "../../log/api.ts";
import type { Position } from "../../log/entry.ts";
import type { Filter, Query, QueryDefinition, QueryResults, Reading } from "../engine/definition.ts";
import { boolean } from "../engine/kinds.ts";
import { type MethodError, methodError, type Outcome, ok } from "../errors.ts";
import { type CompiledFilter, compileFilter, emailFilters, NO, YES } from "./filter.ts";
import { isMutableSort, isReceivedOrder, isThreadSort, itemsForSort, receivedOrder, sortKeys, sortRows } from "./order.ts";
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
    const searched = filter.texts.length > 0 ? await searchText(reading, filter) : ok(null);
    if (!searched.ok) return searched;
    const ordered = await orderedRows(reading, query, filter, searched.value);
    if (!ordered.ok) return ordered;
    const { rows, cut } = collectRows(state, ordered.value, filter, collapse, query.upTo);
    const ofThread = collapse || filter.ofThread || isThreadSort(query.sort);
    const results: QueryResults = {
      ids: rows.map((row) => emails.id(row)),
      cut,
      total: cut ? knownTotal(state, query.filter, collapse) : rows.length,
      mutable: filter.mutable || isMutableSort(query.sort) || ofThread,
      ...(ofThread && { alsoAffected: (changed, since) => threadMates(state, changed, since) }),
    };
    return ok(results);
  },
};

/** Asks TextSearch about the rows that the columns leave open; they are the only candidates afterwards. */
const searchText = async (reading: Reading, filter: CompiledFilter): Promise<Outcome<EmailId[] | null, MethodError>> => {
  const { account, context } = reading;
  const { emails } = account.state;
  const open: EmailId[] = [];
  const candidates: EmailId[] = [];
  for (const row of emails.newestFirst()) {
    const answer = filter.test(row);
    if (answer === NO) continue;
    candidates.push(emails.id(row));
    if (answer !== YES) open.push(emails.id(row));
  }
  if (!context.ports.search && open.length > limits.jmap.messagesInScan)
    return methodError(
      "unsupportedFilter",
      `More than ${limits.jmap.messagesInScan} messages would have to be read: narrow the search by mailbox or date.`,
    );
  filter.found = await textSearchOf(context.ports).match(account.accountId, filter.texts, open);
  return ok(candidates);
};

/** Rows to go through in the order of the results; for a plain sort by date nothing is copied or sorted. */
const orderedRows = async (
  reading: Reading,
  query: Query,
  filter: CompiledFilter,
  candidates: readonly EmailId[] | null,
): Promise<Outcome<Iterable<number>, MethodError>> => {
  const { emails } = reading.account.state;
  const { sort } = query;
  if (isReceivedOrder(sort) && candidates === null) return ok(receivedOrder(emails, sort));
  const matching: EmailId[] = [];
  for (const row of candidates === null ? emails.newestFirst() : rowsOf(reading, candidates))
    if (filter.test(row) === YES) matching.push(emails.id(row));
  const items = await itemsForSort(reading, sort, matching);
  if (!items.ok) return items;
  // Rows are looked up again after the await: a commit may have come between.
  const rows = [...rowsOf(reading, matching)];
  return ok(sort.length === 0 ? rows : sortRows(rows, sort, sortKeys(sort, emails, items.value)));
};

function* rowsOf({ account }: Reading, ids: Iterable<EmailId>): Generator<number> {
  for (const id of ids) {
    const row = account.state.emails.rowOf(id);
    if (row >= 0) yield row;
  }
}

const collectRows = (
  { emails }: AccountState,
  ordered: Iterable<number>,
  filter: CompiledFilter,
  collapse: boolean,
  upTo: number | null,
): { rows: number[]; cut: boolean } => {
  const rows: number[] = [];
  const threads = new Set<number>();
  for (const row of ordered) {
    if (filter.test(row) !== YES) continue;
    if (collapse) {
      // RFC 8621 §4.4.3: the first of each thread stands for it.
      const thread = emails.thread(row);
      if (threads.has(thread)) continue;
      threads.add(thread);
    }
    if (rows.length === upTo) return { rows, cut: true };
    rows.push(row);
  }
  return { rows, cut: false };
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
