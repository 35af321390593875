/**
 * Concurrency per client, as the session promises it to each (RFC 8620 §2, §3.6.1, §8.5), so that a person's phone does not stall their
 * browser; rate per person. A client is a sign-in, or a WebSocket. The place is taken while the person is looked up and given back before the answer leaves; when the count itself cannot be had, the request is served.
 */
import type { ProblemDocument } from "../../core/jmap/api.ts";
import { problem } from "../../core/jmap/errors.ts";
import { limits } from "../../core/limits.ts";
import type { AdmissionStore } from "../../core/ports/admission-store.ts";

export interface RequestLimitPorts {
  readonly admissions: AdmissionStore;
  readonly now: () => number;
  /** Told when the count could not be had. */
  readonly failed: (error: unknown) => void;
}

const kinds = {
  request: { limit: "maxConcurrentRequests", most: limits.jmap.maxConcurrentRequests, perMinute: limits.edge.requestsPerMinute },
  eventSource: { limit: "maxConcurrentEventSources", most: limits.edge.eventSources, perMinute: limits.edge.eventSourcesPerMinute },
  upload: { limit: "maxConcurrentUpload", most: limits.jmap.maxConcurrentUpload, perMinute: limits.edge.uploadsPerMinute },
} as const;
export type Admitted = keyof typeof kinds;

export type Admission =
  | { outcome: "admitted"; leave(): Promise<void> }
  | { outcome: "refused"; problem: ProblemDocument; retryAfterSeconds: number };

export interface Asking {
  /** The person. */
  readonly who: string;
  readonly client: string;
}

export const admit = async (ports: RequestLimitPorts, asking: Asking, kind: Admitted): Promise<Admission> => {
  const { limit, most, perMinute } = kinds[kind];
  const now = ports.now();
  try {
    const entered = await ports.admissions.enter({ ...asking, kind, most, perMinute, now, until: now + limits.edge.requestSeconds * 1000 });
    switch (entered.outcome) {
      case "entered":
        return { outcome: "admitted", leave: () => ports.admissions.leave({ ...asking, kind, place: entered.place }).catch(ports.failed) };
      case "tooMany":
        return refusal(limit, `At most ${most} at once.`, 400, 1);
      case "tooOften":
        return refusal(`${kind}sPerMinute`, `At most ${perMinute} a minute.`, 429, 60 - (Math.floor(now / 1000) % 60));
    }
  } catch (error) {
    ports.failed(error);
    return { outcome: "admitted", leave: async () => {} };
  }
};

const refusal = (limit: string, detail: string, status: number, retryAfterSeconds: number): Admission => ({
  outcome: "refused",
  problem: problem.limit(limit, detail, status),
  retryAfterSeconds,
});
