import type { AccountId, ReceiptId } from "../ids.ts";

/** One record a stage of one message. No subject, no body. `at` in ms since 1970 UTC. */
export interface TraceRecord {
  readonly receiptId: ReceiptId;
  readonly stage:
    | "accepted"
    | "parsed"
    | "scanned"
    | "filed"
    | "quarantined"
    | "released"
    | "bounced"
    | "dropped"
    | "submitted"
    | "sent"
    | "delivered"
    | "deferred"
    | "complained";
  /** Distinguishes records of one stage, e.g. the recipient. A record with the same receipt, stage and detail key replaces itself. */
  readonly detailKey?: string;
  readonly at: number;
  readonly messageId?: string;
  readonly sender?: string;
  readonly recipient?: string;
  readonly recipients?: readonly string[];
  readonly accountId?: AccountId;
  readonly reasons?: readonly string[];
  readonly sizeOctets?: number;
}

/** A message held back. The raw octets stay under `key`. */
export interface QuarantineItem {
  readonly receiptId: ReceiptId;
  readonly at: number;
  readonly key: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly reasons: readonly string[];
  readonly status: "held" | "released" | "deleted";
}

export interface TraceStore {
  record(records: readonly TraceRecord[]): Promise<void>;
  /** All records of one receipt in time order. */
  ofReceipt(receiptId: ReceiptId): Promise<TraceRecord[]>;
  /** Newest first. Exactly one of messageId, sender, recipient; `from`/`to` in ms. */
  search(by: {
    messageId?: string;
    sender?: string;
    recipient?: string;
    from?: number;
    to?: number;
    limit: number;
  }): Promise<TraceRecord[]>;

  /** Idempotent: holding the same receipt again changes nothing. */
  hold(item: QuarantineItem): Promise<void>;
  getHeld(receiptId: ReceiptId): Promise<QuarantineItem | null>;
  listHeld(options: { limit: number; after?: string }): Promise<{ items: QuarantineItem[]; next: string | null }>;
  /** Moves held → released once; false when it was not held. */
  release(receiptId: ReceiptId, actor: string, at: number): Promise<boolean>;
}
