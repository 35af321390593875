/** Tells one of our own senders that recipients were not reached: in the EmailSubmission's delivery status and by a readable message. */
import { createHash } from "node:crypto";
import type { AccountId } from "../ids.ts";
import type { DeliveryStatus, StoredSubmission } from "../jmap/records.ts";
import { limits } from "../limits.ts";
import type { AccountLog } from "../log/api.ts";
import { composeBounce } from "../mime/compose-bounce.ts";
import { asBuffer, lastField, rawValue, readHeaderBlock } from "../mime/header-fields.ts";
import { parseText } from "../mime/header-forms.ts";
import { isWritableId, parseMessageIds } from "../mime/message-ids.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import type { FailedRecipient, SubmittedReceipt } from "./jobs.ts";
import { submissionType } from "./submission.ts";

export interface TellPorts {
  readonly log: AccountLog;
  readonly blobs: Pick<BlobStore, "get" | "put">;
  readonly parseQueue: StageQueue<SubmittedReceipt>;
  /** The first is where notices come from. */
  readonly ownDomains: readonly string[];
  readonly now: () => number;
}

export interface Failure {
  readonly accountId: AccountId;
  readonly submissionId: string | null;
  /** Where the message came from, and so where the notice goes. */
  readonly reversePath: string;
  readonly rawKey: string | null;
  /** When the message was accepted or sent, ms since 1970 UTC: the same on each replay, as the notice's octets must be. */
  readonly at: number;
  readonly recipients: readonly FailedRecipient[];
}

/** Idempotent: the notice's id follows from what it tells. */
export const tellAccount = async (ports: TellPorts, failure: Failure): Promise<void> => {
  const statuses = failure.recipients.map(({ recipient, smtpReply }) => ({ recipient, smtpReply, delivered: "no" as const }));
  if (failure.submissionId !== null) {
    const failed = await updateDeliveryStatus(ports.log, failure.accountId, failure.submissionId, statuses);
    // RFC 8098 §3: nothing is sent in answer to a disposition notification.
    if (failed?.mdnFor !== undefined) return;
  }
  const told = [failure.accountId, failure.submissionId, failure.rawKey, ...failure.recipients.map(({ recipient }) => recipient).sort()];
  const noticeId = `B${createHash("sha256").update(JSON.stringify(told)).digest("hex").slice(0, 40)}`;
  const domain = ports.ownDomains[0]!;
  const header = failure.rawKey === null ? null : await ports.blobs.get(failure.rawKey, { offset: 0, length: limits.parse.headerOctets });
  const original = header ?? new Uint8Array();
  const octets = composeBounce({
    from: { name: "Mail delivery", email: `mailer-daemon@${domain}` },
    to: failure.reversePath,
    reportingMta: domain,
    messageId: `${noticeId}@${domain}`,
    at: failure.at,
    arrivedAt: failure.at,
    ...headerOf(original),
    recipients: failure.recipients.map((recipient) => ({ ...recipient, action: "failed" as const })),
    original,
  });
  const key = `composed/${noticeId}`;
  await ports.blobs.put(key, octets, { contentType: "message/rfc822" });
  await ports.parseQueue.send([
    {
      kind: "penfold.submitted",
      receiptId: noticeId,
      key,
      reversePath: "",
      recipients: [failure.reversePath],
      at: ports.now(),
      accountId: failure.accountId,
      submissionId: null,
    },
  ]);
};

const headerOf = (original: Uint8Array): { subject: string | null; originalMessageId: string | null } => {
  const octets = asBuffer(original);
  const { fields } = readHeaderBlock(octets, 0, octets.length);
  const raw = (name: string): string | null => {
    const field = lastField(fields, name);
    return field ? rawValue(octets, field) : null;
  };
  const subject = raw("subject");
  const messageId = parseMessageIds(raw("message-id") ?? "")?.[0] ?? "";
  return { subject: subject === null ? null : parseText(subject), originalMessageId: isWritableId(messageId) ? messageId : null };
};

type StatusChange = { readonly recipient: string } & Pick<DeliveryStatus, "smtpReply" | "delivered">;

/** A status only moves on: once `yes` or `no` it is not `queued` again, however late an event comes. Null: the record is gone. */
export const updateDeliveryStatus = async (
  log: AccountLog,
  accountId: AccountId,
  submissionId: string,
  changes: readonly StatusChange[],
): Promise<StoredSubmission | null> => {
  const { result: submission } = await log.commit(accountId, (state) => {
    const record = state.records(submissionType).get(submissionId) as StoredSubmission | undefined;
    if (!record) return { plan: null, result: null };
    const deliveryStatus = { ...record.deliveryStatus };
    const named = new Map(record.envelope.rcptTo.map(({ email }) => [email.toLowerCase(), email]));
    let changed = false;
    for (const { recipient, smtpReply, delivered } of changes) {
      const email = named.get(recipient.toLowerCase());
      const before = email === undefined ? undefined : deliveryStatus[email];
      if (email === undefined || (before && !movesOn(before, { smtpReply, delivered }))) continue;
      deliveryStatus[email] = { smtpReply, delivered, displayed: before?.displayed ?? "unknown" };
      changed = true;
    }
    const updated = { [submissionId]: { ...record, deliveryStatus } };
    return { plan: changed ? { actor: "system:feedback", records: [{ type: submissionType, updated }] } : null, result: record };
  });
  return submission;
};

const rank = { queued: 0, unknown: 1, yes: 2, no: 3 } as const;

const movesOn = (before: DeliveryStatus, after: Pick<DeliveryStatus, "smtpReply" | "delivered">): boolean =>
  rank[after.delivered] > rank[before.delivered] || (after.delivered === before.delivered && after.smtpReply !== before.smtpReply);
