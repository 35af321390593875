/**
 * The feedback stage: tells senders what became of their mail. SES events of outgoing mail, recipients the transport refused, and
 * recipients of a received message that could not be served all end here, each on record.
 */
import { createHash } from "node:crypto";
import { PoisonError } from "../errors.ts";
import type { AccountId, ReceiptId } from "../ids.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { DispatchStore } from "../ports/dispatch-store.ts";
import type { MailTransport } from "../ports/mail-transport.ts";
import type { ReceiptRecord, ReceiptStore } from "../ports/receipt-store.ts";
import type { TraceRecord, TraceStore } from "../ports/trace-store.ts";
import { chooseEnding, explanations } from "./endings.ts";
import type { FailedRecipient, RefusedJob, UndeliveredJob } from "./jobs.ts";
import { type SesEvent, submissionOf } from "./ses-event.ts";
import { findSubmission, submissionReceiptId } from "./submission.ts";
import { type TellPorts, tellAccount, updateDeliveryStatus } from "./tell-account.ts";

export interface FeedbackPorts extends TellPorts {
  readonly store: Pick<AccountLogStore, "entriesAfter">;
  readonly receipts: Pick<ReceiptStore, "getReceipt">;
  readonly traces: Pick<TraceStore, "record">;
  readonly dispatches: DispatchStore;
  readonly transport: Pick<MailTransport, "bounce">;
  readonly unknownRecipient: "drop" | "bounce";
}

export const takeFeedback = (ports: FeedbackPorts, news: UndeliveredJob | RefusedJob | SesEvent): Promise<void> => {
  if ("eventType" in news) return takeSesEvent(ports, news);
  return news.kind === "penfold.refused" ? endRefused(ports, news) : endUndelivered(ports, news);
};

/** Recipients of a received message that were not served. */
const endUndelivered = async (ports: FeedbackPorts, job: UndeliveredJob): Promise<void> => {
  const receipt = await ports.receipts.getReceipt(job.receiptId as ReceiptId);
  if (!receipt) throw new PoisonError("a refusal names no receipt");
  const ending = chooseEnding(
    receipt,
    job.recipients.map(({ reason }) => reason),
    ports,
  );
  const failed = job.recipients.map(({ recipient, address, reason }) => ({ recipient: address ?? recipient, ...explanations[reason] }));
  switch (ending.ending) {
    case "drop":
      return ports.traces.record(endingTraces(ports, job, "dropped", ending.reason));
    case "tellAccount":
      await tellAccount(ports, { ...senderOf(receipt), rawKey: receipt.rawKey, at: receipt.at, recipients: failed });
      return ports.traces.record(endingTraces(ports, job, "bounced"));
    case "bounceOutside": {
      const refusal = await bounceOnce(ports, receipt, failed);
      return ports.traces.record(refusal === null ? endingTraces(ports, job, "bounced") : endingTraces(ports, job, "dropped", refusal));
    }
  }
};

const senderOf = (receipt: ReceiptRecord) => {
  if (!receipt.submission) throw new PoisonError("a receipt of an account does not name its submission");
  return { ...receipt.submission, reversePath: receipt.reversePath };
};

/** Null when SES took the bounce, now or on an earlier try; else why it did not. */
const bounceOnce = async (ports: FeedbackPorts, receipt: ReceiptRecord, failed: readonly FailedRecipient[]): Promise<string | null> => {
  const names = failed.map(({ recipient }) => recipient).sort();
  const step = `bounce-${createHash("sha256").update(JSON.stringify(names)).digest("hex").slice(0, 24)}`;
  const claim = await ports.dispatches.claim(receipt.receiptId, step, ports.now());
  if (claim.state === "settled") return claim.outcome === "sent" ? null : claim.outcome;
  const domain = ports.ownDomains[0]!;
  const outcome = await ports.transport.bounce({
    originalMessageId: receipt.mailId,
    bounceSender: `mailer-daemon@${domain}`,
    reportingMta: domain,
    arrivedAt: receipt.at,
    explanation: [...new Set(failed.map(({ sentence }) => sentence))].join(" "),
    recipients: failed.map(({ recipient, status, smtpReply }) => ({ recipient, status, diagnostic: smtpReply })),
  });
  const settled = outcome.outcome === "sent" ? "sent" : outcome.reason;
  await ports.dispatches.settle(receipt.receiptId, step, settled);
  return outcome.outcome === "sent" ? null : outcome.reason;
};

const endingTraces = (ports: FeedbackPorts, job: UndeliveredJob, stage: "bounced" | "dropped", because?: string): TraceRecord[] =>
  job.recipients.map(({ recipient, address, reason }) => ({
    receiptId: job.receiptId as ReceiptId,
    stage,
    detailKey: address ? `${recipient} ${address}` : recipient,
    at: ports.now(),
    recipient: address ?? recipient,
    reasons: [reason, ...job.reasons, ...(because ? [because] : [])],
  }));

/** The transport would not take the message at all. */
const endRefused = async (ports: FeedbackPorts, job: RefusedJob): Promise<void> => {
  const accountId = job.accountId as AccountId;
  await tellAccount(ports, { ...job, accountId });
  await ports.traces.record(submissionTraces(ports, { accountId, submissionId: job.submissionId }, "bounced", job.recipients));
};

/** Something happened to a message that SES sends for an account. Events come at least once and in any order. */
const takeSesEvent = async (ports: FeedbackPorts, event: SesEvent): Promise<void> => {
  const key = submissionOf(event);
  if (!key) return;
  const sent = { accountId: key.accountId as AccountId, submissionId: key.submissionId };
  switch (event.eventType) {
    case "Send":
      return;
    case "Delivery": {
      const { recipients, smtpResponse } = event.delivery;
      const changes = recipients.map((recipient) => ({ recipient, smtpReply: smtpResponse, delivered: "yes" as const }));
      await updateDeliveryStatus(ports.log, sent.accountId, sent.submissionId, changes);
      return ports.traces.record(submissionTraces(ports, sent, "delivered", changes));
    }
    case "DeliveryDelay": {
      const changes = event.deliveryDelay.delayedRecipients.map((person) => ({
        recipient: person.emailAddress,
        smtpReply: replyOf(person, "451 4.4.0 Delayed"),
        delivered: "queued" as const,
      }));
      await updateDeliveryStatus(ports.log, sent.accountId, sent.submissionId, changes);
      return ports.traces.record(submissionTraces(ports, sent, "deferred", changes));
    }
    case "Complaint": {
      const people = event.complaint.complainedRecipients.map(({ emailAddress }) => ({ recipient: emailAddress, smtpReply: "" }));
      return ports.traces.record(submissionTraces(ports, sent, "complained", people));
    }
    case "Bounce":
      return bounced(
        ports,
        event,
        sent,
        event.bounce.bouncedRecipients.map((person) => ({
          recipient: person.emailAddress,
          status: person.status ?? (event.bounce.bounceType === "Permanent" ? "5.0.0" : "4.0.0"),
          smtpReply: replyOf(person, "550 5.0.0 Not delivered"),
          sentence: "The other side did not accept the message.",
        })),
      );
    case "Reject": {
      const failed = {
        status: "5.6.0",
        smtpReply: "550 5.6.0 Rejected before sending",
        sentence: "The message was held back before sending.",
      };
      return bounced(
        ports,
        event,
        sent,
        event.mail.destination.map((recipient) => ({ recipient, ...failed })),
      );
    }
  }
};

const bounced = async (
  ports: FeedbackPorts,
  event: SesEvent,
  sent: { accountId: AccountId; submissionId: string },
  recipients: readonly FailedRecipient[],
): Promise<void> => {
  if (recipients.length === 0) return;
  const found = await findSubmission(ports, sent.accountId, sent.submissionId, null);
  const at = found?.submission.sendAt ?? Date.parse(event.mail.timestamp);
  const reversePath = found?.submission.envelope.mailFrom.email ?? event.mail.source;
  await tellAccount(ports, { ...sent, reversePath, rawKey: found?.submission.rawKey ?? null, at, recipients });
  await ports.traces.record(submissionTraces(ports, sent, "bounced", recipients));
};

/** An SMTP reply from SES's diagnostic code (`smtp; 550 5.1.1 …`). */
const replyOf = (person: { diagnosticCode?: string; status?: string }, otherwise: string): string =>
  (person.diagnosticCode?.replace(/^smtp;\s*/i, "").replace(/\s+/g, " ") || otherwise).slice(0, 900);

const submissionTraces = (
  ports: FeedbackPorts,
  sent: { accountId: AccountId; submissionId: string },
  stage: TraceRecord["stage"],
  recipients: readonly { recipient: string; smtpReply: string }[],
): TraceRecord[] =>
  recipients.map(({ recipient, smtpReply }) => ({
    receiptId: submissionReceiptId(sent.accountId, sent.submissionId),
    stage,
    detailKey: recipient.toLowerCase(),
    at: ports.now(),
    accountId: sent.accountId,
    recipient: recipient.toLowerCase(),
    // Codes only: the rest of a reply may quote the message or the address.
    reasons: replyCodes(smtpReply),
  }));

const replyCodes = (smtpReply: string): string[] => {
  const match = /^(\d{3})(?:[ -]+(\d\.\d{1,3}\.\d{1,3}))?/.exec(smtpReply);
  return match ? [match[1]!, ...(match[2] ? [match[2]] : [])] : [];
};
