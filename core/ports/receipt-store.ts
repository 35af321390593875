import type { Verdicts } from "../flows/jobs.ts";
import type { AccountId, ReceiptId } from "../ids.ts";
import type { ParsedMessage } from "../mail/email-item.ts";
import type { Evidence } from "../policy/evidence.ts";
import type { TraceRecord } from "./trace-store.ts";

/** Why the service cannot file to an envelope recipient, or to the member of a list that it named. */
export type RecipientRefusal = "unknownRecipient" | "outsideMember" | "emptyList" | "listTooLarge" | "loop";

/** All that the stages after parse know of one accepted message: written once, by parse, and never changed. */
export interface ReceiptRecord {
  readonly receiptId: ReceiptId;
  /** Names the message for filing. Differs from `receiptId` only when SES announced one message by several rules. */
  readonly mailId: ReceiptId;
  /** `outside`: through SES. `account`: one of our accounts sent it. `service`: a notice of ours, e.g. a bounce. */
  readonly origin: "outside" | "account" | "service";
  readonly rawKey: string;
  /** Acceptance, ms since 1970 UTC. */
  readonly at: number;
  /** Envelope; "" is the null reverse path. */
  readonly reversePath: string;
  readonly recipients: readonly string[];
  /** SES's own; null when the message did not come through SES. */
  readonly verdicts: Verdicts | null;
  readonly submission: { readonly accountId: AccountId; readonly submissionId: string } | null;
  readonly message: ParsedMessage;
  /** Why the message could not be read; `message` then shows it as one opaque part. Null for a readable one. */
  readonly unreadable: string | null;
  /** What policy needs of the octets: scan decides without reading them again. Null for an unreadable message. */
  readonly evidence: Evidence | null;
  /** Where to file. `recipient` is the envelope address that led there, `address` the list member it stood for. */
  readonly targets: readonly { readonly accountId: AccountId; readonly recipient: string; readonly address?: string }[];
  readonly refused: readonly { readonly recipient: string; readonly address?: string; readonly reason: RecipientRefusal }[];
  /** Envelope recipients that name only people whom another recipient reaches. */
  readonly covered: readonly string[];
}

export interface ReceiptStore {
  /** Writes the record and its `parsed` trace in one write, unless the receipt is there: then gives that. */
  putReceipt(record: ReceiptRecord, trace: TraceRecord): Promise<{ existing: ReceiptRecord | null }>;
  getReceipt(receiptId: ReceiptId): Promise<ReceiptRecord | null>;
}
