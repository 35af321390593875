import { describe, expect, it } from "vitest";
import { id, idOrReference, int, type Kind, listOf, mapOf, nullable, string, unsignedInt, utcDate } from "../../core/jmap/engine/kinds.ts";
import { formatUtcDate } from "../../core/jmap/engine/utc-date.ts";

describe("the value types of RFC 8620 §1.1 to §1.4", () => {
  const cases: [name: string, kind: Kind, good: unknown[], bad: unknown[]][] = [
    ["String[]", listOf(string), [[], ["a", ""]], [["a", 1], {}, "a", null]],
    ["String[Id]", mapOf(string, id), [{}, { a: "b" }], [{ a: "" }, [], null]],
    ["String|null", nullable(string), [null, ""], [0, undefined]],
    ["Id", id, ["a", "A-_9", "x".repeat(255)], ["", "x".repeat(256), "a b", "ä", "a.b", "#a", 1, null]],
    ["Id or creation reference", idOrReference, ["a", "#a"], ["#", "##a", "#a b", ""]],
    ["Int", int, [0, -1, 2 ** 53 - 1, -(2 ** 53) + 1], [2 ** 53, 1.5, "1", Number.NaN, null]],
    ["UnsignedInt", unsignedInt, [0, 2 ** 53 - 1], [-1, 2 ** 53, 0.5]],
    [
      "UTCDate",
      utcDate,
      ["2014-10-30T06:12:00Z", "2014-10-30T06:12:00.1Z", "2016-12-31T23:59:60Z", "2024-02-29T00:00:00Z"],
      [
        "2014-10-30T06:12:00+00:00",
        "2014-10-30t06:12:00z",
        "2014-10-30T06:12:00.000Z",
        "2014-10-30T06:12Z",
        "2014-02-29T00:00:00Z",
        "2014-13-01T00:00:00Z",
        "2014-10-30T24:00:00Z",
        "2014-10-30",
        0,
      ],
    ],
  ];
  it.each(cases)("%s", (_name, kind, good, bad) => {
    for (const value of good) expect(kind(value), JSON.stringify(value)).toBeNull();
    for (const value of bad) expect(kind(value), JSON.stringify(value)).not.toBeNull();
  });

  it("an instant is told without a fraction when that is zero", () => {
    expect(formatUtcDate(Date.UTC(2026, 0, 5, 9))).toBe("2026-01-05T09:00:00Z");
    expect(formatUtcDate(Date.UTC(2026, 0, 5, 9, 0, 0, 120))).toBe("2026-01-05T09:00:00.12Z");
    expect(utcDate(formatUtcDate(Date.UTC(2026, 0, 5, 9, 0, 0, 120)))).toBeNull();
  });
});
