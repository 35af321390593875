/**
 * What is advertised (RFC 8620 §2, RFC 8621 §1.3.1 to §1.3.3, RFC 8887 §3, RFC 9007 §1.3, RFC 9404 §3.1, RFC 9425 §2.1, RFC 9661 §1.2.1,
 * RFC 9670 §1.5.1) and which accounts have it.
 */
import { limits } from "../limits.ts";
import type { AccessibleAccount, Principal } from "../ports/directory-store.ts";
import { extensions } from "../sieve/extensions.ts";
import type { JmapPorts } from "./api.ts";
import { EMAIL_SORTS } from "./email/sorts.ts";

export const CORE = "urn:ietf:params:jmap:core";
export const MAIL = "urn:ietf:params:jmap:mail";
export const SUBMISSION = "urn:ietf:params:jmap:submission";
export const VACATION = "urn:ietf:params:jmap:vacationresponse";
export const BLOB = "urn:ietf:params:jmap:blob";
export const QUOTA = "urn:ietf:params:jmap:quota";
/** Penfold's own (RFC 8620 §1.8): Email has `marks`, what its reader should be told of it (codes of core/policy/reasons.ts). */
export const MARKS = "urn:penfold:params:jmap:marks";
export const SIEVE = "urn:ietf:params:jmap:sieve";
/** RFC 9670 §1.5.1. */
export const PRINCIPALS = "urn:ietf:params:jmap:principals";
/** RFC 9670 §1.5.2: only ever in an account's capabilities. */
const PRINCIPALS_OWNER = "urn:ietf:params:jmap:principals:owner";
/** draft-ietf-jmap-mail-sharing: Mailbox has `shareWith`, MailboxRights has `mayShare`. */
export const MAIL_SHARE = "urn:ietf:params:jmap:mail:share";
export const MDN = "urn:ietf:params:jmap:mdn";
const WEBSOCKET = "urn:ietf:params:jmap:websocket";
/** RFC 9749 §3. */
const VAPID = "urn:ietf:params:jmap:webpush-vapid";

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
  [MARKS]: {},
  [SIEVE]: { implementation: "Penfold" },
  [PRINCIPALS]: {},
  [MAIL_SHARE]: {},
  [MDN]: {},
} as const;

/** Data types whose properties hold blob ids that Blob/lookup can find (RFC 9404 §4.3). */
export const LOOKUP_TYPES = ["Email", "Thread", "Mailbox"] as const;
export const DIGESTS = ["sha", "sha-256", "sha-512"] as const;

/** Whether what is granted is granted on the account as a whole and lets it be changed. */
const isOwnOrDelegated = ({ rights }: AccessibleAccount): boolean => rights === "owner" || rights === "readWrite";

const accountCapability: Readonly<Record<string, (account: AccessibleAccount, principal: Principal) => object | null>> = {
  [CORE]: () => ({}),
  [MAIL]: (account) => ({
    maxMailboxesPerEmail: null,
    maxMailboxDepth: jmap.maxMailboxDepth,
    maxSizeMailboxName: jmap.maxSizeMailboxName,
    maxSizeAttachmentsPerEmail: jmap.maxSizeAttachmentsPerEmail,
    emailQuerySortOptions: EMAIL_SORTS,
    mayCreateTopLevelMailbox: isOwnOrDelegated(account),
  }),
  [SUBMISSION]: (account) =>
    isOwnOrDelegated(account)
      ? { maxDelayedSend: jmap.maxDelayedSendSeconds, submissionExtensions: { FUTURERELEASE: [String(jmap.maxDelayedSendSeconds)] } }
      : null,
  [VACATION]: (account) => (isOwnOrDelegated(account) ? {} : null),
  [BLOB]: () => ({
    maxSizeBlobSet: jmap.maxSizeBlobSet,
    maxDataSources: jmap.maxDataSources,
    supportedTypeNames: LOOKUP_TYPES,
    supportedDigestAlgorithms: DIGESTS,
  }),
  // What the rest of an account holds is no business of those it shares a Mailbox with.
  [QUOTA]: (account) => (account.rights === "shared" ? null : {}),
  [MDN]: (account) => (isOwnOrDelegated(account) ? {} : null),
  [MARKS]: () => ({}),
  // The directory is one; everyone looks at it, and keeps what they are told of it, in their own account.
  [PRINCIPALS]: (account, principal) => (account.accountId === principal.accountId ? { currentUserPrincipalId: principal.entryId } : null),
  [PRINCIPALS_OWNER]: (account, principal) => {
    const principalId = account.accountId === principal.accountId ? principal.entryId : account.ownerId;
    return principalId ? { accountIdForPrincipal: principal.accountId, principalId } : null;
  },
  [MAIL_SHARE]: () => ({}),
  // RFC 9661 §1.2.1
  [SIEVE]: (account) =>
    isOwnOrDelegated(account)
      ? {
          maxSizeScriptName: limits.sieve.scriptNameOctets,
          maxSizeScript: limits.sieve.scriptOctets,
          maxNumberScripts: limits.sieve.scripts,
          maxNumberRedirects: limits.sieve.redirects,
          sieveExtensions: extensions,
          notificationMethods: null,
          externalLists: null,
        }
      : null,
};

export type Offer = Pick<JmapPorts, "answersVacations" | "socketUrl" | "applicationServerKey">;

/** Whether the server offers a capability: only what is whole is offered. */
export const isOffered = (offer: Offer, urn: string): boolean => {
  if (urn === WEBSOCKET) return offer.socketUrl !== "";
  if (urn === VAPID) return (offer.applicationServerKey?.() ?? null) !== null;
  return Object.hasOwn(serverCapabilities, urn) && (urn !== VACATION || offer.answersVacations === true);
};

export const sessionCapabilities = (offer: Offer): Record<string, object> => ({
  ...Object.fromEntries(Object.entries(serverCapabilities).filter(([urn]) => isOffered(offer, urn))),
  ...(isOffered(offer, WEBSOCKET) && { [WEBSOCKET]: { url: offer.socketUrl, supportsPush: true } }),
  ...(isOffered(offer, VAPID) && { [VAPID]: { applicationServerKey: offer.applicationServerKey?.() } }),
});

/** RFC 8621 §1.4. */
export const accountSupports = (offer: Offer, principal: Principal, account: AccessibleAccount, capability: string): boolean =>
  isOffered(offer, capability) && (accountCapability[capability]?.(account, principal) ?? null) !== null;

export const accountCapabilities = (offer: Offer, principal: Principal, account: AccessibleAccount): Record<string, object> => {
  const found: Record<string, object> = {};
  for (const [urn, describe] of Object.entries(accountCapability)) {
    const isTold = urn !== CORE && (urn === PRINCIPALS_OWNER || isOffered(offer, urn));
    const value = isTold ? describe(account, principal) : null;
    if (value) found[urn] = value;
  }
  return found;
};
