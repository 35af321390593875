import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leafParts } from "../../core/mime/body-structure.ts";
import { readBodyValue } from "../../core/mime/body-value.ts";
import { readMessage } from "../../core/mime/read-message.ts";
import { threadKeys } from "../../core/mime/thread-keys.ts";
import { decodeTransfer } from "../../core/mime/transfer-encoding.ts";
import { evidenceSchema } from "../../core/policy/evidence.ts";
import { gatherEvidence } from "../../core/policy/gather-evidence.ts";
import { compareFields } from "../../tools/corpus/compare-fields.ts";
import { compareMessage } from "../../tools/corpus/compare-message.ts";
import { Tally } from "../../tools/corpus/tally.ts";
import { fixtures } from "./mail.ts";

const all = fixtures();

/** What must hold of any octets whatever. */
const check = (octets: Buffer): void => {
  const outcome = readMessage(octets);
  if (outcome.outcome === "unreadable") {
    expect(outcome.sentence).toMatch(/\.$/);
    return;
  }
  const { message, headers } = outcome;
  expect(message.preview.length).toBeLessThanOrEqual(256);
  for (const { start, valueStart, end } of headers) expect(start < valueStart && valueStart <= end && end <= octets.length).toBe(true);
  for (const [index, part] of leafParts(message.bodyStructure).entries()) {
    const [start, length] = part.body;
    expect(part.partId).toBe(String(index + 1));
    expect(part.header[0] >= 0 && part.header[0] + part.header[1] === start && length >= 0 && start + length <= octets.length).toBe(true);
    expect(decodeTransfer(octets, start, start + length, part.encoding).length).toBe(part.sizeOctets);
    const { value } = readBodyValue(octets.subarray(start, start + length), part, 100);
    expect(Buffer.byteLength(value)).toBeLessThanOrEqual(100);
  }
  expect(threadKeys(message).lookups.length).toBeLessThanOrEqual(5);
  expect(evidenceSchema.safeParse(gatherEvidence(octets, message, headers, ["own.test"])).success).toBe(true);
};

describe("vendored messages", () => {
  it("are all read, with offsets and sizes that hold", () => {
    for (const { octets } of all) check(octets);
    expect(all.length).toBeGreaterThan(200);
  });

  it("agree with the expected structures but for differences that are argued", () => {
    const folder = path.join(import.meta.dirname, "../fixtures/mime/stalwart");
    const tally = new Tally();
    for (const name of readdirSync(path.join(folder, "messages"))) {
      const lines = readFileSync(path.join(folder, "messages", name), "latin1").replaceAll("\r\n", "\n");
      compareMessage(
        name,
        Buffer.from(lines, "latin1"),
        JSON.parse(readFileSync(path.join(folder, "expected", `${name}.expected.json`), "utf8")),
        tally,
      );
    }
    for (const name of readdirSync(path.join(folder, "fields"))) {
      compareFields(name.replace(".json", ""), JSON.parse(readFileSync(path.join(folder, "fields", name), "utf8")), tally);
    }
    expect(tally.unexplained()).toEqual([]);
    expect(tally.agreed.get("structure")).toBeGreaterThanOrEqual(59);
  });
});

describe("any octets", () => {
  const small = all.filter(({ octets }) => octets.length < 20_000);
  /** Cuts, repeats and changes of real messages reach deeper than random octets. */
  const mutated = fc
    .record({
      base: fc.nat(small.length - 1),
      edits: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(40), fc.uint8Array({ maxLength: 12 })), { maxLength: 8 }),
      repeat: fc.nat(3),
    })
    .map(({ base, edits, repeat }) => {
      let octets = small[base]!.octets;
      for (const [place, removed, added] of edits) {
        const at = Math.floor(place * octets.length);
        octets = Buffer.concat([octets.subarray(0, at), added, octets.subarray(at + removed)]);
      }
      return Buffer.concat(Array.from({ length: repeat + 1 }, () => octets));
    });

  it("mutated messages end in parsed or unreadable", () => {
    fc.assert(fc.property(mutated, check), { numRuns: 600 });
  });

  it("random structure characters end in parsed or unreadable", () => {
    const piece = fc.constantFrom(
      "\r\n",
      "\n",
      "--a",
      "--a--",
      "Content-Type: multipart/mixed; boundary=a",
      "From: ",
      "<",
      ">",
      "=?utf-8?q?",
      "?=",
      '"',
      "(",
      ")",
      ":",
      ";",
      "\0",
      "\xff",
      "Content-Transfer-Encoding: base64",
      "Content-Type: message/rfc822",
      "\r\n\r\n",
      "=",
      "QUJD",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => check(Buffer.from(pieces.join(""), "latin1"))),
      { numRuns: 800 },
    );
  });
});
