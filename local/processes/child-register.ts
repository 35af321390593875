import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface ChildRecord {
  pid: number;
  /** Tells this process from another that later got the same id. */
  started: string;
  what: string;
}

/**
 * Which processes a run has started, one small file each. A run that was killed (kill -9) leaves its files behind,
 * and the next start ends what is still alive of it.
 */
export class ChildRegister {
  readonly #directory: string;

  constructor(dataDir: string) {
    this.#directory = join(dataDir, "run");
    mkdirSync(this.#directory, { recursive: true });
  }

  add(pid: number, what: string): void {
    const record: ChildRecord = { pid, started: startOf(pid) ?? "", what };
    writeFileSync(join(this.#directory, `${pid}.json`), JSON.stringify(record));
  }

  remove(pid: number): void {
    rmSync(join(this.#directory, `${pid}.json`), { force: true });
  }

  /** The process that holds this data folder, if it is alive and not this one. */
  owner(): number | null {
    const record = read(join(this.#directory, "owner.json"));
    return record && record.pid !== process.pid && isSame(record) ? record.pid : null;
  }

  claim(): void {
    writeFileSync(
      join(this.#directory, "owner.json"),
      JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? "", what: "penfold" }),
    );
  }

  release(): void {
    rmSync(join(this.#directory, "owner.json"), { force: true });
  }

  /** Ends what an earlier, killed run left alive; tells what that was. */
  endOrphans(): string[] {
    const ended: string[] = [];
    for (const name of readdirSync(this.#directory)) {
      if (name === "owner.json") continue;
      const file = join(this.#directory, name);
      const record = read(file);
      if (record && isSame(record)) {
        process.kill(record.pid, "SIGKILL");
        ended.push(record.what);
      }
      rmSync(file, { force: true });
    }
    return ended;
  }
}

function read(file: string): ChildRecord | null {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ChildRecord;
  } catch {
    return null;
  }
}

function isSame(record: ChildRecord): boolean {
  const started = startOf(record.pid);
  return started !== null && started === record.started;
}

/** When the process began, in the words of its system; null when there is no such process. */
function startOf(pid: number): string | null {
  try {
    if (process.platform === "linux") {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" ? null : (fields[19] ?? null);
    }
    if (process.platform === "win32") {
      process.kill(pid, 0);
      return "alive";
    }
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
  } catch {
    return null;
  }
}
