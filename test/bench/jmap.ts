/**
 * `npm run bench:jmap`: what reading mail costs over HTTP in a mailbox of 10,000 messages and in one of 1,000,000, beside peers. Counts come
 * first; they are the same on every machine. `-- --quick` takes a large mailbox of 100,000 and fewer rounds.
 */
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { functionBlobStore, functionDynamo } from "../../aws/clients.ts";
import { DynamoEmailImport } from "../../aws/email-import.ts";
import { DynamoSearchIndexStore } from "../../aws/search-index-store.ts";
import { findRunning, mailBucketOf, stateBucketOf, tableOf } from "../../tools/seed/running-service.ts";
import { type BenchCloud, startBenchCloud } from "./bench-cloud.ts";
import { type Block, makeBlock } from "./jmap/block.ts";
import { type BruteForce, measureBruteForce } from "./jmap/brute-force.ts";
import { CLIENTS, openClients } from "./jmap/clients.ts";
import { indexByFlow, indexInBulk } from "./jmap/index-mailbox.ts";
import { BLOCK_MESSAGES } from "./jmap/mail-text.ts";
import { fillMailbox, ITEMS, type Mailbox, storeBodies } from "./jmap/mailbox.ts";
import { type Cost, measureCold, measureWarm } from "./jmap/measure.ts";
import { operationsOn } from "./jmap/operations.ts";
import { cyrus, dovecot, PEER_INDEX_SHARE, THERE } from "./jmap/peers.ts";
import { accountOf } from "./mail-path.ts";
import { printTable } from "./table.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const size = values.quick
  ? { large: 100_000, warmUp: 3, measured: 3, cold: 1, processes: 1 }
  : { large: 1_000_000, warmUp: 8, measured: 8, cold: 3, processes: 2 };

interface Measured {
  readonly operation: string;
  readonly warm: Cost;
  readonly cold: Cost;
}

const portsOf = ({ cloud, ports }: BenchCloud) => {
  const running = findRunning(cloud.dataDir);
  const dynamo = functionDynamo();
  const accounts = tableOf(running, "accounts");
  return {
    store: ports.store,
    imports: new DynamoEmailImport(dynamo, accounts),
    index: new DynamoSearchIndexStore(dynamo, accounts),
    mail: functionBlobStore(mailBucketOf(running)),
    state: functionBlobStore(stateBucketOf(running)),
  };
};

const progress = (line: string): void => console.error(`${((performance.now() - begun) / 1000).toFixed(0)} s  ${line}`);

const measureMailbox = async (bench: BenchCloud, person: BenchCloud["people"][number], mailbox: Mailbox): Promise<Measured[]> => {
  const clients = await openClients(bench, person, mailbox.accountId);
  const { epoch, seq } = mailbox.fold.position;
  const operations = operationsOn({ messages: mailbox.messages, sinceState: `${epoch}.${seq - 10}` });
  // The function's log is there once it was called.
  await operations[0]!.run(clients[0]!, 0);
  const costs = new Map(operations.map((operation) => [operation, {} as { cold: Cost; warm: Cost }]));
  // What writes comes last: thousands of changes would be in the way of those who ask what changed, and of who opens the mailbox.
  for (const group of [operations.filter(({ writes }) => !writes), operations.filter(({ writes }) => writes)]) {
    for (const operation of group) costs.get(operation)!.cold = await measureCold(bench, clients[0]!, operation, size.cold);
    for (const operation of group) costs.get(operation)!.warm = await measureWarm(bench, clients, operation, size);
  }
  progress(`${mailbox.messages} messages: measured`);
  return operations.map((operation) => ({ operation: operation.name, ...costs.get(operation)! }));
};

const costCells = (cost: Cost) => [
  cost.cpuMilliseconds,
  cost.calls,
  cost.steps,
  cost.modelledMilliseconds.toFixed(0),
  cost.readUnits,
  cost.writeUnits,
  cost.blobRequests,
  cost.blobOctets,
];

const costTable = (title: string, measured: readonly Measured[]): void =>
  printTable(
    title,
    ["operation", "", "CPU ms", "round trips", "steps", "modelled ms", "read units", "write units", "S3 requests", "S3 octets"],
    measured.flatMap(({ operation, warm, cold }) => [
      [operation, "warm", ...costCells(warm)],
      ["", "cold", ...costCells(cold)],
    ]),
  );

/** How much of its time here an operation would have taken where the peers were measured: both ran the same scan. */
const speedOf = ({ textOctets, cpuMillisecondsAWord }: BruteForce): number =>
  (THERE.scanMilliseconds * textOctets) / THERE.scannedOctets / cpuMillisecondsAWord;

const peerTable = (small: readonly Measured[], large: readonly Measured[], floor: BruteForce): void => {
  const ratio = (of: number, to: number | undefined): string => (to === undefined ? "" : `${(of / to).toFixed(2)}×`);
  const speed = speedOf(floor);
  printTable(
    `CPU ms a request, warm, beside peers in ${BLOCK_MESSAGES.toLocaleString("en")} messages (a brute-force scan shows this machine at ${speed.toFixed(2)} of theirs)`,
    ["operation", "Penfold", "at their speed", "Cyrus 3.6", "of Cyrus", "Dovecot", "brute force"],
    small.map(({ operation, warm: { cpuMilliseconds } }) => [
      operation,
      cpuMilliseconds,
      cpuMilliseconds * speed,
      cyrus[operation] ?? "",
      ratio(cpuMilliseconds * speed, cyrus[operation]),
      dovecot[operation] ?? "",
      operation.startsWith("search") ? floor.cpuMillisecondsAWord * speed : "",
    ]),
  );
  printTable(
    `${size.large.toLocaleString("en")} messages beside ${BLOCK_MESSAGES.toLocaleString("en")}. Aim: 2× for what a person does on opening a mailbox.`,
    ["operation", "CPU warm", "modelled warm", "CPU cold", "modelled cold"],
    small.map(({ operation, warm, cold }, index) => [
      operation,
      ratio(large[index]!.warm.cpuMilliseconds, warm.cpuMilliseconds),
      ratio(large[index]!.warm.modelledMilliseconds, warm.modelledMilliseconds),
      ratio(large[index]!.cold.cpuMilliseconds, cold.cpuMilliseconds),
      ratio(large[index]!.cold.modelledMilliseconds, cold.modelledMilliseconds),
    ]),
  );
};

const indexTable = async (bench: BenchCloud, block: Block, mailboxes: readonly Mailbox[]): Promise<void> => {
  const { index } = portsOf(bench);
  const rows = [];
  for (const { accountId, messages } of mailboxes) {
    const { segments } = (await index.getManifest(accountId))!;
    const octets = segments.reduce((sum, segment) => sum + segment.octets, 0);
    const share = (of: number): string => `${((octets / ((of * messages) / BLOCK_MESSAGES)) * 100).toFixed(1)} %`;
    rows.push([messages, segments.length, octets, octets / messages, share(block.mailOctets), share(block.text.length)]);
  }
  printTable(
    `Search index. Aim: 10 % of the mail's octets; peers: ${(PEER_INDEX_SHARE * 100).toFixed(0)} %.`,
    ["messages", "segments", "octets", "octets a message", "of the mail", "of its text"],
    rows,
  );
};

const begun = performance.now();
console.log(
  `Penfold, Node ${process.version}, ${process.platform}-${process.arch}, ${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}`,
);
const block = makeBlock();
const floor = measureBruteForce(block);
progress("the messages are made");
const bench = await startBenchCloud({ windowSeconds: 0, functionProcesses: size.processes });
try {
  const ports = portsOf(bench);
  const [first, second] = bench.people.map(({ mail }) => accountOf(mail));
  await storeBodies(ports, block);
  const small = await fillMailbox(ports, first!, block, BLOCK_MESSAGES, (mailbox) => indexByFlow(ports, mailbox, block));
  progress("the small mailbox is filled");
  const large = await fillMailbox(ports, second!, block, size.large, (mailbox) => indexInBulk(ports, mailbox, block));
  progress("the large mailbox is filled");
  const ofSmall = await measureMailbox(bench, bench.people[0]!, small);
  const ofLarge = await measureMailbox(bench, bench.people[1]!, large);
  console.log(
    [
      "",
      `${CLIENTS} clients at once: ten sign-ins of the mailbox's owner, ${size.processes} processes of the function; ${size.measured * CLIENTS} requests an operation after ${size.warmUp * CLIENTS}, cold: ${size.cold} fresh processes.`,
      `Messages: ${(block.mailOctets / BLOCK_MESSAGES / 1000).toFixed(1)} KB on average without attachments, ${(block.text.length / 1_000_000).toFixed(1)} MB of text in ${BLOCK_MESSAGES.toLocaleString("en")}.`,
      `The large mailbox repeats them with other ids and references; its segments are laid out in bulk by the writer, those of the small one by the index stage's flow. Of both, the newest ${ITEMS.toLocaleString("en")} messages have items and the entries since the snapshot are in the table: what the operations read.`,
      "A step is one or more AWS calls that overlap; modelled: 4 ms a step of DynamoDB, 25 ms a step with S3, and the CPU. Cold: without loading the bundle.",
    ].join("\n"),
  );
  costTable(`A mailbox of ${BLOCK_MESSAGES.toLocaleString("en")} messages`, ofSmall);
  costTable(`A mailbox of ${size.large.toLocaleString("en")} messages`, ofLarge);
  peerTable(ofSmall, ofLarge, floor);
  await indexTable(bench, block, [small, large]);
  console.log(
    `\nBrute force over ${(floor.textOctets / 1_000_000).toFixed(1)} MB of text: ${floor.cpuMillisecondsAWord.toFixed(1)} ms a word in this run, 6 to 7 ms over 17 MB where the peers were measured.`,
  );
} finally {
  await bench.stop();
}
console.log(`\n${((performance.now() - begun) / 1000).toFixed(0)} s, load ${loadavg()[0]!.toFixed(1)} at the end`);
