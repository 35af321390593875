/** SendMessageBatch as signed JSON (protocol AWS JSON 1.0). */
import type { SqsSender } from "../stage-queue.ts";
import { ServiceRefusal } from "./service-refusal.ts";
import { type ClientOptions, createSignedClient } from "./signed-client.ts";

export const createSignedSqsSender = (options: Pick<ClientOptions, "endpoint" | "region" | "credentials" | "meter">): SqsSender => {
  const send = createSignedClient({
    ...options,
    service: "sqs",
    timeoutMilliseconds: 5_000,
    isThrottled: (answer) => answer.status === 400 && /Throttl/.test(answer.body.toString("utf8", 0, 512)),
  });
  return {
    sendBatch: async (queueUrl, entries) => {
      const answer = await send({
        method: "POST",
        path: "/",
        headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessageBatch" },
        body: JSON.stringify({
          QueueUrl: queueUrl,
          Entries: entries.map(({ id, body, delaySeconds }) => ({ Id: id, MessageBody: body, DelaySeconds: delaySeconds || undefined })),
        }),
      });
      const output = JSON.parse(answer.body.toString("utf8")) as { __type?: string; Failed?: { Id: string }[] };
      if (answer.status !== 200) throw new ServiceRefusal("sqs", output.__type ?? `Status${answer.status}`, answer.status);
      return { failedIds: (output.Failed ?? []).map(({ Id }) => Id) };
    },
  };
};
