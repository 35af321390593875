/** A person at a browser of their own. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { SamplePerson } from "./real-service.ts";

export interface Seat {
  readonly page: Page;
  /** Errors of the page's own scripts: there must be none. */
  readonly errors: string[];
  leave(): Promise<void>;
}

export async function takeSeat(browser: Browser, web: string, size = { width: 1280, height: 800 }): Promise<Seat> {
  const context = await browser.newContext({ viewport: size, acceptDownloads: true, reducedMotion: "reduce" });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(web);
  return { page, errors, leave: () => context.close() };
}

export async function signIn(page: Page, person: SamplePerson): Promise<void> {
  await page.getByLabel("Email address").fill(person.mail);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page
    .locator(".pf-row__link")
    .first()
    .waitFor()
    .catch(async (error) => {
      throw new Error(`${person.mail} saw no messages but: ${await page.locator("body").ariaSnapshot()}`, { cause: error });
    });
}

/** Pictures for docs, taken when PENFOLD_SCREENSHOTS names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.PENFOLD_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
