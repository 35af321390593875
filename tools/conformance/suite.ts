/** The suite as a program: found in a folder, known by a digest of its sources, run with a configuration of ours. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type SuiteReport, suiteReport } from "./document.ts";

export interface SuiteRun {
  readonly suiteFolder: string;
  /** Of this run; the configuration, which holds tokens, and the report are written there. */
  readonly workFolder: string;
  readonly config: object;
  readonly relayOrigin: string;
  readonly certificateFile: string;
  readonly filter?: string;
}

/** `1.0.0, sources sha256 …`: the package's version alone does not change with its tests. */
export const suiteVersion = (folder: string): string => {
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  const hash = createHash("sha256");
  for (const file of globSync("src/**/*.ts", { cwd: folder }).sort()) hash.update(`${file}\n`).update(readFileSync(join(folder, file)));
  return `${version}, sources sha256 ${hash.digest("hex").slice(0, 16)}`;
};

export const runSuite = async (run: SuiteRun): Promise<SuiteReport> => {
  const program = join(run.suiteFolder, "dist", "cli.js");
  if (!existsSync(program)) throw new Error(`${program} is missing: run npm install && npm run build in the suite's folder first.`);
  const configFile = join(run.workFolder, "config.json");
  const reportFile = join(run.workFolder, "report.json");
  writeFileSync(configFile, JSON.stringify(run.config), { mode: 0o600 });
  const filter = run.filter === undefined ? [] : ["--filter", run.filter];
  const child = spawn(process.execPath, [program, "-c", configFile, "-f", "-o", reportFile, "--fail-only", ...filter], {
    stdio: "inherit",
    env: {
      PATH: process.env.PATH,
      NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, "redirect-relay.ts")).href}`,
      NODE_EXTRA_CA_CERTS: run.certificateFile,
      CONFORMANCE_RELAY: run.relayOrigin,
    },
  });
  const code = await new Promise<number | null>((done, failed) => child.once("error", failed).once("close", done));
  if (!existsSync(reportFile)) throw new Error(`The suite ended with status ${code} and no report.`);
  return suiteReport.parse(JSON.parse(readFileSync(reportFile, "utf8")));
};
