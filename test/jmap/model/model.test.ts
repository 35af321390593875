import fc from "fast-check";
import { it } from "vitest";
import { World } from "../world.ts";
import { Run } from "./run.ts";
import { arrival, type Step, step } from "./steps.ts";

/** `npm run test:model` looks longer. What fails is printed with its seed, by which JMAP_SEED finds it again. */
const numRuns = Number(process.env.JMAP_RUNS ?? 60);
const seed = process.env.JMAP_SEED === undefined ? {} : { seed: Number(process.env.JMAP_SEED) };

const SYNC: Step = { kind: "sync", max: 3 };

it(
  "two clients on two processes, kept up to date by changes alone, and a plain model agree after any sequence of methods",
  async () => {
    const who = fc.nat(1);
    const steps = fc
      .tuple(fc.array(fc.tuple(who, arrival), { maxLength: 10 }), fc.array(fc.tuple(who, step), { minLength: 5, maxLength: 45 }))
      .map(([first, then]) => [...first, ...then]);
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        // Everything else is done in memory: without this no timer would ever fire.
        await new Promise(setImmediate);
        const run = new Run(await World.make());
        for (const client of run.clients) await client.start();
        for (const [who, one] of all) await run.perform(one, who);
        for (const who of [0, 1]) await run.perform(SYNC, who);
      }),
      { numRuns, ...seed, includeErrorInReport: true },
    );
  },
  60_000 + numRuns * 2_000,
);
