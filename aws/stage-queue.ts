/** Work for a stage on SQS: batches of ten, joined over concurrent callers; entries that SQS refuses are sent again. */
import { TransientError } from "../core/errors.ts";
import type { StageQueue } from "../core/ports/stage-queue.ts";
import { gather } from "./gather.ts";
import type { Meter } from "./meter.ts";

/** One SendMessageBatch call: at most ten bodies. Gives the indexes that SQS did not take. */
export interface SqsSender {
  sendBatch(
    queueUrl: string,
    entries: readonly { id: string; body: string; delaySeconds?: number }[],
  ): Promise<{ failedIds: readonly string[] }>;
}

const entriesPerCall = 10;
const octetsPerCall = 200_000;
const attempts = 4;
const longestDelaySeconds = 900;

interface Outgoing {
  readonly body: string;
  readonly delaySeconds: number;
}

const inCalls = (requests: readonly Outgoing[]): number[][] => {
  const calls: number[][] = [];
  let octets = 0;
  requests.forEach(({ body }, index) => {
    const call = calls.at(-1);
    if (!call || call.length === entriesPerCall || octets + body.length > octetsPerCall) {
      calls.push([index]);
      octets = body.length;
    } else {
      call.push(index);
      octets += body.length;
    }
  });
  return calls;
};

export const createStageQueue = <Job extends object>(sender: SqsSender, queueUrl: string, meter?: Meter): StageQueue<Job> => {
  const sendCall = async (requests: readonly Outgoing[], indexes: readonly number[], failed: Set<number>): Promise<void> => {
    let left = indexes;
    for (let attempt = 0; attempt < attempts && left.length > 0; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * 2 ** attempt));
      meter?.count("sqs:SendMessageBatch");
      const entries = left.map((index) => ({
        id: String(index),
        body: requests[index]!.body,
        delaySeconds: requests[index]!.delaySeconds,
      }));
      const { failedIds } = await sender.sendBatch(queueUrl, entries);
      left = failedIds.map(Number);
    }
    for (const index of left) failed.add(index);
  };
  const send = gather<Outgoing, true>(async (requests) => {
    const failed = new Set<number>();
    const calls = inCalls(requests);
    await Promise.all(
      calls.map((indexes) =>
        sendCall(requests, indexes, failed).catch((error: unknown) => {
          // The answer of the whole call is unknown: its callers try again, the other calls' callers need not.
          for (const index of indexes) failed.add(index);
          if (!(error instanceof TransientError)) throw error;
        }),
      ),
    );
    return requests.map((_, index) => (failed.has(index) ? new TransientError("SQS did not take a message") : true));
  });
  return {
    send: async (jobs, options) => {
      const delaySeconds = Math.max(0, Math.min(longestDelaySeconds, Math.ceil(options?.delaySeconds ?? 0)));
      await Promise.all(jobs.map((job) => send({ body: JSON.stringify(job), delaySeconds })));
    },
  };
};
