/**
 * Fills a running laptop service with sample people and mail (npm start does it at the first start):
 *
 *   node tools/run.mjs tools/seed/main.ts [--data FOLDER] [--seed WORD]
 */
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { applySeed } from "./apply.ts";
import { planSeed, sampleUsersOf } from "./plan.ts";
import { portsOn } from "./ports-on.ts";
import { findRunning, type RunningService } from "./running-service.ts";
import { readSamplePeople, type SamplePeople, samplePeopleOf, writeSamplePeople } from "./sample-people-file.ts";

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
    const { filed } = await applySeed(
      plan,
      portsOn(running, { randomOctets: (count) => randomBytes(count), say: (line) => console.log(line) }),
      new Map(sample.people.map(({ mail, password }) => [mail, password])),
    );
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
