/** What happens to the account: one step is one request, a race of two, or something that befalls a process. */
import fc from "fast-check";
import { emailQuery } from "./kept-queries.ts";
import type { EmailQuery } from "./model-query.ts";

export type Step =
  | {
      kind: "arrive";
      how: "deliver" | "import" | "create" | "copy";
      subject: number;
      word: number;
      reply: number;
      at: number;
      into: number[];
      keyword: number;
    }
  | { kind: "keyword"; picks: number[]; keyword: number; set: boolean }
  | { kind: "move"; pick: number; to: number; keep: boolean }
  | { kind: "destroy"; picks: number[] }
  | { kind: "makeMailbox"; name: number; parent: number; role: number; order: number }
  | { kind: "changeMailbox"; pick: number; what: "name" | "parentId" | "role" | "sortOrder"; value: number }
  | { kind: "dropMailbox"; pick: number; removeEmails: boolean }
  | { kind: "race"; pick: number; keywords: [number, number] }
  | { kind: "late"; pick: number; keyword: number }
  | { kind: "query"; query: EmailQuery; position: number; anchor: number | null; offset: number; limit: number }
  | { kind: "snapshot" | "restart" | "index" | "rebuild" }
  | { kind: "sync"; max: number };

const nat = fc.nat(20);
const of = <Kind extends Step["kind"]>(kind: Kind) => fc.constant(kind);
const weighed = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });

/** Few instants: some are received at the same one. */
export const arrival: fc.Arbitrary<Step> = fc.record({
  kind: of("arrive"),
  how: fc.constantFrom("deliver" as const, "deliver" as const, "import" as const, "create" as const, "copy" as const),
  subject: fc.nat(2),
  word: fc.nat(1),
  reply: nat,
  at: fc.nat(4),
  into: fc.array(nat, { minLength: 1, maxLength: 2 }),
  keyword: fc.nat(5),
});

export const step: fc.Arbitrary<Step> = fc.oneof(
  weighed(8, arrival),
  weighed(
    6,
    fc.record({ kind: of("keyword"), picks: fc.array(nat, { minLength: 1, maxLength: 4 }), keyword: fc.nat(2), set: fc.boolean() }),
  ),
  weighed(4, fc.record({ kind: of("move"), pick: nat, to: nat, keep: fc.boolean() })),
  weighed(2, fc.record({ kind: of("destroy"), picks: fc.array(nat, { minLength: 1, maxLength: 3 }) })),
  weighed(3, fc.record({ kind: of("makeMailbox"), name: fc.nat(4), parent: nat, role: fc.nat(5), order: fc.nat(3) })),
  weighed(
    2,
    fc.record({
      kind: of("changeMailbox"),
      pick: nat,
      what: fc.constantFrom("name" as const, "parentId" as const, "role" as const, "sortOrder" as const),
      value: nat,
    }),
  ),
  weighed(2, fc.record({ kind: of("dropMailbox"), pick: nat, removeEmails: fc.boolean() })),
  weighed(1, fc.record({ kind: of("race"), pick: nat, keywords: fc.tuple(fc.nat(2), fc.nat(2)) })),
  weighed(1, fc.record({ kind: of("late"), pick: nat, keyword: fc.nat(2) })),
  weighed(
    3,
    fc.record({
      kind: of("query"),
      query: emailQuery,
      position: fc.integer({ min: -4, max: 6 }),
      anchor: fc.option(nat, { nil: null }),
      offset: fc.integer({ min: -3, max: 3 }),
      limit: fc.nat(6),
    }),
  ),
  weighed(1, fc.record({ kind: of("snapshot") })),
  weighed(1, fc.record({ kind: of("restart") })),
  weighed(1, fc.record({ kind: of("index") })),
  weighed(1, fc.record({ kind: of("rebuild") })),
  weighed(3, fc.record({ kind: of("sync"), max: fc.integer({ min: 1, max: 5 }) })),
);
