/**
 * The file stage: puts one message into the log of each account, once (core/log/delivery.ts), and says of each recipient how it
 * ended. A recipient with an ending on record is left alone, so that a late replay brings nothing back that its reader destroyed.
 */
import { PoisonError } from "../errors.ts";
import type { AccountId, ReceiptId } from "../ids.ts";
import { type DeliveryContext, deliver } from "../log/delivery.ts";
import { type ThreadKeys, threadKeys } from "../mime/thread-keys.ts";
import type { ReceiptRecord, ReceiptStore } from "../ports/receipt-store.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import type { TraceRecord, TraceStore } from "../ports/trace-store.ts";
import { eachBounded } from "./each-bounded.ts";
import type { FileJob, UndeliveredJob } from "./jobs.ts";
import type { Turns } from "./turns.ts";

export interface FilePorts {
  readonly delivery: DeliveryContext;
  readonly receipts: Pick<ReceiptStore, "getReceipt">;
  readonly traces: Pick<TraceStore, "record" | "recorded">;
  readonly feedbackQueue: StageQueue<UndeliveredJob>;
  /** Shared by the jobs of a process: writers of one account wait for each other here instead of racing for its next position. */
  readonly turns: Turns;
  readonly now: () => number;
}

type Target = FileJob["targets"][number];

const atOnce = 8;
const detailKeyOf = (target: Target) => (target.address ? `${target.recipient} ${target.address}` : target.recipient);

export const file = async (ports: FilePorts, job: FileJob): Promise<void> => {
  const receiptId = job.receiptId as ReceiptId;
  const marks = job.targets.flatMap((target) => {
    const detailKey = detailKeyOf(target);
    return [{ stage: "filed", detailKey } as const, { stage: "refused", detailKey } as const];
  });
  const [receipt, recorded] = await Promise.all([ports.receipts.getReceipt(receiptId), ports.traces.recorded(receiptId, marks)]);
  if (!receipt) throw new PoisonError("a file job names no receipt");
  const keys = threadKeys(receipt.message);
  // One target's failure must not keep the others waiting: all are tried, then the job fails and only the failed ones are left to do.
  await eachBounded(job.targets, atOnce, async (target, index) => {
    if (recorded[2 * index]) return;
    if (recorded[2 * index + 1]) return tellSender(ports, receipt, target, "mailboxFull");
    await fileOne(ports, receipt, job, target, keys);
  });
};

const fileOne = async (ports: FilePorts, receipt: ReceiptRecord, job: FileJob, target: Target, keys: ThreadKeys): Promise<void> => {
  const delivery = {
    accountId: target.accountId as AccountId,
    receiptId: receipt.mailId,
    rawKey: receipt.rawKey,
    message: receipt.message,
    reversePath: receipt.reversePath,
    receivedAt: receipt.at,
    role: job.role,
    marks: job.marks,
    threadKeys: keys,
  };
  const outcome = await ports.turns.take(target.accountId, () => deliver(ports.delivery, delivery));
  switch (outcome.outcome) {
    case "filed":
    case "already":
      return ports.traces.record([traceOf(ports, receipt, target, "filed", job.role === "junk" ? ["junk"] : undefined)]);
    case "overQuota":
    case "noAccount": {
      const reason = outcome.outcome === "overQuota" ? "mailboxFull" : "noMailbox";
      await ports.traces.record([traceOf(ports, receipt, target, "refused", [reason])]);
      return tellSender(ports, receipt, target, reason);
    }
  }
};

const tellSender = (ports: FilePorts, receipt: ReceiptRecord, target: Target, reason: "mailboxFull" | "noMailbox") => {
  const { recipient, address } = target;
  return ports.feedbackQueue.send([
    { kind: "penfold.undelivered", receiptId: receipt.receiptId, recipients: [{ recipient, address, reason }], reasons: [] },
  ]);
};

const traceOf = (
  ports: FilePorts,
  receipt: ReceiptRecord,
  target: Target,
  stage: "filed" | "refused",
  reasons: readonly string[] | undefined,
): TraceRecord => ({
  receiptId: receipt.receiptId,
  stage,
  detailKey: detailKeyOf(target),
  at: ports.now(),
  accountId: target.accountId as AccountId,
  recipient: target.address ?? target.recipient,
  ...(target.address && { recipients: [target.recipient] }),
  reasons,
});
