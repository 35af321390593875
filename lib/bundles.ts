/**
 * Bundles every function's entry with esbuild in one go: CommonJS (loads 20 to 30 ms sooner than modules), minified,
 * the AWS SDK included at the pinned versions (the runtime's own copy changes under us and loads no sooner).
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { buildSync } from "esbuild";
import { projectPath } from "./project-path.ts";

const projectRoot = projectPath(".");

/** Makes one folder a stage with `index.js` in it; answers stage → folder. Throws if an entry is missing or does not build. */
export const bundleStages = (entries: ReadonlyMap<string, string>): ReadonlyMap<string, string> => {
  const outdir = mkdtempSync(join(tmpdir(), "penfold-bundles-"));
  process.once("exit", () => rmSync(outdir, { recursive: true, force: true }));
  // While the functions are being written: one that does not exist yet is deployed as one that fails.
  const present = new Map([...entries].filter(([stage, entry]) => existsSync(projectPath(entry)) || warnAbsent(stage, entry)));
  buildSync({
    absWorkingDir: projectRoot,
    entryPoints: Object.fromEntries([...present].map(([stage, entry]) => [`${stage}/index`, entry])),
    outdir,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    mainFields: ["module", "main"],
    minify: true,
    legalComments: "none",
    charset: "utf8",
    logLevel: "warning",
  });
  const folders = new Map<string, string>();
  for (const stage of entries.keys()) {
    const folder = join(outdir, stage);
    mkdirSync(folder, { recursive: true });
    // So that Node takes index.js for CommonJS wherever the folder lies.
    writeFileSync(join(folder, "package.json"), '{"type":"commonjs"}\n');
    if (!present.has(stage)) writeFileSync(join(folder, "index.js"), `throw new Error("${stage} is not written yet");\n`);
    folders.set(stage, folder);
  }
  return folders;
};

const warnAbsent = (stage: string, entry: string): false => {
  console.error(`Warning: ${entry} does not exist yet; the function ${stage} will fail when it is invoked.`);
  return false;
};
