/** The laptop cloud of the present sources, for a test file: synthesized once while nothing changes, booted on free ports in a folder of its own. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Cloud, type CloudOptions, startCloud } from "../../local/cloud.ts";
import { writeRunning } from "../../local/start/running-file.ts";
import { synthesize } from "../../local/start/synthesize.ts";

export const projectRoot = resolve(import.meta.dirname, "../..");

/** Each checkout has its own: synthesizing removes what is of other sources. */
const assemblyFolder = join(tmpdir(), `penfold-test-assembly-${createHash("sha256").update(projectRoot).digest("hex").slice(0, 12)}`);

/** Kept between runs under the hash of its sources; or one made before, which PENFOLD_TEST_ASSEMBLY names. */
const presentAssembly = async (): Promise<string> =>
  process.env.PENFOLD_TEST_ASSEMBLY ??
  synthesize({
    root: projectRoot,
    dataDir: assemblyFolder,
    environmentFile: join("config", "laptop.json"),
    say: () => {},
  });

/** One a test file: clouds that are compared are made of the same sources, although somebody edits meanwhile. */
let assembly: Promise<string> | undefined;

/** Its data goes when it stops. Tools find it by `running.json` in its data folder. */
export const bootCloud = async (options: Partial<CloudOptions> = {}): Promise<Cloud> => {
  const assemblyDir = options.assemblyDir ?? (await (assembly ??= presentAssembly()));
  const dataDir = mkdtempSync(join(tmpdir(), "penfold-test-"));
  const forget = () => rmSync(dataDir, { recursive: true, force: true });
  try {
    const cloud = await startCloud({ ...options, assemblyDir, dataDir });
    writeRunning(cloud);
    return { ...cloud, stop: () => cloud.stop().then(forget) };
  } catch (error) {
    forget();
    throw error;
  }
};
