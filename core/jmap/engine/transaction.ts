/**
 * The changes that one method call makes to an account, laid over the state they started from: later steps of the call see earlier
 * ones, any step can be taken back, and the whole becomes one Plan.
 */
import type { EmailId, MailboxId } from "../../ids.ts";
import type { AccountState, Plan } from "../../log/api.ts";
import type { EmailRow, EmailUpdate, RecordChange } from "../../log/entry.ts";

type NewEmail = Omit<EmailRow, "uid">;

/** What an update sets on one Email; absent: untouched. */
export interface EmailPatch {
  readonly addKeywords?: readonly string[];
  readonly removeKeywords?: readonly string[];
  readonly setKeywords?: readonly string[];
  readonly addMailboxIds?: readonly MailboxId[];
  readonly removeMailboxIds?: readonly MailboxId[];
  readonly setMailboxIds?: readonly MailboxId[];
}

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

  constructor(state: AccountState) {
    this.state = state;
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

  destroyEmail(row: number): void {
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
    this.patchEmail(row, this.#patches.has(row) ? { setMailboxIds: rest } : { removeMailboxIds: [mailboxId] });
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
    const updated = this.#emailUpdates();
    const created = [...this.#createdEmails.values()];
    const destroyedUids = [...this.#destroyedRows].map((row) => this.state.emails.uid(row));
    const hasEmail = created.length + updated.length + destroyedUids.length > 0;
    if (!hasEmail && records.length === 0 && this.#hasRules === undefined) return null;
    return {
      actor,
      ...(hasEmail && {
        email: {
          ...(created.length > 0 && { created }),
          ...(updated.length > 0 && { updated }),
          ...(destroyedUids.length > 0 && { destroyedUids }),
        },
      }),
      ...(records.length > 0 && { records }),
      ...(this.#hasRules !== undefined && { hasRules: this.#hasRules }),
    };
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
    const alike = new Map<string, EmailPatch & { uids: number[] }>();
    for (const [row, patch] of this.#patches) {
      const key = JSON.stringify(patch);
      const uid = this.state.emails.uid(row);
      const known = alike.get(key);
      if (known) known.uids.push(uid);
      else alike.set(key, { uids: [uid], ...patch });
    }
    return [...alike.values()];
  }
}
