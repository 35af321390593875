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
    /** A mailbox cannot take it (full, gone): the sender is told next, which ends it as bounced or dropped. */
    | "refused"
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
  /** One write a record; a record with the same receipt, stage and detailKey replaces itself. */
  record(records: readonly TraceRecord[]): Promise<void>;
  /** Whether each of these records of the receipt is there. May miss one written in the last second. */
  recorded(receiptId: ReceiptId, marks: readonly { stage: TraceRecord["stage"]; detailKey: string }[]): Promise<boolean[]>;
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

  /** Holds, unless the receipt was held before: gives what is then stored (`released` stays released). */
  hold(item: QuarantineItem): Promise<QuarantineItem>;
  getHeld(receiptId: ReceiptId): Promise<QuarantineItem | null>;
  listHeld(options: { limit: number; after?: string }): Promise<{ items: QuarantineItem[]; next: string | null }>;
  /** Moves held → released once; false when it was not held. */
  release(receiptId: ReceiptId, actor: string, at: number): Promise<boolean>;
}
