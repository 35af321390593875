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
  readonly isPersonal: boolean;
  readonly rights: "owner" | "readWrite" | "readOnly";
}

export interface DirectoryStore {
  /** What each address stands for; unknown addresses are left out. One round trip per 100. */
  resolve(addresses: readonly string[]): Promise<Map<string, AddressTarget>>;
  /** Member addresses of a list (static), at most `limit` (throws PoisonError past it). */
  listMembers(listId: EntryId, limit: number): Promise<string[]>;
  getEntry(entryId: EntryId): Promise<DirectoryEntry | null>;
  /** Principal of a Cognito subject; null when unknown or not active. */
  principalOf(subject: string): Promise<Principal | null>;
  /** Identity addresses (primary, aliases, shared mailboxes with send rights) that the account may send from. */
  sendingAddresses(accountId: AccountId): Promise<string[]>;

  /** Writes an entry with its address, subject and access rows. Aliases and members are replaced when given, kept when not. */
  putEntry(
    entry: DirectoryEntry,
    options?: { aliases?: readonly string[]; members?: readonly string[] },
  ): Promise<{ outcome: "stored" } | { outcome: "addressTaken"; address: string }>;
  /** Lets `principal` open `account`. */
  grantAccess(principal: EntryId, account: AccessibleAccount): Promise<void>;
}
