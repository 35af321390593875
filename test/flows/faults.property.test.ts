/**
 * Processes die between any two writes, jobs come twice and in any order; at the end nothing is lost and nothing is there twice: every
 * recipient has exactly one ending, every mailbox that could take a message has it once.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { submissionType } from "../../core/flows/submission.ts";
import type { AccountId } from "../../core/ids.ts";
import type { StoredSubmission } from "../../core/jmap/records.ts";
import { rawMessage } from "../support/memory-transport.ts";
import { pendingSubmission } from "./submission.ts";
import { World } from "./world.ts";

const people = ["bea", "cat", "dan"] as const;
/** Envelope recipient → who gets it; null: the recipient cannot be served. */
const recipients: Record<string, readonly string[] | null> = {
  "bea@care.example": ["bea"],
  "alias@care.example": ["bea"],
  "cat+ward@care.example": ["cat"],
  "team@care.example": ["bea", "cat", "dan"],
  "ring@care.example": ["cat"],
  "full@care.example": null,
  "nobody@care.example": null,
};

interface Message {
  readonly to: readonly string[];
  readonly kind: "ordinary" | "infected" | "unreadable" | "unproven";
}

const message: fc.Arbitrary<Message> = fc.record({
  to: fc.uniqueArray(fc.constantFrom(...Object.keys(recipients)), { minLength: 1, maxLength: 4 }),
  kind: fc.constantFrom(
    "ordinary" as const,
    "ordinary" as const,
    "ordinary" as const,
    "infected" as const,
    "unreadable" as const,
    "unproven" as const,
  ),
});

const crashes = fc.array(fc.tuple(fc.nat(150), fc.constantFrom("before" as const, "after" as const)), { maxLength: 12 });
const schedule = fc.record({ order: fc.infiniteStream(fc.nat(1_000)), again: fc.infiniteStream(fc.nat(9)) });

const newWorld = async (): Promise<World> => {
  const world = new World();
  await world.addPerson("bea", { aliases: ["alias@care.example"] });
  await world.addPerson("cat");
  await world.addPerson("dan");
  await world.addPerson("full", { quotaOctets: 10 });
  await world.addList("team", ["bea@care.example", "cat@care.example", "inner@care.example"]);
  await world.addList("inner", ["dan@care.example", "team@care.example"]);
  await world.addList("ring", ["ring@care.example", "cat@care.example"]);
  return world;
};

const runWithFaults = async (
  world: World,
  faults: [number, "before" | "after"][],
  plan: { order: Iterator<number>; again: Iterator<number> },
) => {
  let repeats = 10;
  world.faults.crashes = new Map(faults);
  await world.run({
    pick: (count) => plan.order.next().value % count,
    again: () => plan.again.next().value === 0 && repeats-- > 0,
  });
};

const categoriesOf = (world: World, receiptId: string, recipient: string): Set<string> =>
  new Set(
    world
      .endings(receiptId)
      .map((ending) => ending.split(" ") as [string, string, string?])
      .filter(([, envelope]) => envelope === recipient)
      .map(([stage, , member]) => `${stage} ${member ?? ""}`),
  );

describe("inbound, whatever dies", () => {
  it("ends every recipient exactly once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 3 }), crashes, schedule, async (messages, faults, plan) => {
        const world = await newWorld();
        messages.forEach(({ to, kind }, index) => {
          const id = `m${index}`;
          world.accept(id, [...to], { spf: kind === "unproven" ? "FAIL" : "PASS" });
          if (kind === "infected") world.blobs.verdicts.set(`inbound/${id}`, { status: "infected", name: "x" });
          if (kind === "unreadable") world.blobs.objects.set(`inbound/${id}`, Buffer.from("X: 1\r\n".repeat(2_500)));
        });
        await runWithFaults(world, faults, plan);
        for (const [index, { to, kind }] of messages.entries()) {
          const id = `m${index}`;
          const held = kind === "infected" || kind === "unreadable";
          const expectedPeople = held ? [] : [...new Set(to.flatMap((recipient) => recipients[recipient] ?? []))];
          for (const person of people) {
            const copies = (await world.filed(`A${person}` as AccountId)).filter((receipt) => receipt === id);
            expect(copies).toHaveLength(expectedPeople.includes(person) ? 1 : 0);
          }
          for (const recipient of to) {
            const endings = categoriesOf(world, id, recipient);
            expect(endings.size).toBeGreaterThan(0);
            // One ending for each person (or the recipient itself) that it stood for.
            const members = [...endings].map((ending) => ending.split(" ")[1]);
            expect(new Set(members).size).toBe(members.length);
            if (held) expect([...endings]).toEqual(["quarantined "]);
            else if (recipients[recipient] === null) expect([...endings]).toEqual([kind === "unproven" ? "dropped " : "bounced "]);
            else expect([...endings].every((ending) => ending.startsWith("filed"))).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

describe("outbound, whatever dies", () => {
  it("reaches every recipient, and outside twice only when a death hid the answer of SES", async () => {
    const outside = ["far@outside.example", "away@outside.example"];
    const pool = [...outside, "cat@care.example", "dan@care.example", "nobody@care.example"];
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.constantFrom(...pool), { minLength: 1 }), crashes, schedule, async (to, faults, plan) => {
        const world = await newWorld();
        world.blobs.objects.set("composed/e1", rawMessage("out", "bea@care.example", "Hello"));
        const log = world.newLog();
        const created = { S1: pendingSubmission(to, world.clock) };
        await log.commit("Abea" as AccountId, () => ({
          plan: { actor: "principal:bea", records: [{ type: submissionType, created }] },
          result: null,
        }));
        await world.notify("Abea" as AccountId, 1);
        await runWithFaults(world, faults, plan);
        const local = to.filter((email) => email.endsWith("@care.example"));
        for (const person of ["cat", "dan"]) {
          expect(await world.filed(`A${person}` as AccountId)).toHaveLength(local.includes(`${person}@care.example`) ? 1 : 0);
        }
        // The bounce of the unknown address comes back to the sender, once.
        expect(await world.filed("Abea" as AccountId)).toHaveLength(local.includes("nobody@care.example") ? 1 : 0);
        const calls = world.transport.sent.length;
        expect(calls).toBeGreaterThanOrEqual(to.some((email) => outside.includes(email)) ? 1 : 0);
        world.faults.crashes = new Map();
        const state = await world.newLog().load("Abea" as AccountId);
        const stored = state!.records(submissionType).get("S1") as StoredSubmission;
        expect(stored.undoStatus).toBe("final");
        expect(Object.keys(stored.deliveryStatus!).sort()).toEqual([...to].sort());
        if (local.includes("nobody@care.example")) expect(stored.deliveryStatus!["nobody@care.example"]!.delivered).toBe("no");
        if (faults.length === 0) expect(calls).toBe(to.some((email) => outside.includes(email)) ? 1 : 0);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
