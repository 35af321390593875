/** What each client of a person has running at this moment, and how much the person asked for this minute. Instants in ms since 1970 UTC. */
export interface AdmissionStore {
  /**
   * Takes a place for one request unless `most` of the client are taken or `perMinute` were given to the person this minute. A place that is never given back
   * (its function died) is free again at `until`.
   */
  enter(request: {
    readonly who: string;
    readonly client: string;
    readonly kind: string;
    readonly most: number;
    readonly perMinute: number;
    readonly now: number;
    readonly until: number;
  }): Promise<{ outcome: "entered"; place: string } | { outcome: "tooMany" } | { outcome: "tooOften" }>;
  leave(request: { readonly who: string; readonly client: string; readonly kind: string; readonly place: string }): Promise<void>;
}
