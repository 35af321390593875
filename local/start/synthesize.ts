import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a cloud assembly is made from. */
const appInputs = ["bin", "lib", "core", "lambdas", "aws", "web", "config", "cdk.json", "package-lock.json", "tsconfig.json"];
const webInputs = ["web", "core/jmap", "package-lock.json"];
const skipped = new Set(["node_modules", "dist", "cdk.out", ".DS_Store"]);

export interface Synthesis {
  readonly root: string;
  readonly dataDir: string;
  readonly environmentFile: string;
  /** Says what is being done, when it takes a while. */
  readonly say: (line: string) => void;
}

/** Folder with the assembly of the present sources: an earlier one when nothing has changed. */
export async function synthesize(options: Synthesis): Promise<string> {
  const { root, dataDir, environmentFile, say } = options;
  const hash = hashOf(root, appInputs, environmentFile);
  const folder = join(dataDir, "assembly", hash);
  if (existsSync(join(folder, "complete"))) return folder;
  rmSync(join(dataDir, "assembly"), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await buildWeb(options);
  say("Synthesizing the CDK app …");
  const context = { ...contextOf(root), environment: environmentFile };
  await run(
    root,
    [join(root, "bin", "penfold.ts")],
    { CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(context) },
    "Synthesizing the CDK app",
  );
  writeFileSync(join(folder, "complete"), "");
  return folder;
}

/** The webmail's files, built when its sources have changed since. */
async function buildWeb({ root, say }: Synthesis): Promise<void> {
  if (!existsSync(join(root, "web", "vite.config.ts"))) return;
  const stamp = join(root, "web", "dist", ".built-from");
  const hash = hashOf(root, webInputs, "");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  say("Building the webmail …");
  await run(root, [join(root, "node_modules", "vite", "bin", "vite.js"), "build", "web", "--logLevel", "warn"], {}, "Building the webmail");
  writeFileSync(stamp, hash);
}

/** cdk.json's context, which the CDK's command line would hand to the app. */
function contextOf(root: string): Record<string, unknown> {
  return (JSON.parse(readFileSync(join(root, "cdk.json"), "utf8")) as { context?: Record<string, unknown> }).context ?? {};
}

async function run(root: string, args: string[], env: Record<string, string>, what: string): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`${what} failed:\n${Buffer.concat(output).toString("utf8").trim()}`);
}

/** One hash over the names and octets of all input files. */
function hashOf(root: string, inputs: readonly string[], extra: string): string {
  const hash = createHash("sha256").update(extra);
  for (const input of inputs) addTo(hash, root, input);
  return hash.digest("hex").slice(0, 16);
}

function addTo(hash: ReturnType<typeof createHash>, root: string, path: string): void {
  const full = join(root, path);
  if (!existsSync(full)) return;
  if (statSync(full).isFile()) {
    hash.update(`\0${path}\0`).update(readFileSync(full));
    return;
  }
  for (const name of readdirSync(full).sort()) if (!skipped.has(name)) addTo(hash, root, join(path, name));
}
