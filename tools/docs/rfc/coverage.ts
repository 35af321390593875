/** Lays what is cited beside what the RFCs consist of. */
import type { FileCitations } from "./citations.ts";
import type { Section, Specification } from "./specification.ts";

export interface CoveredSection extends Section {
  readonly code: readonly string[];
  readonly tests: readonly string[];
}

export interface CoveredSpecification extends Omit<Specification, "sections"> {
  readonly sections: readonly CoveredSection[];
}

export interface Coverage {
  readonly specifications: readonly CoveredSpecification[];
  /** Files by the number of an RFC that has no page. */
  readonly others: ReadonlyMap<number, readonly string[]>;
  /** What is wrong, a sentence each. */
  readonly faults: readonly string[];
}

const isTest = (file: string): boolean => file.startsWith("test/");

/** Files by section number, of one RFC. */
const filesBySection = ({ rfc, sections }: Specification, cited: readonly FileCitations[], faults: string[]): Map<string, Set<string>> => {
  const numbers = sections.map(({ number }) => number);
  const files = new Map(numbers.map((number) => [number, new Set<string>()]));
  for (const { file, citations } of cited) {
    for (const { first, last } of citations.flatMap((citation) => (citation.rfc === rfc ? citation.runs : []))) {
      const [from, to] = [numbers.indexOf(first), numbers.indexOf(last)];
      for (const number of new Set([first, last]))
        if (!files.has(number)) faults.push(`${file} cites RFC ${rfc} §${number}, which is not in tools/docs/rfc/sections/${rfc}.txt.`);
      if (from < 0 || to < 0) continue;
      if (to < from) faults.push(`${file} cites RFC ${rfc} §${first} to §${last}, which is no run of sections.`);
      for (const number of numbers.slice(from, to + 1)) files.get(number)!.add(file);
    }
  }
  return files;
};

const sectionFaults = (rfc: number, section: CoveredSection): string[] => {
  const { number, title, status, code, tests, noCode, noTest, decided } = section;
  const name = `RFC ${rfc} §${number} (${title})`;
  const isDone = status === "implemented" || status === "partly";
  return [
    ...(isDone && code.length === 0 && noCode === null ? [`${name} is ${status}, yet no code cites it.`] : []),
    ...(isDone && tests.length === 0 && noTest === null ? [`${name} is ${status}, yet no test cites it.`] : []),
    ...((status === "partly" || status === "not") && decided === null ? [`${name} is ${status}, and nothing says why.`] : []),
  ];
};

export const coverageOf = (specifications: readonly Specification[], cited: readonly FileCitations[]): Coverage => {
  const faults = cited.flatMap(({ file, looseLines }) => looseLines.map((line) => `${file}:${line} has a § that follows no RFC.`));
  const covered = specifications.map((specification): CoveredSpecification => {
    const files = filesBySection(specification, cited, faults);
    const sections = specification.sections.map((section): CoveredSection => {
      const all = [...files.get(section.number)!];
      return { ...section, code: all.filter((file) => !isTest(file)), tests: all.filter(isTest) };
    });
    if (specification.pending === null) faults.push(...sections.flatMap((section) => sectionFaults(specification.rfc, section)));
    return { ...specification, sections };
  });
  const known = new Set(specifications.map(({ rfc }) => rfc));
  const others = new Map<number, string[]>();
  for (const { file, citations } of cited) {
    for (const rfc of new Set(citations.map((citation) => citation.rfc))) {
      if (!known.has(rfc)) others.set(rfc, [...(others.get(rfc) ?? []), file]);
    }
  }
  return { specifications: covered, others: new Map([...others].sort(([left], [right]) => left - right)), faults };
};
