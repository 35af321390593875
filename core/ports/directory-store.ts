import type { AccountId, EntryId } from "../ids.ts";

/** What an address stands for. Addresses are in the form `normaliseAddress` gives. */
export type AddressTarget =
  | { kind: "account"; entryId: EntryId; accountId: AccountId }
  | { kind: "alias"; address: string }
  | { kind: "list"; entryId: EntryId };

/** RFC 4511-flavoured entry of the staff directory. Absent optional attributes are absent, never "". */
export interface DirectoryEntry {
  readonly entryId: EntryId;
  readonly kind: "person" | "sharedMailbox" | "list" | "organisation" | "application" | "externalContact";
  readonly displayName: string;
  readonly givenName?: string;
  readonly surname?: string;
  readonly jobTitle?: string;
  readonly specialty?: string;
  readonly place?: string;
  readonly phone?: string;
  /** Primary address. */
  readonly mail?: string;
  readonly organisationId?: EntryId;
  /** ODS code, for organisations. */
  readonly odsCode?: string;
  readonly accountId?: AccountId;
  /** Cognito `sub` of a person. */
  readonly subject?: string;
  readonly status: "active" | "disabled" | "deleted";
  readonly quotaOctets?: number;
}

/** Someone signed in. `accounts` are those they may open, their own first. */
export interface Principal {
  readonly entryId: EntryId;
  readonly displayName: string;
  readonly mail: string;
  readonly organisationId: EntryId;
  readonly accountId: AccountId;
  readonly accounts: readonly AccessibleAccount[];
}

export interface AccessibleAccount {
  readonly accountId: AccountId;
  readonly name: string;
  readonly mail: string;
  /** Whether it belongs to the principal (RFC 8620 §2), as against being shared with them. */
  readonly isPersonal: boolean;
  /** `shared`: nothing on the account as a whole, but rights on some of its Mailboxes, which the account's own log states. */
  readonly rights: "owner" | "readWrite" | "readOnly" | "shared";
  /** Entry of the person or shared mailbox whose account it is, where known. */
  readonly ownerId?: EntryId;
  /** Of a `shared` account: whether the principal is subscribed to a Mailbox there (RFC 9670 §1.4), and may change anything. */
  readonly isSubscribed?: boolean;
  readonly mayWrite?: boolean;
}

/** What an account shares with a principal by the Mailbox, as of a position of its log. */
export interface Share {
  /** `rights` is `shared`; null: nothing any more. */
  readonly account: AccessibleAccount | null;
  readonly accountId: AccountId;
  /** Sequence of the log it was read off: of two writers the one who saw more wins. */
  readonly seq: number;
}

/** What a search among principals needs to know of an entry (RFC 9670 §2). */
export type ListedEntry = Pick<
  DirectoryEntry,
  "entryId" | "kind" | "displayName" | "mail" | "jobTitle" | "specialty" | "place" | "organisationId" | "accountId" | "status"
>;

export interface DirectoryStore {
  /** What each address stands for; unknown addresses are left out. One round trip per 100. */
  resolve(addresses: readonly string[]): Promise<Map<string, AddressTarget>>;
  /** Member addresses of a list (static), at most `limit` (throws PoisonError past it). */
  listMembers(listId: EntryId, limit: number): Promise<string[]>;
  getEntry(entryId: EntryId): Promise<DirectoryEntry | null>;
  /** Entries by id, absent ones left out. One round trip per 100. */
  getEntries(entryIds: readonly EntryId[]): Promise<DirectoryEntry[]>;
  /** Entries of an organisation, at most `limit`; null when there are more. */
  listOrganisation(organisationId: EntryId, limit: number): Promise<ListedEntry[] | null>;
  /** Another one after each change of an entry. */
  version(): Promise<string>;
  /** Entry of the person or shared mailbox whose account it is; null when it has no address. */
  ownerOf(accountId: AccountId): Promise<DirectoryEntry | null>;
  /** Principal of a Cognito subject; null when unknown or not active. */
  principalOf(subject: string): Promise<Principal | null>;
  /** Identity addresses (primary, aliases, shared mailboxes with send rights) that the account may send from. */
  sendingAddresses(accountId: AccountId): Promise<string[]>;

  /** Writes an entry with its address, subject and access rows. Aliases and members are replaced when given, kept when not. */
  putEntry(
    entry: DirectoryEntry,
    options?: { aliases?: readonly string[]; members?: readonly string[] },
  ): Promise<{ outcome: "stored" } | { outcome: "addressTaken"; address: string }>;
  /** Lets `principal` open `account` as a whole; and no more. */
  grantAccess(principal: EntryId, account: AccessibleAccount): Promise<void>;
  revokeAccess(principal: EntryId, accountId: AccountId): Promise<void>;
  /** Entries to which the account is open as a whole. */
  holdersOf(accountId: AccountId): Promise<EntryId[]>;
  /** Accounts that are open to an entry, whether or not it may sign in now: as a whole, and by what they share. Not its own. */
  reachOf(entryId: EntryId): Promise<{ readonly whole: readonly AccountId[]; readonly shared: readonly AccountId[] }>;
  /** Takes the addresses of an entry out of every list; gives the lists. */
  leaveLists(entryId: EntryId): Promise<EntryId[]>;
  /** Makes known to `principal` what an account shares with them. It gives no right: the account's log does. */
  putShare(principal: EntryId, share: Share): Promise<void>;
}
