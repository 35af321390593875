/**
 * The directory table: address rows (who an address stands for), one partition an entry (the entry, its list members, the accounts it may
 * open as a whole or in part), one partition an account with the addresses it may send from, one an organisation with what a search needs of
 * its entries, and the subject of each person who signs in.
 */
import { PoisonError } from "../core/errors.ts";
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
import { batchGet, batchWrite, ConditionFailed, type Dynamo, type Item, queryAll } from "./dynamo.ts";
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
  /** A subject never changes hands, so who it is may be remembered for the life of the process. */
  private readonly entryOfSubject = new Map<string, EntryId>();

  /** Lookups of the concurrent jobs of a batch share their round trips. */
  private readonly lookUp: (addresses: readonly string[]) => Promise<Map<string, AddressTarget>>;

  constructor(dynamo: Dynamo, table: string) {
    this.dynamo = dynamo;
    this.table = table;
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

  async listMembers(listId: EntryId, limit: number): Promise<string[]> {
    const items = await this.rows(keys.entryPartition(listId), "M#", limit + 1);
    if (items.length > limit) throw new PoisonError("a list has more members than may be expanded");
    return items.map((item) => item.sk!.S!.slice("M#".length));
  }

  async getEntry(entryId: EntryId): Promise<DirectoryEntry | null> {
    const item = await this.item(keys.entry(entryId));
    return item ? (unpack(item.d) as DirectoryEntry) : null;
  }

  async getEntries(entryIds: readonly EntryId[]): Promise<DirectoryEntry[]> {
    const wanted = [...new Set(entryIds)].map((entryId) => keys.entry(entryId));
    return (await batchGet(this.dynamo, this.table, wanted)).map((item) => unpack(item.d) as DirectoryEntry);
  }

  async listOrganisation(organisationId: EntryId, limit: number): Promise<ListedEntry[] | null> {
    const items = await this.rows(keys.organisationPartition(organisationId), "", limit + 1);
    return items.length > limit ? null : items.map((item) => unpack(item.d) as ListedEntry);
  }

  async version(): Promise<string> {
    return (await this.item(keys.version()))?.n?.N ?? "0";
  }

  async ownerOf(accountId: AccountId): Promise<DirectoryEntry | null> {
    const [address] = await this.sendingAddresses(accountId);
    const target = address === undefined ? undefined : (await this.resolve([address])).get(address);
    return target?.kind === "account" ? this.getEntry(target.entryId) : null;
  }

  async principalOf(subject: string): Promise<Principal | null> {
    const entryId = await this.entryIdOfSubject(subject);
    if (!entryId) return null;
    const items = await this.partition(entryId);
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
    const items = await this.rows(keys.senderPartition(accountId), "");
    const rank = (item: Item) => (item.primary ? 0 : 1);
    return items.sort((a, b) => rank(a) - rank(b)).map((item) => item.sk!.S!);
  }

  async putEntry(
    entry: DirectoryEntry,
    options: { aliases?: readonly string[]; members?: readonly string[] } = {},
  ): Promise<{ outcome: "stored" } | { outcome: "addressTaken"; address: string }> {
    const before = await this.item(keys.entry(entry.entryId));
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
    if (options.members) await this.putMembers(entry.entryId, options.members);
    return { outcome: "stored" };
  }

  async grantAccess(principal: EntryId, account: AccessibleAccount): Promise<void> {
    // Whoever dies between the two has left nobody with a right that could not be found again.
    await this.dynamo.call("PutItem", { TableName: this.table, Item: keys.holder(account.accountId, principal) });
    await this.dynamo.call("PutItem", {
      TableName: this.table,
      Item: { ...keys.access(principal, account.accountId), d: packed(account) },
    });
  }

  async revokeAccess(principal: EntryId, accountId: AccountId): Promise<void> {
    await this.dynamo.call("DeleteItem", { TableName: this.table, Key: keys.access(principal, accountId) });
    await this.dynamo.call("DeleteItem", { TableName: this.table, Key: keys.holder(accountId, principal) });
  }

  async holdersOf(accountId: AccountId): Promise<EntryId[]> {
    return (await this.rows(keys.holderPartition(accountId), "")).map((item) => item.sk!.S as EntryId);
  }

  async reachOf(entryId: EntryId): Promise<{ whole: AccountId[]; shared: AccountId[] }> {
    const items = await this.partition(entryId);
    const under = (prefix: string) => items.filter((item) => item.sk!.S!.startsWith(prefix));
    const shares = under("B#").map((item) => unpack(item.d) as Share);
    return {
      whole: under("A#").map((item) => item.sk!.S!.slice("A#".length) as AccountId),
      shared: shares.filter(({ account }) => account).map(({ accountId }) => accountId),
    };
  }

  async leaveLists(entryId: EntryId): Promise<EntryId[]> {
    const item = await this.item(keys.entry(entryId));
    const memberships = await Promise.all(addressesOf(item).map((address) => this.rows(keys.addressPartition(address), "M#")));
    const left = memberships.flat().map(({ pk, sk }) => ({
      address: pk!.S!.slice(keys.addressPartition("").length),
      listId: sk!.S!.slice("M#".length) as EntryId,
    }));
    await this.deleteRows(left.map(({ address, listId }) => keys.member(listId, address)));
    await this.deleteRows(left.map(({ address, listId }) => keys.membership(address, listId)));
    return [...new Set(left.map(({ listId }) => listId))];
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
    await batchWrite(this.dynamo, this.table, [
      ...(organisationId ? [{ PutRequest: { Item: { ...keys.listed(organisationId, entryId), d: packed(listed) } } }] : []),
      ...(former && former !== organisationId ? [{ DeleteRequest: { Key: keys.listed(former, entryId) } }] : []),
    ]);
  }

  private async item(key: Item): Promise<Item | undefined> {
    return (await this.dynamo.call("GetItem", { TableName: this.table, Key: key, ConsistentRead: true })).Item;
  }

  private rows(pk: string, prefix: string, limit?: number): Promise<Item[]> {
    return queryAll(
      this.dynamo,
      {
        TableName: this.table,
        KeyConditionExpression: prefix ? "pk = :pk AND begins_with(sk, :prefix)" : "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: pk }, ...(prefix && { ":prefix": { S: prefix } }) },
      },
      limit,
    );
  }

  /** The entry and what it may open: not the members of a list, which sort after. */
  private partition(entryId: EntryId): Promise<Item[]> {
    return queryAll(this.dynamo, {
      TableName: this.table,
      KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
      ExpressionAttributeValues: { ":pk": { S: keys.entryPartition(entryId) }, ":from": { S: "A#" }, ":to": { S: "E" } },
    });
  }

  private async entryIdOfSubject(subject: string): Promise<EntryId | null> {
    const known = this.entryOfSubject.get(subject);
    if (known) return known;
    const item = await this.item(keys.subject(subject));
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
    await this.deleteRows([...new Set(former)].map((address) => keys.address(address)));
  }

  private deleteRows(rows: readonly Item[]): Promise<void> {
    return batchWrite(
      this.dynamo,
      this.table,
      rows.map((Key) => ({ DeleteRequest: { Key } })),
    );
  }

  private async putSenders(accountId: AccountId, addresses: readonly string[]): Promise<void> {
    const before = await this.sendingAddresses(accountId);
    const gone = before.filter((address) => !addresses.includes(address));
    await batchWrite(this.dynamo, this.table, [
      ...addresses.map((address, index) => ({
        PutRequest: { Item: { ...keys.sender(accountId, address), ...(index === 0 && { primary: { BOOL: true } }) } },
      })),
      ...gone.map((address) => ({ DeleteRequest: { Key: keys.sender(accountId, address) } })),
    ]);
  }

  private async putMembers(listId: EntryId, members: readonly string[]): Promise<void> {
    const wanted = new Set(members);
    const before = new Set((await this.rows(keys.entryPartition(listId), "M#")).map((item) => item.sk!.S!.slice("M#".length)));
    const added = [...wanted].filter((address) => !before.has(address));
    const gone = [...before].filter((address) => !wanted.has(address));
    // A list never reaches someone of whom it cannot be found: what leads back is there first and goes last.
    await this.putRows(added.map((address) => keys.membership(address, listId)));
    await this.putRows(added.map((address) => keys.member(listId, address)));
    await this.deleteRows(gone.map((address) => keys.member(listId, address)));
    await this.deleteRows(gone.map((address) => keys.membership(address, listId)));
  }

  private putRows(rows: readonly Item[]): Promise<void> {
    return batchWrite(
      this.dynamo,
      this.table,
      rows.map((Item) => ({ PutRequest: { Item } })),
    );
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
