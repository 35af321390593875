/** A laptop cloud of the bench's own with a few people in it, and what its functions have used so far. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import { type Cloud, startCloud } from "../../local/cloud.ts";
import { writeRunning } from "../../local/start/running-file.ts";
import { synthesize } from "../../local/start/synthesize.ts";
import type { Template } from "../../local/template/assembly.ts";
import { applySeed } from "../../tools/seed/apply.ts";
import { planSeed } from "../../tools/seed/plan.ts";
import { portsOn, type RunningPorts } from "../../tools/seed/ports-on.ts";
import { findRunning } from "../../tools/seed/running-service.ts";
import { makePassword } from "../../tools/seed/sample-people-file.ts";
import { signInBySrp } from "../local/cognito/srp-client.ts";

export interface BenchCloud {
  readonly cloud: Cloud;
  readonly people: readonly { readonly mail: string; readonly password: string }[];
  readonly ports: RunningPorts;
  stop(): Promise<void>;
}

const PEOPLE = 10;
const root = resolve(import.meta.dirname, "../..");

/** The laptop's stacks, synthesized when the sources have changed. */
export const benchAssembly = (): Promise<string> =>
  synthesize({ root, dataDir: join(tmpdir(), "penfold-bench-assembly"), environmentFile: "config/laptop.json", say: () => {} });

/** One process a function, so that it is warm after the first messages. `windowSeconds` lets queue batches fill up before they are handed on. */
export const startBenchCloud = async (options: { windowSeconds: number; functionProcesses?: number }): Promise<BenchCloud> => {
  const dataDir = mkdtempSync(join(tmpdir(), "penfold-bench-"));
  const assemblyDir = await benchAssembly();
  const mutateTemplate = options.windowSeconds > 0 ? (template: Template) => withWindow(template, options.windowSeconds) : undefined;
  const cloud = await startCloud({ assemblyDir, dataDir, functionProcesses: options.functionProcesses ?? 1, mutateTemplate });
  const stop = async () => {
    await cloud.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    writeRunning(cloud);
    const plan = planSeed("bench", Date.UTC(2026, 0, 5), { threadsEach: 0, threadsOfSampleUsers: 0, fromOutside: 0, announcements: 0 });
    const few = { ...plan, people: plan.people.slice(0, PEOPLE), mailboxes: [], lists: [] };
    const people = few.people.map(({ mail }) => ({ mail, password: makePassword() }));
    const ports = portsOn(findRunning(dataDir), { randomOctets: (count) => randomBytes(count), say: () => {} });
    await applySeed(few, ports, new Map(people.map(({ mail, password }) => [mail, password])));
    return { cloud, people, ports, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const withWindow = (template: Template, seconds: number): Template => {
  for (const { Type, Properties } of Object.values(template.Resources) as { Type: string; Properties?: Record<string, unknown> }[]) {
    if (Type === "AWS::Lambda::EventSourceMapping" && Properties && !("StartingPosition" in Properties))
      Properties.MaximumBatchingWindowInSeconds = seconds;
  }
  return template;
};

/** What one function has used since its start. */
export interface Use {
  /** User and system time of its processes. */
  readonly cpuMilliseconds: number;
  readonly invocations: number;
  /** Calls of AWS by name, from the metric documents that it logs, and the units that DynamoDB reported. */
  readonly calls: ReadonlyMap<string, number>;
  readonly writeUnits: number;
  readonly readUnits: number;
}

/** Function names are `penfold-<stage>`. */
export const useOf = ({ cloud }: BenchCloud, stage: string): Use => {
  const name = cloud.functionNames.find((one) => one.endsWith(`-${stage}`))!;
  const { invocations, cpuMilliseconds } = cloud.invokeCounts()[name]!;
  const pids = cloud.functionPids(name);
  const ofProcesses = process.platform === "linux" ? pids.reduce((sum, pid) => sum + processCpu(pid), 0) : cpuMilliseconds;
  return { invocations, cpuMilliseconds: ofProcesses, ...loggedUse(join(cloud.dataDir, "logs"), name) };
};

const ticksPerSecond = 100;

/** proc(5): utime and stime are the 14th and 15th field of /proc/<pid>/stat. */
const processCpu = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [utime, stime] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number) as [number, number];
  return ((utime + stime) * 1000) / ticksPerSecond;
};

const loggedUse = (folder: string, name: string): Pick<Use, "calls" | "writeUnits" | "readUnits"> => {
  const calls = new Map<string, number>();
  const units = { ReadUnits: 0, WriteUnits: 0 };
  const file = readdirSync(folder).find((one) => one === `${name}.log`);
  for (const line of file ? readFileSync(join(folder, file), "utf8").split("\n") : []) {
    const start = line.indexOf('{"_aws"');
    if (start < 0) continue;
    for (const [key, value] of Object.entries(JSON.parse(line.slice(start)) as Record<string, unknown>)) {
      if (/^(dynamodb|s3|sqs):/.test(key)) calls.set(key, (calls.get(key) ?? 0) + Number(value));
      else if (key === "ReadUnits" || key === "WriteUnits") units[key] += sumOf(value);
    }
  }
  return { calls, writeUnits: units.WriteUnits, readUnits: units.ReadUnits };
};

/** A metric's values: one number, or a list when it was added more than once. */
const sumOf = (value: unknown): number => (Array.isArray(value) ? value.reduce((sum: number, one) => sum + Number(one), 0) : Number(value));

/** Of a person of the bench, signed in as a browser does it. */
export const accessToken = async ({ cloud }: BenchCloud, person: { mail: string; password: string }): Promise<string> => {
  const { endpoints, region, credentials } = cloud;
  const config = (await (await fetch(`${endpoints.web}/config.json`)).json()) as { userPoolId: string; userPoolClientId: string };
  const pool = new CognitoIdentityProviderClient({ region, endpoint: endpoints.gateway, credentials });
  const answer = await signInBySrp(pool, { poolId: config.userPoolId, clientId: config.userPoolClientId }, person.mail, person.password);
  const token = answer.AuthenticationResult?.AccessToken;
  if (!token) throw new Error("The bench's person could not sign in.");
  return token;
};
