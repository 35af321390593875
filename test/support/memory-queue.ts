/** A stage's queue in memory: `take` gives what was sent, as it would be received. */
import type { StageQueue } from "../../core/ports/stage-queue.ts";

export class MemoryQueue<Job extends object> implements StageQueue<Job> {
  jobs: Job[] = [];
  delays: number[] = [];

  async send(jobs: readonly Job[], options?: { delaySeconds?: number }): Promise<void> {
    for (const job of jobs) {
      this.jobs.push(JSON.parse(JSON.stringify(job)) as Job);
      this.delays.push(options?.delaySeconds ?? 0);
    }
  }

  take(): Job[] {
    this.delays = [];
    return this.jobs.splice(0);
  }
}
