/** What every RuleMemory does. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { AccountId } from "../../../core/ids.ts";
import type { RuleMemory } from "../../../core/ports/rule-memory.ts";

const newAccount = () => `A${randomUUID()}` as AccountId;

export const ruleMemoryContract = (name: string, factory: () => RuleMemory): void => {
  describe(`RuleMemory: ${name}`, () => {
    it("keeps the first until its time is over", async () => {
      const memory = factory();
      const account = newAccount();
      expect(await memory.get(account, "D#1", 1_000)).toBeNull();
      expect(await memory.keep(account, "D#1", { by: "first" }, { now: 1_000, until: 2_000 })).toEqual({ by: "first" });
      expect(await memory.keep(account, "D#1", { by: "second" }, { now: 1_500, until: 9_000 })).toEqual({ by: "first" });
      expect(await memory.get(account, "D#1", 1_999)).toEqual({ by: "first" });
      expect(await memory.get(account, "D#1", 2_000)).toBeNull();
      expect(await memory.keep(account, "D#1", { by: "third" }, { now: 2_000, until: 3_000 })).toEqual({ by: "third" });
    });

    it("agrees on one among many at once", async () => {
      const memory = factory();
      const account = newAccount();
      const now = Date.now();
      const tries = [...Array(8).keys()].map((by) => memory.keep(account, "V#x", { by }, { now, until: now + 60_000 }));
      expect(new Set((await Promise.all(tries)).map((value) => JSON.stringify(value))).size).toBe(1);
    });

    it("writes in any case when told to, account by account", async () => {
      const memory = factory();
      const account = newAccount();
      await memory.put(account, "U#x", { mailId: "m1" }, 2_000);
      await memory.put(account, "U#x", { mailId: "m2" }, 3_000);
      expect(await memory.get(account, "U#x", 2_500)).toEqual({ mailId: "m2" });
      expect(await memory.get(newAccount(), "U#x", 2_500)).toBeNull();
    });
  });
};
