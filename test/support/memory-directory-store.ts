/** A DirectoryStore in memory, with the contract's semantics. */
import { PoisonError } from "../../core/errors.ts";
import type { AccountId, EntryId } from "../../core/ids.ts";
import type {
  AccessibleAccount,
  AddressTarget,
  DirectoryEntry,
  DirectoryStore,
  ListedEntry,
  Principal,
  Share,
} from "../../core/ports/directory-store.ts";

export class MemoryDirectoryStore implements DirectoryStore {
  readonly targets = new Map<string, AddressTarget & { owner?: EntryId }>();
  private readonly entries = new Map<EntryId, DirectoryEntry>();
  private readonly aliases = new Map<EntryId, readonly string[]>();
  private readonly members = new Map<EntryId, readonly string[]>();
  private changes = 0;
  private readonly shares = new Map<EntryId, Map<AccountId, Share>>();
  private readonly access = new Map<EntryId, Map<AccountId, AccessibleAccount>>();

  async resolve(addresses: readonly string[]): Promise<Map<string, AddressTarget>> {
    return new Map(
      addresses.flatMap((address) => {
        const target = this.targets.get(address);
        if (!target) return [];
        const { owner: _owner, ...rest } = target;
        return [[address, rest as AddressTarget] as const];
      }),
    );
  }

  async listMembers(listId: EntryId, limit: number): Promise<string[]> {
    const members = this.members.get(listId) ?? [];
    if (members.length > limit) throw new PoisonError("a list has more members than may be expanded");
    return [...members].sort();
  }

  async getEntry(entryId: EntryId): Promise<DirectoryEntry | null> {
    return this.entries.get(entryId) ?? null;
  }

  async getEntries(entryIds: readonly EntryId[]): Promise<DirectoryEntry[]> {
    return [...new Set(entryIds)].flatMap((entryId) => this.entries.get(entryId) ?? []);
  }

  async listOrganisation(organisationId: EntryId, limit: number): Promise<ListedEntry[] | null> {
    const listed = [...this.entries.values()].filter((entry) => entry.organisationId === organisationId);
    return listed.length > limit ? null : listed.sort((a, b) => (a.entryId < b.entryId ? -1 : 1));
  }

  async version(): Promise<string> {
    return String(this.changes);
  }

  async ownerOf(accountId: AccountId): Promise<DirectoryEntry | null> {
    const entry = [...this.entries.values()].find((candidate) => candidate.accountId === accountId && candidate.kind !== "list");
    return entry && this.addressesOf(entry).length > 0 ? entry : null;
  }

  async principalOf(subject: string): Promise<Principal | null> {
    const entry = [...this.entries.values()].find((candidate) => candidate.subject === subject);
    if (!entry?.accountId || entry.status !== "active") return null;
    const { entryId, accountId, displayName, mail = "" } = entry;
    const own: AccessibleAccount = { accountId, name: displayName, mail, isPersonal: true, rights: "owner" };
    const granted = [...(this.access.get(entryId)?.values() ?? [])].filter((account) => account.accountId !== accountId);
    const whole = new Set([accountId, ...granted.map((account) => account.accountId)]);
    const shares = [...(this.shares.get(entryId)?.values() ?? [])];
    const shared = shares.flatMap(({ account }) => (account && !whole.has(account.accountId) ? [account] : []));
    const organisationId = entry.organisationId ?? ("" as EntryId);
    return { entryId, displayName, mail, organisationId, accountId, accounts: [own, ...granted, ...shared] };
  }

  async sendingAddresses(accountId: AccountId): Promise<string[]> {
    const entry = [...this.entries.values()].find((candidate) => candidate.accountId === accountId && candidate.kind !== "list");
    return entry ? this.addressesOf(entry) : [];
  }

  async putEntry(
    entry: DirectoryEntry,
    options: { aliases?: readonly string[]; members?: readonly string[] } = {},
  ): ReturnType<DirectoryStore["putEntry"]> {
    const aliases = options.aliases ?? this.aliases.get(entry.entryId) ?? [];
    const target = targetOf(entry);
    const addresses = target && entry.status !== "deleted" ? [...new Set([...(entry.mail ? [entry.mail] : []), ...aliases])] : [];
    const taken = addresses.find((address) => (this.targets.get(address)?.owner ?? entry.entryId) !== entry.entryId);
    if (taken !== undefined) return { outcome: "addressTaken", address: taken };
    for (const [address, known] of this.targets) if (known.owner === entry.entryId) this.targets.delete(address);
    for (const address of addresses) this.targets.set(address, { ...target!, owner: entry.entryId });
    this.entries.set(entry.entryId, entry);
    this.changes++;
    this.aliases.set(entry.entryId, aliases);
    if (options.members) this.members.set(entry.entryId, options.members);
    return { outcome: "stored" };
  }

  async grantAccess(principal: EntryId, account: AccessibleAccount): Promise<void> {
    const granted = this.access.get(principal) ?? new Map<AccountId, AccessibleAccount>();
    this.access.set(principal, granted.set(account.accountId, account));
  }

  async revokeAccess(principal: EntryId, accountId: AccountId): Promise<void> {
    this.access.get(principal)?.delete(accountId);
  }

  async holdersOf(accountId: AccountId): Promise<EntryId[]> {
    return [...this.access].flatMap(([entryId, granted]) => (granted.has(accountId) ? [entryId] : []));
  }

  async reachOf(entryId: EntryId): Promise<{ whole: AccountId[]; shared: AccountId[] }> {
    const shares = [...(this.shares.get(entryId)?.values() ?? [])];
    return {
      whole: [...(this.access.get(entryId)?.keys() ?? [])],
      shared: shares.flatMap(({ account, accountId }) => (account ? [accountId] : [])),
    };
  }

  async leaveLists(entryId: EntryId): Promise<EntryId[]> {
    const entry = this.entries.get(entryId);
    const own = new Set(entry ? this.addressesOf(entry) : []);
    const left = [...this.members].filter(([, members]) => members.some((member) => own.has(member)));
    for (const [listId, members] of left)
      this.members.set(
        listId,
        members.filter((member) => !own.has(member)),
      );
    return left.map(([listId]) => listId);
  }

  async putShare(principal: EntryId, share: Share): Promise<void> {
    const known = this.shares.get(principal) ?? new Map<AccountId, Share>();
    if ((known.get(share.accountId)?.seq ?? 0) <= share.seq) this.shares.set(principal, known.set(share.accountId, share));
  }

  private addressesOf(entry: DirectoryEntry): string[] {
    if (entry.status === "deleted") return [];
    return [...new Set([...(entry.mail ? [entry.mail] : []), ...(this.aliases.get(entry.entryId) ?? [])])];
  }
}

const targetOf = (entry: DirectoryEntry): AddressTarget | null => {
  if (entry.kind === "list") return { kind: "list", entryId: entry.entryId };
  return entry.accountId ? { kind: "account", entryId: entry.entryId, accountId: entry.accountId } : null;
};
