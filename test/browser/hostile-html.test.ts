import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "./support/chromium.ts";
import { readCases, sanitiseAll, showAll, showWithOnly } from "./support/hostile-html.ts";
import { ownHostileCases } from "./support/own-hostile-cases.ts";
import { ensureWebBuild } from "./support/web-build.ts";

const vendored = readCases(fileURLToPath(new URL("../fixtures/browser/hostile-html", import.meta.url)));
const cases = [...vendored, ...ownHostileCases];

// RFC 8621 §9.2, §9.3.
describe("hostile HTML in the reading pane", () => {
  let browser: Browser;
  beforeAll(async () => {
    await ensureWebBuild();
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it("runs nothing, asks the network nothing and leaves nothing live", { timeout: 180_000 }, async () => {
    const seen = await showAll(browser, cases);
    expect(seen.shown).toBe(cases.length);
    expect(seen.ran).toEqual([]);
    expect(seen.requests).toEqual([]);
    expect(seen.remains).toEqual([]);
  });

  it("is stopped by the sanitiser alone", { timeout: 120_000 }, async () => {
    const seen = await showWithOnly(browser, "sanitiser", cases);
    expect(seen.ran).toEqual([]);
    expect(seen.requests).toEqual([]);
  });

  it("runs nothing under the sandbox alone", { timeout: 120_000 }, async () => {
    expect((await showWithOnly(browser, "sandbox", cases)).ran.filter((each) => !each.startsWith("frame went"))).toEqual([]);
  });

  it("runs nothing under the frame's policy alone", { timeout: 120_000 }, async () => {
    const seen = await showWithOnly(browser, "policy", cases);
    expect(seen.ran.filter((each) => !each.startsWith("frame went"))).toEqual([]);
  });

  it("meets what AntiSamy's own tests expect of a sanitiser", async () => {
    // as-111 wants brackets percent-encoded in a web address; browsers and RFC 3986 §2.2 leave them, and they change nothing.
    const checked = vendored.filter((each) => each.assertion === "assertSanitizedDoesNotContain" && each.arg && each.id !== "as-111");
    const output = await sanitiseAll(browser, checked);
    // Without what we write around every message ourselves.
    const body = (html: string) =>
      html
        .slice(html.indexOf("<body"))
        .replace(/^<body[^>]*><div[^>]*>/, "")
        .toLowerCase();
    // Words that are left as text can say anything; what counts is what is inside tags.
    const tags = (html: string) => (body(html).match(/<[^>]*>/g) ?? []).join("");
    const failing = checked
      .filter((each, index) => tags(output[index] ?? "").includes((each.arg ?? "").toLowerCase()))
      .map((each) => [each.id, each.arg]);
    expect(checked.length).toBeGreaterThan(50);
    expect(failing).toEqual([]);
  });
});
