/**
 * The scan stage: one decision a message, from what parse found and the malware scanner's verdict, and its consequence for every
 * recipient. Each consequence may be carried out twice without harm, so a replay simply goes through again.
 */
import { PoisonError } from "../errors.ts";
import type { ReceiptId } from "../ids.ts";
import { limits } from "../limits.ts";
import { type Decision, decide } from "../policy/decide.ts";
import type { BlobStore, MalwareVerdict } from "../ports/blob-store.ts";
import type { ReceiptRecord, ReceiptStore } from "../ports/receipt-store.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import type { TraceRecord, TraceStore } from "../ports/trace-store.ts";
import type { FileJob, ScanJob, UndeliveredJob } from "./jobs.ts";

export interface ScanPorts {
  readonly blobs: Pick<BlobStore, "malwareVerdict">;
  readonly receipts: Pick<ReceiptStore, "getReceipt">;
  readonly traces: Pick<TraceStore, "record" | "hold">;
  readonly scanQueue: StageQueue<ScanJob>;
  readonly fileQueue: StageQueue<FileJob>;
  readonly feedbackQueue: StageQueue<UndeliveredJob>;
  readonly ownDomains: readonly string[];
  readonly now: () => number;
}

const perJob = 50;

export const scan = async (ports: ScanPorts, job: ScanJob): Promise<void> => {
  const receipt = await ports.receipts.getReceipt(job.receiptId as ReceiptId);
  if (!receipt) throw new PoisonError("a scan job names no receipt");
  // A notice of ours holds nothing but our own words and headers of what was scanned when it came.
  const seen: MalwareVerdict = receipt.origin === "service" ? { status: "clean" } : await ports.blobs.malwareVerdict(receipt.rawKey);
  const since = job.waitingSince ?? ports.now();
  const waitedSeconds = (ports.now() - since) / 1000;
  if (seen.status === "pending" && waitedSeconds < limits.scan.malwareWaitSeconds) {
    return ports.scanQueue.send([{ receiptId: job.receiptId, waitingSince: since }], { delaySeconds: nextLookSeconds(waitedSeconds) });
  }
  const malware: MalwareVerdict = seen.status === "pending" ? { status: "unscannable", reason: "noVerdictInTime" } : seen;
  const { origin, verdicts, unreadable, evidence } = receipt;
  await carryOut(ports, receipt, decide({ origin, verdicts, malware, unreadable, evidence, ownDomains: ports.ownDomains }));
};

/** Soon at first, then ever less often: 2 s, then a third of the time waited. */
const nextLookSeconds = (waitedSeconds: number) => Math.min(60, Math.max(2, Math.round(waitedSeconds / 3)));

const codesOf = (decision: Decision): string[] => decision.reasons.map(({ code }) => code);

const carryOut = async (ports: ScanPorts, receipt: ReceiptRecord, decision: Decision): Promise<void> => {
  const codes = codesOf(decision);
  const scanned: TraceRecord = {
    receiptId: receipt.receiptId,
    stage: "scanned",
    at: ports.now(),
    reasons: [decision.action, ...codes],
  };
  switch (decision.action) {
    case "deliver":
      await Promise.all([dispatch(ports, receipt, "inbox", decision.marks), ports.traces.record([scanned])]);
      return;
    case "junk":
      await Promise.all([dispatch(ports, receipt, "junk", decision.marks), ports.traces.record([scanned])]);
      return;
    case "quarantine":
      await Promise.all([quarantine(ports, receipt, decision), ports.traces.record([scanned])]);
      return;
    case "bounce": {
      const refused = receipt.recipients.map((recipient) => ({ recipient, reason: "policy" as const }));
      await Promise.all([tellSender(ports, receipt, refused, codes), ports.traces.record([scanned])]);
      return;
    }
    case "drop":
      await ports.traces.record([scanned, ...endingOf(ports, receipt, receipt.recipients, "dropped", codes)]);
      return;
  }
};

/** Held for an administrator; one that was released since is filed. */
const quarantine = async (ports: ScanPorts, receipt: ReceiptRecord, decision: Decision): Promise<void> => {
  const codes = codesOf(decision);
  const held = await ports.traces.hold({
    receiptId: receipt.receiptId,
    at: ports.now(),
    key: receipt.rawKey,
    sender: receipt.reversePath,
    recipients: receipt.recipients,
    reasons: codes,
    status: "held",
  });
  if (held.status === "released") return dispatch(ports, receipt, "inbox", [...decision.marks, "released"]);
  await ports.traces.record(endingOf(ports, receipt, receipt.recipients, "quarantined", codes));
};

const dispatch = async (ports: ScanPorts, receipt: ReceiptRecord, role: FileJob["role"], marks: readonly string[]): Promise<void> => {
  const jobs: FileJob[] = [];
  for (let at = 0; at < receipt.targets.length; at += perJob) {
    const targets = receipt.targets.slice(at, at + perJob);
    jobs.push({ receiptId: receipt.receiptId, targets: [...targets], role, marks: [...marks] });
  }
  await Promise.all([
    jobs.length > 0 && ports.fileQueue.send(jobs),
    tellSender(ports, receipt, receipt.refused, []),
    receipt.covered.length > 0 &&
      ports.traces.record(
        endingOf(ports, receipt, receipt.covered, receipt.targets.length > 0 ? "filed" : "dropped", ["coveredByAnotherRecipient"]),
      ),
  ]);
};

const tellSender = async (
  ports: ScanPorts,
  receipt: ReceiptRecord,
  refused: UndeliveredJob["recipients"] | ReceiptRecord["refused"],
  reasons: readonly string[],
): Promise<void> => {
  const jobs: UndeliveredJob[] = [];
  for (let at = 0; at < refused.length; at += perJob) {
    const recipients = refused.slice(at, at + perJob);
    jobs.push({ kind: "penfold.undelivered", receiptId: receipt.receiptId, recipients, reasons: [...reasons] });
  }
  if (jobs.length > 0) await ports.feedbackQueue.send(jobs);
};

const endingOf = (
  ports: ScanPorts,
  receipt: ReceiptRecord,
  recipients: readonly string[],
  stage: "filed" | "quarantined" | "dropped",
  reasons: readonly string[],
): TraceRecord[] =>
  recipients.map((recipient) => ({ receiptId: receipt.receiptId, stage, detailKey: recipient, at: ports.now(), recipient, reasons }));
