import type { AccessKey } from "../gateway/identities.ts";
import type { FunctionCounts, FunctionDefinition, InvocationResult } from "./function.ts";
import { FunctionProcess, failure, type ProcessHost } from "./function-process.ts";

interface Waiting {
  readonly payload: string;
  readonly resolve: (result: InvocationResult) => void;
  /** Processes started for it that failed to initialise. */
  attempts: number;
}

const keepIdleMilliseconds = 10 * 60 * 1000;
const mostInitMeasurements = 50;

/** All processes of one function: started when work waits and no process is idle, up to the function's concurrency. */
export class FunctionPool {
  readonly definition: FunctionDefinition;
  readonly counts: FunctionCounts = {
    invocations: 0,
    errors: 0,
    coldStarts: 0,
    cpuMilliseconds: 0,
    initMilliseconds: [],
    durationMilliseconds: 0,
    residentOctets: 0,
  };
  readonly #host: ProcessHost;
  readonly #key: AccessKey;
  readonly #concurrency: number;
  readonly #processes = new Set<FunctionProcess>();
  readonly #waiting: Waiting[] = [];
  #stopping = false;

  constructor(definition: FunctionDefinition, key: AccessKey, host: ProcessHost, mostProcesses: number) {
    this.definition = definition;
    this.#key = key;
    this.#host = host;
    this.#concurrency = Math.max(1, Math.min(mostProcesses, definition.reservedConcurrency ?? mostProcesses));
  }

  get concurrency(): number {
    return this.#concurrency;
  }

  get pids(): number[] {
    return [...this.#processes].flatMap((process) => process.pid ?? []);
  }

  /** Invokes, waiting for a free process. Never rejects. */
  invoke(payload: string): Promise<InvocationResult> {
    if (this.#stopping) return Promise.resolve(failure("Runtime.Stopping", "The laptop cloud is stopping"));
    this.counts.invocations += 1;
    const result = new Promise<InvocationResult>((resolve) => {
      this.#waiting.push({ payload, resolve, attempts: 0 });
    });
    this.#dispatch();
    return result.then((outcome) => {
      if (!outcome.ok) this.counts.errors += 1;
      return outcome;
    });
  }

  /** Kills the processes as kill -9 does, busy ones included; tells how many. */
  kill(): number {
    const count = this.#processes.size;
    for (const process of this.#processes) process.kill();
    return count;
  }

  endIdle(now: number): void {
    for (const process of this.#processes) {
      if (process.isIdle && now - process.idleSince > keepIdleMilliseconds) void process.stop();
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#processes].map((process) => process.stop()));
  }

  #dispatch(): void {
    for (const process of this.#processes) {
      if (!process.isIdle) continue;
      const waiting = this.#waiting.shift();
      if (!waiting) return;
      void process.run(waiting.payload).then(waiting.resolve);
    }
    const starting = [...this.#processes].filter((process) => !process.isIdle && !process.isBusy).length;
    const wanted = Math.min(this.#waiting.length - starting, this.#concurrency - this.#processes.size);
    for (let count = 0; count < wanted && !this.#stopping; count += 1) this.#startProcess();
  }

  #startProcess(): void {
    this.counts.coldStarts += 1;
    const { counts } = this;
    const process = new FunctionProcess(this.definition, this.#key, this.#host, {
      idle: () => this.#dispatch(),
      ended: (ended) => this.#ended(ended),
      measured: (figures) => {
        counts.cpuMilliseconds += figures.cpuMilliseconds;
        counts.durationMilliseconds += figures.durationMilliseconds;
        counts.residentOctets = Math.max(counts.residentOctets, figures.residentOctets);
      },
      initialised: (milliseconds) => {
        counts.initMilliseconds.push(milliseconds);
        if (counts.initMilliseconds.length > mostInitMeasurements) counts.initMilliseconds.shift();
      },
    });
    this.#processes.add(process);
  }

  /** A process that failed to initialise fails the oldest waiting invocation, after one more try, as Lambda does. */
  #ended(process: FunctionProcess): void {
    this.#processes.delete(process);
    const oldest = this.#waiting[0];
    if (process.initError && oldest) {
      oldest.attempts += 1;
      if (oldest.attempts >= 2) {
        this.#waiting.shift();
        oldest.resolve({ ok: false, payload: process.initError });
      }
    }
    if (this.#stopping) {
      for (const waiting of this.#waiting.splice(0)) waiting.resolve(failure("Runtime.Stopping", "The laptop cloud is stopping"));
      return;
    }
    this.#dispatch();
  }
}
