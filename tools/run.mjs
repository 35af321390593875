#!/usr/bin/env node
/**
 * Runs a project command under the pinned Node 24, on a machine that may have any Node ≥ 20 and nothing installed.
 *
 *   node tools/run.mjs local/start.ts --fresh     a TypeScript file
 *   node tools/run.mjs vitest run                 a program from node_modules/.bin
 *
 * Installs the exact packages of package-lock.json first when they are missing or another lock file was installed.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const stamp = join(modules, ".penfold-installed");
const lockHash = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

if (Number(process.versions.node.split(".")[0]) < 20)
  fail(`Node ${process.versions.node} is too old: Penfold's commands need Node 20 or newer to begin with.`);
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lockHash) install();

const [program, ...programArguments] = process.argv.slice(2);
if (!program) fail("Say what to run: node tools/run.mjs FILE.ts|PROGRAM [ARGUMENT …]");

const node = pinnedNode();
const path = [dirname(node), join(modules, ".bin"), process.env.PATH].join(delimiter);
const isFile = /\.(ts|mts|js|mjs)$/.test(program);
const child = spawn(
  isFile ? node : join(modules, ".bin", program),
  isFile ? [resolve(root, program), ...programArguments] : programArguments,
  {
    stdio: "inherit",
    cwd: root,
    env: { ...process.env, PATH: path },
  },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => fail(`${program} could not be started: ${error.message}`));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 128 : 1)));

function install() {
  console.error("Installing the packages of package-lock.json (a minute or two the first time)…");
  // Not `npm ci`: it refuses a lock file that lacks other platforms' optional binaries, which not every registry carries.
  const npm = spawnSync("npm", ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) fail("npm install failed; the reason is above. It needs an npm registry.");
  writeFileSync(stamp, lockHash);
}

/** Node 24 as npm brought it for this platform, or the one that runs this file when it is new enough. */
function pinnedNode() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const platform = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const brought = [`node-${platform}`, `node-bin-${platform}`]
    .map((packageName) => join(modules, packageName, "bin", name))
    .find(existsSync);
  if (brought) return brought;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  return fail(`No Node 24 came with npm for ${process.platform}-${process.arch}: install Node 24 and run the command with it.`);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
