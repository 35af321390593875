import fc from "fast-check";
import { expect, test } from "vitest";
import { BlockMaxima } from "../../core/log/block-maxima.ts";

test("what changed since is the same as by looking at every row, in columns of several blocks that grow and change", () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.array(fc.record({ at: fc.nat(6_000), since: fc.nat(40) }), { maxLength: 30 }), (length, writes) => {
      const column = new Uint32Array(8_000);
      for (let at = 0; at < length; at++) column[at] = 1 + (at % 3);
      const maxima = new BlockMaxima();
      let rows = length;
      let seq = 3;
      for (const { at, since } of writes) {
        seq++;
        const row = at > rows ? rows++ : Math.min(at, Math.max(0, rows - 1));
        if (rows === 0) rows = 1;
        column[row] = seq;
        maxima.raise(row, seq);
        const expected = [...column.subarray(0, rows).keys()].filter((place) => column[place]! >= since);
        expect(maxima.placesSince(column, rows, since)).toEqual(expected);
      }
    }),
    { numRuns: 100 },
  );
});
