import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MailboxId } from "../../core/ids.ts";
import type { AccountState } from "../../core/log/api.ts";
import { decodeEntry, encodeEntry, numbersOf, runsOf } from "../../core/log/codec.ts";
import { formatState, type Position, parseState } from "../../core/log/entry.ts";
import { readSnapshot, writeSnapshot } from "../../core/log/snapshot.ts";
import { ACCOUNT, choices, dump, entriesOf, foldOf } from "./arbitrary-log.ts";

const RUNS = { numRuns: Number(process.env.PENFOLD_PROPERTY_RUNS ?? 150) };

describe("the fold", () => {
  test("of a snapshot at any position and the entries after it equals the fold of all", () => {
    fc.assert(
      fc.property(choices(), fc.nat(), fc.boolean(), (chosen, at, epochs) => {
        const entries = entriesOf(chosen, epochs);
        const cut = at % (entries.length + 1);
        const resumed = readSnapshot(ACCOUNT, writeSnapshot(foldOf(entries.slice(0, cut))));
        for (const entry of entries.slice(cut)) resumed.apply(entry);
        const whole = foldOf(entries);
        expect(dump(resumed)).toEqual(dump(whole));
        for (const type of ["Email", "Thread", "Mailbox", "Identity"]) {
          for (let seq = 0; seq <= entries.length; seq++) {
            const since = { epoch: epochOf(whole, seq), seq };
            expect(resumed.changesSince(type, since, null)).toEqual(whole.changesSince(type, since, null));
          }
        }
      }),
      RUNS,
    );
  });

  test("survives the codec entry by entry", () => {
    fc.assert(
      fc.property(choices(), (chosen) => {
        const entries = entriesOf(chosen);
        const read = entries.map(({ accountId, epoch, seq, ...rest }) =>
          decodeEntry({ accountId, epoch, seq }, encodeEntry({ accountId, epoch, seq, ...rest })),
        );
        expect(dump(foldOf(read))).toEqual(dump(foldOf(entries)));
      }),
      RUNS,
    );
  });

  test("keeps counters and totals equal to the sum of the parts", () => {
    fc.assert(
      fc.property(choices(), (chosen) => {
        const state = foldOf(entriesOf(chosen));
        const rows = [...state.emails.newestFirst()];
        expect(state.totals.messages).toBe(rows.length);
        expect(state.totals.octets).toBe(rows.reduce((sum, row) => sum + state.emails.sizeOctets(row), 0));
        for (const id of state.records("Mailbox").keys())
          expect(state.mailboxCounts(id as MailboxId)).toEqual(countedByHand(state, id as MailboxId));
      }),
      RUNS,
    );
  });
});

describe("changes", () => {
  test("from any earlier state, in steps of any size, rebuild the present", () => {
    fc.assert(
      fc.property(choices(), fc.nat(), fc.integer({ min: 1, max: 7 }), fc.boolean(), (chosen, at, step, epochs) => {
        const entries = entriesOf(chosen, epochs);
        const cut = at % (entries.length + 1);
        const past = foldOf(entries.slice(0, cut));
        const present = foldOf(entries);
        for (const type of ["Email", "Thread", "Mailbox", "Identity"]) {
          const known = versions(past, type);
          let since: Position = { epoch: epochOf(present, cut), seq: cut };
          for (let round = 0; ; round++) {
            expect(round).toBeLessThan(1000);
            const changed = present.changesSince(type, parseState(formatState(since))!, step);
            expect(changed).not.toBeNull();
            expect(changed!.created.length + changed!.updated.length + changed!.destroyed.length).toBeLessThanOrEqual(step);
            const now = versions(present, type);
            for (const id of changed!.destroyed) known.delete(id);
            for (const id of [...changed!.created, ...changed!.updated]) known.set(id, now.get(id) ?? "gone");
            since = changed!.upTo;
            if (!changed!.hasMoreChanges) break;
          }
          expect(new Map([...known].sort())).toEqual(new Map([...versions(present, type)].sort()));
        }
      }),
      RUNS,
    );
  });

  test("in pages, while the account moves on between them, tell of no id otherwise than it is known", () => {
    fc.assert(
      fc.property(
        choices(),
        fc.nat(),
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 4 }), more: fc.nat(6) }), { minLength: 1 }),
        (chosen, at, pages) => {
          const entries = entriesOf(chosen);
          for (const type of ["Email", "Thread", "Mailbox", "Identity"]) {
            let done = 1 + (at % entries.length);
            const fold = foldOf(entries.slice(0, done));
            const known = new Set(versions(fold, type).keys());
            const fresh = versions(fold, type);
            let since: Position = { epoch: epochOf(fold, done), seq: done };
            for (let round = 0, more = true; more || done < entries.length; round++) {
              expect(round).toBeLessThan(1000);
              const page = pages[round % pages.length]!;
              const changed = fold.changesSince(type, parseState(formatState(since))!, page.size);
              expect(changed).not.toBeNull();
              const { created, updated, destroyed } = changed!;
              expect(created.length + updated.length + destroyed.length).toBeLessThanOrEqual(page.size);
              for (const id of created) expect(known.has(id), `${type} ${id} was new`).toBe(false);
              for (const id of [...updated, ...destroyed]) expect(known.has(id), `${type} ${id} was known`).toBe(true);
              for (const id of destroyed) {
                known.delete(id);
                fresh.delete(id);
              }
              const now = versions(fold, type);
              for (const id of [...created, ...updated]) {
                known.add(id);
                fresh.set(id, now.get(id) ?? "gone");
              }
              const { upTo } = changed!;
              expect(upTo.seq).toBeGreaterThanOrEqual(since.seq);
              since = upTo;
              more = changed!.hasMoreChanges;
              for (const entry of entries.slice(done, done + page.more)) fold.apply(entry);
              more ||= page.more > 0 && done < entries.length;
              done = Math.min(entries.length, done + page.more);
              if (!more && page.more === 0 && done < entries.length) {
                fold.apply(entries[done++]!);
                more = true;
              }
            }
            expect(new Map([...fresh].sort())).toEqual(new Map([...versions(fold, type)].sort()));
          }
        },
      ),
      RUNS,
    );
  });

  test("are refused for a state of the future or of another epoch", () => {
    const state = foldOf(entriesOf([{ kind: "deliver", a: 1, b: 1, c: 1 }]));
    expect(state.changesSince("Email", { epoch: 1, seq: 99 }, null)).toBeNull();
    expect(state.changesSince("Email", { epoch: 7, seq: 1 }, null)).toBeNull();
  });
});

test("runs of numbers go there and back", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(5000)), (numbers) => {
      expect(numbersOf(runsOf(numbers))).toEqual([...numbers].sort((a, b) => a - b));
    }),
  );
});

test.each(["", "1", "1.", "a.b", "01.2", "1.2.3.4", "1.-2", "1.2 "])("state string %j is refused", (text) => {
  expect(parseState(text)).toBeNull();
});

const epochOf = (
  state: { typePosition(type: string): Position; folded: { epochs: { epoch: number; firstSeq: number }[] } },
  seq: number,
): number => {
  const { epochs } = state.folded;
  return (epochs.findLast((epoch) => epoch.firstSeq <= seq) ?? epochs[0])?.epoch ?? 0;
};

/** Each id of a type with what a client would see of it. */
const versions = (state: AccountState, type: string): Map<string, string> => {
  const seen = new Map<string, string>();
  if (type === "Email" || type === "Thread") {
    for (const row of state.emails.newestFirst()) {
      if (type === "Email") seen.set(state.emails.id(row), JSON.stringify([state.emails.keywords(row), state.emails.mailboxIds(row)]));
      else
        seen.set(
          state.emails.threadId(row),
          JSON.stringify(state.emails.rowsOfThread(state.emails.threadId(row)).map((other) => state.emails.id(other))),
        );
    }
    return seen;
  }
  for (const [id, value] of state.records(type))
    seen.set(id, JSON.stringify([value, type === "Mailbox" ? state.mailboxCounts(id as MailboxId) : 0]));
  return seen;
};

const countedByHand = (state: AccountState, mailboxId: MailboxId) => {
  const { emails } = state;
  const trashId = [...state.records("Mailbox")].find(([, value]) => (value as { role?: string }).role === "trash")?.[0] as MailboxId;
  const isUnread = (row: number): boolean => !emails.keywords(row).includes("$seen") && !emails.keywords(row).includes("$draft");
  const inside = [...emails.newestFirst()].filter((row) => emails.mailboxIds(row).includes(mailboxId));
  const threads = new Set(inside.map((row) => emails.threadId(row)));
  const shown = (row: number): boolean =>
    mailboxId === trashId ? emails.mailboxIds(row).includes(trashId) : emails.mailboxIds(row).some((id) => id !== trashId);
  return {
    totalEmails: inside.length,
    unreadEmails: inside.filter(isUnread).length,
    totalThreads: threads.size,
    unreadThreads: [...threads].filter((thread) => emails.rowsOfThread(thread).some((row) => isUnread(row) && shown(row))).length,
  };
};
