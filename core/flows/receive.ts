/**
 * The parse stage. Reads the hostile octets within bounds, finds the accounts behind the envelope, and writes the receipt that the
 * later stages work from. Writes nothing else: a replay finds the receipt and only asks for the scan again.
 */
import { createHash } from "node:crypto";
import { TransientError } from "../errors.ts";
import type { ReceiptId } from "../ids.ts";
import { limits } from "../limits.ts";
import { readMessage } from "../mime/read-message.ts";
import { gatherEvidence } from "../policy/gather-evidence.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { DirectoryStore } from "../ports/directory-store.ts";
import type { ReceiptRecord, ReceiptStore } from "../ports/receipt-store.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import type { TraceRecord } from "../ports/trace-store.ts";
import type { Arrival } from "./arrival.ts";
import type { ScanJob } from "./jobs.ts";
import { opaqueMessage } from "./opaque-message.ts";
import { resolveRecipients } from "./resolve-recipients.ts";
import type { Slots } from "./slots.ts";

export interface ReceivePorts {
  readonly blobs: Pick<BlobStore, "get">;
  readonly directory: Pick<DirectoryStore, "resolve" | "listMembers">;
  readonly receipts: ReceiptStore;
  readonly scanQueue: StageQueue<ScanJob>;
  /** Of a process: how many messages may be in memory at a time, each up to 40 MB. */
  readonly slots: Slots;
  readonly ownDomains: readonly string[];
  readonly now: () => number;
}

export const receive = async (ports: ReceivePorts, arrival: Arrival): Promise<void> => {
  const record = await recordOf(ports, arrival);
  const { existing } = await ports.receipts.putReceipt(record, traceOf(record, ports.now()));
  const receiptId = !existing || sameEnvelope(existing, record) ? record.receiptId : await receiveAgain(ports, record);
  await ports.scanQueue.send([{ receiptId }]);
};

const sameEnvelope = (a: ReceiptRecord, b: ReceiptRecord) => JSON.stringify(a.recipients) === JSON.stringify(b.recipients);

/** SES announces a message once a matching rule, each time with other recipients: each announcement has its own receipt. */
const receiveAgain = async (ports: ReceivePorts, first: ReceiptRecord): Promise<ReceiptId> => {
  const digest = createHash("sha256").update(JSON.stringify(first.recipients)).digest("hex").slice(0, 12);
  const record = { ...first, receiptId: `${first.mailId}.${digest}` as ReceiptId };
  await ports.receipts.putReceipt(record, traceOf(record, ports.now()));
  return record.receiptId;
};

const recordOf = async (ports: ReceivePorts, arrival: Arrival): Promise<ReceiptRecord> => {
  const recipients = [...new Set(arrival.recipients)];
  const [content, resolution] = await Promise.all([
    ports.slots.take(() => readContent(ports, arrival.rawKey)),
    resolveRecipients(ports.directory, recipients, ports.ownDomains),
  ]);
  const { mailId, origin, rawKey, at, reversePath, verdicts, submission } = arrival;
  return { receiptId: mailId, mailId, origin, rawKey, at, reversePath, recipients, verdicts, submission, ...content, ...resolution };
};

const readContent = async (ports: ReceivePorts, rawKey: string): Promise<Pick<ReceiptRecord, "message" | "unreadable" | "evidence">> => {
  const octets = await ports.blobs.get(rawKey);
  // The object is written before it is announced; it can only be late, or someone has removed it, which the dead-letter queue shows.
  if (!octets) throw new TransientError("the raw message is not in the bucket");
  const read = readMessage(octets);
  if (read.outcome === "unreadable") return { message: opaqueMessage(octets.length), unreadable: read.reason, evidence: null };
  return { message: read.message, unreadable: null, evidence: gatherEvidence(octets, read.message, read.headers, ports.ownDomains) };
};

const traceOf = (record: ReceiptRecord, at: number): TraceRecord => ({
  receiptId: record.receiptId,
  stage: "parsed",
  at,
  messageId: record.message.messageId?.[0],
  sender: record.reversePath || undefined,
  recipients: record.recipients.slice(0, limits.trace.recipientsListed),
  sizeOctets: record.message.sizeOctets,
  ...(record.unreadable && { reasons: [record.unreadable] }),
});
