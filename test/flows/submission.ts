import type { EmailId, ThreadId } from "../../core/ids.ts";
import type { StoredSubmission } from "../../core/jmap/records.ts";

/** A message of Bea's, kept as `composed/e1`, that waits to be sent. */
export const pendingSubmission = (to: readonly string[], sendAt: number, different: Partial<StoredSubmission> = {}): StoredSubmission => ({
  identityId: "I1",
  emailId: "E1" as EmailId,
  threadId: "T1" as ThreadId,
  envelope: { mailFrom: { email: "bea@care.example", parameters: null }, rcptTo: to.map((email) => ({ email, parameters: null })) },
  sendAt,
  undoStatus: "pending",
  deliveryStatus: null,
  dsnBlobIds: [],
  mdnBlobIds: [],
  rawKey: "composed/e1",
  sizeOctets: 300,
  createdAt: sendAt,
  isHeld: false,
  ...different,
});
