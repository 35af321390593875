/** Every screen, at a desk and on a phone: nothing serious for axe, nothing wider than the window. Looked at with invented mail. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeFindings } from "./support/axe.ts";
import { launchChromium } from "./support/chromium.ts";
import { picture } from "./support/person.ts";
import { type FakeService, serveFake } from "./support/serve-fake.ts";
import { ensureWebBuild } from "./support/web-build.ts";

let browser: Browser;
let fake: FakeService;
beforeAll(async () => {
  await ensureWebBuild();
  browser = await launchChromium();
  fake = await serveFake();
});
afterAll(async () => {
  await browser?.close();
  await fake?.stop();
});

async function open(width: number, height: number): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.addInitScript((session) => sessionStorage.setItem("penfold.session", session), fake.session);
  await page.goto(fake.origin);
  await page.waitForSelector(".pf-row__link");
  return page;
}

const steps: readonly (readonly [string, (page: Page) => Promise<void>])[] = [
  ["the inbox", async () => {}],
  [
    "a conversation",
    async (page) => {
      await page.locator(".pf-row__link", { hasText: "parcel" }).click();
      await page.waitForSelector(".pf-frame iframe");
    },
  ],
  [
    "an answer being written",
    async (page) => {
      await page.getByRole("button", { name: "Reply", exact: true }).click();
      await page.waitForSelector(".pf-editor__text");
      await page.getByRole("button", { name: "Cc and Bcc" }).click();
      await page.getByRole("combobox", { name: "Cc", exact: true }).fill("not an address,");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText("is not an email address").waitFor();
    },
  ],
  [
    "chosen messages",
    async (page) => {
      await page.getByRole("button", { name: "Throw this draft away" }).click();
      await page.locator(".pf-compose").waitFor({ state: "detached" });
      await page.evaluate(() => {
        location.hash = "#/A1/mailbox/inbox";
      });
      await page.locator(".pf-row input").nth(1).check();
      await page.getByRole("button", { name: "Move" }).first().click();
      await page.getByRole("menu").waitFor();
    },
  ],
  [
    "the help",
    async (page) => {
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Help" }).click();
      await page.getByRole("dialog").waitFor();
    },
  ],
  [
    "the account",
    async (page) => {
      await page.getByRole("button", { name: "Close", exact: true }).click();
      await page.getByRole("button", { name: /account and sign out/ }).click();
      await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
    },
  ],
  [
    "a search without results",
    async (page) => {
      await page.getByRole("button", { name: "Close", exact: true }).click();
      await page.getByRole("searchbox").fill("zzzz");
      await page.keyboard.press("Enter");
      await page.getByText("Nothing was found").waitFor();
    },
  ],
];

describe.each([
  [1280, 800],
  [640, 400],
  [390, 844],
  [320, 568],
])("at %d by %d", (width, height) => {
  it("nothing is out of reach or out of sight", async () => {
    const page = await open(width, height);
    for (const [name, step] of steps) {
      await step(page);
      await page.waitForTimeout(150);
      expect([name, await axeFindings(page)]).toEqual([name, []]);
      expect([name, await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)]).toEqual([
        name,
        0,
      ]);
    }
    await page.context().close();
  });
});

describe("the door", () => {
  it("has nothing serious for axe, and says what is missing", async () => {
    const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
    await page.goto(fake.origin);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Enter your email address").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.context().close();
  });
});

describe("a service that cannot be reached", () => {
  it("is said plainly, and the mail is there once it can", async () => {
    const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
    await page.addInitScript((session) => sessionStorage.setItem("penfold.session", session), fake.session);
    const unavailable = (path: string) => page.route(path, (route) => route.fulfill({ status: 503, body: "" }));
    await unavailable("**/config.json");
    await unavailable("**/jmap/session");
    await page.goto(fake.origin);
    await page.getByText("Penfold is not available").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await picture(page, "not-available-390");
    const asked = page.waitForRequest("**/jmap/session");
    await page.unroute("**/config.json");
    await asked;
    await page.getByText("Penfold is not available").waitFor();
    await page.unroute("**/jmap/session");
    await page.locator(".pf-row__link").first().waitFor();
    await page.context().close();
  });
});

describe("the keyboard alone", () => {
  it("reads, archives and undoes, searches, answers", async () => {
    const page = await open(1280, 800);
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to messages");
    await page.keyboard.press("Enter");
    await page.keyboard.press("j");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("k");
    const row = await focused();
    await page.keyboard.press("Enter");
    await page.locator(".pf-card__body").first().waitFor();
    await page.keyboard.press("Escape");
    expect(row.endsWith(await focused())).toBe(true);
    const before = await page.locator(".pf-row__link").first().textContent();
    await page.keyboard.press("Home");
    await page.keyboard.press("e");
    await page.getByRole("button", { name: "Undo" }).waitFor();
    expect(await page.locator(".pf-row__link").first().textContent()).not.toBe(before);
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    await page.waitForFunction((text) => (document.querySelector(".pf-row__link") as HTMLElement | null)?.textContent === text, before);
    await page.keyboard.press("/");
    await page.keyboard.type("dressings");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Search: dressings" }).waitFor();
    await page.keyboard.press("c");
    await page.locator("#compose-to:focus").waitFor();
    await page.keyboard.type("amara");
    await page.getByRole("option").first().waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Remove Amara Cole" }).waitFor();
    await page.context().close();
  });
});
