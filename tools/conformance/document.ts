/** docs/jmap-conformance.md: what the last run of the suite found. */
import { z } from "zod";

export const suiteReport = z.object({
  timestamp: z.string(),
  durationMs: z.number(),
  summary: z.object({
    total: z.number(),
    passed: z.number(),
    failed: z.number(),
    skipped: z.number(),
    requiredPassed: z.number(),
    requiredFailed: z.number(),
    recommendedPassed: z.number(),
    recommendedFailed: z.number(),
  }),
  results: z.array(
    z.object({
      testId: z.string(),
      name: z.string(),
      rfc: z.string(),
      section: z.string(),
      required: z.boolean(),
      status: z.enum(["pass", "fail", "skip"]),
      error: z.string().optional(),
    }),
  ),
});
export type SuiteReport = z.infer<typeof suiteReport>;

export const conformanceDocument = (report: SuiteReport, version: string): string => {
  const { summary, results } = report;
  const required = results.filter((result) => result.required);
  const passed = required.filter(({ status }) => status === "pass").length;
  const lines = [
    "# Conformance to JMAP",
    "",
    "The public suite `jmapio/jmap-test-suite`, run from outside against the service as `npm start` boots it:",
    "",
    "    npm run conformance -- SUITE_FOLDER",
    "",
    `| | ${report.timestamp.slice(0, 10)} |`,
    "| --- | --- |",
    `| suite | ${version} |`,
    `| required tests | ${passed} of ${required.length} pass |`,
    `| recommended tests | ${summary.recommendedPassed} of ${results.length - required.length} pass |`,
    `| skipped | ${summary.skipped} |`,
    `| time | ${(report.durationMs / 1000).toFixed(0)} s |`,
    "",
    ...table(results),
  ];
  const others = results.filter(({ status }) => status !== "pass");
  if (others.length > 0) {
    lines.push("", "## Not passed", "", "| test | RFC | kind | outcome |", "| --- | --- | --- | --- |");
    for (const { testId, rfc, section, required: isRequired, status, error } of others)
      lines.push(`| ${testId} | ${rfc} §${section} | ${isRequired ? "required" : "recommended"} | ${status}: ${cell(error ?? "")} |`);
  }
  return `${lines.join("\n")}\n`;
};

const table = (results: SuiteReport["results"]): string[] => {
  const groups = Map.groupBy(results, ({ testId }) => testId.split("/")[0]!);
  return [
    "| part | tests | pass |",
    "| --- | --- | --- |",
    ...[...groups].map(([name, tests]) => `| ${name} | ${tests.length} | ${tests.filter(({ status }) => status === "pass").length} |`),
  ];
};

const cell = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|").slice(0, 200);
