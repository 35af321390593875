import { describe, expect, it } from "vitest";
import { citationsIn } from "../../tools/docs/rfc/citations.ts";
import { coverageOf } from "../../tools/docs/rfc/coverage.ts";
import { readSpecification } from "../../tools/docs/rfc/specification.ts";

// Put together, so that the scanner, which reads this file too, takes no example for a citation.
const [R, S] = ["RF" + "C", String.fromCharCode(0xa7)];
const spelt = (text: string): string => text.replaceAll("R:", `${R} `).replaceAll("@", S);

describe("citations", () => {
  const runs = (text: string) =>
    citationsIn("a.ts", spelt(text)).citations.map(
      ({ rfc, runs }) => `${rfc}: ${runs.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(" ")}`,
    );
  it.each([
    ["R:8621", ["8621: "]],
    ["// R:8621 @4.4.1.", ["8621: 4.4.1"]],
    ["(R:8620 @6.1, @6.2)", ["8620: 6.1 6.2"]],
    ["R:8620 @1.1 to @1.4", ["8620: 1.1-1.4"]],
    ["R:5322 @3.3, @3.6.1 and @4.3, tolerantly", ["5322: 3.3 3.6.1 4.3"]],
    ["R:5228 @@2.7, 4 and 5.1 to 5.9 and more", ["5228: 2.7 4 5.1-5.9"]],
    ["R:8620 @7,\n * R:8887 @4.3.5", ["8620: 7", "8887: 4.3.5"]],
    ["see R:8620\n * @5.3", ["8620: 5.3"]],
    ["R:8620 @2 and the 3 others", ["8620: 2"]],
    ["R:9110 @14.1.2, one range", ["9110: 14.1.2"]],
    [`RF${"C"}8620 @2`, ["8620: 2"]],
  ])("%j", (text, expected) => expect(runs(text)).toEqual(expected));

  it("a sign that follows nothing is told by its line, that of another specification is not", () => {
    expect(citationsIn("a.ts", spelt("R:8620 @2 says,\nand so do\nthe errors of @5")).looseLines).toEqual([3]);
    expect(citationsIn("a.ts", spelt("UTF-32 (Unicode @3.10)")).looseLines).toEqual([]);
  });
});

describe("coverage", () => {
  const file = (...lines: string[]) => [spelt("R:1").replace("  ", " "), "Title", "", ...lines].join("\n");
  const faults = (text: string, ...cited: [file: string, text: string][]) =>
    coverageOf(
      [readSpecification("1.txt", text)],
      cited.map(([name, words]) => citationsIn(name, spelt(words))),
    ).faults;

  it("is whole when code and a test cite a section", () => {
    expect(faults(file("1 implemented A", "2 informative B"), ["core/a.ts", "R:001 @1"], ["test/a.test.ts", "R:001 @1"])).toEqual([]);
  });
  it("wants code, a test, a reason, and sections that there are", () => {
    const text = file("1 implemented A", "2 not B", "3 partly C", "  decided: half", "  no code: x", "  no test: y");
    expect(faults(text, ["core/a.ts", "R:001 @1.9"])).toEqual([
      expect.stringContaining("core/a.ts cites"),
      expect.stringContaining("no code cites it"),
      expect.stringContaining("no test cites it"),
      expect.stringContaining("nothing says why"),
    ]);
  });
  it("wants nothing of what is pending", () => {
    expect(faults(file("1 implemented A").replace("\n\n", "\npending: soon\n"))).toEqual([]);
  });
  it.each([
    ["a status that is none", "1 done A"],
    ["a note to nothing", "  decided: x"],
    ["a section twice", "1 informative A\n1 informative B"],
  ])("refuses %s", (_what, lines) => expect(() => readSpecification("1.txt", file(lines))).toThrow(SyntaxError));
});
