import type { AccountId } from "../../core/ids.ts";
import type { SearchIndexStore, SearchManifest } from "../../core/ports/search-index-store.ts";

/** A SearchIndexStore in memory. */
export class MemorySearchIndexStore implements SearchIndexStore {
  readonly manifests = new Map<AccountId, SearchManifest>();

  async getManifest(accountId: AccountId): Promise<SearchManifest | null> {
    return this.manifests.get(accountId) ?? null;
  }

  async putManifest(accountId: AccountId, manifest: SearchManifest): Promise<boolean> {
    if ((this.manifests.get(accountId)?.version ?? 0) !== manifest.version - 1) return false;
    this.manifests.set(accountId, structuredClone(manifest));
    return true;
  }
}
