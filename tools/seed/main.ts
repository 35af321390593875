/**
 * Fills a running laptop service with sample people and mail (npm start does it at the first start):
 *
 *   node tools/run.mjs tools/seed/main.ts [--data FOLDER] [--seed WORD]
 */
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { DynamoAccountLogStore } from "../../aws/account-log-store.ts";
import { functionBlobStore, functionDynamo } from "../../aws/clients.ts";
import { DynamoDirectoryStore } from "../../aws/directory-store.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import { applySeed } from "./apply.ts";
import { planSeed, sampleUsersOf } from "./plan.ts";
import { adoptRunning, findRunning, mailBucketOf, type RunningService, tableOf, userPoolOf } from "./running-service.ts";
import { readSamplePeople, type SamplePeople, samplePeopleOf, writeSamplePeople } from "./sample-people-file.ts";
import { createSignIn } from "./sign-in.ts";

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { data: { type: "string" }, seed: { type: "string", default: "penfold" } } });
  const dataDir = resolve(values.data ?? process.env.PENFOLD_DATA ?? ".penfold");
  const running = findRunning(dataDir);
  const known = readSamplePeople(dataDir);
  const endsAt = known?.endsAt ?? Date.now();
  const plan = planSeed(known?.seed ?? values.seed, endsAt);
  const sample = known ?? samplePeopleOf(plan.seed, endsAt, plan.people);
  if (!sample.complete) {
    const begun = performance.now();
    writeSamplePeople(dataDir, sample);
    const { filed } = await applySeed(plan, portsOn(running), new Map(sample.people.map(({ mail, password }) => [mail, password])));
    writeSamplePeople(dataDir, { ...sample, complete: true });
    console.log(`${filed} messages filed in ${((performance.now() - begun) / 1000).toFixed(1)} s.`);
  }
  tell(
    running,
    sample,
    sampleUsersOf(plan.people).map(({ mail }) => mail),
    dataDir,
  );
};

const portsOn = (running: RunningService) => {
  adoptRunning(running);
  const dynamo = functionDynamo();
  const blobs = functionBlobStore(mailBucketOf(running));
  const store = new DynamoAccountLogStore(dynamo, tableOf(running, "accounts"));
  return {
    store,
    blobs,
    log: new StoredAccountLog({ store, blobs, epoch: 1, now: () => Date.now() }),
    directory: new DynamoDirectoryStore(dynamo, tableOf(running, "directory")),
    signIn: createSignIn(userPoolOf(running)),
    randomOctets: (count: number) => randomBytes(count),
    say: (line: string) => console.log(line),
  };
};

const tell = ({ endpoints }: RunningService, { people }: SamplePeople, sampleUsers: readonly string[], dataDir: string): void => {
  const shown = people.filter(({ mail }) => sampleUsers.includes(mail));
  const width = Math.max(...shown.map(({ mail }) => mail.length));
  console.log(`\nSign in at ${endpoints.web} as one of`);
  for (const { mail, password, name, jobTitle } of shown) console.log(`  ${mail.padEnd(width)}  ${password}   ${name}, ${jobTitle}`);
  console.log(`All ${people.length} people and their passwords: ${dataDir}/sample-people.json`);
  console.log(`\nSend one of them a message:`);
  console.log(`  swaks --server 127.0.0.1:${endpoints.smtp.port} --from you@outside.example --to ${shown[0]!.mail}`);
  console.log(
    `  printf 'From: you@outside.example\\nTo: ${shown[0]!.mail}\\nSubject: Hello\\n\\nHello\\n' | curl -s --crlf smtp://127.0.0.1:${endpoints.smtp.port} --mail-from you@outside.example --mail-rcpt ${shown[0]!.mail} -T -`,
  );
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
