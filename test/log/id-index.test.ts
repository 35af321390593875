import fc from "fast-check";
import { expect, test } from "vitest";
import { IdIndex } from "../../core/log/id-index.ts";
import { idOfWords } from "../../core/log/id-words.ts";

const RUNS = { numRuns: Number(process.env.PENFOLD_PROPERTY_RUNS ?? 200) };
/** Words that often share a slot, a bit or all but one word. */
const word = fc.oneof(fc.nat(3), fc.constantFrom(1_024, 2_048, 0xffff_fff0));
const id = fc.tuple(word, word, word).map(([first, second, third]) => idOfWords("E", first, second, third >>> 0));

test("finds the last index of every id that was added, and no other, however often it is asked", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), id), { maxLength: 300 }), fc.nat(5), (steps, before) => {
      const added: string[] = [];
      let index = new IdIndex("E");
      for (const [at, [isAdded, one]] of steps.entries()) {
        // As a snapshot does it.
        if (at === before * 20) index = new IdIndex("E", Uint32Array.from(index.column()));
        if (isAdded) expect(index.add(one)).toBe(added.push(one) - 1);
        else expect(index.find(one)).toBe(added.lastIndexOf(one));
      }
      for (const one of [...added, ...added]) expect(index.find(one)).toBe(added.lastIndexOf(one));
    }),
    RUNS,
  );
});
