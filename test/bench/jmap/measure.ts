/** One operation by ten clients at once, or by one client and a process that has just started: what the function reports of each invocation. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchCloud } from "../bench-cloud.ts";
import { median } from "../table.ts";
import type { Client } from "./clients.ts";
import type { Operation } from "./operations.ts";

/** Medians of the invocations; CPU is their mean, since garbage collection and compilation come in lumps. */
export interface Cost {
  readonly cpuMilliseconds: number;
  /** AWS calls. */
  readonly calls: number;
  readonly steps: number;
  readonly modelledMilliseconds: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly blobRequests: number;
  readonly blobOctets: number;
}

const DYNAMO_MILLISECONDS = 4;
const S3_MILLISECONDS = 25;
const SETTLING_MILLISECONDS = 400;

export const measureWarm = async (
  bench: BenchCloud,
  clients: readonly Client[],
  operation: Operation,
  rounds: { readonly warmUp: number; readonly measured: number },
): Promise<Cost> => {
  const all = async (from: number, count: number): Promise<void> => {
    await Promise.all(
      clients.map(async (client) => {
        for (let round = from; round < from + count; round++) await operation.run(client, round);
      }),
    );
  };
  await all(0, rounds.warmUp);
  const before = await present(bench);
  await all(rounds.warmUp, rounds.measured);
  return costBetween(before, await present(bench));
};

/** Each time in a fresh process, which knows nothing of the account. The CPU is of its first invocation; loading the bundle comes before. */
export const measureCold = async (bench: BenchCloud, client: Client, operation: Operation, times: number): Promise<Cost> => {
  const costs: Cost[] = [];
  for (let time = 0; time < times; time++) {
    bench.cloud.killFunction(functionOf(bench));
    const before = await present(bench);
    await operation.run(client, time);
    costs.push(costBetween(before, await present(bench)));
  }
  const middle = (of: (cost: Cost) => number): number => median(costs.map(of));
  return {
    cpuMilliseconds: middle((cost) => cost.cpuMilliseconds),
    calls: middle((cost) => cost.calls),
    steps: middle((cost) => cost.steps),
    modelledMilliseconds: middle((cost) => cost.modelledMilliseconds),
    readUnits: middle((cost) => cost.readUnits),
    writeUnits: middle((cost) => cost.writeUnits),
    blobRequests: middle((cost) => cost.blobRequests),
    blobOctets: middle((cost) => cost.blobOctets),
  };
};

interface Present {
  readonly invocations: number;
  readonly cpuMilliseconds: number;
  readonly documents: readonly Record<string, unknown>[];
}

const functionOf = ({ cloud }: BenchCloud): string => cloud.functionNames.find((name) => name.endsWith("-jmap"))!;

/** Once the function's log and the work that its writes set off have settled. */
const present = async (bench: BenchCloud): Promise<Present> => {
  await new Promise((wake) => setTimeout(wake, SETTLING_MILLISECONDS));
  const name = functionOf(bench);
  const lines = readFileSync(join(bench.cloud.dataDir, "logs", `${name}.log`), "utf8").split("\n");
  const documents = lines.filter((line) => line.startsWith('{"_aws"')).map((line) => JSON.parse(line) as Record<string, unknown>);
  const { invocations, cpuMilliseconds } = bench.cloud.invokeCounts()[name]!;
  return { invocations, cpuMilliseconds, documents };
};

const costBetween = (before: Present, after: Present): Cost => {
  const documents = after.documents.slice(before.documents.length);
  const invocations = after.invocations - before.invocations;
  if (documents.length !== invocations) throw new Error(`${invocations} invocations left ${documents.length} documents`);
  const middle = (of: (document: Record<string, unknown>) => number): number => median(documents.map(of));
  const callsOf = (document: Record<string, unknown>, services: RegExp): number =>
    Object.entries(document).reduce((sum, [key, value]) => (services.test(key) ? sum + Number(value) : sum), 0);
  const cpuMilliseconds = (after.cpuMilliseconds - before.cpuMilliseconds) / invocations;
  return {
    cpuMilliseconds,
    calls: middle((document) => callsOf(document, /^(dynamodb|s3|sqs):/)),
    steps: middle((document) => stepsOf(document).length),
    modelledMilliseconds:
      cpuMilliseconds +
      middle((document) => stepsOf(document).reduce((sum, step) => sum + (step.includes("s3") ? S3_MILLISECONDS : DYNAMO_MILLISECONDS), 0)),
    readUnits: middle((document) => Number(document.ReadUnits ?? 0)),
    writeUnits: middle((document) => Number(document.WriteUnits ?? 0)),
    blobRequests: middle((document) => callsOf(document, /^s3:/)),
    blobOctets: middle((document) => Number(document.blobOctets ?? 0)),
  };
};

const stepsOf = ({ steps }: Record<string, unknown>): string[] =>
  String(steps ?? "")
    .split(" ")
    .filter(Boolean);
