/**
 * Hands a message over to be delivered: recipients of the service's own domains to the parse stage, others to SES. What leaves is claimed
 * step by step (ports/dispatch-store.ts), so a replay goes on where the last try stopped; the whole is claimed too, so that of two workers
 * with the same job, which a queue may well bring twice at once, one sends.
 *
 * SES has no idempotency token: when a crash hides whether a call was carried out, it is made again, since a message twice is better than
 * a message lost (docs/known-limits.md).
 */
import { domainOf, normaliseAddress } from "../directory/address.ts";
import { TransientError } from "../errors.ts";
import type { AccountId, ReceiptId } from "../ids.ts";
import { limits } from "../limits.ts";
import { withOwnReference } from "../mime/own-reference.ts";
import { withoutBcc } from "../mime/without-bcc.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { DispatchStore } from "../ports/dispatch-store.ts";
import type { MailTransport } from "../ports/mail-transport.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import type { TraceStore } from "../ports/trace-store.ts";
import type { RefusedJob, SubmittedReceipt } from "./jobs.ts";

export interface DispatchPorts {
  readonly blobs: Pick<BlobStore, "get" | "put">;
  readonly dispatches: DispatchStore;
  readonly transport: MailTransport;
  readonly traces: Pick<TraceStore, "record">;
  readonly parseQueue: StageQueue<SubmittedReceipt>;
  readonly feedbackQueue: StageQueue<RefusedJob>;
  readonly ownDomains: readonly string[];
  readonly now: () => number;
}

export const isLocal = (ports: Pick<DispatchPorts, "ownDomains">, email: string): boolean => {
  const address = normaliseAddress(email);
  return address !== null && ports.ownDomains.includes(domainOf(address));
};

/** A message that leaves, once. */
export interface Outgoing {
  readonly receiptId: ReceiptId;
  readonly accountId: AccountId;
  /** Under what its failures are told to the account; null: they are not told. */
  readonly submissionId: string | null;
  readonly reversePath: string;
  readonly recipients: readonly string[];
  readonly rawKey: string;
  /** ms since 1970 UTC; the same on every replay. */
  readonly at: number;
}

/** False: another worker is at it, or died at it a moment ago. The job is to be looked at again after `limits.outbound.claimSeconds`. */
export const dispatch = async (ports: DispatchPorts, outgoing: Outgoing): Promise<boolean> => {
  const { receiptId } = outgoing;
  const all = await ports.dispatches.claim(receiptId, "all", ports.now());
  if (all.state === "settled") return true;
  if (all.state === "underWay") return false;
  const raw = await ports.blobs.get(outgoing.rawKey);
  // The log names it, so it was stored: a store that does not show it yet is tried again.
  if (!raw) throw new TransientError("the message to send is not in the bucket");
  const octets = withoutBcc(raw);
  const recipients = [...new Set(outgoing.recipients)];
  const local = recipients.filter((email) => isLocal(ports, email));
  const outside = recipients.filter((email) => !isLocal(ports, email));
  if (local.length > 0) await sendLocally(ports, outgoing, octets, local);
  const leaving = outside.length > 0 ? withOwnReference(octets) : octets;
  for (let at = 0; at < outside.length; at += limits.outbound.recipientsPerCall) {
    await sendOutside(ports, outgoing, `chunk-${at}`, leaving, outside.slice(at, at + limits.outbound.recipientsPerCall));
  }
  await ports.traces.record([
    {
      receiptId,
      stage: "submitted",
      at: ports.now(),
      accountId: outgoing.accountId,
      sender: outgoing.reversePath,
      recipients: recipients.slice(0, limits.trace.recipientsListed),
      sizeOctets: octets.length,
    },
  ]);
  await ports.dispatches.settle(receiptId, "all", "done");
  return true;
};

const sendLocally = async (
  ports: DispatchPorts,
  { receiptId, accountId, submissionId, reversePath, at }: Outgoing,
  octets: Uint8Array,
  recipients: readonly string[],
): Promise<void> => {
  const key = `submitted/${receiptId}`;
  await ports.blobs.put(key, octets, { contentType: "message/rfc822" });
  // More recipients than one receipt takes are announced in several, of one message: each person is filed to once all the same.
  const common = { kind: "penfold.submitted", receiptId, key, reversePath, at, accountId, submissionId } as const;
  for (let from = 0; from < recipients.length; from += limits.parse.recipients) {
    await ports.parseQueue.send([{ ...common, recipients: recipients.slice(from, from + limits.parse.recipients) }]);
  }
};

const sendOutside = async (
  ports: DispatchPorts,
  { receiptId, accountId, submissionId, reversePath, rawKey, at }: Outgoing,
  step: string,
  octets: Uint8Array,
  recipients: readonly string[],
): Promise<void> => {
  const claim = await ports.dispatches.claim(receiptId, step, ports.now());
  let refusal = claim.state === "settled" && claim.outcome.startsWith("refused:") ? claim.outcome.slice("refused:".length) : null;
  if (claim.state !== "settled") {
    const outcome = await ports.transport.send({
      reversePath,
      recipients,
      octets,
      submissionKey: submissionId === null ? "automatic" : `${accountId}_${submissionId}`,
    });
    if (outcome.outcome === "refused") refusal = outcome.reason;
    await ports.dispatches.settle(receiptId, step, refusal === null ? "sent" : `refused:${refusal}`);
  }
  const traced = (stage: "sent" | "dropped", reasons?: string[]) =>
    ports.traces.record(
      recipients.map((recipient) => ({
        receiptId,
        stage,
        detailKey: recipient,
        at: ports.now(),
        accountId,
        sender: reversePath,
        recipient,
        reasons,
      })),
    );
  if (refusal !== null) {
    if (submissionId === null) return traced("dropped", [refusal]);
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
        rawKey,
        at,
        recipients: recipients.map((recipient) => ({ recipient, ...failed })),
      },
    ]);
    return;
  }
  await traced("sent");
};
