/**
 * Octets of each function's bundle and the time that its initialisation takes: a fresh Node process each time, which loads the bundle as
 * Lambda does, with all of its variables. Processes start one after another; the time of Node's own start is not in it.
 */
import { execFile } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { stages } from "../../core/stages.ts";
import { bundleStages } from "../../lib/bundles.ts";
import { type Assembly, loadAssembly } from "../../local/template/assembly.ts";
import { median } from "./table.ts";

export interface ColdStart {
  readonly stage: string;
  readonly octets: number;
  readonly gzippedOctets: number;
  readonly wallMilliseconds: number;
  readonly cpuMilliseconds: number;
}

const url = "https://sqs.eu-west-2.amazonaws.com/111122223333/bench";
const names = ["ACCOUNTS", "DIRECTORY", "TRACES", "CONNECTIONS"].map((name) => [`${name}_TABLE`, name.toLowerCase()]);
const queues = stages.flatMap(({ trigger }) => (trigger.kind === "queue" ? [[`${trigger.queue.toUpperCase()}_QUEUE_URL`, url]] : []));
/** For what a template leaves to be filled in. */
const variables = {
  ...Object.fromEntries([...names, ...queues]),
  MAIL_BUCKET: "mail",
  STATE_BUCKET: "state",
  USER_POOL_ISSUER: "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_Bench0000",
  USER_POOL_CLIENT_IDS: "bench",
  SOCKET_ENDPOINT: "https://bench.execute-api.eu-west-2.amazonaws.com/jmap",
  SOCKET_URL: "wss://mail.bench.example/jmap/ws",
  PUBLIC_URL: "https://mail.bench.example",
  MAIL_DOMAINS: "bench.example",
  SES_CONFIGURATION_SET: "bench",
  SERVICE_NAME: "penfold",
  EPOCH: "1",
  ALLOWED_ORIGINS: "https://mail.bench.example",
  UNKNOWN_RECIPIENT: "bounce",
  LOG_LEVEL: "WARN",
  AWS_REGION: "eu-west-2",
  AWS_ACCESS_KEY_ID: "bench",
  AWS_SECRET_ACCESS_KEY: "bench",
  AWS_LAMBDA_FUNCTION_NAME: "bench",
};

const program = `
const cpu = process.cpuUsage(), begun = performance.now();
const { handler } = require(process.argv[1]);
const wall = performance.now() - begun, used = process.cpuUsage(cpu);
if (typeof handler !== "function") throw new Error("no handler");
process.stdout.write(JSON.stringify({ wall, cpu: (used.user + used.system) / 1000 }));
process.exit(0);`;

/** What the template says outright of a function's environment. */
const literalsOf = (assembly: Assembly, stage: string): Record<string, string> => {
  for (const { template } of assembly.stacks)
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type !== "AWS::Lambda::Function" || !String(Properties?.FunctionName).endsWith(`-${stage}`)) continue;
      const given = Properties?.Environment as { Variables: Record<string, unknown> } | undefined;
      return Object.fromEntries(
        Object.entries(given?.Variables ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
      );
    }
  return {};
};

const initialise = async (bundle: string, env: Record<string, string>): Promise<{ wall: number; cpu: number }> => {
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", program, bundle], { env });
  return JSON.parse(stdout) as { wall: number; cpu: number };
};

export const measureColdStarts = async (assemblyDir: string, rounds: number): Promise<ColdStart[]> => {
  const results: ColdStart[] = [];
  const assembly = loadAssembly(assemblyDir);
  for (const [stage, folder] of await bundleStages()) {
    const bundle = join(folder, "index.js");
    const env = { ...variables, ...literalsOf(assembly, stage) };
    await initialise(bundle, env);
    const runs: { wall: number; cpu: number }[] = [];
    for (let round = 0; round < rounds; round++) runs.push(await initialise(bundle, env));
    results.push({
      stage,
      octets: statSync(bundle).size,
      gzippedOctets: gzipSync(readFileSync(bundle)).length,
      wallMilliseconds: median(runs.map(({ wall }) => wall)),
      cpuMilliseconds: median(runs.map(({ cpu }) => cpu)),
    });
  }
  return results;
};
