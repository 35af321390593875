import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BitReader, BitWriter, riceWidth } from "../../core/search/bits.ts";
import { messagesOf, POSTINGS_FORMAT, type Postings, postingsOctets, postingsOf } from "../../core/search/postings.ts";

const RUNS = { numRuns: Number(process.env.PENFOLD_PROPERTY_RUNS ?? 300) };

const rising = (greatest: number, maxLength: number) =>
  fc.uniqueArray(fc.nat(greatest), { minLength: 1, maxLength }).map((numbers) => numbers.sort((a, b) => a - b));

describe("postings", () => {
  test("are read as they were written, however rare or common the word and wherever it stands", () => {
    const places = fc.oneof(rising(12, 6), rising(400, 40), rising(2_000_000, 4));
    const postings = fc.oneof(
      rising(30, 30).chain((indexes) =>
        fc.tuple(fc.constant(indexes), fc.array(places, { minLength: indexes.length, maxLength: indexes.length })),
      ),
      rising(1_500_000, 8).chain((indexes) =>
        fc.tuple(fc.constant(indexes), fc.array(places, { minLength: indexes.length, maxLength: indexes.length })),
      ),
    );
    fc.assert(
      fc.property(postings, fc.nat(1_000_000), ([indexes, there], more) => {
        const written: Postings = indexes.map((index, at) => [index, there[at]!]);
        const segmentMessages = indexes.at(-1)! + 1 + more;
        const kind = { format: POSTINGS_FORMAT, segmentMessages, count: indexes.length } as const;
        const octets = postingsOctets(written, segmentMessages).slice();
        expect(postingsOf(octets, kind)).toEqual(written);
        expect(messagesOf(octets, kind)).toEqual(indexes);
      }),
      RUNS,
    );
  });

  test("of a word in every message take little more than a bit for each, and their places what they are worth", () => {
    const everywhere: Postings = Array.from({ length: 8_000 }, (_, index) => [index, [index % 64]]);
    expect(postingsOctets(everywhere, 8_000).length).toBeLessThan(8_000 * ((1 + 1 + 7) / 8));
  });
});

describe("bits", () => {
  test("numbers of any width come back in their order, and no more than were written", () => {
    const code = fc.oneof(
      fc.tuple(fc.constant("rice" as const), fc.nat(20), fc.nat(5_000)),
      fc.tuple(fc.constant("gamma" as const), fc.constant(0), fc.integer({ min: 1, max: 2 ** 31 - 1 })),
      fc.integer({ min: 1, max: 31 }).chain((width) => fc.tuple(fc.constant("bits" as const), fc.constant(width), fc.nat(2 ** width - 1))),
    );
    fc.assert(
      fc.property(fc.array(code, { maxLength: 60 }), (codes) => {
        const writer = new BitWriter();
        for (const [kind, width, value] of codes) kind === "gamma" ? writer.gamma(value) : writer[kind](value, width);
        const reader = new BitReader(writer.take().slice());
        for (const [kind, width, value] of codes) expect(kind === "gamma" ? reader.gamma() : reader[kind](width)).toBe(value);
        expect(() => Array.from({ length: 9 }, () => reader.bits(1))).toThrow(RangeError);
      }),
      RUNS,
    );
  });

  test.each([
    [0.1, 0],
    [2.9, 1],
    [100, 6],
    [1_000_000, 19],
  ])("numbers around %d are split after %d of them", (mean, width) => {
    expect(riceWidth(mean)).toBe(width);
  });
});
