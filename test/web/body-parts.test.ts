import { describe, expect, it } from "vitest";
import { plainParts, richParts } from "../../web/src/reading/body-parts.ts";

const content = (htmlBody: [partId: string, type: string][], textBody: [partId: string, type: string][]) => {
  const parts = (list: [string, string][]) => list.map(([partId, type]) => ({ partId, type }));
  const value = (text: string) => ({ value: text, isTruncated: false, isEncodingProblem: false });
  const bodyValues = { a: value("before"), e: value("<p title='"), f: value("'>secret</p>"), k: value("after") };
  return { htmlBody: parts(htmlBody), textBody: parts(textBody), bodyValues } as unknown as Parameters<typeof richParts>[0];
};

describe("what is shown of a message (RFC 8621 §9.3)", () => {
  it("is each part by itself, in order, plain ones among HTML too", () => {
    const mixed = content(
      [
        ["a", "text/plain"],
        ["e", "text/html"],
        ["f", "text/html"],
        ["k", "text/plain"],
        ["j", "image/jpeg"],
      ],
      [["a", "text/plain"]],
    );
    expect(richParts(mixed)).toEqual([
      { isHtml: false, text: "before" },
      { isHtml: true, text: "<p title='" },
      { isHtml: true, text: "'>secret</p>" },
      { isHtml: false, text: "after" },
    ]);
    expect(plainParts(mixed)).toEqual([{ isHtml: false, text: "before" }]);
  });

  it("is plain text where no part is HTML, and nothing of HTML as text", () => {
    const plain = content([["a", "text/plain"]], [["a", "text/plain"]]);
    expect([richParts(plain), plainParts(plain).length]).toEqual([[], 1]);
    const html = content([["e", "text/html"]], [["e", "text/html"]]);
    expect([richParts(html).length, plainParts(html)]).toEqual([1, []]);
  });
});
