/** A laptop cloud of this run's own, with the sample people and no mail, in which handlers can be killed and events doubled. */
import { randomBytes, randomInt } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Cloud, startCloud } from "../../local/cloud.ts";
import { fileLog } from "../../local/start/file-log.ts";
import { removeRunning, writeRunning } from "../../local/start/running-file.ts";
import { synthesize } from "../../local/start/synthesize.ts";
import { applySeed } from "../seed/apply.ts";
import { planSeed } from "../seed/plan.ts";
import { portsOn } from "../seed/ports-on.ts";
import { findRunning } from "../seed/running-service.ts";
import { makePassword, samplePeopleOf, writeSamplePeople } from "../seed/sample-people-file.ts";

export interface OwnCloudOptions {
  readonly dataDir: string;
  readonly duplicateEvents: boolean;
}

const root = resolve(import.meta.dirname, "../..");
/** What was in the hands of a killed handler is seen again after this. */
const RETRY_SECONDS = 3;

export const startOwnCloud = async ({ dataDir, duplicateEvents }: OwnCloudOptions): Promise<Cloud> => {
  mkdirSync(dataDir, { recursive: true });
  const say = (line: string): void => console.log(line);
  const assemblyDir = await synthesize({ root, dataDir, environmentFile: "config/laptop.json", say });
  const log = fileLog(join(dataDir, "cloud.log"), () => {});
  const cloud = await startCloud({ assemblyDir, dataDir, log, duplicateEvents, retryAfterSeconds: RETRY_SECONDS });
  writeRunning(cloud);
  const plan = planSeed("corpus", Date.now(), { threadsEach: 0, threadsOfSampleUsers: 0, fromOutside: 0, announcements: 0 });
  const few = { ...plan, people: plan.people.filter(({ isLead }) => isLead), mailboxes: [], lists: [] };
  const passwords = new Map(few.people.map(({ mail }) => [mail, makePassword()]));
  await applySeed(few, portsOn(findRunning(dataDir), { randomOctets: (count) => randomBytes(count), say: () => {} }), passwords);
  writeSamplePeople(dataDir, { ...samplePeopleOf(plan.seed, plan.endsAt, few.people), complete: true });
  return cloud;
};

export const stopOwnCloud = async (cloud: Cloud): Promise<void> => {
  removeRunning(cloud.dataDir);
  await cloud.stop();
};

/** Kills a handler of the mail path every now and then, until stopped. Gives how many processes it killed. */
export const killHandlers = (cloud: Cloud): { stop(): Promise<number> } => {
  const victims = cloud.functionNames.filter((name) => /-(parse|scan|file|feedback|notify)$/.test(name));
  let killed = 0;
  let open = true;
  const reaper = (async () => {
    while (open) {
      await new Promise((wake) => setTimeout(wake, randomInt(300, 900)));
      if (open) killed += cloud.killFunction(victims[randomInt(victims.length)]!);
    }
  })();
  return {
    stop: async () => {
      open = false;
      await reaper;
      return killed;
    },
  };
};
