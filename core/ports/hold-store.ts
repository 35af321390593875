import type { AccountId } from "../ids.ts";
import type { Position } from "../log/entry.ts";

/** A submission held for longer than a queue can delay (RFC 4865, FUTURERELEASE). */
export interface Hold {
  readonly accountId: AccountId;
  readonly submissionId: string;
  /** The log entry that created it. */
  readonly entry: Position;
  /** ms since 1970 UTC. */
  readonly releaseAt: number;
}

export interface HoldStore {
  /** Idempotent. */
  put(hold: Hold): Promise<void>;
  /** Holds that end before `before`, from `after` on; both in ms. */
  due(after: number, before: number): Promise<Hold[]>;
  remove(hold: Hold): Promise<void>;
}
