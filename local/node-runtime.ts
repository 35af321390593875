import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The major version of Node that the functions run on in Lambda (nodejs24.x). */
const nodeMajor = 24;

/** Path of that Node: this process's own when it is one, else the one that npm brought. */
export function locateNode(): string {
  if (process.versions.node.split(".")[0] === String(nodeMajor)) return process.execPath;
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const path = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
    if (existsSync(path)) return path;
  } catch {
    /* said below */
  }
  throw new Error(`Node ${nodeMajor} is needed and the package ${name} is not installed: run "npm install".`);
}
