/**
 * Email/query's filter (RFC 8621 §4.4.1) as one function of a row. Conditions on words cannot be told from the columns: they are
 * MAYBE until TextSearch has looked at the rows for which it matters.
 */
import type { MailboxId } from "../../ids.ts";
import type { EmailTable } from "../../log/api.ts";
import type { TextCondition, Uids } from "../../ports/text-search.ts";
import type { Filter } from "../engine/definition.ts";
import { boolean, id, type Kind, listOf, string, stringOf, unsignedInt, utcDate } from "../engine/kinds.ts";

const NO = 0;
export const YES = 1;
const MAYBE = 2;
type Answer = typeof NO | typeof YES | typeof MAYBE;
type RowTest = (row: number) => Answer;

/** Whether words decide. */
export const isOpen = (answer: Answer): boolean => answer === MAYBE;

const headerCondition: Kind = (value) =>
  Array.isArray(value) && (value.length === 1 || value.length === 2) && value.every((item) => typeof item === "string") && value[0] !== ""
    ? null
    : "a list of a field name and perhaps a text";

const SEARCH_TEXT = stringOf({ maxOctets: 10_000 });

export const emailFilters: Readonly<Record<string, Kind>> = {
  inMailbox: id,
  inMailboxOtherThan: listOf(id),
  before: utcDate,
  after: utcDate,
  minSize: unsignedInt,
  maxSize: unsignedInt,
  allInThreadHaveKeyword: string,
  someInThreadHaveKeyword: string,
  noneInThreadHaveKeyword: string,
  hasKeyword: string,
  notKeyword: string,
  hasAttachment: boolean,
  text: SEARCH_TEXT,
  from: SEARCH_TEXT,
  to: SEARCH_TEXT,
  cc: SEARCH_TEXT,
  bcc: SEARCH_TEXT,
  subject: SEARCH_TEXT,
  body: SEARCH_TEXT,
  header: headerCondition,
};

export interface CompiledFilter {
  readonly test: RowTest;
  /** Whether a row's answer can change while the Email lives. */
  readonly mutable: boolean;
  /** Whether it depends on other Emails of the thread. */
  readonly ofThread: boolean;
  readonly texts: TextCondition[];
  /** Of `texts`, those that every result satisfies. */
  readonly required: ReadonlySet<number>;
  /** Once set, MAYBE no longer occurs: the uids that satisfy each text condition. */
  found: readonly Uids[] | null;
}

export const compileFilter = (filter: Filter | null, emails: EmailTable): CompiledFilter => {
  const compiled: Building = {
    test: () => YES,
    mutable: false,
    ofThread: false,
    texts: [],
    required: new Set<number>(),
    found: null,
  };
  if (filter) compiled.test = compileNode(filter, emails, compiled, true);
  return compiled;
};

type Building = { -readonly [Name in Exclude<keyof CompiledFilter, "required">]: CompiledFilter[Name] } & {
  readonly required: Set<number>;
};

/** `isRequired`: only ANDs lead here. */
const compileNode = (filter: Filter, emails: EmailTable, building: Building, isRequired: boolean): RowTest => {
  if ("condition" in filter) {
    const tests = Object.entries(filter.condition).map(([name, value]) => compileCondition(name, value, emails, building, isRequired));
    return all(tests);
  }
  const isAnd = filter.operator === "AND";
  const tests = filter.conditions.map((inner) => compileNode(inner, emails, building, isRequired && isAnd));
  if (isAnd) return all(tests);
  const any = some(tests);
  return filter.operator === "OR" ? any : (row) => negated(any(row));
};

const negated = (answer: Answer): Answer => (answer === MAYBE ? MAYBE : answer === YES ? NO : YES);

const all = (tests: readonly RowTest[]): RowTest => {
  if (tests.length === 1) return tests[0]!;
  return (row) => {
    let answer: Answer = YES;
    for (const test of tests) {
      const one = test(row);
      if (one === NO) return NO;
      if (one === MAYBE) answer = MAYBE;
    }
    return answer;
  };
};

const some = (tests: readonly RowTest[]): RowTest => {
  if (tests.length === 1) return tests[0]!;
  return (row) => {
    let answer: Answer = NO;
    for (const test of tests) {
      const one = test(row);
      if (one === YES) return YES;
      if (one === MAYBE) answer = MAYBE;
    }
    return answer;
  };
};

const compileCondition = (name: string, value: unknown, emails: EmailTable, building: Building, isRequired: boolean): RowTest => {
  const column = columnTest(name, value, emails);
  if (column) {
    if (MUTABLE.has(name)) building.mutable = true;
    return column;
  }
  const inThread = threadTest(name, value as string, emails);
  if (inThread) {
    building.mutable = true;
    building.ofThread = true;
    return inThread;
  }
  const index = building.texts.push(textCondition(name, value)) - 1;
  if (isRequired) building.required.add(index);
  return (row) => (building.found === null ? MAYBE : building.found[index]!.has(emails.uid(row)) ? YES : NO);
};

const MUTABLE: ReadonlySet<string> = new Set(["inMailbox", "inMailboxOtherThan", "hasKeyword", "notKeyword"]);

const is = (condition: boolean): Answer => (condition ? YES : NO);

const columnTest = (name: string, value: unknown, emails: EmailTable): RowTest | null => {
  switch (name) {
    case "inMailbox":
      return (row) => is(emails.inMailbox(row, value as MailboxId));
    case "inMailboxOtherThan": {
      const others = new Set(value as MailboxId[]);
      return (row) => is(emails.mailboxIds(row).some((mailboxId) => !others.has(mailboxId)));
    }
    case "before": {
      const at = Date.parse(value as string);
      return (row) => is(emails.receivedAt(row) < at);
    }
    case "after": {
      const at = Date.parse(value as string);
      return (row) => is(emails.receivedAt(row) >= at);
    }
    case "minSize":
      return (row) => is(emails.sizeOctets(row) >= (value as number));
    case "maxSize":
      return (row) => is(emails.sizeOctets(row) < (value as number));
    case "hasKeyword": {
      const keyword = (value as string).toLowerCase();
      return (row) => is(emails.hasKeyword(row, keyword));
    }
    case "notKeyword": {
      const keyword = (value as string).toLowerCase();
      return (row) => is(!emails.hasKeyword(row, keyword));
    }
    case "hasAttachment":
      return (row) => is(emails.hasAttachment(row) === value);
    default:
      return null;
  }
};

/** How many of a thread's Emails have a keyword, worked out once a thread. */
export const threadKeywordCount = (emails: EmailTable, keyword: string): ((row: number) => { having: number; of: number }) => {
  const known = new Map<number, { having: number; of: number }>();
  return (row) => {
    const thread = emails.thread(row);
    let counts = known.get(thread);
    if (!counts) {
      const rows = emails.rowsOf(thread);
      counts = { having: rows.filter((other) => emails.hasKeyword(other, keyword)).length, of: rows.length };
      known.set(thread, counts);
    }
    return counts;
  };
};

const threadTest = (name: string, value: string, emails: EmailTable): RowTest | null => {
  if (!name.endsWith("InThreadHaveKeyword")) return null;
  const count = threadKeywordCount(emails, value.toLowerCase());
  switch (name) {
    case "allInThreadHaveKeyword":
      return (row) => {
        const { having, of } = count(row);
        return is(having === of);
      };
    case "someInThreadHaveKeyword":
      return (row) => is(count(row).having > 0);
    default:
      return (row) => is(count(row).having === 0);
  }
};

const textCondition = (name: string, value: unknown): TextCondition => {
  if (name !== "header") return { field: name as "text", value: value as string };
  const [field, text] = value as [string, string?];
  return { field: "header", name: field.toLowerCase(), value: text ?? null };
};
