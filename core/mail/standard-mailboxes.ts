/** Mailboxes that every account begins with. Their ids are fixed, so that mail is filed without loading the account. */
import type { MailboxId } from "../ids.ts";

/** A Mailbox as the log stores it (RFC 8621 §2, less what the server computes). */
export interface MailboxRecord {
  readonly name: string;
  readonly parentId: MailboxId | null;
  /** IANA "IMAP Mailbox Name Attributes", lower case; null when none. */
  readonly role: string | null;
  readonly sortOrder: number;
  readonly isSubscribed: boolean;
  /** By directory entry, the letters of the rights that the owner gave it (core/jmap/mailbox-rights.ts); absent: not shared. */
  readonly shareWith?: Readonly<Record<string, string>>;
}

const standard: readonly (readonly [id: string, name: string, sortOrder: number])[] = [
  ["inbox", "Inbox", 1],
  ["drafts", "Drafts", 2],
  ["sent", "Sent", 3],
  ["archive", "Archive", 4],
  ["junk", "Junk", 5],
  ["trash", "Deleted items", 6],
];

export const standardMailboxes: Readonly<Record<string, MailboxRecord>> = Object.fromEntries(
  standard.map(([id, name, sortOrder]) => [id, { name, parentId: null, role: id, sortOrder, isSubscribed: true }]),
);

/** Roles whose Mailbox cannot be destroyed or lose its role: delivery and sending rely on them. */
export const protectedRoles: ReadonlySet<string> = new Set(["inbox", "junk", "trash", "drafts", "sent"]);

/** The fixed id of a role that delivery files into. */
export const mailboxIdOfRole = (role: "inbox" | "junk" | "sent" | "drafts"): MailboxId => role as MailboxId;
