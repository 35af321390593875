/**
 * The file stage: puts one message into the log of each account, once (core/log/delivery.ts), and says of each recipient how it
 * ended. A recipient with an ending on record is left alone, so that a late replay brings nothing back that its reader destroyed.
 */
import { PoisonError } from "../errors.ts";
import type { AccountId, ReceiptId } from "../ids.ts";
import { type DeliveryContext, deliver } from "../log/delivery.ts";
import type { RuleDecision } from "../mail/delivery-rules.ts";
import type { Rules } from "../mail/rules.ts";
import { type ThreadKeys, threadKeys } from "../mime/thread-keys.ts";
import type { ReceiptRecord, ReceiptStore } from "../ports/receipt-store.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import type { TraceRecord, TraceStore } from "../ports/trace-store.ts";
import { decideOnce, type Incoming, placeByRules, rememberIds } from "./apply-rules.ts";
import { eachBounded } from "./each-bounded.ts";
import type { FileJob, UndeliveredJob } from "./jobs.ts";
import { type FiledMessage, isReport, linkReport } from "./link-report.ts";
import { carryOutEffects, type EffectPorts } from "./rule-effects.ts";
import type { Turns } from "./turns.ts";

export interface FilePorts {
  readonly delivery: DeliveryContext;
  readonly receipts: Pick<ReceiptStore, "getReceipt">;
  readonly traces: Pick<TraceStore, "record" | "recorded">;
  readonly feedbackQueue: StageQueue<UndeliveredJob>;
  /** Shared by the jobs of a process: writers of one account wait for each other here instead of racing for its next position. */
  readonly turns: Turns;
  /** For accounts with rules about arriving mail, and for reports about mail that they sent. */
  readonly rules: EffectPorts;
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
  const accountId = target.accountId as AccountId;
  const incoming: Incoming = { receipt, accountId, recipient: target.address ?? target.recipient };
  let ruled: { rules: Rules; decision: RuleDecision } | undefined;
  const delivery = {
    accountId,
    receiptId: receipt.mailId,
    rawKey: receipt.rawKey,
    message: receipt.message,
    reversePath: receipt.reversePath,
    receivedAt: receipt.at,
    role: job.role,
    marks: job.marks,
    threadKeys: keys,
    place: async (rules: Rules) => {
      const decision = await decideOnce(ports.rules, incoming, rules);
      ruled = { rules, decision };
      return placeByRules(ports.rules, incoming, rules, decision);
    },
  };
  const outcome = await ports.turns.take(target.accountId, () => deliver(ports.delivery, delivery));
  switch (outcome.outcome) {
    case "filed":
    case "already":
    case "notKept": {
      const effects = ruled ? await followRules(ports, incoming, ruled.rules, ruled.decision) : [];
      if (outcome.outcome !== "notKept" && job.role === "inbox" && isReport(receipt.message))
        await noteReport(ports, receipt, { accountId, emailId: outcome.emailId, threadId: outcome.threadId });
      const stage = outcome.outcome === "notKept" ? "dropped" : "filed";
      const reasons = [...(job.role === "junk" ? ["junk"] : []), ...(stage === "dropped" ? ["byRuleOfTheAccount"] : []), ...effects];
      return ports.traces.record([traceOf(ports, receipt, target, stage, reasons.length > 0 ? reasons : undefined)]);
    }
    case "overQuota":
    case "noAccount": {
      const reason = outcome.outcome === "overQuota" ? "mailboxFull" : "noMailbox";
      await ports.traces.record([traceOf(ports, receipt, target, "refused", [reason])]);
      return tellSender(ports, receipt, target, reason);
    }
  }
};

const noteReport = (
  ports: FilePorts,
  { rawKey, message }: ReceiptRecord,
  filed: Pick<FiledMessage, "accountId" | "emailId" | "threadId">,
): Promise<void> =>
  linkReport({ log: ports.rules.log, blobs: ports.rules.blobs, store: ports.delivery.store }, { ...filed, rawKey, message });

/** After the message is where it belongs: what the rules send, and what they remember. */
const followRules = async (ports: FilePorts, incoming: Incoming, rules: Rules, decision: RuleDecision): Promise<string[]> => {
  const effects = await carryOutEffects(ports.rules, incoming, rules, decision);
  await rememberIds(ports.rules, incoming, decision);
  return decision.fault ? ["faultInScript", ...effects] : effects;
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
  stage: "filed" | "refused" | "dropped",
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
