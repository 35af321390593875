/**
 * The directory table: address rows (who an address stands for), one partition an entry (the entry, its list members, the accounts it may
 * open as a whole or in part), one partition an account with the addresses it may send from, one an organisation with what a search needs of
 * its entries, and the subject of each person who signs in.
 */
import type { AccountId, EntryId } from "../core/ids.ts";
import type {
  AccessibleAccount,
  AddressTarget,
  DirectoryEntry,
  DirectoryStore,
  ListedEntry,
  Principal,
  Share,
} from "../core/ports/directory-store.ts";
import { DirectoryLists } from "./directory-lists.ts";
import { DirectoryRows } from "./directory-rows.ts";
import { batchGet, ConditionFailed, type Dynamo, type Item } from "./dynamo.ts";
import { gather } from "./gather.ts";
import { directoryKeys as keys } from "./keys.ts";
import { pack, unpack } from "./packed.ts";

const packed = (value: object) => pack(value) as Item[string];

interface EntryAddresses {
  readonly aliases: readonly string[];
}

export class DynamoDirectoryStore implements DirectoryStore {
  private readonly dynamo: Dynamo;
  private readonly table: string;
  private readonly rows: DirectoryRows;
  private readonly lists: DirectoryLists;
  /** A subject never changes hands, so who it is may be remembered for the life of the process. */
  private readonly entryOfSubject = new Map<string, EntryId>();

  /** Lookups of the concurrent jobs of a batch share their round trips. */
  private readonly lookUp: (addresses: readonly string[]) => Promise<Map<string, AddressTarget>>;

  constructor(dynamo: Dynamo, table: string) {
    this.dynamo = dynamo;
    this.table = table;
    this.rows = new DirectoryRows(dynamo, table);
    this.lists = new DirectoryLists(this.rows);
    this.lookUp = gather(async (requests: readonly (readonly string[])[]) => {
      const wanted = [...new Set(requests.flat())].map((address) => keys.address(address));
      const items = await batchGet(dynamo, table, wanted);
      const found = new Map(items.map((item) => [item.pk!.S!.slice("@#".length), unpack(item.d) as AddressTarget]));
      return requests.map(
        (addresses) => new Map(addresses.flatMap((address) => (found.has(address) ? [[address, found.get(address)!]] : []))),
      );
    });
  }

  async resolve(addresses: readonly string[]): Promise<Map<string, AddressTarget>> {
    return addresses.length > 0 ? this.lookUp(addresses) : new Map();
  }

  listMembers(listId: EntryId, limit: number): Promise<string[]> {
    return this.lists.members(listId, limit);
  }

  async getEntry(entryId: EntryId): Promise<DirectoryEntry | null> {
    const item = await this.rows.get(keys.entry(entryId));
    return item ? (unpack(item.d) as DirectoryEntry) : null;
  }

  async getEntries(entryIds: readonly EntryId[]): Promise<DirectoryEntry[]> {
    const wanted = [...new Set(entryIds)].map((entryId) => keys.entry(entryId));
    return (await batchGet(this.dynamo, this.table, wanted)).map((item) => unpack(item.d) as DirectoryEntry);
  }

  async listOrganisation(organisationId: EntryId, limit: number): Promise<ListedEntry[] | null> {
    const items = await this.rows.under(keys.organisationPartition(organisationId), "", limit + 1);
    return items.length > limit ? null : items.map((item) => unpack(item.d) as ListedEntry);
  }

  async version(): Promise<string> {
    return (await this.rows.get(keys.version()))?.n?.N ?? "0";
  }

  async ownerOf(accountId: AccountId): Promise<DirectoryEntry | null> {
    const [address] = await this.sendingAddresses(accountId);
    const target = address === undefined ? undefined : (await this.resolve([address])).get(address);
    return target?.kind === "account" ? this.getEntry(target.entryId) : null;
  }

  async principalOf(subject: string): Promise<Principal | null> {
    const entryId = await this.entryIdOfSubject(subject);
    if (!entryId) return null;
    const items = await this.openTo(entryId);
    const entryItem = items.find((item) => item.sk!.S === "E");
    const entry = entryItem && (unpack(entryItem.d) as DirectoryEntry);
    if (!entry?.accountId || entry.subject !== subject || entry.status !== "active") return null;
    const own: AccessibleAccount = {
      accountId: entry.accountId,
      name: entry.displayName,
      mail: entry.mail ?? "",
      isPersonal: true,
      rights: "owner",
    };
    const granted = items.filter((item) => item.sk!.S!.startsWith("A#")).map((item) => unpack(item.d) as AccessibleAccount);
    const whole = new Set([entry.accountId, ...granted.map(({ accountId }) => accountId)]);
    const shares = items.filter((item) => item.sk!.S!.startsWith("B#")).map((item) => unpack(item.d) as Share);
    const shared = shares.flatMap(({ account }) => (account && !whole.has(account.accountId) ? [account] : []));
    return {
      entryId,
      displayName: entry.displayName,
      mail: entry.mail ?? "",
      organisationId: entry.organisationId ?? ("" as EntryId),
      accountId: entry.accountId,
      accounts: [own, ...granted.filter((account) => account.accountId !== entry.accountId), ...shared],
    };
  }

  async sendingAddresses(accountId: AccountId): Promise<string[]> {
    const items = await this.rows.under(keys.senderPartition(accountId), "");
    const rank = (item: Item) => (item.primary ? 0 : 1);
    return items.sort((a, b) => rank(a) - rank(b)).map((item) => item.sk!.S!);
  }

  async putEntry(
    entry: DirectoryEntry,
    options: { aliases?: readonly string[]; members?: readonly string[] } = {},
  ): Promise<{ outcome: "stored" } | { outcome: "addressTaken"; address: string }> {
    const before = await this.rows.get(keys.entry(entry.entryId));
    const aliases = options.aliases ?? (before?.addresses ? (unpack(before.addresses) as EntryAddresses).aliases : []);
    const addresses = entry.status === "deleted" ? [] : [...new Set([...(entry.mail ? [entry.mail] : []), ...aliases])];
    const target = targetOf(entry);
    for (const address of target ? addresses : []) {
      if (!(await this.claimAddress(address, entry.entryId, target!))) return { outcome: "addressTaken", address };
    }
    await this.dynamo.call("PutItem", {
      TableName: this.table,
      Item: { ...keys.entry(entry.entryId), d: packed(entry), addresses: packed({ aliases }) },
    });
    await this.putListed(before && (unpack(before.d) as DirectoryEntry), entry);
    // Changes of the directory are few: about one in a second in a service of a million people.
    const add = { UpdateExpression: "ADD n :one", ExpressionAttributeValues: { ":one": { N: "1" } } };
    await this.dynamo.call("UpdateItem", { TableName: this.table, Key: keys.version(), ...add });
    const { subject, entryId } = entry;
    if (subject) await this.dynamo.call("PutItem", { TableName: this.table, Item: { ...keys.subject(subject), entryId: { S: entryId } } });
    await this.dropFormerAddresses(before, new Set(target ? addresses : []));
    if (entry.accountId) await this.putSenders(entry.accountId, entry.kind === "list" ? [] : addresses);
    if (options.members) await this.lists.setMembers(entry.entryId, options.members);
    return { outcome: "stored" };
  }

  async grantAccess(principal: EntryId, account: AccessibleAccount): Promise<void> {
    // Whoever dies between the two has left nobody with a right that could not be found again.
    await this.rows.put(keys.holder(account.accountId, principal));
    await this.rows.put({ ...keys.access(principal, account.accountId), d: packed(account) });
  }

  async revokeAccess(principal: EntryId, accountId: AccountId): Promise<void> {
    await this.rows.delete(keys.access(principal, accountId));
    await this.rows.delete(keys.holder(accountId, principal));
  }

  async holdersOf(accountId: AccountId): Promise<EntryId[]> {
    return (await this.rows.under(keys.holderPartition(accountId), "")).map((item) => item.sk!.S as EntryId);
  }

  async reachOf(entryId: EntryId): Promise<{ whole: AccountId[]; shared: AccountId[] }> {
    const items = await this.openTo(entryId);
    const under = (prefix: string) => items.filter((item) => item.sk!.S!.startsWith(prefix));
    const shares = under("B#").map((item) => unpack(item.d) as Share);
    return {
      whole: under("A#").map((item) => item.sk!.S!.slice("A#".length) as AccountId),
      shared: shares.filter(({ account }) => account).map(({ accountId }) => accountId),
    };
  }

  async leaveLists(entryId: EntryId): Promise<EntryId[]> {
    return this.lists.leave(addressesOf(await this.rows.get(keys.entry(entryId))));
  }

  async putShare(principal: EntryId, share: Share): Promise<void> {
    try {
      await this.dynamo.call("PutItem", {
        TableName: this.table,
        Item: { ...keys.share(principal, share.accountId), d: packed(share), seq: { N: String(share.seq) } },
        ConditionExpression: "attribute_not_exists(pk) OR seq <= :seq",
        ExpressionAttributeValues: { ":seq": { N: String(share.seq) } },
      });
    } catch (error) {
      // Someone who saw more of the log was here.
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }

  private async putListed(before: DirectoryEntry | undefined, entry: DirectoryEntry): Promise<void> {
    const { entryId, kind, displayName, mail, jobTitle, specialty, place, organisationId, accountId, status } = entry;
    const listed: ListedEntry = { entryId, kind, displayName, mail, jobTitle, specialty, place, organisationId, accountId, status };
    const former = before?.organisationId;
    if (organisationId) await this.rows.put({ ...keys.listed(organisationId, entryId), d: packed(listed) });
    if (former && former !== organisationId) await this.rows.delete(keys.listed(former, entryId));
  }

  /** The entry and what it may open: not the members of a list, which sort after. */
  private openTo(entryId: EntryId): Promise<Item[]> {
    return this.rows.between(keys.entryPartition(entryId), "A#", "E");
  }

  private async entryIdOfSubject(subject: string): Promise<EntryId | null> {
    const known = this.entryOfSubject.get(subject);
    if (known) return known;
    const item = await this.rows.get(keys.subject(subject));
    const entryId = item?.entryId?.S as EntryId | undefined;
    if (entryId) this.entryOfSubject.set(subject, entryId);
    return entryId ?? null;
  }

  /** An address belongs to one entry: false when another has it. */
  private async claimAddress(address: string, entryId: EntryId, target: AddressTarget): Promise<boolean> {
    try {
      await this.dynamo.call("PutItem", {
        TableName: this.table,
        Item: { ...keys.address(address), d: packed(target), owner: { S: entryId } },
        ConditionExpression: "attribute_not_exists(pk) OR #owner = :owner",
        ExpressionAttributeNames: { "#owner": "owner" },
        ExpressionAttributeValues: { ":owner": { S: entryId } },
      });
      return true;
    } catch (error) {
      if (error instanceof ConditionFailed) return false;
      throw error;
    }
  }

  private async dropFormerAddresses(before: Item | undefined, kept: ReadonlySet<string>): Promise<void> {
    const former = addressesOf(before).filter((address) => !kept.has(address));
    await this.rows.delete(...[...new Set(former)].map((address) => keys.address(address)));
  }

  private async putSenders(accountId: AccountId, addresses: readonly string[]): Promise<void> {
    const before = await this.sendingAddresses(accountId);
    const gone = before.filter((address) => !addresses.includes(address));
    await this.rows.put(
      ...addresses.map((address, index) => ({ ...keys.sender(accountId, address), ...(index === 0 && { primary: { BOOL: true } }) })),
    );
    await this.rows.delete(...gone.map((address) => keys.sender(accountId, address)));
  }
}

/** Primary address and aliases of a stored entry. */
const addressesOf = (stored: Item | undefined): string[] => {
  if (!stored) return [];
  const { mail } = unpack(stored.d) as DirectoryEntry;
  const { aliases } = stored.addresses ? (unpack(stored.addresses) as EntryAddresses) : { aliases: [] };
  return [...(mail ? [mail] : []), ...aliases];
};

/** What mail to an entry's addresses means; null for entries that receive none here. */
const targetOf = (entry: DirectoryEntry): AddressTarget | null => {
  if (entry.kind === "list") return { kind: "list", entryId: entry.entryId };
  return entry.accountId ? { kind: "account", entryId: entry.entryId, accountId: entry.accountId } : null;
};
