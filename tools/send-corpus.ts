/**
 * Sends every message file below a folder to a sample user and says where each ended:
 *
 *   node tools/run.mjs tools/send-corpus.ts FOLDER [--data FOLDER] [--to ADDRESS] [--only TEXT] [--patience SECONDS]
 *   node tools/run.mjs tools/send-corpus.ts FOLDER --kill-handlers | --duplicate-events | --own   (starts a service of its own)
 *   … --bombs adds the hostile messages of tools/bombs.ts
 *
 * Ends with status 1 when anything was lost or duplicated.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { accountIdOf } from "../core/log/id-words.ts";
import { bombs } from "./bombs.ts";
import { entryIdOf } from "./seed/apply.ts";
import { portsOn } from "./seed/ports-on.ts";
import { findRunning } from "./seed/running-service.ts";
import { readSamplePeople } from "./seed/sample-people-file.ts";
import { filedSince, followAll } from "./send-corpus/follow.ts";
import { findMessageFiles, type MessageFile } from "./send-corpus/message-files.ts";
import { killHandlers, startOwnCloud, stopOwnCloud } from "./send-corpus/own-cloud.ts";
import { isClean, report, tally } from "./send-corpus/report.ts";
import { sendAll } from "./send-corpus/send-all.ts";

const options = {
  data: { type: "string" },
  to: { type: "string" },
  only: { type: "string" },
  patience: { type: "string", default: "600" },
  own: { type: "boolean", default: false },
  bombs: { type: "boolean", default: false },
  "kill-handlers": { type: "boolean", default: false },
  "duplicate-events": { type: "boolean", default: false },
} as const;

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const folder = positionals[0];
  if (folder === undefined && !values.bombs) throw new Error("Name the folder of messages: node tools/run.mjs tools/send-corpus.ts FOLDER");
  const files = [...(folder === undefined ? [] : findMessageFiles(resolve(folder))), ...(values.bombs ? [...bombs()] : [])].filter(
    ({ name }) => values.only === undefined || name.includes(values.only),
  );
  const settings = { to: values.to, patienceMillis: Number(values.patience) * 1000 };
  const own = values.own || values["kill-handlers"] || values["duplicate-events"];
  if (!own) {
    process.exitCode = (await run(resolve(values.data ?? process.env.PENFOLD_DATA ?? ".penfold"), files, settings)) ? 0 : 1;
    return;
  }
  const dataDir = resolve(values.data ?? mkdtempSync(join(tmpdir(), "penfold-corpus-")));
  const cloud = await startOwnCloud({ dataDir, duplicateEvents: values["duplicate-events"] });
  const killer = values["kill-handlers"] ? killHandlers(cloud) : null;
  try {
    const clean = await run(dataDir, files, settings, async () => {
      if (killer) console.log(`Killed ${await killer.stop()} handler processes while sending.`);
    });
    process.exitCode = clean ? 0 : 1;
  } finally {
    await killer?.stop();
    await stopOwnCloud(cloud);
    if (values.data === undefined) rmSync(dataDir, { recursive: true, force: true });
  }
};

const run = async (
  dataDir: string,
  files: readonly MessageFile[],
  settings: { to?: string; patienceMillis: number },
  afterSending?: () => Promise<void>,
): Promise<boolean> => {
  const running = findRunning(dataDir);
  const ports = portsOn(running, { randomOctets: () => new Uint8Array(), say: () => {} });
  const recipient = settings.to ?? readSamplePeople(dataDir)?.people[0]?.mail;
  if (recipient === undefined) throw new Error("The service has no sample people: name a recipient with --to.");
  const accountId = accountIdOf(entryIdOf(recipient));
  const newest = await ports.store.newest(accountId, { consistent: true });
  if (!newest) throw new Error(`${recipient} is no sample user of this service.`);
  const begun = performance.now();
  const { host, port } = running.endpoints.smtp;
  const sent = await sendAll(files, { host, port, recipient, reversePath: "corpus@outside.example" });
  console.log(`${sent.length} messages sent to ${recipient} in ${seconds(begun)} s; waiting for their endings …`);
  const slowest = sent.toSorted((a, b) => b.millis - a.millis).slice(0, 5);
  console.log(`Slowest to be accepted: ${slowest.map(({ name, millis }) => `${name} ${(millis / 1000).toFixed(1)} s`).join(", ")}`);
  await afterSending?.();
  const follow = { accountId, recipient, since: newest, patienceMillis: settings.patienceMillis, progress: () => {} };
  const followed = await followAll(ports, sent, follow);
  const result = tally(sent, followed, await filedSince(ports, follow));
  console.log(`All endings known after ${seconds(begun)} s.\n\n${report(result)}`);
  return isClean(result);
};

const seconds = (begun: number): string => ((performance.now() - begun) / 1000).toFixed(1);

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
