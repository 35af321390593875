/**
 * Bundles every function's entry with esbuild in one go: CommonJS (loads 20 to 30 ms sooner than modules), minified,
 * the AWS SDK included at the pinned versions (the runtime's own copy changes under us and loads no sooner).
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { projectPath } from "./project-path.ts";

/**
 * Makes one folder a stage with `index.js` in it; answers stage → folder. Throws if an entry is missing or does not build.
 * When no stack is bundled (`aws:cdk:bundling-stacks` is empty, as in tests of the stacks) the folders hold a placeholder.
 */
export const bundleStages = (entries: ReadonlyMap<string, string>, required: boolean): ReadonlyMap<string, string> => {
  const outdir = mkdtempSync(join(tmpdir(), "penfold-bundles-"));
  process.once("exit", () => rmSync(outdir, { recursive: true, force: true }));
  if (required) build(entries, outdir);
  const folders = new Map<string, string>();
  for (const stage of entries.keys()) {
    const folder = join(outdir, stage);
    mkdirSync(folder, { recursive: true });
    // So that Node takes index.js for CommonJS wherever the folder lies.
    writeFileSync(join(folder, "package.json"), '{"type":"commonjs"}\n');
    if (!required) writeFileSync(join(folder, "index.js"), `throw new Error("${stage} was synthesized without its code");\n`);
    folders.set(stage, folder);
  }
  return folders;
};

const build = (entries: ReadonlyMap<string, string>, outdir: string): void => {
  for (const [stage, entry] of entries) {
    if (existsSync(projectPath(entry))) continue;
    console.error(
      `Warning: the function "${stage}" names ${entry} in core/stages.ts, which does not exist yet; it will fail when invoked.`,
    );
    mkdirSync(join(outdir, stage), { recursive: true });
    writeFileSync(join(outdir, stage, "index.js"), `throw new Error("${stage} is not written yet");\n`);
  }
  buildSync({
    absWorkingDir: projectPath("."),
    entryPoints: Object.fromEntries(
      [...entries].filter(([, entry]) => existsSync(projectPath(entry))).map(([stage, entry]) => [`${stage}/index`, entry]),
    ),
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
};
