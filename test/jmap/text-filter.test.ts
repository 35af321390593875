import fc from "fast-check";
import { expect, test } from "vitest";
import type { AccountId, EmailId, MailboxId, ThreadId } from "../../core/ids.ts";
import { emailQuery } from "../../core/jmap/email/query.ts";
import type { Filter, Reading } from "../../core/jmap/engine/definition.ts";
import { Fold } from "../../core/log/account-state.ts";
import { emailIdOf, threadIdOf } from "../../core/log/id-words.ts";
import { nextEntry } from "../../core/log/next-entry.ts";
import { standardMailboxes } from "../../core/mail/standard-mailboxes.ts";
import type { TextSearch } from "../../core/ports/text-search.ts";

const ACCOUNT = "Atext" as AccountId;
const RUNS = { numRuns: Number(process.env.PENFOLD_PROPERTY_RUNS ?? 200) };

/** Word `wn` is in every n-th message. */
const holds = (word: string, uid: number): boolean => uid % Number(word.slice(1)) === 0;
const word = fc.constantFrom("w2", "w5", "w17", "w40", "w1000");
const condition = fc.oneof(
  word.map((text) => ({ condition: { text } })),
  fc.constantFrom({ condition: { hasKeyword: "$seen" } }, { condition: { inMailbox: "inbox", hasKeyword: "$seen" } }),
  fc.tuple(word, word).map(([text, subject]) => ({ condition: { text, subject } })),
);
const filters = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    condition,
    fc.record({
      operator: fc.constantFrom("AND", "OR", "NOT" as const),
      conditions: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }),
    }),
  ) as fc.Arbitrary<Filter>,
})).filter;

const foldOf = (receivedAts: readonly number[]): Fold => {
  const fold = new Fold(ACCOUNT);
  const plan = {
    actor: "test",
    records: [{ type: "Mailbox", created: standardMailboxes }],
    email: {
      created: receivedAts.map((receivedAt, index) => {
        const id = emailIdOf(ACCOUNT, `${index}` as never) as EmailId;
        const keywords = index % 3 === 0 ? ["$seen"] : [];
        const mailboxIds = [(index % 4 === 0 ? "archive" : "inbox") as MailboxId];
        return {
          id,
          threadId: threadIdOf(id) as ThreadId,
          receivedAt,
          sentAt: null,
          sizeOctets: 1,
          hasAttachment: false,
          mailboxIds,
          keywords,
        };
      }),
    },
  };
  fold.apply(nextEntry(ACCOUNT, plan, null, { epoch: 1, at: 1, removed: { octets: 0, messages: 0 } }));
  return fold;
};

/** Tells of no message that it was not asked about, and of all that an index holds. */
const search = (indexedUid: number, nextUid: number): TextSearch => ({
  match: async (_state, conditions, candidates) => {
    const newer = new Set(candidates(indexedUid));
    const uids = Array.from({ length: nextUid }, (_, uid) => uid).filter((uid) => uid > 0 && (uid <= indexedUid || newer.has(uid)));
    const found = conditions.map((one) => new Set(uids.filter((uid) => holds(one.value as string, uid))));
    return { outcome: "matched", found };
  },
});

const isMatch = ({ emails }: Fold, row: number, filter: Filter): boolean => {
  if ("conditions" in filter) {
    const answers = filter.conditions.map((inner) => isMatch({ emails } as Fold, row, inner));
    if (filter.operator === "AND") return answers.every(Boolean);
    return filter.operator === "OR" ? answers.some(Boolean) : !answers.some(Boolean);
  }
  return Object.entries(filter.condition).every(([name, value]) => {
    if (name === "hasKeyword") return emails.hasKeyword(row, value as string);
    if (name === "inMailbox") return emails.inMailbox(row, value as MailboxId);
    return holds(value as string, emails.uid(row));
  });
};

test("a query on words gives what looking at every message would, in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      filters,
      fc.array(fc.nat(30), { maxLength: 120 }),
      fc.nat(130),
      fc.boolean(),
      fc.option(fc.nat(20), { nil: null }),
      async (filter, receivedAts, indexedUid, isAscending, upTo) => {
        const state = foldOf(receivedAts);
        const ports = { search: search(indexedUid, state.totals.nextUid) };
        const reading = { account: { state }, context: { ports }, args: {} } as unknown as Reading;
        const sort = [{ property: "receivedAt", isAscending }];
        const outcome = await emailQuery.run(reading, { filter, sort, upTo, wantsTotal: true });
        const rows = [...state.emails.newestFirst()].filter((row) => isMatch(state, row, filter));
        if (isAscending) rows.reverse();
        const expected = rows.map((row) => state.emails.id(row));
        expect(outcome.ok && outcome.value).toMatchObject({ ids: expected.slice(0, upTo ?? expected.length), total: expected.length });
      },
    ),
    RUNS,
  );
});
