import { setTimeout as pause } from "node:timers/promises";
import type { ServiceContext } from "../service.ts";
import { md5, type WireAttributes } from "../sqs/attributes-digest.ts";
import { systemAttributes } from "../sqs/operations.ts";
import type { Queue, Queues } from "../sqs/queues.ts";
import type { StoredMessage } from "../sqs/store.ts";
import type { InvocationResult } from "./function.ts";
import { type BatchOutcome, type Mapping, type MappingDefinition, passesFilters, readBatchAnswer } from "./mapping.ts";

export interface QueueMappingHost {
  readonly context: ServiceContext;
  readonly queues: Queues;
  readonly concurrency: number;
  /** Seconds after which what a function failed is visible again; null: the queue's visibility timeout, as in AWS. */
  readonly retryAfterSeconds: number | null;
  invoke(payload: string): Promise<InvocationResult>;
}

const pollSeconds = 20;
const perReceive = 10;

/** Polls a queue and invokes the function with batches, as Lambda's SQS pollers do. */
export class QueueMapping implements Mapping {
  readonly #definition: MappingDefinition;
  readonly #host: QueueMappingHost;
  readonly #queue: Queue;
  readonly #stop = new AbortController();
  #pollers: Promise<void>[] = [];

  constructor(definition: MappingDefinition, queue: Queue, host: QueueMappingHost) {
    this.#definition = definition;
    this.#queue = queue;
    this.#host = host;
  }

  start(): void {
    const pollers = Math.max(1, Math.min(this.#host.concurrency, this.#definition.maximumConcurrency ?? Number.POSITIVE_INFINITY));
    this.#pollers = Array.from({ length: pollers }, () => this.#poll());
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#pollers);
  }

  async #poll(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const batch = await this.#gather();
        if (batch.length > 0) await this.#process(batch);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#host.context.log.error("an event source mapping failed", { queue: this.#queue.name, reason: String(error) });
        await pause(1_000);
      }
    }
  }

  /** A batch: the first messages that come, then more until it is full or the batching window ends. */
  async #gather(): Promise<StoredMessage[]> {
    const { batchSize, windowSeconds } = this.#definition;
    const receive = (waitSeconds: number, limit: number) =>
      this.#host.queues.receive(this.#queue, {
        limit: Math.min(perReceive, limit),
        visibilitySeconds: this.#queue.visibilitySeconds,
        waitSeconds,
        signal: this.#stop.signal,
        holder: "mapping",
      });
    const batch = await receive(pollSeconds, batchSize);
    const deadline = this.#host.context.clock.now() + windowSeconds * 1000;
    while (batch.length > 0 && batch.length < batchSize && !this.#stop.signal.aborted) {
      const left = Math.max(0, deadline - this.#host.context.clock.now()) / 1000;
      const more = await receive(left, batchSize - batch.length);
      if (more.length === 0) break;
      batch.push(...more);
    }
    return batch;
  }

  async #process(batch: readonly StoredMessage[]): Promise<void> {
    const wanted = batch.filter((message) => passesFilters(this.#definition.filters, { body: parsedOrText(message.body) }));
    const unwanted = batch.filter((message) => !wanted.includes(message));
    if (unwanted.length > 0) this.#remove(unwanted);
    if (wanted.length === 0) return;
    const payload = JSON.stringify({ Records: wanted.map((message) => this.#record(message)) });
    const outcomes = [this.#outcome(await this.#host.invoke(payload), wanted)];
    if (this.#host.context.faults.duplicateEvents) outcomes.push(this.#outcome(await this.#host.invoke(payload), wanted));
    const failed = wanted.filter((message) => outcomes.some((outcome) => fails(outcome, message)));
    const done = wanted.filter((message) => !failed.includes(message));
    if (done.length > 0) this.#remove(done);
    if (this.#host.retryAfterSeconds === null) return;
    for (const message of failed) this.#host.queues.hide(this.#queue, message.receiptHandle, this.#host.retryAfterSeconds);
  }

  #remove(messages: readonly StoredMessage[]): void {
    this.#host.queues.removeAll(
      this.#queue,
      messages.map((message) => message.receiptHandle),
    );
  }

  #outcome(result: InvocationResult, batch: readonly StoredMessage[]): BatchOutcome {
    const outcome: BatchOutcome = !result.ok
      ? { kind: "failed", reason: result.payload.slice(0, 500) }
      : this.#definition.reportsItemFailures
        ? readBatchAnswer(result.payload, new Set(batch.map((message) => message.messageId)))
        : { kind: "done" };
    if (outcome.kind === "failed") this.#host.context.log.warn("a batch failed", { queue: this.#queue.name, reason: outcome.reason });
    return outcome;
  }

  #record(message: StoredMessage): object {
    const attributes = message.attributes === "" ? {} : (JSON.parse(message.attributes) as WireAttributes);
    return {
      messageId: message.messageId,
      receiptHandle: message.receiptHandle,
      body: message.body,
      attributes: systemAttributes(message),
      messageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
          name,
          {
            ...(StringValue === undefined ? {} : { stringValue: StringValue }),
            ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
            stringListValues: [],
            binaryListValues: [],
            dataType: DataType,
          },
        ]),
      ),
      md5OfBody: md5(message.body),
      eventSource: "aws:sqs",
      eventSourceARN: this.#queue.arn,
      awsRegion: this.#host.context.region,
    };
  }
}

function fails(outcome: BatchOutcome, message: StoredMessage): boolean {
  return outcome.kind === "failed" || (outcome.kind === "partly" && outcome.failed.has(message.messageId));
}

function parsedOrText(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
