/**
 * How JMAP types that the account log stores whole look there (LogEntry.records[].created / updated).
 * Flows that write them (submission status, new accounts) use these shapes. The id is the key, not a property.
 */
import type { EmailId, ThreadId } from "../ids.ts";
import type { EmailAddress } from "../mail/email-item.ts";
import type { MailboxRecord } from "../mail/standard-mailboxes.ts";

/** RFC 8621 §2. Rights and counters are computed, not stored. */
export type StoredMailbox = MailboxRecord;

/** Record type of StoredSubscriptions: no JMAP type has it. */
export const SUBSCRIPTIONS = "MailboxSubscriptions";

/**
 * Mailboxes of a shared account that one of its users is subscribed to; its id is that user's directory entry.
 * RFC 8621 §2: isSubscribed is kept for each user; the owner's own is in the Mailbox.
 */
export interface StoredSubscriptions {
  readonly mailboxIds: readonly string[];
}

/** RFC 9670 §3. Rights as the letters of mailbox-rights.ts; null: none. */
export interface StoredShareNotification {
  /** ms since 1970 UTC. */
  readonly createdAt: number;
  readonly changedBy: { readonly name: string; readonly email: string | null; readonly principalId: string | null };
  readonly objectType: string;
  readonly objectAccountId: string;
  readonly objectId: string;
  readonly oldRights: string | null;
  readonly newRights: string | null;
  readonly name: string;
}

/** That the person whose account it is went to another organisation, and what ended by it: for the audit, shown to no client. */
export interface StoredOrganisationMove {
  /** ms since 1970 UTC. */
  readonly at: number;
  /** Directory entries; null: none. */
  readonly from: string | null;
  readonly to: string | null;
  /** Accounts that they could open, as a whole or in part. */
  readonly accountIds: readonly string[];
  /** Entries that could open theirs. */
  readonly entryIds: readonly string[];
  readonly listIds: readonly string[];
}

/** RFC 8621 §6. */
export interface StoredIdentity {
  readonly name: string;
  readonly email: string;
  readonly replyTo: readonly EmailAddress[] | null;
  readonly bcc: readonly EmailAddress[] | null;
  readonly textSignature: string;
  readonly htmlSignature: string;
  readonly mayDelete: boolean;
}

/** RFC 8621 §7 Address. */
export interface SubmissionAddress {
  readonly email: string;
  readonly parameters: Readonly<Record<string, string | null>> | null;
}

/** RFC 8621 §7 DeliveryStatus. */
export interface DeliveryStatus {
  readonly smtpReply: string;
  readonly delivered: "queued" | "yes" | "no" | "unknown";
  readonly displayed: "unknown" | "yes";
}

/**
 * RFC 8621 §7. A pending record is the outbox: the submit stage sends it once `sendAt` has passed,
 * after turning `undoStatus` to final in a commit that finds it still pending.
 */
export interface StoredSubmission {
  readonly identityId: string;
  readonly emailId: EmailId;
  readonly threadId: ThreadId;
  readonly envelope: { readonly mailFrom: SubmissionAddress; readonly rcptTo: readonly SubmissionAddress[] };
  /** ms since 1970 UTC: not to be sent before; the end of the undo window, or of the hold (FUTURERELEASE). */
  readonly sendAt: number;
  readonly createdAt: number;
  /** Whether the client asked for the delay (RFC 4865). */
  readonly isHeld: boolean;
  readonly undoStatus: "pending" | "final" | "canceled";
  /** By recipient address as in the envelope. */
  readonly deliveryStatus: Readonly<Record<string, DeliveryStatus>> | null;
  readonly dsnBlobIds: readonly string[];
  readonly mdnBlobIds: readonly string[];
  /** Raw message: the Email may be destroyed before it is sent. */
  readonly rawKey: string;
  readonly sizeOctets: number;
  /**
   * The Email that this notifies of (RFC 9007): `emailId` then names no Email, as if it had been destroyed once it was sent. Nothing is
   * sent in answer to it (RFC 8098 §3): a failure shows in `deliveryStatus` alone.
   */
  readonly mdnFor?: EmailId;
}

/** RFC 9661 §2. At most one is active. */
export interface StoredSieveScript {
  readonly name: string;
  readonly isActive: boolean;
  /** Names this content: another content, another id. */
  readonly blobId: string;
  readonly contentKey: string;
  readonly sizeOctets: number;
}

/** RFC 8621 §8; id "singleton". Dates in ms since 1970 UTC. */
export interface StoredVacationResponse {
  readonly isEnabled: boolean;
  readonly fromDate: number | null;
  readonly toDate: number | null;
  readonly subject: string | null;
  readonly textBody: string | null;
  readonly htmlBody: string | null;
}
