/**
 * What was done with steps that must not be done twice (handing recipients to SES, sending a bounce), kept beside the trace.
 * A step is claimed before and settled after. Claimed but not settled means that someone is at it, or, after a while, that a crash left
 * the outcome unknown.
 */
export interface DispatchStore {
  /**
   * `fresh`: nobody tried this step. `underWay`: someone claimed it less than `limits.outbound.claimSeconds` ago. `unsettled`: someone did
   * before, the outcome is unknown, and the claim is now the caller's. `settled`: it is done.
   */
  claim(
    dispatchId: string,
    step: string,
    at: number,
  ): Promise<{ state: "fresh" | "underWay" | "unsettled" } | { state: "settled"; outcome: string }>;
  settle(dispatchId: string, step: string, outcome: string): Promise<void>;
}
