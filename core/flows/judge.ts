/** What is to become of a received message: the receipt and the scanner's verdict, put to policy. */
import type { MalwareVerdict } from "../ports/blob-store.ts";
import type { ReceiptRecord } from "../ports/receipt-store.ts";

export interface Judgement {
  readonly action: "deliver" | "junk" | "quarantine" | "bounce" | "drop";
  /** Stable codes. */
  readonly reasons: readonly string[];
  /** What the reader is shown. */
  readonly marks: readonly string[];
}

export const judge = (receipt: ReceiptRecord, malware: MalwareVerdict, _ownDomains: readonly string[]): Judgement => {
  if (receipt.unreadable) return { action: "quarantine", reasons: [receipt.unreadable], marks: [] };
  if (malware.status === "infected") return { action: "quarantine", reasons: ["malware"], marks: [] };
  const marks = receipt.origin === "outside" ? ["outside"] : [];
  return { action: receipt.verdicts?.spam === "FAIL" ? "junk" : "deliver", reasons: [], marks };
};
