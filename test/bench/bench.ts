/**
 * `npm run bench`: what a message costs and how soon it is seen. Counts come first; they are the same on every machine. Times are CPU of
 * the functions' own processes, or wall time where it says so: compare them with a run on the same machine at the same rest.
 * `-- --quick` takes fewer messages and rounds.
 */
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { measureArrivals } from "./arrival.ts";
import { benchAssembly, startBenchCloud } from "./bench-cloud.ts";
import { measureColdStarts } from "./cold-start.ts";
import { entriesOf } from "./log-entries.ts";
import { measureDeliveries } from "./log-units.ts";
import { measureMailPath, pathStages, type StageCost } from "./mail-path.ts";
import { printTable, quantile } from "./table.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const size = values.quick
  ? { mailboxes: [10, 10_000], warmUp: 100, mix: 100, arrivals: 20, rounds: 3 }
  : { mailboxes: [10, 10_000, 1_000_000], warmUp: 200, mix: 300, arrivals: 100, rounds: 7 };

/** CPU ms a message of this mix on a two-core machine of this kind (medians). */
const peers = [
  ["Dovecot LMTP (store only)", "3.1"],
  ["Cyrus LMTP (store only)", "7.5"],
  ["Postfix and Dovecot, SMTP to store", "8.2"],
  ["rspamd beside them, without and with network checks", "3 to 7"],
  ["clamd beside them", "1.2"],
] as const;

const deliveryTable = async (): Promise<void> => {
  const costs = await measureDeliveries(size.mailboxes, entriesOf);
  printTable(
    "Filing one ordinary message (12 KB, no attachment, one recipient): highest of 20 deliveries. Target: 6 write and 3 read units.",
    ["messages in mailbox", "kind", "write units", "read units", "calls"],
    costs.map((one) => [one.messages, one.kind, one.writeUnits, one.readUnits, one.calls]),
  );
};

const pathTable = (title: string, costs: readonly StageCost[]): number => {
  const onPath = costs.filter(({ stage }) => (pathStages as readonly string[]).includes(stage));
  const sum = (of: (cost: StageCost) => number): number => onPath.reduce((total, cost) => total + of(cost), 0);
  const cpuMilliseconds = sum((cost) => cost.cpuMilliseconds);
  const cells = (cost: StageCost) => [cost.calls, cost.writeUnits, cost.readUnits, cost.cpuMilliseconds];
  const rowOf = (cost: StageCost) => [cost.stage, cost.messagesPerInvocation, ...cells(cost), callsOf(cost)];
  printTable(
    title,
    ["function", "messages an invocation", "AWS calls", "write units", "read units", "CPU ms", "calls a message"],
    [
      ...onPath.map(rowOf),
      [
        "parse + scan + file",
        "",
        sum((cost) => cost.calls),
        sum((cost) => cost.writeUnits),
        sum((cost) => cost.readUnits),
        cpuMilliseconds,
      ],
      ...costs.filter((cost) => !onPath.includes(cost)).map(rowOf),
    ],
  );
  return cpuMilliseconds;
};

const callsOf = ({ callsByName }: StageCost): string =>
  callsByName.map(([name, count]) => `${name.split(":")[1]} ${count.toFixed(2)}`).join(", ");

const coldTable = async (): Promise<void> => {
  const starts = await measureColdStarts(await benchAssembly(), size.rounds);
  printTable(
    `Bundles and cold initialisation (median of ${size.rounds} fresh processes). Aim: jmap ≤ 1 MB and ≤ 200 ms, parse ≤ 700 KB.`,
    ["function", "octets", "gzipped", "wall ms", "CPU ms"],
    starts.map((one) => [one.stage, one.octets, one.gzippedOctets, one.wallMilliseconds.toFixed(0), one.cpuMilliseconds.toFixed(0)]),
  );
};

const oneByOne = async (): Promise<StageCost[]> => {
  const bench = await startBenchCloud({ windowSeconds: 0 });
  try {
    const { pushedMilliseconds, visibleMilliseconds } = await measureArrivals(bench, { warmUp: 10, count: size.arrivals });
    const costs = await measureMailPath(bench, { warmUp: size.warmUp, count: size.mix, sessions: 1 });
    const row = (name: string, values: readonly number[]) => [name, ...[0.5, 0.99, 1].map((share) => quantile(values, share).toFixed(0))];
    printTable(
      `From SMTP acceptance to visible, ${size.arrivals} messages of the mix one after another (wall ms)`,
      ["until", "p50", "p99", "longest"],
      [row("the push over WebSocket", pushedMilliseconds), row("the Email read over HTTP after it", visibleMilliseconds)],
    );
    return costs;
  } finally {
    await bench.stop();
  }
};

const inBatches = async (): Promise<StageCost[]> => {
  const bench = await startBenchCloud({ windowSeconds: 1 });
  try {
    return await measureMailPath(bench, { warmUp: size.warmUp, count: size.mix, sessions: 4 });
  } finally {
    await bench.stop();
  }
};

const begun = performance.now();
console.log(
  `Penfold, Node ${process.version}, ${process.platform}-${process.arch}, ${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}`,
);
console.log(
  "The mix: tools/generate-mix.ts, 60 % of 5 to 20 KB, 30 % of 50 to 200 KB with an attachment, 10 % of 1 to 3 MB; 10 recipients in turn.",
);
await deliveryTable();
const busy = pathTable(`A message of the mix in full batches, as in a busy hour (${size.mix} messages, warm)`, await inBatches());
const quiet = pathTable(`The same as the messages come, unhurried (${size.mix} messages, warm)`, await oneByOne());
printTable(
  "CPU ms a message, beside peers on a machine of this kind",
  ["what", "CPU ms"],
  [
    ["Penfold parse + scan + file, full batches", busy.toFixed(1)],
    ["Penfold parse + scan + file, as they come", quiet.toFixed(1)],
    ...peers,
  ],
);
await coldTable();
console.log(`\n${((performance.now() - begun) / 1000).toFixed(0)} s, load ${loadavg()[0]!.toFixed(1)} at the end`);
