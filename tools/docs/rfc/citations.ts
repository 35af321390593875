/** Finds what code and tests cite of RFCs. The result depends on the text of the files and their names in the project alone. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A run of sections, both ends included, as written; a single section begins and ends it. */
interface SectionRun {
  readonly first: string;
  readonly last: string;
}

export interface Citation {
  readonly rfc: number;
  /** Empty: the RFC as a whole. */
  readonly runs: readonly SectionRun[];
}

export interface FileCitations {
  /** From the project's root, with slashes. */
  readonly file: string;
  readonly citations: readonly Citation[];
  /** Lines on which a § follows neither an RFC nor the name of another specification. */
  readonly looseLines: readonly number[];
}

const ROOMS = ["aws", "bin", "core", "lambdas", "lib", "test", "web"];
const PASSED_OVER: ReadonlySet<string> = new Set(["node_modules", "dist", "fixtures"]);
const CODE = /\.(?:ts|tsx|mjs|cjs)$/;

const RFC = /RFC ?(\d{3,5})/g;
/** White space, and what begins a comment's next line. */
const GAP = String.raw`(?:\s|\n\s*(?:\*|//))*`;
const NUMBER = String.raw`(\d+(?:\.\d+)*)`;
const FIRST = new RegExp(`${GAP}§(§?)${NUMBER}`, "y");
const NEXT = new RegExp(`(,(?: and)?|${GAP}and|${GAP}to)${GAP}(§?)${NUMBER}`, "y");

/** "Unicode §3.10". */
const OTHER = /[A-Z][A-Za-z0-9-]* $/;

/** The sections listed from `at` on, and where the list ends. */
const listAt = (text: string, at: number): { runs: SectionRun[]; end: number } => {
  const runs: SectionRun[] = [];
  FIRST.lastIndex = at;
  const first = FIRST.exec(text);
  if (!first) return { runs, end: at };
  runs.push({ first: first[2]!, last: first[2]! });
  let end = FIRST.lastIndex;
  for (;;) {
    NEXT.lastIndex = end;
    const next = NEXT.exec(text);
    // After a double sign numbers stand alone; else each has its own.
    if (!next || (next[2] === "" && first[1] === "")) return { runs, end };
    if (next[1]!.endsWith("to")) runs.push({ first: runs.pop()!.first, last: next[3]! });
    else runs.push({ first: next[3]!, last: next[3]! });
    end = NEXT.lastIndex;
  }
};

export const citationsIn = (file: string, text: string): FileCitations => {
  const citations: Citation[] = [];
  const read: [from: number, to: number][] = [];
  for (const match of text.matchAll(RFC)) {
    const { runs, end } = listAt(text, match.index + match[0].length);
    citations.push({ rfc: Number(match[1]), runs });
    read.push([match.index, end]);
  }
  const looseLines: number[] = [];
  for (let at = text.indexOf("§"); at >= 0; at = text.indexOf("§", at + 1)) {
    const isRead = read.some(([from, to]) => from < at && at < to);
    if (!isRead && !OTHER.test(text.slice(Math.max(0, at - 40), at))) looseLines.push(text.slice(0, at).split("\n").length);
  }
  return { file, citations, looseLines: [...new Set(looseLines)] };
};

const filesBelow = (root: string, folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return PASSED_OVER.has(entry.name) ? [] : filesBelow(root, path);
    return CODE.test(entry.name) ? [path] : [];
  });

/** Every file that cites an RFC, in the order of their names. */
export const citationsOf = (root: string): FileCitations[] =>
  ROOMS.flatMap((room) => filesBelow(root, room))
    .sort()
    .map((file) => citationsIn(file, readFileSync(join(root, file), "utf8")))
    .filter(({ citations, looseLines }) => citations.length + looseLines.length > 0);
