/** `node test/browser/hostile-html-folder.ts FOLDER`: the same check on lists that may not be copied here (JSON with `cases: [{id, html}]`). */
import { launchChromium } from "./support/chromium.ts";
import { readCases, showAll } from "./support/hostile-html.ts";
import { ensureWebBuild } from "./support/web-build.ts";

const folder = process.argv[2];
if (!folder) {
  console.error("Say which folder holds the JSON lists.");
  process.exit(2);
}
await ensureWebBuild();
const browser = await launchChromium();
try {
  const seen = await showAll(browser, readCases(folder));
  console.log(
    `shown ${seen.shown}, scripts run ${seen.ran.length}, network requests ${seen.requests.length}, live leftovers ${seen.remains.length}`,
  );
  for (const line of [...seen.ran, ...seen.requests, ...seen.remains].slice(0, 50)) console.log(`  ${line}`);
  process.exitCode = seen.ran.length + seen.requests.length + seen.remains.length === 0 ? 0 : 1;
} finally {
  await browser.close();
}
