/** What is advertised (RFC 8620 §2, RFC 8621 §1.3, RFC 9404 §3, RFC 9425 §2, RFC 8887 §3.2) and which accounts have it. */
import { limits } from "../limits.ts";
import type { AccessibleAccount } from "../ports/directory-store.ts";
import { EMAIL_SORTS } from "./email/sorts.ts";

export const CORE = "urn:ietf:params:jmap:core";
export const MAIL = "urn:ietf:params:jmap:mail";
export const SUBMISSION = "urn:ietf:params:jmap:submission";
export const VACATION = "urn:ietf:params:jmap:vacationresponse";
export const BLOB = "urn:ietf:params:jmap:blob";
export const QUOTA = "urn:ietf:params:jmap:quota";
export const WEBSOCKET = "urn:ietf:params:jmap:websocket";

const { jmap } = limits;

/** i;unicode-casemap is what sorting and comparing strings here amounts to (RFC 5051). */
export const COLLATIONS = ["i;unicode-casemap", "i;ascii-casemap"] as const;

const serverCapabilities = {
  [CORE]: {
    maxSizeUpload: jmap.maxSizeUpload,
    maxConcurrentUpload: jmap.maxConcurrentUpload,
    maxSizeRequest: jmap.maxSizeRequest,
    maxConcurrentRequests: jmap.maxConcurrentRequests,
    maxCallsInRequest: jmap.maxCallsInRequest,
    maxObjectsInGet: jmap.maxObjectsInGet,
    maxObjectsInSet: jmap.maxObjectsInSet,
    collationAlgorithms: COLLATIONS,
  },
  [MAIL]: {},
  [SUBMISSION]: {},
  [VACATION]: {},
  [BLOB]: {},
  [QUOTA]: {},
} as const;

/** Data types whose properties hold blob ids that Blob/lookup can find (RFC 9404 §4.3). */
export const LOOKUP_TYPES = ["Email", "Thread", "Mailbox"] as const;
export const DIGESTS = ["sha", "sha-256", "sha-512"] as const;

const accountCapability: Readonly<Record<string, (account: AccessibleAccount) => object | null>> = {
  [CORE]: () => ({}),
  [MAIL]: (account) => ({
    maxMailboxesPerEmail: null,
    maxMailboxDepth: jmap.maxMailboxDepth,
    maxSizeMailboxName: jmap.maxSizeMailboxName,
    maxSizeAttachmentsPerEmail: jmap.maxSizeAttachmentsPerEmail,
    emailQuerySortOptions: EMAIL_SORTS,
    mayCreateTopLevelMailbox: account.rights !== "readOnly",
  }),
  [SUBMISSION]: (account) =>
    account.rights === "readOnly"
      ? null
      : { maxDelayedSend: jmap.maxDelayedSendSeconds, submissionExtensions: { FUTURERELEASE: [String(jmap.maxDelayedSendSeconds)] } },
  [VACATION]: (account) => (account.rights === "readOnly" ? null : {}),
  [BLOB]: () => ({
    maxSizeBlobSet: jmap.maxSizeBlobSet,
    maxDataSources: jmap.maxDataSources,
    supportedTypeNames: LOOKUP_TYPES,
    supportedDigestAlgorithms: DIGESTS,
  }),
  [QUOTA]: () => ({}),
};

export const knownCapability = (urn: string): boolean => Object.hasOwn(serverCapabilities, urn) || urn === WEBSOCKET;

export const sessionCapabilities = (socketUrl: string): Record<string, object> => ({
  ...serverCapabilities,
  ...(socketUrl && { [WEBSOCKET]: { url: socketUrl, supportsPush: true } }),
});

export const accountSupports = (account: AccessibleAccount, capability: string): boolean =>
  (accountCapability[capability]?.(account) ?? null) !== null;

export const accountCapabilities = (account: AccessibleAccount): Record<string, object> => {
  const found: Record<string, object> = {};
  for (const [urn, describe] of Object.entries(accountCapability)) {
    if (urn === CORE) continue;
    const value = describe(account);
    if (value) found[urn] = value;
  }
  return found;
};
