/**
 * The submit stage: sends an EmailSubmission whose time has come. The log decides the race with a user who takes it back: `undoStatus`
 * becomes `final` in one commit, before anything leaves. What leaves is claimed step by step (ports/dispatch-store.ts), so a
 * replay goes on where the last try stopped. Local recipients go to the parse stage, SES never sees them.
 *
 * SES has no idempotency token: when a crash hides whether a call was carried out, it is made again, since a message twice is better than
 * a message lost (docs/known-limits.md).
 */
import { domainOf, normaliseAddress } from "../directory/address.ts";
import { TransientError } from "../errors.ts";
import type { AccountId, ReceiptId } from "../ids.ts";
import type { DeliveryStatus, StoredSubmission } from "../jmap/records.ts";
import { limits } from "../limits.ts";
import type { AccountLog } from "../log/api.ts";
import { withoutBcc } from "../mime/without-bcc.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { DispatchStore } from "../ports/dispatch-store.ts";
import type { HoldStore } from "../ports/hold-store.ts";
import type { MailTransport } from "../ports/mail-transport.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import type { TraceStore } from "../ports/trace-store.ts";
import type { RefusedJob, SubmitJob, SubmittedReceipt } from "./jobs.ts";
import { findSubmission, submissionReceiptId, submissionType } from "./submission.ts";

export interface SubmitPorts {
  readonly log: AccountLog;
  readonly store: Pick<AccountLogStore, "entriesAfter">;
  readonly blobs: Pick<BlobStore, "get" | "put">;
  readonly dispatches: DispatchStore;
  readonly holds: HoldStore;
  readonly transport: MailTransport;
  readonly traces: Pick<TraceStore, "record">;
  readonly parseQueue: StageQueue<SubmittedReceipt>;
  readonly submitQueue: StageQueue<SubmitJob>;
  readonly feedbackQueue: StageQueue<RefusedJob>;
  readonly ownDomains: readonly string[];
  readonly now: () => number;
}

/** A queue delays a message by at most this; what is held for longer waits in the hold store. */
export const longestDelaySeconds = 900;

export const submit = async (ports: SubmitPorts, job: SubmitJob): Promise<void> => {
  const accountId = job.accountId as AccountId;
  const found = await findSubmission(ports, accountId, job.submissionId, job.entry);
  if (!found || found.submission.undoStatus === "canceled") return;
  const waitSeconds = (found.submission.sendAt - ports.now()) / 1000;
  if (found.submission.undoStatus === "pending" && waitSeconds > 0) return postpone(ports, job, found.submission.sendAt, waitSeconds);
  if (found.recorded && !(await finalise(ports, accountId, job.submissionId))) return;
  await dispatch(ports, { accountId, submissionId: job.submissionId, submission: found.submission });
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

const isLocal = (ports: SubmitPorts, email: string): boolean => {
  const address = normaliseAddress(email);
  return address !== null && ports.ownDomains.includes(domainOf(address));
};

interface Outgoing {
  readonly accountId: AccountId;
  readonly submissionId: string;
  readonly submission: StoredSubmission;
}

const dispatch = async (ports: SubmitPorts, outgoing: Outgoing): Promise<void> => {
  const { submission } = outgoing;
  const receiptId = submissionReceiptId(outgoing.accountId, outgoing.submissionId);
  const all = await ports.dispatches.claim(receiptId, "all", ports.now());
  if (all.state === "settled") return;
  const raw = await ports.blobs.get(submission.rawKey);
  // The log names it, so it was stored: a store that does not show it yet is tried again.
  if (!raw) throw new TransientError("the message to send is not in the bucket");
  const octets = withoutBcc(raw);
  const recipients = [...new Set(submission.envelope.rcptTo.map(({ email }) => email))];
  const local = recipients.filter((email) => isLocal(ports, email));
  const outside = recipients.filter((email) => !isLocal(ports, email));
  if (local.length > 0) await sendLocally(ports, outgoing, receiptId, octets, local);
  for (let at = 0; at < outside.length; at += limits.outbound.recipientsPerCall) {
    await sendOutside(
      ports,
      outgoing,
      { receiptId, step: `chunk-${at}` },
      octets,
      outside.slice(at, at + limits.outbound.recipientsPerCall),
    );
  }
  await ports.traces.record([
    {
      receiptId,
      stage: "submitted",
      at: ports.now(),
      accountId: outgoing.accountId,
      sender: submission.envelope.mailFrom.email,
      recipients: recipients.slice(0, limits.trace.recipientsListed),
      sizeOctets: octets.length,
    },
  ]);
  await ports.dispatches.settle(receiptId, "all", "done");
};

const sendLocally = async (
  ports: SubmitPorts,
  { accountId, submissionId, submission }: Outgoing,
  receiptId: ReceiptId,
  octets: Uint8Array,
  recipients: readonly string[],
): Promise<void> => {
  const key = `submitted/${receiptId}`;
  await ports.blobs.put(key, octets, { contentType: "message/rfc822" });
  // More recipients than one receipt takes are announced in several, of one message: each person is filed to once all the same.
  const { email: reversePath } = submission.envelope.mailFrom;
  const common = { kind: "penfold.submitted", receiptId, key, reversePath, at: submission.sendAt, accountId, submissionId } as const;
  for (let at = 0; at < recipients.length; at += limits.parse.recipients) {
    await ports.parseQueue.send([{ ...common, recipients: recipients.slice(at, at + limits.parse.recipients) }]);
  }
};

const sendOutside = async (
  ports: SubmitPorts,
  { accountId, submissionId, submission }: Outgoing,
  { receiptId, step }: { receiptId: ReceiptId; step: string },
  octets: Uint8Array,
  recipients: readonly string[],
): Promise<void> => {
  const reversePath = submission.envelope.mailFrom.email;
  const claim = await ports.dispatches.claim(receiptId, step, ports.now());
  let refusal = claim.state === "settled" && claim.outcome.startsWith("refused:") ? claim.outcome.slice("refused:".length) : null;
  if (claim.state !== "settled") {
    const outcome = await ports.transport.send({ reversePath, recipients, octets, submissionKey: `${accountId}_${submissionId}` });
    if (outcome.outcome === "refused") refusal = outcome.reason;
    await ports.dispatches.settle(receiptId, step, refusal === null ? "sent" : `refused:${refusal}`);
  }
  if (refusal !== null) {
    const failed = {
      status: "5.7.1",
      smtpReply: `550 5.7.1 Not accepted for sending (${refusal})`,
      sentence: "The message was not accepted for sending.",
    };
    await ports.feedbackQueue.send([
      {
        kind: "penfold.refused",
        accountId,
        submissionId,
        reversePath,
        rawKey: submission.rawKey,
        at: submission.sendAt,
        recipients: recipients.map((recipient) => ({ recipient, ...failed })),
      },
    ]);
    return;
  }
  await ports.traces.record(
    recipients.map((recipient) => ({
      receiptId,
      stage: "sent" as const,
      detailKey: recipient,
      at: ports.now(),
      accountId,
      sender: reversePath,
      recipient,
    })),
  );
};
