/** A terminal that nobody sits at: a program under tmux, keys for it, and what it shows. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "../../test/cloud/support/jmap-session.ts";

const run = promisify(execFile);
const [COLUMNS, LINES] = [140, 40];
/** tmux hands keys on as they come; programs redraw between two of them. */
const BETWEEN_KEYS_MILLIS = 150;

export interface Launch {
  readonly program: string;
  readonly programArguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export class Terminal {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** `folder` is the run's own: the server's socket and the program's home lie there. */
  static async start(folder: string, { program, programArguments, environment }: Launch): Promise<Terminal> {
    const settings = join(folder, "tmux.conf");
    writeFileSync(settings, "set -g status off\nset -g remain-on-exit on\nset -g escape-time 10\n");
    const terminal = new Terminal(join(folder, "tmux"));
    const variables = Object.entries({ ...environment, HOME: folder, LANG: "C.UTF-8", PATH: process.env.PATH ?? "" });
    await terminal.#tmux(
      "-f",
      settings,
      "new-session",
      "-d",
      "-x",
      String(COLUMNS),
      "-y",
      String(LINES),
      ...["env", "-u", "TMUX", ...variables.map(([name, value]) => `${name}=${value}`), program, ...programArguments],
    );
    return terminal;
  }

  async screen(): Promise<string[]> {
    return (await this.#tmux("capture-pane", "-p")).split("\n").map((line) => line.trimEnd());
  }

  /** Keys by tmux's names: Enter, Escape, Down, C-x. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.#tmux("send-keys", key);
      await pause();
    }
  }

  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", text);
    await pause();
  }

  /** A command after a colon, as vi has it. */
  async command(text: string): Promise<void> {
    await this.type(`:${text}`);
    await this.press("Enter");
  }

  /** Waits until the screen is as it should be. */
  async shows(isThere: (screen: readonly string[]) => boolean, seconds: number, what: string): Promise<void> {
    await eventually(async () => isThere(await this.screen()), seconds * 1000, `${what} on the screen`);
  }

  async stop(): Promise<void> {
    await this.#tmux("kill-server").catch(() => {});
  }

  async #tmux(...given: readonly string[]): Promise<string> {
    return (await run("tmux", ["-u", "-S", this.#socket, ...given])).stdout;
  }
}

const pause = (): Promise<void> => new Promise((wake) => setTimeout(wake, BETWEEN_KEYS_MILLIS));

export const contains = (screen: readonly string[], text: string): boolean => screen.some((line) => line.includes(text));

/** Where a row that holds the text is, counted from the first row of the list, which lies below one line of tabs. */
export const rowOf = (screen: readonly string[], text: string): number => {
  const line = screen.findIndex((row) => row.includes(text));
  if (line < 1) throw new Error(`"${text}" is not in the list on the screen.`);
  return line - 1;
};
