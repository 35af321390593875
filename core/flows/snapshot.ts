/** The snapshot stage: writes the fold of an account as one object, so that a cold reader folds few entries. Losing one costs time only. */
import type { AccountId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { StoredAccountLog } from "../log/account-log.ts";
import { writeSnapshot } from "../log/snapshot.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { SnapshotJob } from "./jobs.ts";

export interface SnapshotPorts {
  readonly log: Pick<StoredAccountLog, "fold">;
  readonly store: Pick<AccountLogStore, "getSnapshot" | "putSnapshot">;
  readonly blobs: Pick<BlobStore, "put">;
}

/**
 * One object an account, written over. It carries its own position, so a reader that meets a newer or (after two writers crossed) an older
 * object than the pointer says is right all the same: it reads the entries after whatever it got.
 */
export const snapshotKey = (accountId: AccountId) => `snapshots/${accountId}`;

export const snapshot = async (ports: SnapshotPorts, job: SnapshotJob): Promise<void> => {
  const accountId = job.accountId as AccountId;
  const stored = await ports.store.getSnapshot(accountId);
  const fold = await ports.log.fold(accountId);
  const { epoch, seq } = fold.position;
  // A replay, or a job that a later one has overtaken.
  if (seq === 0 || (stored && seq - stored.seq < limits.log.snapshotEveryEntries / 2)) return;
  const octets = writeSnapshot(fold);
  const key = snapshotKey(accountId);
  await ports.blobs.put(key, octets);
  await ports.store.putSnapshot(accountId, { epoch, seq, key, octets: octets.length });
};
