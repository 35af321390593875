/** CPU and AWS calls a message through the function processes of a laptop cloud, for the generated mix sent by SMTP. */
import type { AccountId } from "../../core/ids.ts";
import { accountIdOf } from "../../core/log/id-words.ts";
import { generateMix } from "../../tools/generate-mix.ts";
import { entryIdOf } from "../../tools/seed/apply.ts";
import { SmtpSession } from "../../tools/send-corpus/smtp-session.ts";
import { type BenchCloud, type Use, useOf } from "./bench-cloud.ts";

export const pathStages = ["parse", "scan", "file"] as const;
/** Work that each filed message causes beside the path: push, snapshots. */
export const besideStages = ["notify", "snapshot"] as const;
export type MeasuredStage = (typeof pathStages)[number] | (typeof besideStages)[number];

export interface StageCost {
  readonly stage: MeasuredStage;
  readonly messagesPerInvocation: number;
  readonly calls: number;
  readonly cpuMilliseconds: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly callsByName: readonly (readonly [name: string, perMessage: number])[];
}

const PATIENCE_MILLIS = 60_000;

/** Sends `warmUp` messages, then `count` that are measured, over so many SMTP sessions. */
export const measureMailPath = async (
  bench: BenchCloud,
  options: { warmUp: number; count: number; sessions: number },
): Promise<StageCost[]> => {
  await sendAndSettle(bench, "warm", options.warmUp, options.sessions);
  const stages = [...pathStages, ...besideStages];
  const before = stages.map((stage) => useOf(bench, stage));
  await sendAndSettle(bench, "mix", options.count, options.sessions);
  return stages.map((stage, index) => costOf(stage, before[index]!, useOf(bench, stage), options.count));
};

const costOf = (stage: MeasuredStage, before: Use, after: Use, messages: number): StageCost => {
  const callsByName = [...after.calls].map(([name, count]) => [name, (count - (before.calls.get(name) ?? 0)) / messages] as const);
  return {
    stage,
    messagesPerInvocation: messages / Math.max(1, after.invocations - before.invocations),
    calls: callsByName.reduce((sum, [, count]) => sum + count, 0),
    cpuMilliseconds: (after.cpuMilliseconds - before.cpuMilliseconds) / messages,
    writeUnits: (after.writeUnits - before.writeUnits) / messages,
    readUnits: (after.readUnits - before.readUnits) / messages,
    callsByName: callsByName.filter(([, count]) => count > 0),
  };
};

const sendAndSettle = async (bench: BenchCloud, seed: string, count: number, sessions: number): Promise<void> => {
  const { cloud, people } = bench;
  const filedBefore = await filedBy(bench);
  const mix = generateMix(count, { seed });
  let next = 0;
  const worker = async (): Promise<void> => {
    const session = await SmtpSession.open(cloud.endpoints.smtp.host, cloud.endpoints.smtp.port);
    for (let one = mix.next(); !one.done; one = mix.next()) {
      const recipient = people[next++ % people.length]!.mail;
      const { outcome } = await session.send({ reversePath: "mix@outside.example", recipients: [recipient] }, one.value.octets);
      if (outcome !== "accepted") throw new Error(`message ${next} of the mix was refused`);
    }
    session.close();
  };
  await Promise.all(Array.from({ length: sessions }, worker));
  const until = Date.now() + PATIENCE_MILLIS;
  for (;;) {
    const filed = (await filedBy(bench)) - filedBefore;
    if (filed === count && isQuiet(bench)) break;
    if (Date.now() > until)
      throw new Error(`${filed} of ${count} messages of the mix were filed in time: ${JSON.stringify(bench.cloud.queueCounts())}`);
    await new Promise((wake) => setTimeout(wake, 200));
  }
  // Stream consumers and log files are a moment behind.
  await new Promise((wake) => setTimeout(wake, 1_500));
};

/** Nothing is left for the measured functions; work put off till later (the search index) may wait. */
const isQuiet = ({ cloud }: BenchCloud): boolean =>
  Object.values(cloud.queueCounts()).every(({ visible, inFlight }) => visible + inFlight === 0);

const filedBy = async ({ people, ports }: BenchCloud): Promise<number> => {
  const newest = await Promise.all(people.map(({ mail }) => ports.store.newest(accountOf(mail), { consistent: true })));
  return newest.reduce((sum, entry) => sum + (entry?.totals.messages ?? 0), 0);
};

export const accountOf = (mail: string): AccountId => accountIdOf(entryIdOf(mail));
