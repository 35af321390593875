/** Every refusal that JMAP defines, as values: one constructor a level. */
import type { ProblemDocument } from "./api.ts";

/** RFC 8620 §3.6.2, with the method errors of the standard methods, of RFC 8621 and RFC 9404. */
export type MethodErrorType =
  | "serverUnavailable"
  | "serverFail"
  | "serverPartialFail"
  | "unknownMethod"
  | "invalidArguments"
  | "invalidResultReference"
  | "forbidden"
  | "accountNotFound"
  | "accountNotSupportedByMethod"
  | "accountReadOnly"
  | "requestTooLarge"
  | "cannotCalculateChanges"
  | "stateMismatch"
  | "fromAccountNotFound"
  | "fromAccountNotSupportedByMethod"
  | "anchorNotFound"
  | "unsupportedSort"
  | "unsupportedFilter"
  | "tooManyChanges"
  | "unknownDataType";

export interface MethodError {
  readonly type: MethodErrorType;
  readonly description?: string;
  readonly arguments?: readonly string[];
}

/** RFC 8620 §5.3 and the SetErrors of RFC 8621, RFC 9007 and RFC 9661. */
export type SetErrorType =
  | "forbidden"
  | "overQuota"
  | "tooLarge"
  | "rateLimit"
  | "notFound"
  | "invalidPatch"
  | "willDestroy"
  | "invalidProperties"
  | "singleton"
  | "alreadyExists"
  | "mailboxHasChild"
  | "mailboxHasEmail"
  | "blobNotFound"
  | "tooManyKeywords"
  | "tooManyMailboxes"
  | "invalidEmail"
  | "tooManyRecipients"
  | "noRecipients"
  | "invalidRecipients"
  | "forbiddenMailFrom"
  | "forbiddenFrom"
  | "forbiddenToSend"
  | "cannotUnsend"
  | "invalidSieve"
  | "sieveIsActive"
  | "stateMismatch"
  | "mdnAlreadySent"
  | "serverFail";

export interface SetError {
  readonly type: SetErrorType;
  readonly description?: string;
  readonly properties?: readonly string[];
  readonly existingId?: string;
  /** blobNotFound (RFC 8621 §4.6). */
  readonly notFound?: readonly string[];
  readonly maxSize?: number;
  readonly maxRecipients?: number;
  readonly invalidRecipients?: readonly string[];
}

export type Outcome<Value, Fault = MethodError> = { ok: true; value: Value } | { ok: false; error: Fault };

export const ok = <Value>(value: Value): { ok: true; value: Value } => ({ ok: true, value });
export const refuse = <Fault>(error: Fault): { ok: false; error: Fault } => ({ ok: false, error });

export const methodError = (type: MethodErrorType, description?: string): { ok: false; error: MethodError } =>
  refuse(description === undefined ? { type } : { type, description });

/** `names`: the arguments at fault. */
export const invalidArguments = (description: string, names?: readonly string[]): { ok: false; error: MethodError } =>
  refuse({ type: "invalidArguments", description, ...(names && { arguments: names }) });

export const setError = (type: SetErrorType, description?: string): SetError =>
  description === undefined ? { type } : { type, description };

export const invalidProperties = (properties: readonly string[], description?: string): SetError => ({
  type: "invalidProperties",
  properties,
  ...(description !== undefined && { description }),
});

const URN = "urn:ietf:params:jmap:error:";

/** RFC 8620 §3.6.1. */
export const problem = {
  unknownCapability: (detail: string): ProblemDocument => ({ type: `${URN}unknownCapability`, status: 400, detail }),
  notJson: (detail: string): ProblemDocument => ({ type: `${URN}notJSON`, status: 400, detail }),
  notRequest: (detail: string): ProblemDocument => ({ type: `${URN}notRequest`, status: 400, detail }),
  limit: (limit: string, detail: string, status = 400): ProblemDocument => ({ type: `${URN}limit`, status, limit, detail }),
  notFound: (): ProblemDocument => ({ type: "about:blank", status: 404, title: "Not Found" }),
  forbidden: (detail: string): ProblemDocument => ({ type: "about:blank", status: 403, title: "Forbidden", detail }),
  overQuota: (): ProblemDocument => ({ type: "about:blank", status: 507, title: "Insufficient Storage", detail: "The account is full." }),
  unavailable: (): ProblemDocument => ({ type: "about:blank", status: 503, title: "Service Unavailable" }),
  failed: (): ProblemDocument => ({ type: "about:blank", status: 500, title: "Internal Server Error" }),
};
