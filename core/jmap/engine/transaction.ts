/**
 * The changes that one method call makes to an account, laid over the state they started from: later steps of the call see earlier
 * ones, any step can be taken back, and the whole becomes one Plan.
 */
import type { EmailId, MailboxId } from "../../ids.ts";
import type { AccountState, Plan } from "../../log/api.ts";
import type { EmailRow, EmailUpdate, RecordChange, ShareChange } from "../../log/entry.ts";
import type { MailboxRight, MailboxRights } from "../mailbox-rights.ts";
import type { StoredMailbox } from "../records.ts";
import { shareChanges } from "./share-changes.ts";

type NewEmail = Omit<EmailRow, "uid">;

/** What an update sets on one Email; absent: untouched. */
export interface EmailPatch {
  readonly addKeywords?: readonly string[];
  readonly removeKeywords?: readonly string[];
  readonly addMailboxIds?: readonly MailboxId[];
  readonly removeMailboxIds?: readonly MailboxId[];
  readonly setMailboxIds?: readonly MailboxId[];
}

const SEEN = "$seen";
const GONE = Symbol("gone");

export class Transaction {
  readonly state: AccountState;
  readonly #records = new Map<string, Map<string, object | typeof GONE>>();
  readonly #createdEmails = new Map<EmailId, NewEmail>();
  readonly #patches = new Map<number, EmailPatch>();
  readonly #destroyedRows = new Set<number>();
  /** Octets that created Emails add, less what destroyed ones free. */
  #octets = 0;
  #hasRules: boolean | undefined;
  readonly #newReaders = new Set<string>();
  readonly #rightsOn: (stored: StoredMailbox) => MailboxRights;

  readonly #whole: AccountState;

  /** `whole` is the account, `state` what the one who asks sees of it; with their rights on each Mailbox. */
  constructor(whole: AccountState, state: AccountState, rightsOn: (stored: StoredMailbox) => MailboxRights) {
    this.#whole = whole;
    this.state = state;
    this.#rightsOn = rightsOn;
  }

  /** Records that the one who asks may not see, for rules that hold over all of them. */
  *hiddenRecords<Stored extends object>(type: string): Generator<Stored> {
    const shown = this.state.records(type);
    for (const [id, stored] of this.#whole.records(type)) if (!shown.has(id)) yield stored as Stored;
  }

  /** Whether a Mailbox that is there lets the one who asks do that (RFC 8621 §2 MailboxRights). */
  may(right: MailboxRight, mailboxId: string): boolean {
    const stored = this.record<StoredMailbox>("Mailbox", mailboxId);
    return stored !== undefined && this.#rightsOn(stored)[right];
  }

  /** To someone new among the account's readers, what its owner has read until now counts as read. */
  addReader(entryId: string): void {
    this.#newReaders.add(entryId);
  }

  record<Stored extends object>(type: string, id: string): Stored | undefined {
    const own = this.#records.get(type)?.get(id);
    if (own === GONE) return undefined;
    return (own ?? this.state.records(type).get(id)) as Stored | undefined;
  }

  /** Present records of a type with the changes so far. */
  *records<Stored extends object>(type: string): Generator<[string, Stored]> {
    const own = this.#records.get(type);
    for (const [id, stored] of this.state.records(type)) if (!own?.has(id)) yield [id, stored as Stored];
    for (const [id, stored] of own ?? []) if (stored !== GONE) yield [id, stored as Stored];
  }

  putRecord(type: string, id: string, stored: object): void {
    this.#overlay(type).set(id, stored);
  }

  removeRecord(type: string, id: string): void {
    if (this.state.records(type).has(id)) this.#overlay(type).set(id, GONE);
    else this.#overlay(type).delete(id);
  }

  /** Takes back what this call did to a record. */
  revertRecord(type: string, id: string): void {
    this.#records.get(type)?.delete(id);
  }

  #overlay(type: string): Map<string, object | typeof GONE> {
    let own = this.#records.get(type);
    if (!own) this.#records.set(type, (own = new Map()));
    return own;
  }

  /** Octets that the account would hold. */
  get octets(): number {
    return this.state.totals.octets + this.#octets;
  }

  isOverQuota(moreOctets: number): boolean {
    const { quotaOctets } = this.state.totals;
    return quotaOctets > 0 && this.octets + moreOctets > quotaOctets;
  }

  createEmail(email: NewEmail): void {
    this.#createdEmails.set(email.id, email);
    this.#octets += email.sizeOctets;
  }

  createdEmail(id: string): NewEmail | undefined {
    return this.#createdEmails.get(id as EmailId);
  }

  revertEmail(id: string): void {
    const created = this.#createdEmails.get(id as EmailId);
    if (!created) return;
    this.#createdEmails.delete(created.id);
    this.#octets -= created.sizeOctets;
  }

  /** Row of a living Email that this call has not destroyed; -1 otherwise. */
  rowOf(id: string): number {
    const row = this.state.emails.rowOf(id as EmailId);
    return row >= 0 && this.#destroyedRows.has(row) ? -1 : row;
  }

  patchEmail(row: number, patch: EmailPatch): void {
    this.#patches.set(row, patch);
  }

  /** In Mailboxes that the one who asks may not see, an Email stays: it goes out of their sight only. */
  destroyEmail(row: number): void {
    if (this.state.emails.hiddenMailboxIds(row).length > 0) {
      this.patchEmail(row, { removeMailboxIds: this.state.emails.mailboxIds(row) });
      return;
    }
    this.#destroyedRows.add(row);
    this.#patches.delete(row);
    this.#octets -= this.state.emails.sizeOctets(row);
  }

  /** Mailboxes of an Email with the changes so far. */
  mailboxIds(row: number): readonly MailboxId[] {
    const present = this.state.emails.mailboxIds(row);
    const patch = this.#patches.get(row);
    if (!patch) return present;
    if (patch.setMailboxIds) return patch.setMailboxIds;
    const kept = present.filter((mailboxId) => !patch.removeMailboxIds?.includes(mailboxId));
    for (const mailboxId of patch.addMailboxIds ?? []) if (!kept.includes(mailboxId)) kept.push(mailboxId);
    return kept;
  }

  /** Takes an Email out of one Mailbox; out of its last one it is destroyed. */
  removeFromMailbox(row: number, mailboxId: MailboxId): "moved" | "destroyed" {
    const rest = this.mailboxIds(row).filter((other) => other !== mailboxId);
    if (rest.length === 0) {
      this.destroyEmail(row);
      return "destroyed";
    }
    const { emails } = this.state;
    const all = [...rest, ...emails.hiddenMailboxIds(row)];
    this.patchEmail(row, this.#patches.has(row) ? { setMailboxIds: all } : { removeMailboxIds: [mailboxId] });
    return "moved";
  }

  *createdEmails(): Generator<NewEmail> {
    yield* this.#createdEmails.values();
  }

  /** Ids of the Emails that this call destroys. */
  destroyedEmails(): EmailId[] {
    return [...this.#destroyedRows].map((row) => this.state.emails.id(row));
  }

  setRules(hasRules: boolean): void {
    this.#hasRules = hasRules;
  }

  /** Everything as one commit; null when nothing changes. */
  plan(actor: string): Plan | null {
    const records = this.#recordChanges();
    const shares = this.#shareChanges(records);
    const updated = this.#emailUpdates();
    const created = [...this.#createdEmails.values()].map((email) => this.#ownSeen(email));
    const destroyedUids = [...this.#destroyedRows].map((row) => this.state.emails.uid(row));
    const readers = [...this.#newReaders];
    const hasEmail = created.length + updated.length + destroyedUids.length + readers.length > 0;
    if (!hasEmail && records.length === 0 && this.#hasRules === undefined) return null;
    return {
      actor,
      ...(hasEmail && {
        email: {
          ...(created.length > 0 && { created }),
          ...(updated.length > 0 && { updated }),
          ...(destroyedUids.length > 0 && { destroyedUids }),
          ...(readers.length > 0 && { readers }),
        },
      }),
      ...(records.length > 0 && { records }),
      ...(shares.length > 0 && { shares }),
      ...(this.#hasRules !== undefined && { hasRules: this.#hasRules }),
    };
  }

  /** What a reader marks is the reader's own: `$seen` of an account is its owner's (core/log/readers.ts). */
  #ownSeen(email: NewEmail): NewEmail {
    const { reader } = this.state;
    if (reader === null || !email.keywords.includes(SEEN)) return email;
    return { ...email, keywords: email.keywords.filter((keyword) => keyword !== SEEN), seenBy: reader };
  }

  #shareChanges(records: readonly RecordChange[]): ShareChange[] {
    const mailboxes = records.find(({ type }) => type === "Mailbox");
    return mailboxes ? shareChanges(this.state.records("Mailbox") as ReadonlyMap<string, StoredMailbox>, mailboxes) : [];
  }

  #recordChanges(): RecordChange[] {
    const changes: RecordChange[] = [];
    for (const [type, own] of this.#records) {
      const before = this.state.records(type);
      const created: Record<string, object> = {};
      const updated: Record<string, object> = {};
      const destroyed: string[] = [];
      for (const [id, stored] of own) {
        if (stored === GONE) destroyed.push(id);
        else if (before.has(id)) updated[id] = stored;
        else created[id] = stored;
      }
      if (own.size === 0) continue;
      changes.push({
        type,
        ...(Object.keys(created).length > 0 && { created }),
        ...(Object.keys(updated).length > 0 && { updated }),
        ...(destroyed.length > 0 && { destroyed }),
      });
    }
    return changes;
  }

  /** Emails that change alike share one update: 5,000 messages marked read are one list of numbers. */
  #emailUpdates(): EmailUpdate[] {
    const alike = new Map<string, Omit<EmailUpdate, "uids"> & { uids: number[] }>();
    for (const [row, patch] of this.#patches) {
      const update = ownSeenOf(patch, this.state.reader);
      const key = JSON.stringify(update);
      const uid = this.state.emails.uid(row);
      const known = alike.get(key);
      if (known) known.uids.push(uid);
      else alike.set(key, { uids: [uid], ...update });
    }
    return [...alike.values()];
  }
}

/** The patch with a reader's `$seen` told apart from the stored one. */
const ownSeenOf = (patch: EmailPatch, reader: string | null): Omit<EmailUpdate, "uids"> => {
  const { addKeywords = [], removeKeywords = [], ...rest } = patch;
  const isSeen = addKeywords.includes(SEEN);
  if (reader === null || !(isSeen || removeKeywords.includes(SEEN))) return patch;
  const [added, removed] = [addKeywords, removeKeywords].map((names) => names.filter((name) => name !== SEEN));
  return {
    ...rest,
    ...(added!.length > 0 && { addKeywords: added! }),
    ...(removed!.length > 0 && { removeKeywords: removed! }),
    seenBy: { reader, isSeen },
  };
};
