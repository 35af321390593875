/** `npm start`: synthesizes what has changed, boots the laptop cloud from the template, fills it at the first start, and says where it is. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cloud, startCloud } from "./cloud.ts";
import { ChildRegister } from "./processes/child-register.ts";
import { fileLog } from "./start/file-log.ts";
import { removeRunning, writeRunning } from "./start/running-file.ts";
import { readSettings, type StartSettings, usage } from "./start/settings.ts";
import { summaryOf } from "./start/summary.ts";
import { synthesize } from "./start/synthesize.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
/** The program that loads the sample data, while it runs. */
let seeding: ChildProcess | null = null;
const say = (line: string) => console.log(line);

async function main(): Promise<void> {
  const settings = settingsOrExit();
  mkdirSync(settings.dataDir, { recursive: true });
  if (settings.fresh) beginAgain(settings.dataDir);
  const assemblyDir = await synthesize({ root, dataDir: settings.dataDir, environmentFile: settings.environmentFile, say });
  const log = fileLog(join(settings.dataDir, "cloud.log"), say);
  const cloud = await startCloud({
    assemblyDir,
    dataDir: settings.dataDir,
    ports: settings.ports,
    log,
    duplicateEvents: settings.duplicateEvents,
    retryAfterSeconds: settings.retryAfterSeconds,
    onFatal: (reason) => void leave(cloud, 1, reason),
  });
  process.once("SIGINT", () => void leave(cloud, 0, "\nStopping …"));
  process.once("SIGTERM", () => void leave(cloud, 0, "Stopping …"));
  writeRunning(cloud);
  if (settings.seed) await seed(cloud);
  say(summaryOf(cloud, root, performance.now() / 1000));
}

function settingsOrExit(): StartSettings {
  try {
    return readSettings(process.argv.slice(2), process.env, root);
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

/** Removes all that an earlier run kept, but not the synthesized template. */
function beginAgain(dataDir: string): void {
  const register = new ChildRegister(dataDir);
  const owner = register.owner();
  if (owner !== null) throw new Error(`The data folder ${dataDir} is in use by process ${owner}; stop it first.`);
  register.endOrphans();
  for (const name of readdirSync(dataDir)) if (name !== "assembly") rmSync(join(dataDir, name), { recursive: true, force: true });
}

/** Sample people and mail, loaded by a program of its own that knows of mail (this one does not). */
async function seed(cloud: Cloud): Promise<void> {
  const program = join(root, "tools", "seed", "main.ts");
  if (!existsSync(program)) return;
  const child = spawn(process.execPath, [program], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      PENFOLD_DATA: cloud.dataDir,
      AWS_ENDPOINT_URL: cloud.endpoints.gateway,
      AWS_REGION: cloud.region,
      AWS_ACCESS_KEY_ID: cloud.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: cloud.credentials.secretAccessKey,
    },
  });
  seeding = child;
  const code = await new Promise<number | null>((done, failed) => child.once("error", failed).once("close", done));
  seeding = null;
  if (code !== 0) say("The sample data could not be loaded (the reason is above); the service runs without it.");
}

async function leave(cloud: Cloud, code: number, line: string): Promise<void> {
  say(line);
  seeding?.kill("SIGTERM");
  removeRunning(cloud.dataDir);
  await cloud.stop();
  process.exit(code);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
