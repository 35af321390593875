/** Sorts what AWS SDK clients throw: throttling, time-outs, lost connections and server faults are worth another try. */
import { TransientError } from "../core/errors.ts";

const transientNames = new Set([
  "ProvisionedThroughputExceededException",
  "ThrottlingException",
  "Throttling",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "LimitExceededException",
  "InternalServerError",
  "InternalFailure",
  "InternalError",
  "ServiceUnavailable",
  "SlowDown",
  "TimeoutError",
  "RequestTimeout",
  "ReplicatedWriteConflictException",
]);
const transientCodes = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN"]);

/** A TransientError around what another try may cure; anything else as it came. */
export const sorted = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  const { code, $metadata } = error as Error & { code?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  const transient = transientNames.has(error.name) || (code !== undefined && transientCodes.has(code)) || status >= 500 || status === 429;
  return transient ? new TransientError(`AWS answered ${error.name}`, { cause: error }) : error;
};
