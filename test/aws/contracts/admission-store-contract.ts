import { describe, expect, it } from "vitest";
import type { AdmissionStore } from "../../../core/ports/admission-store.ts";

let number = 0;

export const admissionStoreContract = (name: string, factory: () => AdmissionStore): void => {
  describe(`AdmissionStore: ${name}`, () => {
    const make = () => {
      const store = factory();
      const who = `${Date.now().toString(36)}q${number++}`;
      const client = "c-1=";
      const now = 1_700_000_000_000;
      const enter = (at = now, bounds: { most?: number; perMinute?: number } = {}) =>
        store.enter({
          who,
          client,
          kind: "request",
          most: bounds.most ?? 3,
          perMinute: bounds.perMinute ?? 1_000,
          now: at,
          until: at + 30_000,
        });
      return { store, who, client, now, enter };
    };

    it("lets as many in as there are places, however they come, and others when those leave", async () => {
      const { store, who, client, enter } = make();
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => enter()));
      const entered = outcomes.filter((outcome) => outcome.outcome === "entered");
      expect(entered).toHaveLength(3);
      expect(outcomes.filter(({ outcome }) => outcome === "tooMany")).toHaveLength(2);
      await store.leave({ who, client, kind: "request", place: entered[0]!.place });
      expect((await enter()).outcome).toBe("entered");
      expect((await enter()).outcome).toBe("tooMany");
    });

    it("does not keep the places of those that never left", async () => {
      const { now, enter } = make();
      for (let each = 0; each < 3; each++) await enter();
      expect((await enter(now + 29_999)).outcome).toBe("tooMany");
      expect((await enter(now + 30_000)).outcome).toBe("entered");
    });

    it("never stalls a client that asks one at a time, nor one that asks all day", async () => {
      const { store, who, client, now, enter } = make();
      for (let each = 0; each < 40; each++) {
        const entered = await enter(now + each * 20_000, { most: 1 });
        if (entered.outcome !== "entered") throw new Error(`request ${each}: ${entered.outcome}`);
        await store.leave({ who, client, kind: "request", place: entered.place });
      }
    });

    it("counts by the minute", async () => {
      const { now, enter } = make();
      const within = { most: 100, perMinute: 2 };
      expect((await enter(now, within)).outcome).toBe("entered");
      expect((await enter(now, within)).outcome).toBe("entered");
      expect((await enter(now, within)).outcome).toBe("tooOften");
      expect((await enter(now + 60_000, within)).outcome).toBe("entered");
    });

    it("counts the rate over all clients of a person", async () => {
      const { store, who, now, enter } = make();
      for (let each = 0; each < 2; each++) await enter(now, { perMinute: 2 });
      const other = { who, client: "c-2", kind: "request", most: 3, perMinute: 2, now, until: now + 1 };
      expect((await store.enter(other)).outcome).toBe("tooOften");
    });

    it("keeps people, clients and kinds apart", async () => {
      const { store, who, client, now, enter } = make();
      for (let each = 0; each < 3; each++) await enter();
      const other = { client, most: 1, perMinute: 10, now, until: now + 1 };
      expect((await store.enter({ ...other, who: `${who}b`, kind: "request" })).outcome).toBe("entered");
      expect((await store.enter({ ...other, who, kind: "upload" })).outcome).toBe("entered");
      expect((await store.enter({ ...other, who, client: "c-2", kind: "request", perMinute: 100 })).outcome).toBe("entered");
    });
  });
};
