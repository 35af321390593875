/**
 * Runs the public JMAP suite against the service, prints what it found and writes docs/jmap-conformance.md:
 *
 *   npm run conformance -- SUITE_FOLDER [--data FOLDER] [--own] [--filter PATTERN]
 *
 * Uses the running service (`--data` names its folder), or boots one of its own with `--own` or when none runs.
 * Ends with status 1 unless every required test passes and none is skipped.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { certificateIn } from "../../local/ses/inbound/certificate.ts";
import type { RunningService } from "../seed/running-service.ts";
import { onService } from "../send-corpus/on-service.ts";
import { conformanceDocument, type SuiteReport } from "./document.ts";
import { prepareTesters } from "./people.ts";
import { startRelay } from "./relay.ts";
import { runSuite, suiteVersion } from "./suite.ts";

const root = resolve(import.meta.dirname, "../..");
const options = { data: { type: "string" }, own: { type: "boolean", default: false }, filter: { type: "string" } } as const;

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (positionals[0] === undefined) throw new Error("Name the suite's folder: npm run conformance -- SUITE_FOLDER");
  const suiteFolder = resolve(positionals[0]);
  const workFolder = mkdtempSync(join(tmpdir(), "penfold-conformance-"));
  try {
    const { data, own, filter } = values;
    const report = await onService({ data, own, workFolder }, (running) => run(running, { suiteFolder, workFolder, filter }));
    if (values.filter === undefined)
      writeFileSync(join(root, "docs", "jmap-conformance.md"), conformanceDocument(report, suiteVersion(suiteFolder)));
    const { total, passed, requiredFailed, skipped } = report.summary;
    console.log(`${passed} of ${total} tests pass; ${requiredFailed} required tests fail, ${skipped} are skipped.`);
    process.exitCode = requiredFailed === 0 && skipped === 0 ? 0 : 1;
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
};

const run = async (
  running: RunningService,
  { suiteFolder, workFolder, filter }: { suiteFolder: string; workFolder: string; filter: string | undefined },
): Promise<SuiteReport> => {
  const certificate = certificateIn(workFolder, "localhost", Date.now());
  const certificateFile = join(workFolder, "relay.pem");
  writeFileSync(certificateFile, certificate.cert);
  const [first, second] = await prepareTesters(running, "Conformance");
  const relay = await startRelay(certificate);
  try {
    const user = ({ mail, accessToken }: typeof first) => ({ username: mail, password: accessToken });
    const config = {
      sessionUrl: `${running.endpoints.web}/.well-known/jmap`,
      serverInfo: "Penfold",
      authMethod: "bearer",
      users: { primary: user(first), secondary: user(second) },
    };
    return await runSuite({ suiteFolder, workFolder, config, relayOrigin: relay.origin, certificateFile, filter });
  } finally {
    await relay.close();
  }
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
