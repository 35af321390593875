import type { ServerResponse } from "node:http";
import type { ChildRegister } from "../processes/child-register.ts";
import { type ApiCall, type IamCheck, type LocalService, type ServiceContext, ServiceError } from "../service.ts";
import { Dynoxide } from "./dynoxide.ts";
import { EngineClient } from "./engine-client.ts";
import { sweepExpired } from "./expiry.ts";
import { checksOf } from "./iam.ts";
import { type Table, Tables } from "./tables.ts";

/** Operations whose answers or inputs carry ARNs (or opaque iterators) of the engine's own making. */
const administrative = new Set([
  "DescribeTable",
  "CreateTable",
  "UpdateTable",
  "DeleteTable",
  "ListStreams",
  "DescribeStream",
  "GetShardIterator",
  "GetRecords",
]);
const writes = new Set(["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"]);
const trimEveryMilliseconds = 3600 * 1000;
const sweepEveryMilliseconds = 10 * 60 * 1000;

/** DynamoDB: the gateway's checks in front of dynoxide, or of any DynamoDB named by PENFOLD_DYNAMODB_ENDPOINT. */
export class DynamoDbService implements LocalService {
  readonly name = "dynamodb";
  readonly signingNames = ["dynamodb"];
  readonly protocol = "json";
  readonly body = "buffered";
  readonly #register: ChildRegister;
  readonly #onFatal: (reason: string) => void;
  readonly #tables: Tables;
  readonly #writeListeners = new Set<() => void>();
  /** Writes through the gateway since the start. */
  writeCount = 0;
  #engine: Dynoxide | null = null;
  #client: EngineClient | null = null;
  #context: ServiceContext | null = null;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: { register: ChildRegister; onFatal: (reason: string) => void; region: string; accountId: string }) {
    this.#register = options.register;
    this.#onFatal = options.onFatal;
    this.#tables = new Tables(() => this.client, options);
  }

  get resources() {
    return this.#tables.resources;
  }

  get client(): EngineClient {
    if (!this.#client) throw new Error("DynamoDB is asked before its start");
    return this.#client;
  }

  /** Table by the ARN of its stream, for event source mappings. */
  tableOfStream(streamArn: string): Table | undefined {
    return this.#tables.all().find((table) => table.streamArn === streamArn);
  }

  toEngine(text: string): string {
    return this.#tables.toEngine(text);
  }

  /** Calls `listener` after each write that came through the gateway, so that stream readers need not poll hard. */
  onWrite(listener: () => void): () => void {
    this.#writeListeners.add(listener);
    return () => this.#writeListeners.delete(listener);
  }

  async start(context: ServiceContext): Promise<void> {
    this.#context = context;
    const given = process.env.PENFOLD_DYNAMODB_ENDPOINT;
    if (given) {
      this.#client = new EngineClient(given);
      context.announce("DynamoDB engine", given);
      return;
    }
    this.#engine = new Dynoxide({
      dataDir: context.dataDir,
      register: this.#register,
      onDeath: (code) => this.#onFatal(`The DynamoDB engine ended unexpectedly (code ${code}); see ${context.dataDir}/engine.log.`),
    });
    this.#client = new EngineClient(await this.#engine.start());
  }

  async opened(): Promise<void> {
    const engine = this.#engine;
    const context = this.#context;
    if (!engine || !context) return;
    const trim = () => {
      try {
        engine.trimStreams(context.clock.now());
      } catch (error) {
        context.log.warn("streams were not trimmed", { reason: String(error) });
      }
    };
    trim();
    const sweep = () =>
      void sweepExpired(this.client, this.#tables.all(), context).catch((error) =>
        context.log.warn("expired items were not swept", { reason: String(error) }),
      );
    this.#timers = [setInterval(trim, trimEveryMilliseconds), setInterval(sweep, sweepEveryMilliseconds)];
    for (const timer of this.#timers) timer.unref();
  }

  iamOf(call: ApiCall): IamCheck[] {
    return checksOf(
      operationOf(call),
      inputOf(call),
      (table) => this.#tables.facts(table),
      `dynamodb.${this.#context?.region}.amazonaws.com`,
    );
  }

  async handle(call: ApiCall, response: ServerResponse): Promise<void> {
    const operation = operationOf(call);
    const target = String(call.headers["x-amz-target"]);
    const input = administrative.has(operation) ? this.#inward(call.body.toString("utf8")) : call.body;
    const answer = await this.client.send(target, input);
    const body = administrative.has(operation)
      ? Buffer.from(this.#outward(operation, inputOf(call), answer.body.toString("utf8")))
      : answer.body;
    response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.0", "content-length": body.length });
    response.end(body);
    if (!writes.has(operation) || answer.status >= 400) return;
    this.writeCount += 1;
    for (const listener of [...this.#writeListeners]) listener();
  }

  /** A shard iterator goes out as `<stream ARN>|<engine's iterator>`, so that its stream can be told (and authorised) from it. */
  #inward(body: string): string {
    const input = JSON.parse(body || "{}") as { ShardIterator?: string };
    if (input.ShardIterator) input.ShardIterator = input.ShardIterator.slice(input.ShardIterator.indexOf("|") + 1);
    return this.#tables.toEngine(JSON.stringify(input));
  }

  #outward(operation: string, input: Record<string, unknown>, body: string): string {
    const text = this.#tables.fromEngine(body);
    if (operation !== "GetShardIterator" && operation !== "GetRecords") return text;
    const answer = JSON.parse(text) as { ShardIterator?: string; NextShardIterator?: string; Records?: { awsRegion: string }[] };
    const streamArn = String(input.StreamArn ?? String(input.ShardIterator).split("|")[0]);
    if (answer.ShardIterator) answer.ShardIterator = `${streamArn}|${answer.ShardIterator}`;
    if (answer.NextShardIterator) answer.NextShardIterator = `${streamArn}|${answer.NextShardIterator}`;
    for (const record of answer.Records ?? []) record.awsRegion = this.#context!.region;
    return JSON.stringify(answer);
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#client?.close();
    await this.#engine?.stop();
  }
}

function operationOf(call: ApiCall): string {
  const target = String(call.headers["x-amz-target"] ?? "");
  const [service, operation] = target.split(".");
  if (!/^DynamoDB(Streams)?_20120810$/.test(service ?? "") || !operation) {
    throw new ServiceError(
      400,
      "com.amazon.coral.service#UnknownOperationException",
      "The x-amz-target header names no DynamoDB operation",
    );
  }
  return operation;
}

const parsed = new WeakMap<Buffer, Record<string, unknown>>();

function inputOf(call: ApiCall): Record<string, unknown> {
  let input = parsed.get(call.body);
  if (!input) {
    try {
      input = JSON.parse(call.body.toString("utf8") || "{}") as Record<string, unknown>;
    } catch {
      throw new ServiceError(400, "com.amazon.coral.service#SerializationException", "The body is not JSON");
    }
    parsed.set(call.body, input);
  }
  return input;
}
