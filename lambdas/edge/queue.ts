/**
 * A function behind an SQS queue. Each message is read against its schema and worked on by itself; those that fail are named in
 * the partial batch response, so one bad job neither blocks nor loses another. What cannot be read stays failed until the queue's
 * redrive policy puts it into the dead-letter queue, where the alarm is.
 */
import type { MiddyfiedHandler } from "@middy/core";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type * as z from "zod";
import { PoisonError } from "../../core/errors.ts";
import { eachBounded } from "../../core/flows/each-bounded.ts";
import { countMetric, observed, reportFailure } from "./observe.ts";

export const queueHandler = <Job>(options: {
  readonly stage: string;
  readonly schema: z.ZodType<Job>;
  readonly run: (job: Job) => Promise<void>;
  /** Jobs of one batch worked on together. */
  readonly atOnce: number;
  /** Known texts that are no job and ask for nothing. */
  readonly notices?: readonly string[];
}): MiddyfiedHandler<SQSEvent, SQSBatchResponse> =>
  observed(options.stage, async (event: SQSEvent) => {
    const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
    await eachBounded(event.Records, options.atOnce, async (record) => {
      if (options.notices?.includes(record.body)) return;
      try {
        await options.run(readJob(options.schema, record));
      } catch (error) {
        reportFailure(error, { stage: options.stage, queueMessageId: record.messageId });
        batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    });
    countMetric("Jobs", event.Records.length);
    return { batchItemFailures };
  });

const readJob = <Job>(schema: z.ZodType<Job>, record: SQSRecord): Job => {
  let body: unknown;
  try {
    body = JSON.parse(record.body);
  } catch {
    throw new PoisonError("a queue message is no JSON");
  }
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const where = read.error.issues.slice(0, 3).map((issue) => `${issue.path.join(".")}: ${issue.code}`);
  throw new PoisonError(`a queue message does not fit its schema (${where.join(", ")})`);
};
