import fc from "fast-check";
import { expect, test } from "vitest";
import { ReceivedOrder } from "../../core/log/received-order.ts";

const RUNS = { numRuns: Number(process.env.PENFOLD_PROPERTY_RUNS ?? 200) };
const steps = fc.array(
  fc.oneof(
    fc.nat(20).map((at) => ({ what: "arrive" as const, at })),
    fc.nat(60).map((row) => ({ what: "die" as const, row })),
    fc.constant({ what: "look" as const }),
  ),
  { maxLength: 80 },
);

test("rows stay newest first, the later row first of equals, and what was handed out does not move", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 20 }), steps, (before, chosen) => {
      const receivedAts = [...before];
      const dead = new Set<number>();
      const order = new ReceivedOrder(
        (row) => receivedAts[row]!,
        (row) => !dead.has(row),
      );
      order.rebuild(Float64Array.from(before), before.length, false);
      const expected = () =>
        [...receivedAts.keys()].filter((row) => !dead.has(row)).sort((a, b) => receivedAts[b]! - receivedAts[a]! || b - a);
      let seen: { view: Uint32Array; was: number[] } | null = null;
      for (const step of chosen) {
        if (step.what === "arrive") order.insert(receivedAts.push(step.at) - 1);
        else if (step.what === "die") {
          if (step.row < receivedAts.length) dead.add(step.row);
          order.forget();
        } else {
          if (seen) expect([...seen.view]).toEqual(seen.was);
          const view = order.newestFirst();
          expect([...view]).toEqual(expected());
          seen = { view, was: [...view] };
        }
      }
      expect([...order.newestFirst()]).toEqual(expected());
    }),
    RUNS,
  );
});
