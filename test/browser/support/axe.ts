import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResults {
  violations: { id: string; impact: string; nodes: { target: unknown; failureSummary: string }[] }[];
}

/**
 * Serious and critical findings on what is shown now (WCAG 2.2 A and AA and best practices), one line each. What is being drawn or sliding
 * in is not yet seen by axe, which would say so: a finding counts when it is there on a second look.
 */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(source);
  const first = await look(page);
  if (first.length === 0) return [];
  await page.waitForTimeout(500);
  return look(page);
}

const look = async (page: Page): Promise<string[]> => {
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  const results = (await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(context: object, options: object): Promise<AxeResults> } }).axe.run(
      { exclude: [[".pf-frame iframe"]] },
      { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }, iframes: false },
    ),
  )) as AxeResults;
  return results.violations
    .filter((violation) => violation.impact === "serious" || violation.impact === "critical")
    .flatMap((violation) =>
      violation.nodes.map(
        (node) =>
          `${violation.id} (${violation.impact}): ${JSON.stringify(node.target)} ${node.failureSummary.replace(/\s+/g, " ").slice(0, 200)}`,
      ),
    );
};
