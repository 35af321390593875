/**
 * A function behind the accounts table's stream. A batch's log entries are worked on together; when one cannot be read, those before it
 * are, and the batch is reported failed from it on: Lambda tries again and at last puts it into the dead-letter queue.
 */
import type { MiddyfiedHandler } from "@middy/core";
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { entryOfItem } from "../../aws/account-log-store.ts";
import type { LogEntry } from "../../core/log/entry.ts";
import { countMetric, observed, reportFailure } from "./observe.ts";

export const entryStreamHandler = (options: {
  readonly stage: string;
  readonly run: (entries: readonly LogEntry[]) => Promise<void>;
}): MiddyfiedHandler<DynamoDBStreamEvent, DynamoDBBatchResponse> =>
  observed(options.stage, async (event: DynamoDBStreamEvent) => {
    const entries: LogEntry[] = [];
    const batchItemFailures: DynamoDBBatchResponse["batchItemFailures"] = [];
    for (const record of event.Records) {
      try {
        const entry = entryOfRecord(record);
        if (entry) entries.push(entry);
      } catch (error) {
        reportFailure(error, { stage: options.stage, sequenceNumber: record.dynamodb?.SequenceNumber ?? "" });
        batchItemFailures.push({ itemIdentifier: record.dynamodb?.SequenceNumber ?? "" });
        break;
      }
    }
    if (entries.length > 0) await options.run(entries);
    countMetric("Entries", entries.length);
    return { batchItemFailures };
  });

/** Binary attributes come in base64. */
const entryOfRecord = (record: DynamoDBRecord): LogEntry | null => {
  const image = record.dynamodb?.NewImage;
  if (record.eventName === "REMOVE" || !image) return null;
  const { pk, sk, d } = image as { pk?: { S?: string }; sk?: { S?: string }; d?: { B?: string } };
  const octets = d?.B === undefined ? undefined : Buffer.from(d.B, "base64");
  return entryOfItem({ pk: { S: pk?.S ?? "" }, sk: { S: sk?.S ?? "" }, ...(octets && { d: { B: octets } }) });
};
