/** Reads a file of sections/: what an RFC consists of, and how far each section is met. */

const STATUSES = ["implemented", "partly", "not", "informative"] as const;
export type Status = (typeof STATUSES)[number];

export interface Section {
  readonly number: string;
  readonly title: string;
  readonly status: Status;
  readonly decided: string | null;
  /** Why nothing need cite it. */
  readonly noCode: string | null;
  readonly noTest: string | null;
}

export interface Specification {
  readonly rfc: number;
  readonly title: string;
  /** Why nothing is there yet; null: it is. */
  readonly pending: string | null;
  readonly sections: readonly Section[];
}

const isStatus = (text: string): text is Status => (STATUSES as readonly string[]).includes(text);

/** Throws a SyntaxError that names the line. */
export const readSpecification = (file: string, text: string): Specification => {
  const [number, title, third, ...lines] = text.trimEnd().split("\n");
  const fail = (line: number, why: string): never => {
    throw new SyntaxError(`${file}:${line}: ${why}`);
  };
  const rfc = Number(/^RFC (\d+)$/.exec(number ?? "")?.[1] ?? fail(1, 'begins with "RFC" and its number'));
  const pending = /^pending: (.+)$/.exec(third ?? "")?.[1] ?? null;
  if (pending === null && third !== "") fail(3, "is empty, or says what is pending");
  const sections: { -readonly [Name in keyof Section]: Section[Name] }[] = [];
  for (const [index, line] of lines.entries()) {
    const section = /^(\d+(?:\.\d+)*) (\w+) (\S.*)$/.exec(line);
    const note = /^ {2}(decided|no code|no test): (\S.*)$/.exec(line);
    const last = sections.at(-1);
    if (section && isStatus(section[2]!)) {
      sections.push({ number: section[1]!, status: section[2], title: section[3]!, decided: null, noCode: null, noTest: null });
    } else if (note && last) {
      const name = ({ decided: "decided", "no code": "noCode", "no test": "noTest" } as const)[note[1] as "decided"];
      if (last[name] !== null) fail(index + 4, `a second "${note[1]}" of §${last.number}`);
      last[name] = note[2]!;
    } else fail(index + 4, "is neither a section with number, status and title nor a note to one");
  }
  const numbers = sections.map((section) => section.number);
  const twice = numbers.find((one, at) => numbers.indexOf(one) !== at);
  if (twice) fail(1, `§${twice} is there twice`);
  return { rfc, title: title ?? "", pending, sections };
};
