/**
 * MailboxRights (RFC 8621 §2) with mayShare (draft-ietf-jmap-mail-sharing): what a principal may do with a Mailbox, from what was granted on
 * the whole account and on the Mailbox itself (RFC 9670 §4 shareWith). Pure; refuses by default.
 */
import { protectedRoles } from "../mail/standard-mailboxes.ts";
import type { AccessibleAccount } from "../ports/directory-store.ts";
import { isObject, type Kind } from "./engine/kinds.ts";
import type { StoredMailbox } from "./records.ts";

/** A right and the letter that stands for it in a stored Mailbox. */
const LETTERS = {
  mayReadItems: "r",
  mayAddItems: "a",
  mayRemoveItems: "d",
  maySetSeen: "s",
  maySetKeywords: "k",
  mayCreateChild: "c",
  mayRename: "n",
  mayDelete: "x",
  maySubmit: "p",
  mayShare: "h",
} as const;

export type MailboxRight = keyof typeof LETTERS;
export type MailboxRights = Readonly<Record<MailboxRight, boolean>>;

const NAMES = Object.keys(LETTERS) as MailboxRight[];
/** Rights by which something of the account is changed. */
const CHANGING = NAMES.filter((name) => name !== "mayReadItems");

const rightsWhere = (holds: (name: MailboxRight) => boolean): MailboxRights =>
  Object.fromEntries(NAMES.map((name) => [name, holds(name)])) as MailboxRights;

const ALL = rightsWhere(() => true);
const ALL_BUT_SHARING = rightsWhere((name) => name !== "mayShare");
const READING = rightsWhere((name) => name === "mayReadItems");

/** By what is granted on the whole account; a share gives nothing by itself. */
const ofAccount: Readonly<Record<AccessibleAccount["rights"], MailboxRights | null>> = {
  owner: ALL,
  readWrite: ALL_BUT_SHARING,
  readOnly: READING,
  shared: null,
};

export const rightsOfLetters = (letters: string): MailboxRights => rightsWhere((name) => letters.includes(LETTERS[name]));
export const lettersOfRights = (rights: Readonly<Record<string, unknown>>): string =>
  NAMES.filter((name) => rights[name] === true)
    .map((name) => LETTERS[name])
    .join("");
export const lettersOfNames = (names: readonly string[]): string => lettersOfRights(Object.fromEntries(names.map((name) => [name, true])));
export const namesOfLetters = (letters: string): MailboxRight[] => NAMES.filter((name) => letters.includes(LETTERS[name]));

/** As `shareWith` states them: some of the names, true or false. */
export const mailboxRightsKind: Kind = (value) =>
  isObject(value) && Object.entries(value).every(([name, held]) => Object.hasOwn(LETTERS, name) && typeof held === "boolean")
    ? null
    : `an object whose names are of ${NAMES.join(", ")} and whose values are Booleans`;

export const rightsOn = (account: AccessibleAccount, entryId: string, stored: StoredMailbox): MailboxRights => {
  const rights = ofAccount[account.rights] ?? rightsOfLetters(sharedLetters(stored, entryId));
  return isFixed(stored) && rights.mayDelete ? { ...rights, mayDelete: false } : rights;
};

/** Delivery needs it: no one may destroy it, whatever was granted. */
const isFixed = ({ role }: StoredMailbox): boolean => role !== null && protectedRoles.has(role);

/** What of granted rights is held: myRights, not what `shareWith` says. */
export const heldLetters = (stored: StoredMailbox, letters: string): string =>
  isFixed(stored) ? letters.replace(LETTERS.mayDelete, "") : letters;

export const sharedLetters = ({ shareWith }: StoredMailbox, entryId: string): string =>
  shareWith !== undefined && Object.hasOwn(shareWith, entryId) ? shareWith[entryId]! : "";

export const mayChangeAnything = (rights: MailboxRights): boolean => CHANGING.some((name) => rights[name]);
