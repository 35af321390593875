/** Where is my message; what is held; what has failed. */
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import type { ReceiptId } from "../../core/ids.ts";
import { sentenceOf } from "../../core/policy/reasons.ts";
import type { TraceRecord } from "../../core/ports/trace-store.ts";
import { stages } from "../../core/stages.ts";
import { count, type Given, instant, option, positional } from "./arguments.ts";
import { Refusal } from "./refusal.ts";
import type { Service } from "./service.ts";

const time = (at: number) => new Date(at).toISOString();

const lineOf = (record: TraceRecord): string => {
  const who = record.recipient ?? record.sender ?? "";
  const reasons = record.reasons?.length ? ` (${record.reasons.join(", ")})` : "";
  const through = record.recipient && record.recipients?.length ? ` through ${record.recipients.join(", ")}` : "";
  return `  ${time(record.at)}  ${record.stage.padEnd(11)} ${who}${through}${reasons}`;
};

export const trace = async (service: Service, given: Given): Promise<string> => {
  const messageId = option(given, "message-id")?.replace(/^<|>$/g, "");
  const [sender, recipient] = [option(given, "sender"), option(given, "recipient")];
  const asked = [messageId, sender, recipient].filter((value) => value !== undefined);
  if (asked.length !== 1) throw new Refusal("Say exactly one of --message-id, --sender and --recipient.");
  const now = service.now();
  const from = instant(option(given, "since") ?? "7d", now);
  const limit = count(option(given, "limit"), 20);
  const found = await service.traces.search({ messageId, sender, recipient, from, limit });
  const receipts = [...new Set(found.map(({ receiptId }) => receiptId))];
  if (receipts.length === 0) return "No message was found.";
  const texts = await Promise.all(
    receipts.map(async (receiptId) => {
      const records = await service.traces.ofReceipt(receiptId);
      const id = records.find((record) => record.messageId)?.messageId;
      return [`${receiptId}${id ? `  <${id}>` : ""}`, ...records.map(lineOf)].join("\n");
    }),
  );
  return texts.join("\n\n");
};

export const listHeld = async (service: Service, given: Given): Promise<string> => {
  const { items, next } = await service.traces.listHeld({ limit: count(option(given, "limit"), 50), after: option(given, "after") });
  if (items.length === 0) return "Nothing is held.";
  const lines = items.map(
    (item) => `${item.receiptId}  ${time(item.at)}  ${item.sender || "<>"} → ${item.recipients.join(", ")}  ${item.reasons.join(", ")}`,
  );
  return [...lines, ...(next ? [`More: --after ${next}`] : [])].join("\n");
};

export const showHeld = async (service: Service, given: Given): Promise<string> => {
  const receiptId = positional(given, 2, "receipt") as ReceiptId;
  const [item, receipt, records] = await Promise.all([
    service.traces.getHeld(receiptId),
    service.receipts.getReceipt(receiptId),
    service.traces.ofReceipt(receiptId),
  ]);
  if (!item) throw new Refusal(`No message with the receipt ${receiptId} was held.`);
  const { message } = receipt ?? {};
  return [
    `${receiptId} is ${item.status} since ${time(item.at)}.`,
    ...item.reasons.map((code) => `  ${code}: ${sentenceOf(code)}`),
    `Envelope   ${item.sender || "<>"} → ${item.recipients.join(", ")}`,
    `From       ${message?.from?.map(({ name, email }) => (name ? `${name} <${email}>` : email)).join(", ") ?? "?"}`,
    `Subject    ${message?.subject ?? "?"}`,
    `Octets     ${message?.sizeOctets ?? "?"} in ${item.key}`,
    ...records.map(lineOf),
  ].join("\n");
};

/** Released once; the scan stage then files it with a mark. Asked again, the scan stage is only told again. */
export const releaseHeld = async (service: Service, given: Given): Promise<string> => {
  const receiptId = positional(given, 2, "receipt") as ReceiptId;
  const item = await service.traces.getHeld(receiptId);
  if (!item) throw new Refusal(`No message with the receipt ${receiptId} was held.`);
  const at = service.now();
  const released = await service.traces.release(receiptId, "system:cli", at);
  if (released) await service.traces.record([{ receiptId, stage: "released", at, reasons: ["operator"] }]);
  await service.scanQueue.send([{ receiptId }]);
  return released ? `${receiptId} is released and will be filed.` : `${receiptId} had been released before; it is filed if it was not yet.`;
};

/** Every stage has one, but for those that nothing is queued for. */
const deadLetterQueues = stages.filter(({ trigger }) => ["queue", "stream", "schedule"].includes(trigger.kind)).map(({ name }) => name);

const deadLetterUrl = async (service: Service, stage: string): Promise<string | null> => {
  try {
    const { QueueUrl } = await service.sqs.send(new GetQueueUrlCommand({ QueueName: service.names.deadLetterQueue(stage) }));
    return QueueUrl ?? null;
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return null;
    throw error;
  }
};

export const listDeadLetters = async (service: Service): Promise<string> => {
  const lines = await Promise.all(
    deadLetterQueues.map(async (stage) => {
      const QueueUrl = await deadLetterUrl(service, stage);
      if (!QueueUrl) return null;
      const { Attributes } = await service.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
      );
      return `${stage.padEnd(12)} ${Attributes?.ApproximateNumberOfMessages ?? "?"}`;
    }),
  );
  return lines.filter((line) => line !== null).join("\n");
};

/** Shows some; they stay where they are. */
export const showDeadLetters = async (service: Service, given: Given): Promise<string> => {
  const stage = positional(given, 2, "stage");
  const QueueUrl = await deadLetterUrl(service, stage);
  if (!QueueUrl) throw new Refusal(`There is no dead-letter queue of a stage "${stage}".`);
  const { Messages = [] } = await service.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: Math.min(10, count(option(given, "limit"), 10)),
      VisibilityTimeout: 0,
      MessageSystemAttributeNames: ["SentTimestamp", "ApproximateReceiveCount"],
    }),
  );
  if (Messages.length === 0) return "It is empty.";
  return Messages.map(({ MessageId, Attributes, Body }) => `${MessageId}  ${time(Number(Attributes?.SentTimestamp ?? 0))}\n  ${Body}`).join(
    "\n",
  );
};

/** Moves everything back to the queue that it came from. Every stage takes a job twice without harm. */
export const redriveDeadLetters = async (service: Service, given: Given): Promise<string> => {
  const stage = positional(given, 2, "stage");
  const trigger = stages.find(({ name }) => name === stage)?.trigger;
  if (trigger?.kind !== "queue") throw new Refusal(`The stage "${stage}" reads no queue, so there is nothing to move back.`);
  await service.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: service.queueArn(service.names.deadLetterQueue(trigger.queue)) }));
  return `The dead letters of ${stage} are being moved back to its queue.`;
};
