import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cloud } from "../cloud.ts";

/** What a tool needs to reach a running laptop cloud: `<data folder>/running.json`, readable by its owner only. */
export interface Running {
  readonly processId: number;
  readonly region: string;
  readonly accountId: string;
  readonly endpoints: Cloud["endpoints"];
  readonly credentials: Cloud["credentials"];
  readonly outputs: Cloud["outputs"];
  readonly functionNames: readonly string[];
  /** Each resource's Ref, by stack and logical id, with its type. */
  readonly resources: Readonly<Record<string, Readonly<Record<string, { readonly type: string; readonly ref: string }>>>>;
}

export function writeRunning(cloud: Cloud): void {
  const resources: Record<string, Record<string, { type: string; ref: string }>> = {};
  for (const { stack, logicalId, type, ref } of cloud.resources) {
    resources[stack] ??= {};
    resources[stack][logicalId] = { type, ref };
  }
  const running: Running = {
    processId: process.pid,
    region: cloud.region,
    accountId: cloud.accountId,
    endpoints: cloud.endpoints,
    credentials: cloud.credentials,
    outputs: cloud.outputs,
    functionNames: cloud.functionNames,
    resources,
  };
  writeFileSync(runningFile(cloud.dataDir), `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
}

export function removeRunning(dataDir: string): void {
  rmSync(runningFile(dataDir), { force: true });
}

function runningFile(dataDir: string): string {
  return join(dataDir, "running.json");
}
