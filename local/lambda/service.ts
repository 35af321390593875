import { mkdirSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { DynamoDbService } from "../dynamodb/service.ts";
import type { Identities } from "../gateway/identities.ts";
import type { Caller, InvokeOutcome } from "../ports.ts";
import type { ChildRegister } from "../processes/child-register.ts";
import { type ApiCall, type IamCheck, type LocalService, type ResourceProvider, type ServiceContext, ServiceError } from "../service.ts";
import type { SqsService } from "../sqs/service.ts";
import type { FunctionCounts, FunctionDefinition, InvocationResult } from "./function.ts";
import { Functions } from "./functions.ts";
import { LaterInvocations } from "./later.ts";
import { Mappings } from "./mappings.ts";
import { FunctionPool } from "./pool.ts";
import { RuntimeApi } from "./runtime-api.ts";

export interface LambdaOptions {
  readonly identities: Identities;
  readonly register: ChildRegister;
  readonly logsDir: string;
  readonly nodePath: string;
  readonly mostProcesses: number;
  readonly retryAfterSeconds: number | null;
  readonly sqs: SqsService;
  readonly dynamodb: DynamoDbService;
}

const largestRequestOctets = 6_291_556;
const largestLaterOctets = 1_048_576;
const idleCheckMilliseconds = 60_000;
/** How long batches in hand may take to end at a stop. */
const inFlightPatienceMilliseconds = 3_000;

/** Lambda: functions as processes behind the real Runtime API, the Invoke API, and event source mappings. */
export class LambdaService implements LocalService {
  readonly name = "lambda";
  readonly signingNames = ["lambda"];
  readonly protocol = "rest-json";
  readonly body = "buffered";
  readonly #options: LambdaOptions;
  readonly #runtimeApi = new RuntimeApi();
  readonly #pools = new Map<string, FunctionPool>();
  #context: ServiceContext | null = null;
  #functions: Functions | null = null;
  #later: LaterInvocations | null = null;
  #mappings: Mappings | null = null;
  #idleTimer: NodeJS.Timeout | null = null;

  constructor(options: LambdaOptions) {
    this.#options = options;
  }

  get functions(): Functions {
    if (!this.#functions) throw new Error("Lambda is asked before its start");
    return this.#functions;
  }

  get resources(): Readonly<Record<string, ResourceProvider>> {
    return { ...this.functions.resources, ...this.#mappings!.resources };
  }

  async start(context: ServiceContext): Promise<void> {
    this.#context = context;
    mkdirSync(this.#options.logsDir, { recursive: true });
    await this.#runtimeApi.start();
    this.#functions = new Functions(context);
    this.#later = new LaterInvocations(join(context.dataDir, "later.sqlite"), {
      context,
      definition: (arn) => this.functions.find(arn),
      invoke: (arn, payload) => this.#pool(this.functions.find(arn)!).invoke(payload),
    });
    this.#mappings = new Mappings({
      context,
      functions: this.functions,
      sqs: this.#options.sqs,
      dynamodb: this.#options.dynamodb,
      retryAfterSeconds: this.#options.retryAfterSeconds,
      checkpointDir: join(context.dataDir, "checkpoints"),
      pool: (definition) => this.#pool(definition),
    });
    context.provide("functions", {
      invoke: (arn, payload, caller) => this.#invoke(arn, payload, caller),
      invokeLater: async (arn, payload, caller) => this.#acceptLater(arn, payload, caller),
      exists: (arn) => this.functions.find(arn) !== undefined,
    });
  }

  async opened(): Promise<void> {
    await this.#mappings!.open();
    this.#later!.open();
    this.#idleTimer = setInterval(() => {
      for (const pool of this.#pools.values()) pool.endIdle(Date.now());
    }, idleCheckMilliseconds);
    this.#idleTimer.unref();
  }

  /** Kills the function's processes, busy ones included. */
  kill(name: string): number {
    const definition = this.functions.find(name);
    return definition ? this.#pool(definition).kill() : 0;
  }

  pids(name: string): number[] {
    const definition = this.functions.find(name);
    return definition ? this.#pool(definition).pids : [];
  }

  counts(): Record<string, FunctionCounts> {
    return Object.fromEntries([...this.#pools.values()].map((pool) => [pool.definition.name, pool.counts]));
  }

  iamOf(call: ApiCall): IamCheck[] {
    const { definition, invocationType } = readInvoke(call, this.functions);
    return invocationType ? [{ action: "lambda:InvokeFunction", resource: definition.arn }] : [];
  }

  async handle(call: ApiCall, response: ServerResponse): Promise<void> {
    const { definition, invocationType } = readInvoke(call, this.functions);
    const payload = call.body.length > 0 ? call.body.toString("utf8") : "{}";
    checkJson(payload);
    if (invocationType === "DryRun") return void response.writeHead(204).end();
    if (invocationType === "Event") {
      this.#acceptLater(definition.arn, payload, null);
      return void response.writeHead(202).end();
    }
    const outcome = await this.#invoke(definition.arn, payload, null);
    if (outcome.outcome === "refused")
      throw new ServiceError(outcome.code === "RequestTooLargeException" ? 413 : 429, outcome.code, outcome.code);
    response.writeHead(200, {
      "content-type": "application/json",
      "x-amz-executed-version": "$LATEST",
      ...(outcome.outcome === "failed" ? { "x-amz-function-error": "Unhandled" } : {}),
    });
    response.end(outcome.payload);
  }

  async stop(): Promise<void> {
    if (this.#idleTimer) clearInterval(this.#idleTimer);
    this.#later?.stop();
    const mappings = this.#mappings?.stop();
    await Promise.race([mappings, pause(inFlightPatienceMilliseconds, undefined, { ref: false })]);
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop()));
    await mappings;
    await this.#runtimeApi.stop();
  }

  async #invoke(arn: string, payload: string, caller: Caller): Promise<InvokeOutcome> {
    const definition = this.functions.find(arn);
    if (!definition) return { outcome: "refused", code: "ResourceNotFoundException" };
    if (!this.functions.admits(definition, caller)) {
      this.#context!.log.warn("invocation refused: the function has no permission for it", {
        function: definition.name,
        caller: caller?.service,
        source: caller?.sourceArn,
      });
      return { outcome: "refused", code: "AccessDeniedException" };
    }
    if (Buffer.byteLength(payload) > largestRequestOctets) return { outcome: "refused", code: "RequestTooLargeException" };
    const result: InvocationResult = await this.#pool(definition).invoke(payload);
    return result.ok ? { outcome: "returned", payload: result.payload } : { outcome: "failed", payload: result.payload };
  }

  #acceptLater(arn: string, payload: string, caller: Caller): void {
    const definition = this.functions.find(arn);
    if (!definition) throw new ServiceError(404, "ResourceNotFoundException", `Function not found: ${arn}`);
    if (!this.functions.admits(definition, caller)) {
      throw new ServiceError(
        403,
        "AccessDeniedException",
        `${caller?.service} for ${caller?.sourceArn} has no permission to invoke ${arn}`,
      );
    }
    if (Buffer.byteLength(payload) > largestLaterOctets)
      throw new ServiceError(413, "RequestTooLargeException", "The event is larger than an asynchronous invocation takes.");
    this.#later!.accept(definition.arn, payload);
  }

  #pool(definition: FunctionDefinition): FunctionPool {
    let pool = this.#pools.get(definition.arn);
    if (!pool) {
      if (!definition.runtime.startsWith("nodejs")) {
        throw new ServiceError(
          400,
          "InvalidRuntimeException",
          `${definition.name} runs on ${definition.runtime}, which the laptop cloud has not`,
        );
      }
      const key = this.#options.identities.forFunction(definition.name, definition.roleName);
      const { register, logsDir, nodePath, mostProcesses } = this.#options;
      const { region, gatewayUrl } = this.#context!;
      pool = new FunctionPool(
        definition,
        key,
        { runtimeApi: this.#runtimeApi, register, logsDir, nodePath, region, gatewayUrl },
        mostProcesses,
      );
      this.#pools.set(definition.arn, pool);
    }
    return pool;
  }
}

type InvocationType = "RequestResponse" | "Event" | "DryRun";

function readInvoke(call: ApiCall, functions: Functions): { definition: FunctionDefinition; invocationType: InvocationType } {
  const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(call.path) ?? [];
  if (!name || call.method !== "POST")
    throw new ServiceError(400, "UnknownOperationException", "Lambda of the laptop cloud knows only Invoke");
  const definition = functions.find(decodeURIComponent(name));
  if (!definition) throw new ServiceError(404, "ResourceNotFoundException", `Function not found: ${decodeURIComponent(name)}`);
  const type = String(call.headers["x-amz-invocation-type"] ?? "RequestResponse");
  if (type !== "RequestResponse" && type !== "Event" && type !== "DryRun") {
    throw new ServiceError(400, "InvalidParameterValueException", `There is no invocation type ${type}`);
  }
  return { definition, invocationType: type };
}

function checkJson(payload: string): void {
  try {
    JSON.parse(payload);
  } catch {
    throw new ServiceError(400, "InvalidRequestContentException", "Could not parse request body into json");
  }
}
