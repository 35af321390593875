/**
 * The submit stage: sends an EmailSubmission whose time has come. The log decides the race with a user who takes it back: `undoStatus`
 * becomes `final` in one commit, before anything leaves (dispatch.ts).
 */
import type { AccountId, ReceiptId } from "../ids.ts";
import type { DeliveryStatus, StoredSubmission } from "../jmap/records.ts";
import { limits } from "../limits.ts";
import type { AccountLog } from "../log/api.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { HoldStore } from "../ports/hold-store.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import { type DispatchPorts, dispatch, isLocal } from "./dispatch.ts";
import type { RelayJob, SubmitJob } from "./jobs.ts";
import { findSubmission, submissionReceiptId, submissionType } from "./submission.ts";

export interface SubmitPorts extends DispatchPorts {
  readonly log: AccountLog;
  readonly store: Pick<AccountLogStore, "entriesAfter">;
  readonly holds: HoldStore;
  readonly submitQueue: StageQueue<SubmitJob | RelayJob>;
}

/** A queue delays a message by at most this; what is held for longer waits in the hold store. */
export const longestDelaySeconds = 900;

export const submit = async (ports: SubmitPorts, job: SubmitJob | RelayJob): Promise<void> => {
  const isDone = await ("kind" in job ? relay(ports, job) : submitOne(ports, job));
  if (!isDone) await ports.submitQueue.send([job], { delaySeconds: limits.outbound.claimSeconds });
};

/** False when another worker is sending it: if that one dies, somebody must look again. */
const submitOne = async (ports: SubmitPorts, job: SubmitJob): Promise<boolean> => {
  const accountId = job.accountId as AccountId;
  const found = await findSubmission(ports, accountId, job.submissionId, job.entry);
  if (!found || found.submission.undoStatus === "canceled") return true;
  const waitSeconds = (found.submission.sendAt - ports.now()) / 1000;
  if (found.submission.undoStatus === "pending" && waitSeconds > 0) {
    await postpone(ports, job, found.submission.sendAt, waitSeconds);
    return true;
  }
  if (found.recorded && !(await finalise(ports, accountId, job.submissionId))) return true;
  const { envelope, rawKey, sendAt } = found.submission;
  return dispatch(ports, {
    receiptId: submissionReceiptId(accountId, job.submissionId),
    accountId,
    submissionId: job.submissionId,
    reversePath: envelope.mailFrom.email,
    recipients: envelope.rcptTo.map(({ email }) => email),
    rawKey,
    at: sendAt,
  });
};

/** A message that an account's delivery rules send: there is no submission to take back. */
const relay = (ports: SubmitPorts, job: RelayJob): Promise<boolean> => {
  const { receiptId, accountId, reversePath, recipients, rawKey, at } = job;
  const submissionId = job.tellsFailures ? receiptId : null;
  return dispatch(ports, {
    receiptId: receiptId as ReceiptId,
    accountId: accountId as AccountId,
    submissionId,
    reversePath,
    recipients,
    rawKey,
    at,
  });
};

const postpone = async (ports: SubmitPorts, job: SubmitJob, sendAt: number, waitSeconds: number): Promise<void> => {
  if (waitSeconds <= longestDelaySeconds) return ports.submitQueue.send([job], { delaySeconds: waitSeconds });
  const { submissionId, entry } = job;
  await ports.holds.put({ accountId: job.accountId as AccountId, submissionId, entry, releaseAt: sendAt });
};

/** True when it is to be sent: just made final here, or before. False when the user was quicker. */
const finalise = async (ports: SubmitPorts, accountId: AccountId, submissionId: string): Promise<boolean> => {
  const { result } = await ports.log.commit(accountId, (state) => {
    const record = state.records(submissionType).get(submissionId) as StoredSubmission | undefined;
    if (record?.undoStatus !== "pending") return { plan: null, result: record?.undoStatus !== "canceled" };
    const deliveryStatus = Object.fromEntries(
      record.envelope.rcptTo.map(({ email }) => [email, isLocal(ports, email) ? handedOver : queued] as const),
    );
    const updated = { [submissionId]: { ...record, undoStatus: "final", deliveryStatus } satisfies StoredSubmission };
    return { plan: { actor: "system:submit", records: [{ type: submissionType, updated }] }, result: true };
  });
  return result;
};

/** `unknown`: a recipient's mailbox here reports nothing back unless it cannot take the message. */
const handedOver: DeliveryStatus = {
  smtpReply: "250 2.1.5 Accepted for delivery in this service",
  delivered: "unknown",
  displayed: "unknown",
};
const queued: DeliveryStatus = { smtpReply: "250 2.0.0 Queued", delivered: "queued", displayed: "unknown" };
