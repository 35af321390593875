import type { ServerResponse } from "node:http";
import { type ApiCall, ServiceError } from "../service.ts";
import { attributesDigest, md5, type WireAttributes } from "./attributes-digest.ts";
import type { Queue, Queues } from "./queues.ts";
import type { StoredMessage } from "./store.ts";

interface OperationInput {
  readonly queues: Queues;
  readonly queue: Queue | null;
  readonly input: Record<string, unknown>;
  readonly call: ApiCall;
  readonly response: ServerResponse;
}

export type Operation = (input: OperationInput) => object | undefined | Promise<object | undefined>;

/** Names of the older query protocol that SDKs still show for these errors. */
export const queryErrorCodes: Readonly<Record<string, string>> = {
  QueueDoesNotExist: "AWS.SimpleQueueService.NonExistentQueue",
  BatchEntryIdsNotDistinct: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
  BatchRequestTooLong: "AWS.SimpleQueueService.BatchRequestTooLong",
  EmptyBatchRequest: "AWS.SimpleQueueService.EmptyBatchRequest",
  TooManyEntriesInBatchRequest: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
  MessageNotInflight: "AWS.SimpleQueueService.MessageNotInflight",
};

const longestDelaySeconds = 900;
const longestVisibilitySeconds = 43_200;
const mostEntries = 10;
const mostAttributes = 10;

interface SendEntry {
  Id?: string;
  MessageBody?: string;
  DelaySeconds?: number;
  MessageAttributes?: WireAttributes;
}

export const operations: Readonly<Record<string, Operation>> = {
  SendMessage: ({ queues, queue, input, call }) => {
    const [answer] = send(queues, queue!, [input as SendEntry], call);
    return answer;
  },
  SendMessageBatch: ({ queues, queue, input, call }) => {
    const entries = batchEntries<SendEntry & { Id: string }>(input);
    const total = entries.reduce((sum, entry) => sum + octetsOf(entry), 0);
    if (total > 1_048_576)
      throw new ServiceError(
        400,
        "BatchRequestTooLong",
        `Batch requests cannot be longer than 1048576 bytes. You have sent ${total} bytes.`,
      );
    const failed: object[] = [];
    const good = entries.filter((entry) => {
      const refusal = refusalOf(queue!, entry);
      if (refusal) failed.push({ Id: entry.Id, SenderFault: true, Code: refusal.code, Message: refusal.message });
      return !refusal;
    });
    return { Successful: send(queues, queue!, good, call), Failed: failed };
  },
  ReceiveMessage: ({ queues, queue, input, response }) => receive(queues, queue!, input, response),
  DeleteMessage: ({ queues, queue, input }) => {
    if (!queues.remove(queue!, String(input.ReceiptHandle))) throw badHandle(input.ReceiptHandle);
    return undefined;
  },
  DeleteMessageBatch: ({ queues, queue, input }) =>
    batch<{ Id: string; ReceiptHandle: string }>(input, (entry) => {
      if (!queues.remove(queue!, entry.ReceiptHandle)) throw badHandle(entry.ReceiptHandle);
    }),
  ChangeMessageVisibility: ({ queues, queue, input }) => {
    changeVisibility(queues, queue!, input as { ReceiptHandle: string; VisibilityTimeout: number });
    return undefined;
  },
  ChangeMessageVisibilityBatch: ({ queues, queue, input }) =>
    batch<{ Id: string; ReceiptHandle: string; VisibilityTimeout: number }>(input, (entry) => changeVisibility(queues, queue!, entry)),
  GetQueueUrl: ({ queue }) => ({ QueueUrl: queue!.url }),
  GetQueueAttributes: ({ queues, queue, input }) => ({
    Attributes: attributesOf(queues, queue!, (input.AttributeNames ?? []) as string[]),
  }),
  ListQueues: ({ queues, input }) => ({
    QueueUrls: queues
      .all()
      .filter((queue) => queue.name.startsWith(String(input.QueueNamePrefix ?? "")))
      .map((queue) => queue.url),
  }),
  PurgeQueue: ({ queues, queue }) => {
    queues.purge(queue!);
    return undefined;
  },
  ListDeadLetterSourceQueues: ({ queues, queue }) => ({
    queueUrls: queues
      .all()
      .filter((source) => source.redrive?.deadLetterArn === queue!.arn)
      .map((source) => source.url),
  }),
  StartMessageMoveTask: ({ queues, queue, input }) => {
    const moved = queues.redrive(queue!, (input.DestinationArn as string | undefined) ?? null);
    return { TaskHandle: Buffer.from(JSON.stringify({ moved, source: queue!.arn })).toString("base64") };
  },
};

function send(queues: Queues, queue: Queue, entries: readonly SendEntry[], call: ApiCall): object[] {
  for (const entry of entries) {
    const refusal = refusalOf(queue, entry);
    if (refusal) throw refusal;
  }
  const messages = entries.map((entry) => ({
    body: entry.MessageBody!,
    attributes: hasAttributes(entry) ? JSON.stringify(entry.MessageAttributes) : "",
    sender: call.identity.arn,
    delaySeconds: entry.DelaySeconds,
  }));
  const ids = queues.add(queue, messages);
  return entries.map((entry, at) => ({
    ...(entry.Id ? { Id: entry.Id } : {}),
    MessageId: ids[at],
    MD5OfMessageBody: md5(entry.MessageBody!),
    ...(hasAttributes(entry) ? { MD5OfMessageAttributes: attributesDigest(entry.MessageAttributes!) } : {}),
  }));
}

function refusalOf(queue: Queue, entry: SendEntry): ServiceError | null {
  const invalid = (message: string, code = "InvalidParameterValue") => new ServiceError(400, code, message);
  const { MessageBody: body, DelaySeconds: delay } = entry;
  if (typeof body !== "string" || body.length === 0)
    return invalid("The request must contain the parameter MessageBody.", "MissingParameter");
  if (octetsOf(entry) > queue.maximumOctets)
    return invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${queue.maximumOctets} bytes.`);
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(body))
    return invalid("The message contains characters outside the allowed set.", "InvalidMessageContents");
  if (delay !== undefined && !(Number.isInteger(delay) && delay >= 0 && delay <= longestDelaySeconds)) {
    return invalid(
      `Value ${delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= ${longestDelaySeconds}.`,
    );
  }
  const attributes = Object.entries(entry.MessageAttributes ?? {});
  if (attributes.length > mostAttributes)
    return invalid(`Number of message attributes [${attributes.length}] exceeds the allowed maximum [${mostAttributes}].`);
  for (const [name, attribute] of attributes) {
    if (!/^(String|Number|Binary)(\..+)?$/.test(attribute.DataType))
      return invalid(`The type of message (user) attribute '${name}' is invalid.`);
  }
  return null;
}

function octetsOf(entry: SendEntry): number {
  const attributes = Object.entries(entry.MessageAttributes ?? {});
  const attributeOctets = attributes.reduce(
    (sum, [name, { DataType, StringValue = "", BinaryValue = "" }]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(DataType) +
      Buffer.byteLength(StringValue) +
      Buffer.byteLength(BinaryValue, "base64"),
    0,
  );
  return Buffer.byteLength(entry.MessageBody ?? "") + attributeOctets;
}

function hasAttributes(entry: SendEntry): boolean {
  return Object.keys(entry.MessageAttributes ?? {}).length > 0;
}

async function receive(queues: Queues, queue: Queue, input: Record<string, unknown>, response: ServerResponse): Promise<object> {
  const limit = inRange(input.MaxNumberOfMessages, 1, 1, 10, "MaxNumberOfMessages");
  const waitSeconds = inRange(input.WaitTimeSeconds, queue.waitSeconds, 0, 20, "WaitTimeSeconds");
  const visibilitySeconds = inRange(input.VisibilityTimeout, queue.visibilitySeconds, 0, longestVisibilitySeconds, "VisibilityTimeout");
  const left = new AbortController();
  response.once("close", () => left.abort());
  const messages = await queues.receive(queue, { limit, waitSeconds, visibilitySeconds, signal: left.signal });
  const names = [...((input.MessageSystemAttributeNames ?? []) as string[]), ...((input.AttributeNames ?? []) as string[])];
  return messages.length > 0
    ? { Messages: messages.map((message) => wireMessage(message, names, (input.MessageAttributeNames ?? []) as string[])) }
    : {};
}

/** A message as ReceiveMessage gives it. */
function wireMessage(message: StoredMessage, systemNames: readonly string[], attributeNames: readonly string[]): object {
  const system = Object.entries(systemAttributes(message)).filter(([name]) => systemNames.includes("All") || systemNames.includes(name));
  const attributes = chosenAttributes(message, attributeNames);
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(system.length > 0 ? { Attributes: Object.fromEntries(system) } : {}),
    ...(Object.keys(attributes).length > 0 ? { MessageAttributes: attributes, MD5OfMessageAttributes: attributesDigest(attributes) } : {}),
  };
}

export function systemAttributes(message: StoredMessage): Record<string, string> {
  return {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    SenderId: message.sender,
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...(message.deadLetterSource ? { DeadLetterQueueSourceArn: message.deadLetterSource } : {}),
  };
}

function chosenAttributes(message: StoredMessage, names: readonly string[]): WireAttributes {
  if (message.attributes === "" || names.length === 0) return {};
  const all = JSON.parse(message.attributes) as WireAttributes;
  const wanted = (name: string) =>
    names.some(
      (chosen) => chosen === "All" || chosen === ".*" || chosen === name || (chosen.endsWith(".*") && name.startsWith(chosen.slice(0, -2))),
    );
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted(name)));
}

function changeVisibility(queues: Queues, queue: Queue, entry: { ReceiptHandle: string; VisibilityTimeout: number }): void {
  const seconds = inRange(entry.VisibilityTimeout, 0, 0, longestVisibilitySeconds, "VisibilityTimeout");
  const outcome = queues.hide(queue, entry.ReceiptHandle, seconds);
  if (outcome === "noHandle") throw badHandle(entry.ReceiptHandle);
  if (outcome === "notInFlight") throw new ServiceError(400, "MessageNotInflight", "The message referred to is not in flight.");
}

function batchEntries<Entry extends { Id: string }>(input: Record<string, unknown>): Entry[] {
  const entries = (input.Entries ?? []) as Entry[];
  if (entries.length === 0) throw new ServiceError(400, "EmptyBatchRequest", "There should be at least one entry in the request.");
  if (entries.length > mostEntries) {
    throw new ServiceError(
      400,
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${mostEntries}. You have sent ${entries.length}.`,
    );
  }
  if (new Set(entries.map((entry) => entry.Id)).size < entries.length)
    throw new ServiceError(400, "BatchEntryIdsNotDistinct", "Two or more batch entries have the same Id.");
  return entries;
}

function batch<Entry extends { Id: string }>(input: Record<string, unknown>, act: (entry: Entry) => void): object {
  const successful: object[] = [];
  const failed: object[] = [];
  for (const entry of batchEntries<Entry>(input)) {
    try {
      act(entry);
      successful.push({ Id: entry.Id });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      failed.push({ Id: entry.Id, SenderFault: true, Code: error.code, Message: error.message });
    }
  }
  return { Successful: successful, Failed: failed };
}

function attributesOf(queues: Queues, queue: Queue, names: readonly string[]): Record<string, string> {
  const counts = queues.counts(queue);
  const all: Record<string, string> = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    VisibilityTimeout: String(queue.visibilitySeconds),
    DelaySeconds: String(queue.delaySeconds),
    ReceiveMessageWaitTimeSeconds: String(queue.waitSeconds),
    MessageRetentionPeriod: String(queue.retentionSeconds),
    MaximumMessageSize: String(queue.maximumOctets),
    ...(queue.policy ? { Policy: JSON.stringify(queue.policy) } : {}),
    ...(queue.keyArn ? { KmsMasterKeyId: queue.keyArn } : {}),
    ...(queue.redrive
      ? { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queue.redrive.deadLetterArn, maxReceiveCount: queue.redrive.maxReceives }) }
      : {}),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes("All") || names.includes(name)));
}

function inRange(value: unknown, otherwise: number, least: number, most: number, name: string): number {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new ServiceError(
    400,
    "InvalidParameterValue",
    `Value ${String(value)} for parameter ${name} is invalid. Reason: must be between ${least} and ${most}.`,
  );
}

function badHandle(handle: unknown): ServiceError {
  return new ServiceError(
    400,
    "ReceiptHandleIsInvalid",
    `The input receipt handle "${String(handle).slice(0, 40)}" is not a valid receipt handle.`,
  );
}
