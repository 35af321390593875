/**
 * Reads every .eml and .txt below a folder and puts it to policy as clean mail from outside:
 *   node tools/corpus-read.ts FOLDER
 * Prints how many were read, what would become of them and why, and the slowest. Fails when one throws.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { readMessage } from "../core/mime/read-message.ts";
import { decide } from "../core/policy/decide.ts";
import { gatherEvidence } from "../core/policy/gather-evidence.ts";

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node tools/corpus-read.ts FOLDER");
  process.exit(2);
}

const counts = new Map<string, number>();
const count = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
const verdicts = { spam: "PASS", virus: "PASS", spf: "PASS", dkim: "PASS", dmarc: "PASS" } as const;
let slowest = { ms: 0, name: "" };

for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\.(?:eml|txt)$/.test(file))) {
  const octets = readFileSync(path.join(folder, name));
  const started = performance.now();
  const read = readMessage(octets);
  count(read.outcome);
  const evidence = read.outcome === "parsed" ? gatherEvidence(octets, read.message, read.headers, []) : null;
  const unreadable = read.outcome === "parsed" ? null : read.reason;
  const { action, reasons } = decide({ origin: "outside", verdicts, malware: { status: "clean" }, unreadable, evidence, ownDomains: [] });
  count(`action ${action}`);
  for (const { code } of reasons) count(`reason ${code}`);
  const ms = performance.now() - started;
  if (ms > slowest.ms) slowest = { ms, name };
}

for (const [key, number] of [...counts].sort()) console.log(`${String(number).padStart(6)} ${key}`);
console.log(`slowest ${slowest.ms.toFixed(1)} ms: ${slowest.name}`);
