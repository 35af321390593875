import type { AccountId } from "../ids.ts";

/** One immutable segment object (core/search). */
export interface SegmentRecord {
  readonly key: string;
  readonly octets: number;
  /** Where its foot begins. */
  readonly footOffset: number;
  readonly messages: number;
  readonly firstUid: number;
  readonly lastUid: number;
}

/** Which segments make up an account's index. */
export interface SearchManifest {
  /** Rises by one with each change. */
  readonly version: number;
  /** Every message that was alive with a uid up to this one when it was indexed is in a segment. */
  readonly indexedUid: number;
  /** When a rebuild last emptied the list; ms since 1970 UTC, 0 for never. */
  readonly emptiedAt: number;
  /** In order of their uids, which do not overlap. */
  readonly segments: readonly SegmentRecord[];
  /** While a rebuild has not come as far: the list before it, which still answers for the uids after `indexedUid` up to its own. */
  readonly former: { readonly indexedUid: number; readonly segments: readonly SegmentRecord[] } | null;
  /** Objects that a newer manifest no longer names, to be removed once readers of the older one are done. */
  readonly retired: readonly { readonly key: string; readonly at: number }[];
}

/** The list of an account's search segments: small, changed by one writer at a time. */
export interface SearchIndexStore {
  getManifest(accountId: AccountId): Promise<SearchManifest | null>;
  /** Stores when the present version is `manifest.version` − 1 (0: none yet); false when another writer was there first. */
  putManifest(accountId: AccountId, manifest: SearchManifest): Promise<boolean>;
}
