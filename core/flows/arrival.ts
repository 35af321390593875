/** A message that the service has accepted, whichever way it came. */
import type { AccountId, ReceiptId } from "../ids.ts";
import type { ReceiptRecord } from "../ports/receipt-store.ts";
import type { SubmittedReceipt, Verdicts } from "./jobs.ts";

export interface Arrival {
  readonly mailId: ReceiptId;
  readonly origin: ReceiptRecord["origin"];
  readonly rawKey: string;
  /** ms since 1970 UTC. */
  readonly at: number;
  /** Envelope as given; "" is the null reverse path. */
  readonly reversePath: string;
  readonly recipients: readonly string[];
  readonly verdicts: Verdicts | null;
  readonly submission: { readonly accountId: AccountId; readonly submissionId: string } | null;
}

/** Only notices of the service itself travel with a null reverse path: an account sends under an identity of its own. */
export const arrivalOfSubmission = (receipt: SubmittedReceipt): Arrival => ({
  mailId: receipt.receiptId as ReceiptId,
  origin: receipt.reversePath === "" ? "service" : "account",
  rawKey: receipt.key,
  at: receipt.at,
  reversePath: receipt.reversePath,
  recipients: receipt.recipients,
  verdicts: null,
  submission: receipt.submissionId === null ? null : { accountId: receipt.accountId as AccountId, submissionId: receipt.submissionId },
});
