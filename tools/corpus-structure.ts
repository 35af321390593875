/**
 * Compares core/mime with a folder of messages and expected results:
 *   node tools/corpus-structure.ts FOLDER [--crlf] [--show CATEGORY] [--markdown]
 * FOLDER holds messages/NAME.eml, expected/NAME.eml.expected.json and fields/*.json. Prints agreement by category and each difference,
 * or with --markdown the table of docs/mime-differences.md.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { compareFields } from "./corpus/compare-fields.ts";
import { compareMessage } from "./corpus/compare-message.ts";
import { Tally } from "./corpus/tally.ts";

const [folder, ...flags] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node tools/corpus-structure.ts FOLDER [--crlf] [--show CATEGORY] [--markdown]");
  process.exit(2);
}
const crlf = flags.includes("--crlf");
const show = flags.includes("--show") ? flags[flags.indexOf("--show") + 1] : undefined;
const tally = new Tally();

for (const name of readdirSync(path.join(folder, "messages")).sort()) {
  const expectedFile = path.join(folder, "expected", `${name}.expected${crlf ? ".crlf" : ""}.json`);
  const lines = readFileSync(path.join(folder, "messages", name))
    .toString("latin1")
    .replaceAll("\r\n", "\n");
  const octets = Buffer.from(crlf ? lines.replaceAll("\n", "\r\n") : lines, "latin1");
  compareMessage(name, octets, JSON.parse(readFileSync(expectedFile, "utf8")), tally);
}
for (const name of readdirSync(path.join(folder, "fields")).sort()) {
  compareFields(name.replace(/\.json$/, ""), JSON.parse(readFileSync(path.join(folder, "fields", name), "utf8")), tally);
}
if (flags.includes("--markdown")) tally.printMarkdown();
else tally.print(show);
if (tally.unexplained().length > 0) process.exitCode = 1;
