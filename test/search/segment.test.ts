import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PoisonError } from "../../core/errors.ts";
import { MessageWords } from "../../core/search/direct-match.ts";
import { FIELDS, fieldsOfCondition, type MessageTexts } from "../../core/search/fields.ts";
import { type OctetRange, SegmentFoot } from "../../core/search/segment.ts";
import { mergeSegments } from "../../core/search/segment-merge.ts";
import { dictionaryRanges, type FieldQuery, SegmentQuery } from "../../core/search/segment-query.ts";
import { SegmentWriter, type WrittenSegment } from "../../core/search/segment-writer.ts";
import { parseTextQuery } from "../../core/search/text-query.ts";
import { stemOf, stemPrefix, wordsOf } from "../../core/search/tokens.ts";

const RUNS = { numRuns: Number(process.env.PENFOLD_PROPERTY_RUNS ?? 200) };

const search = ({ octets, footOffset }: WrittenSegment, queries: readonly FieldQuery[]): Set<number>[] => {
  const foot = new SegmentFoot(octets.subarray(footOffset));
  const fetched = new Set<string>();
  const read = (range: OctetRange): Uint8Array => {
    expect(fetched.has(JSON.stringify(range))).toBe(true);
    return octets.subarray(range.offset, range.offset + range.length);
  };
  for (const range of dictionaryRanges(foot, queries)) fetched.add(JSON.stringify(range));
  const query = new SegmentQuery(foot, queries, read);
  for (const range of query.postingsRanges()) fetched.add(JSON.stringify(range));
  return query.matches(read).map((uids) => new Set(uids));
};

const segmentOf = (messages: readonly (readonly [number, MessageTexts])[]): WrittenSegment => {
  const writer = new SegmentWriter();
  for (const [uid, texts] of messages) writer.add(uid, texts);
  return writer.finish();
};

const WORDS = [
  "rota",
  "rotas",
  "ward",
  "wards",
  "patient",
  "patients",
  "clinic",
  "clinical",
  "café",
  "x-ray",
  "ray",
  "東京都",
  "a",
  "discharge",
  "discharged",
  "7",
  "o'brien",
];
const text = fc.array(fc.constantFrom(...WORDS), { maxLength: 8 }).map((words) => words.join(" "));
const texts = fc.record(Object.fromEntries(FIELDS.map((field) => [field, fc.array(text, { maxLength: 2 })])), {
  requiredKeys: [],
}) as fc.Arbitrary<MessageTexts>;
const queryText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...WORDS),
      text.map((one) => `"${one}"`),
      fc.constantFrom("war*", "pat*", "dis*", "ro"),
    ),
    { maxLength: 3 },
  )
  .map((parts) => parts.join(" "));
const fieldQuery = fc.tuple(queryText, fc.constantFrom("text", "from", "subject", "body", "cc" as const)).map(([typed, condition]) => ({
  query: parseTextQuery(typed),
  fields: fieldsOfCondition(condition as "text"),
}));

describe("a segment", () => {
  test("answers as reading every message would", () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 12 }), fc.array(fieldQuery, { minLength: 1, maxLength: 3 }), (all, queries) => {
        const messages = all.map((one, index) => [index * 3 + 1, one] as const);
        const found = search(segmentOf(messages), queries);
        const expected = queries.map(
          ({ query, fields }) => new Set(messages.filter(([, one]) => new MessageWords(one).satisfies(query, fields)).map(([uid]) => uid)),
        );
        expect(found).toEqual(expected);
      }),
      RUNS,
    );
  });

  test("merged with others answers as one made of what is left", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(texts, { maxLength: 5 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(20)),
        fc.array(fieldQuery, { minLength: 1, maxLength: 3 }),
        (groups, gone, queries) => {
          let uid = 0;
          const numbered = groups.map((group) => group.map((one) => [++uid, one] as const));
          const dead = new Set(gone);
          const merged = mergeSegments(numbered.map(segmentOf), (one) => !dead.has(one));
          const fresh = segmentOf(numbered.flat().filter(([one]) => !dead.has(one)));
          expect(Buffer.compare(merged.octets, fresh.octets)).toBe(0);
          expect(search(merged, queries)).toEqual(search(fresh, queries));
        },
      ),
      RUNS,
    );
  });
});

describe("a segment's octets", () => {
  test("are no more for a text that says the same words again", () => {
    const plain = { subject: ["Rota"], body: ["The ward rota, for the ward."] };
    const both = { ...plain, body: [...plain.body, "the WARD rota for the ward"] };
    expect(Buffer.compare(segmentOf([[1, both]]).octets, segmentOf([[1, plain]]).octets)).toBe(0);
  });

  const former = [
    [3, { subject: ["ward rota"], body: ["the ward and the rota of the ward"] }],
    [7, { body: ["ward rota"] }],
  ] as const;
  test.each([
    [
      1,
      "AAECAAEFAAEEAQEBAAEBAAMAAwMAAgEGAQEAAAEAAAVhbmQAbwEDAARvZgBvAQMABnJvdGEAbwIGBQFzAQMABXRoZQBvAQUABndhcmQAbwIHBQFzAQMCAwQeOAEFYW5kAG8AAA==",
      86,
    ],
    [
      2,
      "AAIABQAEAgEAAQEBAAMDAQABBgIAAAAABWFuZABvAQIABG9mAG8BAgAGcm90YQBvAgQFAXMBAgAFdGhlAG8BBQAGd2FyZABvAgYFAXMBAgACAgMEFzgBBWFuZABvAAA=",
      79,
    ],
  ])("of format %d are read, and merged into the present one", (_, octets, footOffset) => {
    const segment = { octets: Buffer.from(octets, "base64"), footOffset, messages: 2, firstUid: 3, lastUid: 7 };
    const queries = ['"ward rota"', "wards", '"the ward"', "rota of"].map((typed) => ({ query: parseTextQuery(typed), fields: FIELDS }));
    expect(search(segment, queries)).toEqual(search(segmentOf(former), queries));
    expect(Buffer.compare(mergeSegments([segment], () => true).octets, segmentOf(former).octets)).toBe(0);
  });

  test("that are cut off or of a later format are refused, not misread", () => {
    const { octets, footOffset } = segmentOf(former);
    const foot = new SegmentFoot(octets.subarray(footOffset));
    const dictionary = foot.wholeDictionary();
    const from = octets.subarray(dictionary.range.offset, dictionary.range.offset + dictionary.range.length);
    for (const entry of foot.entries(dictionary, from)) {
      expect(() => foot.messagesOf({ ...entry, messages: 1_000 }, octets.subarray(entry.postings.offset, footOffset))).toThrow(PoisonError);
      expect(() => foot.postingsOf(entry, octets.subarray(entry.postings.offset, entry.postings.offset))).toThrow(PoisonError);
    }
    const later = Buffer.from(octets.subarray(footOffset));
    later[1] = 4;
    expect(() => new SegmentFoot(later)).toThrow(PoisonError);
  });
});

describe("words", () => {
  test.each([
    ["Re: Ward-7 ROTA", ["re", "ward", "7", "rota"]],
    ["Ann.O'Brien@ward7.example", ["ann", "obrien", "ward7", "example"]],
    ["café naïve ﬁle", ["cafe", "naive", "file"]],
    ["東京", ["東", "京"]],
    ["  ", []],
  ])("of %j", (typed, expected) => {
    expect(wordsOf(typed)).toEqual(expected);
  });

  test.each([
    ["discharges", "discharge"],
    ["pharmacies", "pharmacy"],
    ["running", "run"],
    ["clinics", "clinic"],
    ["referred", "referring"],
    ["tests", "testing"],
  ])("%s is found by %s", (written, typed) => {
    expect(stemOf(written)).toBe(stemOf(typed));
    expect(written.startsWith(stemPrefix(typed))).toBe(true);
  });

  test("a query's operators are literal words", () => {
    const found = search(
      segmentOf([
        [1, { body: ["NOT ward AND (rota) ^7 ~x [a-z]+"] }],
        [2, { body: ["nothing"] }],
      ]),
      [{ query: parseTextQuery("ward AND (rota) [a-z]+"), fields: ["body"] }],
    );
    expect(found).toEqual([new Set([1])]);
  });
});
