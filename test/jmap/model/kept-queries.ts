/** The lists that each client keeps open, and random ones that are asked once. */
import fc from "fast-check";
import type { EmailQuery, Filter, MailboxQuery, Sort } from "./model-query.ts";

export const KEYWORDS = ["$seen", "$flagged", "$draft"] as const;
export const SUBJECTS = ["rota", "ward", "shift"] as const;
export const WORDS = ["night", "day"] as const;
export const STANDARD = ["inbox", "archive", "trash", "drafts"] as const;

const newest: Sort = { property: "receivedAt", isAscending: false };

export const emailQueries: readonly EmailQuery[] = [
  { filter: { inMailbox: "inbox" }, sort: [newest, { property: "size" }] },
  { filter: { inMailbox: "inbox" }, collapseThreads: true },
  { filter: { notKeyword: "$Seen" }, sort: [{ property: "receivedAt" }] },
  { sort: [{ property: "hasKeyword", keyword: "$flagged", isAscending: false }], collapseThreads: true },
  { filter: { someInThreadHaveKeyword: "$flagged" }, sort: [{ property: "size" }] },
  {
    filter: { operator: "NOT", conditions: [{ allInThreadHaveKeyword: "$seen" }, { inMailbox: "trash" }] },
    sort: [{ property: "allInThreadHaveKeyword", keyword: "$flagged" }, { property: "subject" }],
  },
  { filter: { operator: "AND", conditions: [{ subject: "ROTA" }, { inMailboxOtherThan: ["archive"] }, { body: "night" }] } },
  { filter: { text: "day", notKeyword: "$seen" }, sort: [{ property: "receivedAt" }], collapseThreads: true },
  {
    filter: { operator: "OR", conditions: [{ noneInThreadHaveKeyword: "$flagged" }, { minSize: 300 }] },
    sort: [{ property: "someInThreadHaveKeyword", keyword: "$seen" }],
  },
];

export const mailboxQueries: readonly MailboxQuery[] = [
  { sort: [{ property: "sortOrder" }, { property: "name", isAscending: false }] },
  { sort: [{ property: "name" }], sortAsTree: true },
  { filter: { operator: "NOT", conditions: [{ hasAnyRole: true }] } },
  { filter: { parentId: null, name: "R" }, sort: [{ property: "name" }] },
];

const keyword = fc.constantFrom(...KEYWORDS);

const condition: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ inMailbox: fc.constantFrom(...STANDARD) }),
  fc.record({ inMailboxOtherThan: fc.subarray([...STANDARD]) }),
  fc.record({ hasKeyword: keyword }),
  fc.record({ notKeyword: keyword.map((name) => name.toUpperCase()) }),
  fc.record({ allInThreadHaveKeyword: keyword }),
  fc.record({ someInThreadHaveKeyword: keyword }),
  fc.record({ noneInThreadHaveKeyword: keyword }),
  fc.record({ minSize: fc.integer({ min: 250, max: 330 }) }),
  fc.record({ text: fc.constantFrom(...SUBJECTS, ...WORDS) }),
  fc.record({ subject: fc.constantFrom(...SUBJECTS) }),
  fc.record({ notKeyword: keyword, inMailbox: fc.constantFrom(...STANDARD), body: fc.constantFrom(...WORDS) }),
);

const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: condition },
    {
      weight: 1,
      arbitrary: fc.record({
        operator: fc.constantFrom("AND" as const, "OR" as const, "NOT" as const),
        conditions: fc.array(tie("filter"), { maxLength: 3 }),
      }),
    },
  ),
}));

const sort: fc.Arbitrary<Sort> = fc.oneof(
  fc.record({ property: fc.constantFrom("receivedAt", "size", "subject"), isAscending: fc.boolean() }),
  fc.record({
    property: fc.constantFrom("hasKeyword", "allInThreadHaveKeyword", "someInThreadHaveKeyword"),
    keyword,
    isAscending: fc.boolean(),
  }),
);

export const emailQuery: fc.Arbitrary<EmailQuery> = fc.record({
  filter: fc.option(filter),
  sort: fc.array(sort, { maxLength: 3 }),
  collapseThreads: fc.boolean(),
});
