/** The pages of docs/rfc: an index, and a table a section for each RFC. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type GeneratedDocument, table } from "../document.ts";
import { citationsOf } from "./citations.ts";
import { type CoveredSection, type CoveredSpecification, coverageOf } from "./coverage.ts";
import { readSpecification, type Status } from "./specification.ts";

const root = resolve(import.meta.dirname, "../../..");
const folder = join(import.meta.dirname, "sections");

const specifications = readdirSync(folder)
  .filter((file) => file.endsWith(".txt"))
  .map((file) => readSpecification(file, readFileSync(join(folder, file), "utf8")))
  .sort((left, right) => left.rfc - right.rfc);

const coverage = coverageOf(specifications, citationsOf(root));

const link = (file: string): string => `[${file}](../../${file})`;
const links = (files: readonly string[], otherwise: string | null): string =>
  files.length > 0 ? files.map(link).join("<br>") : (otherwise ?? "");

const WORDS: Readonly<Record<Status, string>> = { implemented: "implemented", partly: "partly", not: "by design not", informative: "–" };

const isDone = ({ status }: CoveredSection): boolean => status === "implemented" || status === "partly";

const sectionRow = (section: CoveredSection): string[] => [
  `§${section.number}`,
  section.title,
  WORDS[section.status],
  links(section.code, isDone(section) ? section.noCode : null),
  links(section.tests, isDone(section) ? section.noTest : null),
  section.decided ?? "",
];

const HEAD = ["section", "title", "status", "implemented in", "tested by", "decision"];

const page = ({ rfc, title, pending, sections }: CoveredSpecification): GeneratedDocument => ({
  file: `rfc/rfc${rfc}.md`,
  make: () => {
    const note = pending === null ? "" : `Not there yet: ${pending} The statuses are those to come.\n\n`;
    return `# RFC ${rfc}: ${title}\n\nhttps://www.rfc-editor.org/rfc/rfc${rfc}.html\n\n${note}${table(HEAD, sections.map(sectionRow))}\n`;
  },
});

const indexRow = ({ rfc, title, pending, sections }: CoveredSpecification): (string | number)[] => {
  const count = (status: Status): number => sections.filter((section) => section.status === status).length;
  const tested = sections.filter((section) => isDone(section) && section.tests.length > 0).length;
  const decisions = sections.filter(({ decided }) => decided !== null).length;
  return [
    `[${rfc}](rfc${rfc}.md)`,
    pending === null ? title : `${title} (not there yet)`,
    sections.length,
    count("implemented"),
    count("partly"),
    count("not"),
    count("informative"),
    tested,
    decisions,
  ];
};

const INDEX_HEAD = ["RFC", "title", "sections", "implemented", "partly", "by design not", "informative", "cited by tests", "decisions"];

const index: GeneratedDocument = {
  file: "rfc/README.md",
  make: () => {
    const others = [...coverage.others].map(([rfc, files]) => [
      `[${rfc}](https://www.rfc-editor.org/rfc/rfc${rfc}.html)`,
      links(files, null),
    ]);
    return `# RFCs, section by section

Each section of the RFCs below: whether it is implemented, in which file, tested by which, and how its ambiguities were decided. Files are those
that cite the section; statuses and decisions come from \`tools/docs/rfc/sections\`. What is proven from outside is in [jmap-conformance](../jmap-conformance.md).

${table(INDEX_HEAD, coverage.specifications.map(indexRow))}

## Other RFCs that code or tests cite

${table(["RFC", "cited in"], others)}
`;
  },
  faults: () => coverage.faults,
};

export const rfcDocuments: readonly GeneratedDocument[] = [index, ...coverage.specifications.map(page)];
