/**
 * The sweep stage, on a schedule: hands held submissions over to the submit queue shortly before their time. Whatever an earlier run
 * missed is within the look-back. (Expired uploads need no sweeping: their items have a time to live, their objects a lifecycle rule.)
 */
import type { HoldStore } from "../ports/hold-store.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import { eachBounded } from "./each-bounded.ts";
import type { SubmitJob } from "./jobs.ts";
import { longestDelaySeconds } from "./submit.ts";

export interface SweepPorts {
  readonly holds: HoldStore;
  readonly submitQueue: StageQueue<SubmitJob>;
  readonly now: () => number;
}

/** A stopped schedule may be down for this long before a hold is overlooked. */
const lookBackMilliseconds = 7 * 24 * 3600 * 1000;
const atOnce = 10;

export const sweep = async (ports: SweepPorts): Promise<{ handedOver: number }> => {
  const now = ports.now();
  const due = await ports.holds.due(now - lookBackMilliseconds, now + longestDelaySeconds * 1000);
  await eachBounded(due, atOnce, async (hold) => {
    const { accountId, submissionId, entry } = hold;
    await ports.submitQueue.send([{ accountId, submissionId, entry }], { delaySeconds: Math.max(0, (hold.releaseAt - now) / 1000) });
    await ports.holds.remove(hold);
  });
  return { handedOver: due.length };
};
