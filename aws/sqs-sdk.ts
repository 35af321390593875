/** SendMessageBatch on the AWS SDK's client. */
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { sorted } from "./sdk-errors.ts";
import type { SqsSender } from "./stage-queue.ts";

export const createSdkSqsSender = (client = new SQSClient({ maxAttempts: 4 })): SqsSender => ({
  sendBatch: async (queueUrl, entries) => {
    try {
      const answer = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: entries.map(({ id, body, delaySeconds }) => ({ Id: id, MessageBody: body, DelaySeconds: delaySeconds || undefined })),
        }),
      );
      return { failedIds: (answer.Failed ?? []).map((entry) => entry.Id!) };
    } catch (error) {
      throw sorted(error);
    }
  },
});
