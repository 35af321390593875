/** What travels between stages: ids and envelopes, never a message body. Every job is validated where it is read. */
import * as z from "zod";

const verdict = z.enum(["PASS", "FAIL", "GRAY", "PROCESSING_FAILED", "DISABLED", "UNKNOWN"]);

/** Verdicts as Amazon SES states them in its receipt (advice only: SES acts on none of them). */
export const verdictsSchema = z.object({
  spam: verdict,
  virus: verdict,
  spf: verdict,
  dkim: verdict,
  dmarc: verdict,
  dmarcPolicy: z.enum(["none", "quarantine", "reject"]).optional(),
});
export type Verdicts = z.infer<typeof verdictsSchema>;

/** A message sent by one of our own accounts, for local recipients (SES never sees it). */
export const submittedReceiptSchema = z.object({
  kind: z.literal("penfold.submitted"),
  receiptId: z.string().min(1).max(200),
  key: z.string().min(1).max(1024),
  reversePath: z.string().max(320),
  recipients: z.array(z.string().max(1000)).min(1).max(1000),
  at: z.number(),
  accountId: z.string(),
  submissionId: z.string().nullable(),
});
export type SubmittedReceipt = z.infer<typeof submittedReceiptSchema>;

/** `waitingSince`: when the scanner was first found not to have looked yet, ms since 1970 UTC. */
export const scanJobSchema = z.object({ receiptId: z.string().min(1).max(220), waitingSince: z.number().optional() });
export type ScanJob = z.infer<typeof scanJobSchema>;

export const fileJobSchema = z.object({
  receiptId: z.string().min(1).max(220),
  /**
   * At most 50 recipients a job: a large list becomes many jobs. `recipient` is the envelope address that led here, `address` the
   * list member it stood for.
   */
  targets: z
    .array(z.object({ accountId: z.string(), recipient: z.string().max(1000), address: z.string().max(320).optional() }))
    .min(1)
    .max(50),
  role: z.enum(["inbox", "junk"]),
  marks: z.array(z.string()).max(20),
});
export type FileJob = z.infer<typeof fileJobSchema>;

/** `entry`: the log entry that created the submission, for when its record is destroyed before it is sent. */
export const submitJobSchema = z.object({
  accountId: z.string().min(1).max(255),
  submissionId: z.string().min(1).max(255),
  entry: z.object({ epoch: z.number().int(), seq: z.number().int() }),
});
export type SubmitJob = z.infer<typeof submitJobSchema>;

/** A message that an account's delivery rules send: a redirected one or an automatic answer. */
export const relayJobSchema = z.object({
  kind: z.literal("penfold.relay"),
  /** Derived from what caused it: the same on each replay. */
  receiptId: z.string().min(1).max(200),
  accountId: z.string().min(1).max(255),
  reversePath: z.string().max(320),
  recipients: z.array(z.string().max(320)).min(1).max(10),
  rawKey: z.string().min(1).max(1024),
  at: z.number(),
  /** Whether the account reads of recipients that were not reached. */
  tellsFailures: z.boolean(),
});
export type RelayJob = z.infer<typeof relayJobSchema>;

export const snapshotJobSchema = z.object({ accountId: z.string() });
export type SnapshotJob = z.infer<typeof snapshotJobSchema>;

export const undeliveredReasons = [
  "unknownRecipient",
  "outsideMember",
  "emptyList",
  "listTooLarge",
  "loop",
  "mailboxFull",
  "noMailbox",
  "policy",
] as const;
export type UndeliveredReason = (typeof undeliveredReasons)[number];

const failedRecipient = z.object({
  recipient: z.string().max(1000),
  /** RFC 3463. */
  status: z.string().max(20),
  /** An SMTP reply, as a server gave it or would have. */
  smtpReply: z.string().max(1000),
  sentence: z.string().max(1000),
});
export type FailedRecipient = z.infer<typeof failedRecipient>;

/** The transport refused recipients of a submission outright. */
export const refusedJobSchema = z.object({
  kind: z.literal("penfold.refused"),
  accountId: z.string(),
  submissionId: z.string(),
  reversePath: z.string(),
  rawKey: z.string(),
  at: z.number(),
  recipients: z.array(failedRecipient).min(1).max(50),
});
export type RefusedJob = z.infer<typeof refusedJobSchema>;

/** Recipients of a receipt that were not served: the feedback stage tells the sender where that is safe, and records the ending. */
export const undeliveredJobSchema = z.object({
  kind: z.literal("penfold.undelivered"),
  receiptId: z.string().min(1).max(220),
  recipients: z
    .array(z.object({ recipient: z.string().max(1000), address: z.string().max(320).optional(), reason: z.enum(undeliveredReasons) }))
    .min(1)
    .max(50),
  /** Codes of the policy that refused it. */
  reasons: z.array(z.string()).max(50),
});
export type UndeliveredJob = z.infer<typeof undeliveredJobSchema>;

/** `rebuildAsOf` (ms since 1970 UTC) begins the account's search index anew, unless it was begun anew since: a replay goes on where it was. */
export const indexJobSchema = z.object({ accountId: z.string(), rebuildAsOf: z.number().optional() });
export type IndexJob = z.infer<typeof indexJobSchema>;

/** A log entry that shares Mailboxes or changes who wants to see them. */
export const shareJobSchema = z.object({
  accountId: z.string().min(1).max(255),
  entry: z.object({ epoch: z.number().int(), seq: z.number().int() }),
});
export type ShareJob = z.infer<typeof shareJobSchema>;

/** Changes of an account that someone hears of who sees a part of it. */
export const tellJobSchema = z.object({
  accountId: z.string().min(1).max(255),
  /** They come after this. */
  after: z.object({ epoch: z.number().int(), seq: z.number().int() }),
  /** Mailboxes into which mail was delivered. */
  deliveredTo: z.array(z.string().max(255)),
});
export type TellJob = z.infer<typeof tellJobSchema>;

/** A push to one subscription: its verification code, or states that changed. `attempt` counts from 0. */
export const pushJobSchema = z.object({
  owner: z.string().min(1).max(255),
  subscriptionId: z.string().min(1).max(255),
  /** Absent: the verification (RFC 8620 §7.2.2). */
  changed: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  attempt: z.number().int().min(0).max(100),
});
export type PushJob = z.infer<typeof pushJobSchema>;
