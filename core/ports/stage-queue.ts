/** Hands work to a stage. Messages are small JSON of ids (never message bodies); delivery is at least once. */
export interface StageQueue<Job extends object> {
  send(jobs: readonly Job[], options?: { delaySeconds?: number }): Promise<void>;
}
