import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { submissionType } from "../../core/flows/submission.ts";
import { sweep } from "../../core/flows/sweep.ts";
import type { AccountId } from "../../core/ids.ts";
import { pendingSubmission } from "../flows/submission.ts";
import { World } from "../flows/world.ts";
import { faulty } from "../support/faults.ts";
import { rawMessage } from "../support/memory-transport.ts";

const BEA = "Abea" as AccountId;
const HOUR = 3_600_000;

const scheduled = async (world: World, sendAt: number, to = ["far@outside.example", "cat@care.example"]): Promise<void> => {
  await world.addPerson("bea");
  await world.addPerson("cat");
  world.blobs.objects.set("composed/e1", rawMessage("out", "bea@care.example", "Hello"));
  const record = pendingSubmission(to, sendAt, { createdAt: world.clock, isHeld: true });
  const records = [{ type: submissionType, created: { S1: record } }];
  await world.newLog().commit(BEA, () => ({ plan: { actor: "principal:bea", records }, result: null }));
};

const sweepOnce = (world: World) =>
  sweep({ holds: faulty(world.holds, world.faults), submitQueue: faulty(world.submitQueue, world.faults), now: () => world.clock }).catch(
    (error: Error) => {
      if (error.name !== "Crash") throw error;
    },
  );

/** Makes the queue keep a job for as long as it was sent with, as SQS does. Gives the jobs that wait, and lets time pass. */
const withDelays = (world: World) => {
  const waiting: { at: number; job: object }[] = [];
  world.submitQueue.send = async (jobs, options) => {
    for (const job of jobs) waiting.push({ at: world.clock + (options?.delaySeconds ?? 0) * 1000, job });
  };
  const passTime = async (until: number, again: () => boolean): Promise<void> => {
    for (let last = false; !last; ) {
      last = world.clock >= until;
      await sweepOnce(world);
      for (const due of waiting.filter(({ at }) => at <= world.clock)) {
        waiting.splice(waiting.indexOf(due), 1);
        world.submitQueue.jobs.push(due.job as never);
      }
      await world.run({ again });
      world.clock += last ? 0 : 300_000;
    }
  };
  return { waiting, passTime };
};

describe("scheduled mail is neither stuck nor sent twice", () => {
  test("whatever dies between any two writes of notify, submit, sweep and dispatch, and however often a job comes", async () => {
    const crashes = fc.array(fc.tuple(fc.nat(60), fc.constantFrom("before" as const, "after" as const)), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(crashes, fc.infiniteStream(fc.nat(5)), async (deaths, repeats) => {
        const world = new World();
        const { waiting, passTime } = withDelays(world);
        const sendAt = world.clock + 3 * HOUR;
        await scheduled(world, sendAt);
        // The stream brings the batch twice: its first try died after it had sent the job.
        await world.notify(BEA, 1);
        await world.notify(BEA, 1);
        world.faults.crashes = new Map(deaths);
        /** Calls of SES whose answer a death hid before it was noted: such a message is sent again, rather than lost (docs/known-limits.md). */
        let hidden = 0;
        const send = world.transport.send.bind(world.transport);
        world.transport.send = (message) => {
          const { crashes, calls } = world.faults;
          if (crashes.get(calls - 1) === "after" || crashes.get(calls) === "before") hidden++;
          return send(message);
        };
        let left = 6;
        const again = () => repeats.next().value === 0 && left-- > 0;
        await passTime(sendAt - HOUR, again);
        expect(world.transport.sent).toEqual([]);
        await passTime(sendAt + 3 * HOUR, again);
        expect(world.transport.sent).toHaveLength(1 + hidden);
        expect(await world.filed("Acat" as AccountId)).toHaveLength(1);
        expect(waiting).toEqual([]);
      }),
      { numRuns: Number(process.env.FAULT_RUNS ?? 60) },
    );
  }, 60_000);

  test("by a sweep that was down for days", async () => {
    const world = new World();
    const sendAt = world.clock + 2 * HOUR;
    await scheduled(world, sendAt);
    await world.notify(BEA, 1);
    await world.run();
    world.clock = sendAt + 5 * 24 * HOUR;
    await sweepOnce(world);
    await world.run();
    expect(world.transport.sent).toHaveLength(1);
  });

  describe("by two workers that have the same job at the same moment", () => {
    let world: World;
    const job = { accountId: BEA as string, submissionId: "S1", entry: { epoch: 1, seq: 2 } };
    beforeEach(async () => {
      world = new World();
      await scheduled(world, world.clock);
    });

    test("one sends, the other looks again later and finds it done", async () => {
      await Promise.all([world.submit(job), world.submit(job), world.submit(job)]);
      expect(world.transport.sent).toHaveLength(1);
      world.clock += 100_000;
      await world.run();
      expect(world.transport.sent).toHaveLength(1);
      expect(await world.filed("Acat" as AccountId)).toHaveLength(1);
    });

    test("and when the one that has it dies before it has sent, the other sends", async () => {
      let calls = 0;
      const claim = world.traces.claim.bind(world.traces);
      world.traces.claim = async (...given) => {
        const claimed = await claim(...given);
        if (calls++ === 0) throw new Error("died");
        return claimed;
      };
      await expect(world.submit(job)).rejects.toThrow("died");
      await world.submit(job);
      expect(world.transport.sent).toEqual([]);
      expect(world.submitQueue.delays.at(-1)).toBeGreaterThan(60);
      world.clock += 100_000;
      await world.run();
      expect(world.transport.sent).toHaveLength(1);
    });
  });
});
