import { describe, expect, test } from "vitest";
import { changedIds, type Living, type Timeline, type Tombstone } from "../../core/log/changes.ts";
import { type Position, parseState } from "../../core/log/entry.ts";

const lives = (id: string, ordinal: number, createdSeq: number, updatedSeq = createdSeq): Living => ({
  id,
  ordinal,
  createdSeq,
  updatedSeq,
});
const lived = (id: string, ordinal: number, createdSeq: number, destroyedSeq: number): Tombstone => ({
  id,
  ordinal,
  createdSeq,
  destroyedSeq,
});
const told = ({ created, updated, destroyed }: ReturnType<typeof changedIds>) => ({ created, updated, destroyed });
const nothing = { created: [], updated: [], destroyed: [] };
const at = (seq: number): Position => ({ epoch: 1, seq });
const now = (seq: number): Timeline => ({ seq, epochOf: () => 1 });

describe("the pages of an answer (RFC 8620 §5.2)", () => {
  test("tell of an id that was gone in between as new to whom it is new, as changed to whom it is known", () => {
    const living = [lives("back", 1, 13), lives("new", 2, 10)];
    const gone = [lived("back", 1, 9, 12)];
    const first = changedIds(living, gone, at(3), now(13), 1);
    expect(told(first)).toEqual({ ...nothing, created: ["new"] });
    expect(told(changedIds(living, gone, first.upTo, now(13), 1))).toEqual({ ...nothing, created: ["back"] });
    const later = changedIds(living, gone, at(9), now(13), 1);
    expect(told(changedIds(living, gone, later.upTo, now(13), 1))).toEqual({ ...nothing, updated: ["back"] });
  });

  test("end where the first one began them: what happened since is told from there", () => {
    const first = changedIds([lives("a", 1, 4), lives("b", 2, 5)], [], at(3), now(5), 1);
    // Meanwhile b is destroyed and c comes.
    const living = [lives("a", 1, 4), lives("c", 3, 7)];
    const gone = [lived("b", 2, 5, 6)];
    const second = changedIds(living, gone, first.upTo, now(7), 1);
    expect(second).toEqual({ ...nothing, created: ["b"], hasMoreChanges: true, upTo: at(5) });
    expect(told(changedIds(living, gone, second.upTo, now(7), null))).toEqual({ created: ["c"], updated: [], destroyed: ["b"] });
  });

  test("do not pass over a change that another one hides", () => {
    const first = changedIds([lives("a", 1, 4), lives("renamed", 2, 1, 5)], [], at(3), now(5), 1);
    // Changed again, in another way: that it changed before is no longer seen.
    const second = changedIds([lives("a", 1, 4), lives("renamed", 2, 1, 9)], [], first.upTo, now(9), 1);
    expect(second).toMatchObject({ updated: ["renamed"], hasMoreChanges: true, upTo: at(5) });
  });

  test.each(["1.10.7", "1.10.7.3", "1.10.7.11.12", "1.10.7.3.9", "1.10.7.3.12.v", "1.10.7.03.12"])(
    "are never those of the state %s",
    (text) => {
      expect(parseState(text)).toBeNull();
    },
  );
});
