import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, chmodSync, constants, createWriteStream } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ChildRegister } from "../processes/child-register.ts";

const packages: Readonly<Record<string, string>> = { "linux-x64": "@dynoxide/linux-x64" };
const startTimeoutMilliseconds = 10_000;
/** As DynamoDB: a stream keeps its records for a day. */
const streamRetentionSeconds = 24 * 3600;

/** The DynamoDB engine of the laptop: one native process over one SQLite file. */
export class Dynoxide {
  readonly #file: string;
  readonly #logFile: string;
  readonly #register: ChildRegister;
  #child: ChildProcess | null = null;
  #stopping = false;
  #port = 0;
  readonly #onDeath: (code: number | null) => void;

  constructor(options: { dataDir: string; register: ChildRegister; onDeath: (code: number | null) => void }) {
    this.#file = join(options.dataDir, "tables.sqlite");
    this.#logFile = join(options.dataDir, "engine.log");
    this.#register = options.register;
    this.#onDeath = options.onDeath;
  }

  /** Starts the engine; resolves with its URL once it answers. */
  async start(): Promise<string> {
    const binary = locate();
    this.#port = await freePort();
    const child = spawn(binary, ["serve", "--host", "127.0.0.1", "--port", String(this.#port), "--db-path", this.#file], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(this.#logFile, { flags: "a" });
    child.stdout.pipe(log);
    child.stderr.pipe(log, { end: false });
    this.#child = child;
    if (child.pid) this.#register.add(child.pid, "DynamoDB engine");
    child.once("exit", (code) => {
      if (child.pid) this.#register.remove(child.pid);
      if (!this.#stopping) this.#onDeath(code);
    });
    const url = `http://127.0.0.1:${this.#port}`;
    await waitUntilAnswering(url, child);
    this.#tune();
    return url;
  }

  /** Drops stream records older than a day, but never the newest of a table: the engine numbers on from it. */
  trimStreams(now: number): void {
    const database = new DatabaseSync(this.#file, { timeout: 5_000 });
    try {
      database
        .prepare("DELETE FROM _stream_records WHERE created_at < ? AND id NOT IN (SELECT MAX(id) FROM _stream_records GROUP BY table_name)")
        .run(Math.floor(now / 1000) - streamRetentionSeconds);
    } finally {
      database.close();
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), 3_000);
    await ended;
    clearTimeout(force);
  }

  /** Without this index each write to a table with a stream reads all of the stream's records. */
  #tune(): void {
    const database = new DatabaseSync(this.#file, { timeout: 5_000 });
    try {
      database.exec("CREATE INDEX IF NOT EXISTS penfold_stream_order ON _stream_records(table_name, CAST(sequence_number AS INTEGER))");
    } finally {
      database.close();
    }
  }
}

/** Path of the engine's binary for this machine; a sentence when there is none. */
function locate(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  const advice = "Start any DynamoDB (for example DynamoDB Local) and give its address in PENFOLD_DYNAMODB_ENDPOINT";
  if (!name) throw new Error(`The laptop cloud brings no DynamoDB engine for ${platform}. ${advice}.`);
  try {
    const path = join(createRequire(import.meta.url).resolve(`${name}/package.json`), "..", "dynoxide");
    ensureExecutable(path);
    return path;
  } catch (cause) {
    throw new Error(`The DynamoDB engine ${name} is not installed: run "npm install". ${advice}.`, { cause });
  }
}

function ensureExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    chmodSync(path, 0o755);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function waitUntilAnswering(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startTimeoutMilliseconds;
  while (Date.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`The DynamoDB engine ended at its start with code ${child.exitCode}; see engine.log in the data folder.`);
    try {
      const response = await fetch(url, { method: "GET" });
      await response.arrayBuffer();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error("The DynamoDB engine did not answer within 10 s of its start.");
}
