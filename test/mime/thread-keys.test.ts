import { describe, expect, it } from "vitest";
import { baseSubject, threadKeys } from "../../core/mime/thread-keys.ts";

describe("base subject (RFC 5256 §2.1)", () => {
  it.each([
    ["Hello", "hello"],
    ["Re: Hello", "hello"],
    ["RE: re : Fwd: FW: Hello", "hello"],
    ["Re[2]: Hello", "hello"],
    ["[list] Re: [list] Hello (fwd) (FWD)", "hello"],
    ["[fwd: Re: Hello]", "hello"],
    ["[only a blob]", "[only a blob]"],
    ["  many   spaces ", "many spaces"],
    ["Re:", ""],
    ["AW: Übergabe", "übergabe"],
    ["Regards: x", "regards: x"],
  ])("%j", (subject, base) => expect(baseSubject(subject)).toBe(base));
});

const message = (over: object) => ({ messageId: null, inReplyTo: null, references: null, subject: null, ...over });

describe("thread keys (RFC 8621 §3)", () => {
  const parent = threadKeys(message({ messageId: ["p@x"], subject: "Lunch" }));
  it("a reply looks up what its parent wrote", () => {
    const reply = threadKeys(message({ messageId: ["r@x"], inReplyTo: ["p@x"], references: ["p@x"], subject: "Re: Lunch" }));
    expect(reply.lookups).toContain(parent.own[0]);
    expect(reply.lookups).toHaveLength(2);
  });

  it("another subject is another thread", () => {
    expect(threadKeys(message({ inReplyTo: ["p@x"], subject: "Dinner" })).lookups).not.toContain(parent.own[0]);
  });

  it("two replies to a message never received meet", () => {
    const keys = ["r1@x", "r2@x"].map(
      (id) => threadKeys(message({ messageId: [id], inReplyTo: ["gone@x"], subject: "Re: Lunch" })).lookups,
    );
    expect(keys[0]!.some((key) => keys[1]!.includes(key))).toBe(true);
  });

  it("a report looks up the message behind the words that its program puts before the subject", () => {
    const bodyStructure = { type: "multipart/report" };
    for (const subject of ["Read: Lunch", "Gelesen: Re: Lunch", "Return Receipt (displayed) - Lunch", "Lunch", "Re: Lunch"]) {
      const { lookups } = threadKeys(message({ messageId: ["n@x"], inReplyTo: ["p@x"], references: ["p@x"], subject, bodyStructure }));
      expect(lookups, subject).toContain(parent.own[0]);
      expect(lookups.length).toBeLessThanOrEqual(5);
    }
    expect(threadKeys(message({ inReplyTo: ["p@x"], subject: "Read: Dinner", bodyStructure })).lookups).not.toContain(parent.own[0]);
    expect(threadKeys(message({ inReplyTo: ["p@x"], subject: "Read: Lunch" })).lookups).not.toContain(parent.own[0]);
  });

  it("looks up at most five, the newest references and the first", () => {
    const references = Array.from({ length: 50 }, (_, index) => `m${index}@x`);
    const { lookups } = threadKeys(message({ messageId: ["n@x"], inReplyTo: ["m49@x"], references, subject: "s" }));
    const own = (id: string) => threadKeys(message({ messageId: [id], subject: "s" })).own[0];
    expect(lookups).toEqual([own("n@x"), own("m49@x"), own("m48@x"), own("m0@x")]);
  });

  it("has nothing to say of a message without ids", () => expect(threadKeys(message({ subject: "s" }))).toEqual({ own: [], lookups: [] }));
});
