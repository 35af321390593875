import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sendAsRole } from "../deliver.ts";
import type { ServiceContext } from "../service.ts";
import type { InvocationResult } from "./function.ts";
import { type Mapping, type MappingDefinition, passesFilters, readBatchAnswer } from "./mapping.ts";

export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: string;
  awsRegion: string;
  eventSourceARN?: string;
  readonly dynamodb: {
    readonly Keys: Readonly<Record<string, unknown>>;
    readonly SequenceNumber: string;
    readonly ApproximateCreationDateTime: number;
  };
}

/** The stream that a mapping reads, one shard at a time. */
export interface StreamReader {
  shards(): Promise<string[]>;
  /** Iterator after a sequence number; null: from the oldest record kept. */
  iterator(shard: string, after: string | null): Promise<string>;
  read(iterator: string, limit: number): Promise<{ records: StreamRecord[]; next: string | null }>;
  /** Sequence number of the newest record, null for none. */
  newest(shard: string): Promise<string | null>;
  /** Resolves when something may have been written, at the latest after `milliseconds`. */
  changed(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export interface StreamMappingHost {
  readonly context: ServiceContext;
  readonly reader: StreamReader;
  readonly roleArn: string;
  readonly checkpointDir: string;
  invoke(payload: string): Promise<InvocationResult>;
}

const pollMilliseconds = 1_000;
const firstRetryMilliseconds = 200;
const longestRetryMilliseconds = 10_000;

type Checkpoints = Record<string, string>;

/** Reads a table's stream in order and invokes the function with batches, as Lambda's stream pollers do. Checkpoints are on disk. */
export class StreamMapping implements Mapping {
  readonly #definition: MappingDefinition;
  readonly #host: StreamMappingHost;
  readonly #stop = new AbortController();
  readonly #file: string;
  #checkpoints: Checkpoints = {};
  #running: Promise<void> = Promise.resolve();

  constructor(definition: MappingDefinition, host: StreamMappingHost) {
    this.#definition = definition;
    this.#host = host;
    this.#file = join(host.checkpointDir, `${definition.id}.json`);
  }

  /** A mapping that starts at LATEST remembers at once where that was, so that nothing between two starts is skipped. */
  async prepare(): Promise<void> {
    if (existsSync(this.#file)) {
      this.#checkpoints = JSON.parse(readFileSync(this.#file, "utf8")) as Checkpoints;
      return;
    }
    if (this.#definition.startingPosition === "LATEST") {
      for (const shard of await this.#host.reader.shards()) {
        const newest = await this.#host.reader.newest(shard);
        if (newest) this.#checkpoints[shard] = newest;
      }
    }
    this.#save();
  }

  start(): void {
    this.#running = this.#readShards();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #readShards(): Promise<void> {
    const { signal } = this.#stop;
    const readers = new Map<string, Promise<void>>();
    while (!signal.aborted) {
      try {
        for (const shard of await this.#host.reader.shards()) if (!readers.has(shard)) readers.set(shard, this.#readShard(shard));
      } catch (error) {
        this.#failed(error);
      }
      await pause(readers.size === 0 ? pollMilliseconds : 60_000, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(readers.values());
  }

  async #readShard(shard: string): Promise<void> {
    const { signal } = this.#stop;
    let iterator: string | null = null;
    while (!signal.aborted) {
      try {
        iterator ??= await this.#host.reader.iterator(shard, this.#checkpoints[shard] ?? null);
        const page = await this.#gather(iterator);
        if (page.records.length === 0) await this.#host.reader.changed(pollMilliseconds, signal);
        else await this.#process(shard, page.records);
        if (page.next === null) return;
        iterator = page.next;
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error);
        iterator = null;
        await pause(pollMilliseconds, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** One batch; with a batching window, waits for it to fill. */
  async #gather(iterator: string): Promise<{ records: StreamRecord[]; next: string | null }> {
    const { batchSize, windowSeconds } = this.#definition;
    let page = await this.#host.reader.read(iterator, batchSize);
    const deadline = this.#host.context.clock.now() + windowSeconds * 1000;
    while (
      page.records.length > 0 &&
      page.records.length < batchSize &&
      page.next &&
      this.#host.context.clock.now() < deadline &&
      !this.#stop.signal.aborted
    ) {
      await this.#host.reader.changed(Math.min(200, deadline - this.#host.context.clock.now()), this.#stop.signal);
      const more = await this.#host.reader.read(page.next, batchSize - page.records.length);
      page = { records: [...page.records, ...more.records], next: more.next };
    }
    return page;
  }

  async #process(shard: string, records: readonly StreamRecord[]): Promise<void> {
    const wanted = records.filter((record) => passesFilters(this.#definition.filters, record));
    for (const record of wanted) {
      record.awsRegion = this.#host.context.region;
      record.eventSourceARN = this.#definition.sourceArn;
    }
    const lanes = this.#lanes(wanted);
    const finished = await Promise.all(lanes.map((lane) => this.#handle(shard, lane, 0)));
    if (finished.includes(false)) return;
    this.#checkpoints[shard] = records.at(-1)!.dynamodb.SequenceNumber;
    this.#save();
  }

  /** ParallelizationFactor: records of one item key stay in one lane, in order. */
  #lanes(records: readonly StreamRecord[]): StreamRecord[][] {
    const count = this.#definition.parallelization;
    if (count <= 1) return records.length > 0 ? [[...records]] : [];
    const lanes = new Map<number, StreamRecord[]>();
    for (const record of records) {
      const lane =
        createHash("md5")
          .update(JSON.stringify(Object.entries(record.dynamodb.Keys).sort()))
          .digest()
          .readUInt32BE() % count;
      lanes.set(lane, [...(lanes.get(lane) ?? []), record]);
    }
    return [...lanes.values()];
  }

  /**
   * Invokes until the records are done or given up (their tries or their age are spent). False when a stop came first:
   * the checkpoint stays, and the next start takes them up again.
   */
  async #handle(shard: string, records: readonly StreamRecord[], attempts: number): Promise<boolean> {
    const { signal } = this.#stop;
    const { bisect, maximumRetries } = this.#definition;
    let left = records;
    for (let tries = attempts; ; tries += 1) {
      left = await this.#withoutOld(shard, left, tries);
      if (left.length === 0) return true;
      if (signal.aborted) return false;
      const result = await this.#invoke(left);
      if (!result.ok && signal.aborted) return false;
      const rest = this.#unfinished(result, left);
      if (rest.length === 0) return true;
      if (bisect && !result.ok && rest.length > 1) {
        const middle = Math.ceil(rest.length / 2);
        return (await this.#handle(shard, rest.slice(0, middle), tries + 1)) && this.#handle(shard, rest.slice(middle), tries + 1);
      }
      const isProgress = rest.length < left.length;
      left = rest;
      if (isProgress) tries = 0;
      else if (maximumRetries >= 0 && tries >= maximumRetries) {
        await this.#giveUp(shard, left, result.payload, "RetryAttemptsExhausted", tries + 1);
        return true;
      }
      await pause(Math.min(longestRetryMilliseconds, firstRetryMilliseconds * 2 ** tries), undefined, { signal }).catch(() => undefined);
    }
  }

  async #invoke(records: readonly StreamRecord[]): Promise<InvocationResult> {
    const payload = JSON.stringify({ Records: records });
    const result = await this.#host.invoke(payload);
    return this.#host.context.faults.duplicateEvents && result.ok ? this.#host.invoke(payload) : result;
  }

  /** Which records must be tried again: all of a failed batch, or those from the first reported failure on. */
  #unfinished(result: InvocationResult, records: readonly StreamRecord[]): StreamRecord[] {
    if (!result.ok) {
      this.#host.context.log.warn("a stream batch failed", { source: this.#definition.sourceArn, reason: result.payload.slice(0, 500) });
      return [...records];
    }
    if (!this.#definition.reportsItemFailures) return [];
    const outcome = readBatchAnswer(result.payload, new Set(records.map((record) => record.dynamodb.SequenceNumber)));
    if (outcome.kind === "done") return [];
    if (outcome.kind === "failed") return [...records];
    return records.slice(records.findIndex((record) => outcome.failed.has(record.dynamodb.SequenceNumber)));
  }

  /** Records past MaximumRecordAgeInSeconds are given up. */
  async #withoutOld(shard: string, records: readonly StreamRecord[], attempts: number): Promise<readonly StreamRecord[]> {
    const { maximumAgeSeconds } = this.#definition;
    if (maximumAgeSeconds < 0) return records;
    const oldest = this.#host.context.clock.now() / 1000 - maximumAgeSeconds;
    const old = records.filter((record) => record.dynamodb.ApproximateCreationDateTime < oldest);
    if (old.length > 0) await this.#giveUp(shard, old, "null", "RecordAgeExceeded", attempts);
    return old.length > 0 ? records.filter((record) => !old.includes(record)) : records;
  }

  /** What is given up is told to the on-failure destination: where the records are, not the records. */
  async #giveUp(shard: string, records: readonly StreamRecord[], payload: string, condition: string, attempts: number): Promise<void> {
    const { context, roleArn } = this.#host;
    context.log.error("stream records were given up", { source: this.#definition.sourceArn, records: records.length, condition });
    if (!this.#definition.onFailureArn) return;
    const record = {
      requestContext: {
        requestId: this.#definition.id,
        functionArn: this.#definition.functionArn,
        condition,
        approximateInvokeCount: attempts,
      },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      responsePayload: payload.slice(0, 2_000),
      version: "1.0",
      timestamp: new Date(context.clock.now()).toISOString(),
      DDBStreamBatchInfo: {
        shardId: shard,
        startSequenceNumber: records[0]!.dynamodb.SequenceNumber,
        endSequenceNumber: records.at(-1)!.dynamodb.SequenceNumber,
        batchSize: records.length,
        streamArn: this.#definition.sourceArn,
      },
    };
    await sendAsRole(context, roleArn, this.#definition.onFailureArn, JSON.stringify(record));
  }

  #save(): void {
    const fresh = `${this.#file}.new`;
    writeFileSync(fresh, JSON.stringify(this.#checkpoints));
    renameSync(fresh, this.#file);
  }

  #failed(error: unknown): void {
    this.#host.context.log.error("a stream could not be read", { source: this.#definition.sourceArn, reason: String(error) });
  }
}
