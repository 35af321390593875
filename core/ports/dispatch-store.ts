/**
 * What was done with steps that must not be done twice (handing recipients to SES, sending a bounce), kept beside the trace.
 * A step is claimed before and settled after. Claimed but not settled means that a crash left the outcome unknown.
 */
export interface DispatchStore {
  /** `fresh`: nobody tried this step. `unsettled`: someone did, the outcome is unknown. `settled`: it is done. */
  claim(dispatchId: string, step: string, at: number): Promise<{ state: "fresh" | "unsettled" } | { state: "settled"; outcome: string }>;
  settle(dispatchId: string, step: string, outcome: string): Promise<void>;
}
