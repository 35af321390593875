import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { AccessKey } from "../gateway/identities.ts";
import type { ChildRegister } from "../processes/child-register.ts";
import type { FunctionDefinition, InvocationResult } from "./function.ts";
import type { RuntimeApi, RuntimeClient } from "./runtime-api.ts";

export interface ProcessHost {
  readonly runtimeApi: RuntimeApi;
  readonly register: ChildRegister;
  readonly gatewayUrl: string;
  readonly region: string;
  readonly logsDir: string;
  /** Node of the version that Lambda runs. */
  readonly nodePath: string;
}

export interface ProcessEvents {
  /** The process is ready for its next invocation. */
  idle(process: FunctionProcess): void;
  ended(process: FunctionProcess): void;
  measured(figures: { cpuMilliseconds: number; residentOctets: number; durationMilliseconds: number }): void;
  initialised(milliseconds: number): void;
}

interface Current {
  readonly id: string;
  readonly startedAt: number;
  readonly finish: (result: InvocationResult) => void;
  readonly timer: NodeJS.Timeout;
}

/** Lambda gives the initialisation 10 s; a laptop with two busy cores is slower than Lambda. */
const initTimeoutMilliseconds = 30_000;
/** Largest buffered answer of a function: 6 MB and a little, as Lambda counts it. */
const largestResponseOctets = 6_291_556;

/** One execution environment: a Node process that serves one invocation at a time, killed at a timeout. */
export class FunctionProcess implements RuntimeClient {
  readonly definition: FunctionDefinition;
  readonly #host: ProcessHost;
  readonly #events: ProcessEvents;
  readonly #token = randomUUID();
  readonly #child: ChildProcess;
  readonly #startedAt = performance.now();
  #waiting: ServerResponse | null = null;
  #current: Current | null = null;
  #initError: string | null = null;
  #initialised = false;
  #ended = false;
  /** Told to end: takes no more work. */
  #dying = false;
  readonly #initTimer: NodeJS.Timeout;
  idleSince = Date.now();

  constructor(definition: FunctionDefinition, key: AccessKey, host: ProcessHost, events: ProcessEvents) {
    this.definition = definition;
    this.#host = host;
    this.#events = events;
    host.runtimeApi.add(this.#token, this);
    const log = openSync(join(host.logsDir, `${definition.name}.log`), "a");
    const bootstrap = join(import.meta.dirname, "bootstrap.cjs");
    this.#child = spawn(host.nodePath, [`--max-old-space-size=${definition.memoryMegabytes}`, bootstrap], {
      cwd: definition.codeDir,
      env: this.#environment(key),
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    if (this.#child.pid) host.register.add(this.#child.pid, `function ${definition.name}`);
    this.#child.once("exit", (code, signal) => this.#exited(code, signal));
    this.#child.once("error", (error) => this.#exited(null, String(error)));
    this.#initTimer = setTimeout(() => this.kill(), initTimeoutMilliseconds);
  }

  get isIdle(): boolean {
    return this.#waiting !== null && this.#current === null && !this.#dying && !this.#ended;
  }

  get isBusy(): boolean {
    return this.#current !== null;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Why the initialisation failed, once the process has ended because of it. */
  get initError(): string | null {
    return this.#initError;
  }

  /** Runs one invocation; resolves always, also when the process dies or runs out of time. */
  run(payload: string): Promise<InvocationResult> {
    const response = this.#waiting;
    if (!response || this.#current) throw new Error("A function process takes one invocation at a time");
    this.#waiting = null;
    const id = randomUUID();
    const timeoutMilliseconds = this.definition.timeoutSeconds * 1000;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#timedOut(id), timeoutMilliseconds);
      this.#current = { id, startedAt: performance.now(), finish: resolve, timer };
      response.writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": id,
        "lambda-runtime-deadline-ms": String(Date.now() + timeoutMilliseconds),
        "lambda-runtime-invoked-function-arn": this.definition.arn,
        "lambda-runtime-trace-id": `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${id.replaceAll("-", "").slice(0, 24)};Sampled=0`,
      });
      response.end(payload);
    });
  }

  next(response: ServerResponse): void {
    clearTimeout(this.#initTimer);
    if (!this.#initialised) {
      this.#initialised = true;
      this.#events.initialised(performance.now() - this.#startedAt);
    }
    this.#waiting = response;
    this.idleSince = Date.now();
    this.#events.idle(this);
  }

  responded(invocationId: string, payload: string, headers: IncomingMessage["headers"]): void {
    const result = Buffer.byteLength(payload) <= largestResponseOctets ? { ok: true as const, payload } : tooLarge();
    this.#finish(invocationId, result, headers);
  }

  failed(invocationId: string, payload: string, headers: IncomingMessage["headers"]): void {
    this.#finish(invocationId, { ok: false, payload }, headers);
  }

  initFailed(payload: string): void {
    this.#initError = payload;
  }

  kill(): void {
    this.#dying = true;
    this.#child.kill("SIGKILL");
  }

  /** Lets the process end by itself; kills it when it does not. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#dying = true;
    const ended = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    this.#child.kill("SIGTERM");
    const force = setTimeout(() => this.kill(), 1_000);
    await ended;
    clearTimeout(force);
  }

  #finish(invocationId: string, result: InvocationResult, headers: IncomingMessage["headers"]): void {
    const current = this.#current;
    if (!current || current.id !== invocationId) return;
    clearTimeout(current.timer);
    this.#current = null;
    this.#events.measured({
      cpuMilliseconds: Number(headers["penfold-cpu-us"] ?? 0) / 1000,
      residentOctets: Number(headers["penfold-rss"] ?? 0),
      durationMilliseconds: performance.now() - current.startedAt,
    });
    current.finish(result);
  }

  #timedOut(id: string): void {
    const seconds = this.definition.timeoutSeconds.toFixed(2);
    this.kill();
    this.#finish(id, failure("Sandbox.Timedout", `RequestId: ${id} Error: Task timed out after ${seconds} seconds`), {});
  }

  #exited(code: number | null, signal: string | null): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#initTimer);
    this.#host.runtimeApi.remove(this.#token);
    if (this.#child.pid) this.#host.register.remove(this.#child.pid);
    if (!this.#initialised && !this.#initError)
      this.#initError = failure("Runtime.ExitError", `Runtime exited during initialisation: ${ending(code, signal)}`).payload;
    const current = this.#current;
    if (current)
      this.#finish(
        current.id,
        failure("Runtime.ExitError", `RequestId: ${current.id} Error: Runtime exited with error: ${ending(code, signal)}`),
        {},
      );
    this.#events.ended(this);
  }

  /** The template's variables and Lambda's own (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), nothing else of this machine's. */
  #environment(key: AccessKey): Record<string, string> {
    const { definition } = this;
    const host = this.#host;
    return {
      PATH: process.env.PATH ?? "",
      LANG: "en_US.UTF-8",
      TZ: ":UTC",
      ...definition.environment,
      _HANDLER: definition.handler,
      LAMBDA_TASK_ROOT: definition.codeDir,
      LAMBDA_RUNTIME_DIR: import.meta.dirname,
      AWS_LAMBDA_RUNTIME_API: host.runtimeApi.addressFor(this.#token),
      AWS_LAMBDA_FUNCTION_NAME: definition.name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMegabytes),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${definition.name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: this.#token,
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_EXECUTION_ENV: `AWS_Lambda_${definition.runtime}`,
      AWS_REGION: host.region,
      AWS_DEFAULT_REGION: host.region,
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      ...(key.sessionToken ? { AWS_SESSION_TOKEN: key.sessionToken } : {}),
      AWS_ENDPOINT_URL: host.gatewayUrl,
      AWS_XRAY_CONTEXT_MISSING: "IGNORE_ERROR",
      AWS_XRAY_DAEMON_ADDRESS: "127.0.0.1:2000",
    };
  }
}

function tooLarge() {
  return failure(
    "Function.ResponseSizeTooLarge",
    `Response payload size exceeded maximum allowed payload size (${largestResponseOctets} bytes).`,
  );
}

function ending(code: number | null, signal: string | null): string {
  return signal ? `signal: ${signal}` : `exit status ${code}`;
}

export function failure(errorType: string, errorMessage: string): { ok: false; payload: string } {
  return { ok: false, payload: JSON.stringify({ errorType, errorMessage }) };
}
