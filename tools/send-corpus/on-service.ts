/** For tools that try the service from outside: on the one that runs, or on one of their own when none does or they must. */
import { join, resolve } from "node:path";
import { findRunning, type RunningService } from "../seed/running-service.ts";
import { startOwnCloud, stopOwnCloud } from "./own-cloud.ts";

export interface Which {
  /** Data folder of the running service, if not the usual one. */
  readonly data: string | undefined;
  readonly own: boolean;
  readonly workFolder: string;
}

export const onService = async <Value>(
  { data, own, workFolder }: Which,
  work: (running: RunningService) => Promise<Value>,
): Promise<Value> => {
  const running = own ? null : runningOrNull(resolve(data ?? process.env.PENFOLD_DATA ?? ".penfold"));
  if (running) return work(running);
  const cloud = await startOwnCloud({ dataDir: join(workFolder, "data"), duplicateEvents: false });
  try {
    return await work(findRunning(cloud.dataDir));
  } finally {
    await stopOwnCloud(cloud);
  }
};

const runningOrNull = (dataDir: string): RunningService | null => {
  try {
    return findRunning(dataDir);
  } catch {
    return null;
  }
};
