/**
 * `npm run bench:log`: what the account log costs. Counts first; times are of this machine and only for comparison within one run.
 * Units are counted by the DynamoDB engine of the laptop cloud, which reports consumed capacity as AWS does.
 */

import type { MailboxId } from "../../core/ids.ts";
import { Fold } from "../../core/log/account-state.ts";
import { encodeEntry } from "../../core/log/codec.ts";
import { readSnapshot, writeSnapshot } from "../../core/log/snapshot.ts";
import { ACCOUNT, entriesOf, START } from "./log-entries.ts";
import { measureDeliveries } from "./log-units.ts";

const timed = <Result>(run: () => Result): { result: Result; milliseconds: number } => {
  const before = process.cpuUsage();
  const result = run();
  const used = process.cpuUsage(before);
  return { result, milliseconds: (used.user + used.system) / 1000 };
};

const row = (...cells: (string | number)[]): void =>
  console.log(`| ${cells.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en") : cell)).join(" | ")} |`);

const foldTable = (sizes: readonly number[]): void => {
  console.log("\nLoad and fold (CPU ms)\n");
  row(
    "messages",
    "fold all entries",
    "snapshot octets",
    "octets a message",
    "write snapshot",
    "read snapshot",
    "newest 50",
    "changes since 10 ago",
    "counters",
  );
  row("---", "---", "---", "---", "---", "---", "---", "---", "---");
  for (const messages of sizes) {
    const fold = new Fold(ACCOUNT);
    const entries = [...entriesOf(messages)];
    const folding = timed(() => entries.forEach((entry) => void fold.apply(entry)));
    const writing = timed(() => writeSnapshot(fold));
    const reading = timed(() => readSnapshot(ACCOUNT, writing.result));
    const loaded = reading.result;
    const newest = timed(() => [...loaded.emails.newestFirst().subarray(0, 50)].map((one) => loaded.emails.id(one)));
    const present = loaded.position;
    const changes = timed(() => loaded.changesSince("Email", { ...present, seq: Math.max(1, present.seq - 1) }, 50));
    const counters = timed(() => loaded.mailboxCounts("inbox" as MailboxId));
    const cells = [folding, writing, reading, newest, changes, counters].map((one) => one.milliseconds.toFixed(1));
    row(
      messages,
      cells[0]!,
      writing.result.length,
      (writing.result.length / messages).toFixed(1),
      cells[1]!,
      cells[2]!,
      cells[3]!,
      cells[4]!,
      cells[5]!,
    );
  }
};

/** A number that looks random (the finaliser of MurmurHash3). */
const scatter = (index: number): number => {
  let mixed = Math.imul(index ^ (index >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};

const keywordTable = (): void => {
  console.log("\nOne Email/set that marks messages read: one commit\n");
  row("messages", "which", "entry octets", "write units");
  row("---", "---", "---", "---");
  for (const [which, step] of [
    ["adjacent", 1],
    ["every third", 3],
    ["scattered", 0],
  ] as const) {
    const uids = Array.from({ length: 5_000 }, (_, index) => (step ? 1 + index * step : 1 + (scatter(index) % 1_000_000)));
    const totals = { octets: 0, messages: 1_000_000, nextUid: 1_000_001, quotaOctets: 0, hasRules: false };
    const octets = encodeEntry({
      accountId: ACCOUNT,
      epoch: 1,
      seq: 9,
      at: START,
      actor: "bench",
      email: { updated: [{ uids, addKeywords: ["$seen"] }] },
      totals,
    }).length;
    row(5_000, which, octets, Math.ceil((octets + 100) / 1024));
  }
};

console.log(`Account log, Node ${process.version}, ${process.platform}-${process.arch}`);
console.log("\nDelivery of an ordinary message (12 KB, no attachment) to one recipient\n");
row("messages in mailbox", "kind", "calls", "write units", "read units", "CPU ms");
row("---", "---", "---", "---", "---", "---");
for (const line of await measureDeliveries([10, 10_000, 1_000_000], entriesOf)) {
  row(line.messages, line.kind, line.calls, line.writeUnits.toString(), line.readUnits.toString(), line.milliseconds.toFixed(1));
}
foldTable([10_000, 1_000_000]);
keywordTable();
