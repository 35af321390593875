/** The browser from npm, with its security as people have it: the package's own flags switch web security off, so they are not used. */
import sparticuz from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env.PENFOLD_CHROMIUM ?? (await sparticuz.executablePath());
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--headless=shell",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--font-render-hinting=none",
      "--hide-scrollbars",
    ],
  });
}
