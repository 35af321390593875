/** An EmailSubmission as the client sees it (RFC 8621 §7). */
import type { Wire } from "../engine/definition.ts";
import { formatUtcDate } from "../engine/utc-date.ts";
import type { StoredSubmission } from "../records.ts";

export const submissionWire = (stored: StoredSubmission): Wire => ({
  identityId: stored.identityId,
  emailId: stored.emailId,
  threadId: stored.threadId,
  envelope: stored.envelope,
  // RFC 8621 §7: the release time of a held message, else the time of creation (the undo window does not show).
  sendAt: formatUtcDate(stored.isHeld ? stored.sendAt : stored.createdAt),
  undoStatus: stored.undoStatus,
  deliveryStatus: stored.deliveryStatus,
  dsnBlobIds: stored.dsnBlobIds,
  mdnBlobIds: stored.mdnBlobIds,
});
