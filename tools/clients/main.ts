/**
 * Has a mail program that is none of ours do everything a mail program does, on the service:
 *
 *   npm run clients -- aerc|meli [--program PATH] [--data FOLDER] [--own] [--screens]
 *
 * Uses the running service (`--data` names its folder), or boots one of its own with `--own` or when none runs. The program is found on
 * PATH or named by `--program`; `--screens` prints what it showed after each step. Ends with status 1 unless everything works.
 */
import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { prepareTesters } from "../conformance/people.ts";
import type { RunningService } from "../seed/running-service.ts";
import { onService } from "../send-corpus/on-service.ts";
import { aerc } from "./aerc.ts";
import { sessionOf } from "./correspondence.ts";
import type { MailProgram } from "./mail-program.ts";
import { meli } from "./meli.ts";
import { Terminal } from "./terminal.ts";
import { lettersOf, operations, receiveFirst, type Trial } from "./trial.ts";

const programs: Readonly<Record<string, MailProgram>> = { aerc, meli };
const options = {
  program: { type: "string" },
  data: { type: "string" },
  own: { type: "boolean", default: false },
  screens: { type: "boolean", default: false },
} as const;

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [name = ""] = positionals;
  const program = programs[name];
  if (!program) throw new Error(`Name the mail program: npm run clients -- ${Object.keys(programs).join("|")}`);
  const path = values.program ?? name;
  const missing = [path, ...program.needs].filter((each) => !isThere(each));
  if (missing.length > 0) throw new Error(`${missing.join(" and ")} not found. ${program.howToGet} --program PATH names it elsewhere.`);
  console.log(execFileSync(path, ["--version"], { encoding: "utf8" }).trim());
  const workFolder = mkdtempSync(join(tmpdir(), "penfold-clients-"));
  try {
    const failed = await onService({ ...values, data: values.data, workFolder }, (running) =>
      tryProgram(running, program, { path, workFolder, showScreens: values.screens }),
    );
    console.log(failed === 0 ? "Everything works." : `${failed} of ${Object.keys(operations).length} failed.`);
    process.exitCode = failed === 0 ? 0 : 1;
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
};

const isThere = (program: string): boolean =>
  (program.includes("/") ? [program] : (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, program))).some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

interface Run {
  readonly path: string;
  readonly workFolder: string;
  readonly showScreens: boolean;
}

/** Gives how many operations failed. */
const tryProgram = async (running: RunningService, program: MailProgram, { path, workFolder, showScreens }: Run): Promise<number> => {
  const [me, colleague] = await prepareTesters(running, "Clients");
  const [mine, theirs] = [await sessionOf(running, me), await sessionOf(running, colleague)];
  const people = { running, program, letters: lettersOf(), mine, theirs, myMail: me.mail, theirMail: colleague.mail };
  await receiveFirst(people);
  const { launch, stop } = await program.prepare(workFolder, { ...me, web: running.endpoints.web });
  const terminal = await Terminal.start(workFolder, { ...launch, program: path });
  try {
    return await runAll({ ...people, terminal }, showScreens);
  } finally {
    await terminal.stop();
    await stop();
  }
};

const runAll = async (trial: Trial, showScreens: boolean): Promise<number> => {
  let failed = 0;
  for (const [name, operation] of Object.entries(operations)) {
    const begun = performance.now();
    const [mark, seen] = await operation(trial).then(
      (said) => ["ok  ", said],
      (error: Error) => ["FAIL", error.message],
    );
    console.log(`${mark} ${name.padEnd(11)} ${seen} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
    if (mark === "FAIL") failed += 1;
    if (mark === "FAIL" || showScreens) console.log(await screenOf(trial.terminal));
  }
  return failed;
};

const screenOf = async (terminal: Terminal): Promise<string> =>
  (await terminal.screen())
    .filter((line) => /\p{L}/u.test(line))
    .map((line) => `     | ${line}`)
    .join("\n");

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
