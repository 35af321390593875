/** An AccountLogStore in memory, with the contract's semantics, for properties and simulation. The real one is aws/account-log-store.ts. */

import type { AccountId, EmailId, ThreadId } from "../../core/ids.ts";
import { decodeEntry, encodeEntry } from "../../core/log/codec.ts";
import type { LogEntry, Position } from "../../core/log/entry.ts";
import type { EmailItem } from "../../core/mail/email-item.ts";
import type { AccountLogStore, AppendOutcome, SnapshotPointer, UploadItem } from "../../core/ports/account-log-store.ts";

interface Partition {
  entries: { epoch: number; seq: number; octets: Uint8Array }[];
  emails: Map<EmailId, EmailItem>;
  deleted: Set<EmailId>;
  threads: Map<string, ThreadId>;
  uploads: Map<string, UploadItem>;
  rules: object | null;
  rulesFrom: Position;
  snapshot: SnapshotPointer | null;
}

export class MemoryAccountLogStore implements AccountLogStore {
  readonly partitions = new Map<AccountId, Partition>();
  /** Entries that an eventually consistent read does not show yet. */
  lagEntries = 0;
  /** Called before every operation: throw to inject a fault, await to reorder. */
  before: (operation: string) => void | Promise<void> = () => {};

  partition(accountId: AccountId): Partition {
    let partition = this.partitions.get(accountId);
    if (!partition) {
      partition = {
        entries: [],
        emails: new Map(),
        deleted: new Set(),
        threads: new Map(),
        uploads: new Map(),
        rules: null,
        rulesFrom: { epoch: 0, seq: 0 },
        snapshot: null,
      };
      this.partitions.set(accountId, partition);
    }
    return partition;
  }

  private decode(accountId: AccountId, stored: { epoch: number; seq: number; octets: Uint8Array }): LogEntry {
    return decodeEntry({ accountId, epoch: stored.epoch, seq: stored.seq }, stored.octets);
  }

  async newest(accountId: AccountId, { consistent }: { consistent: boolean } = { consistent: true }): Promise<LogEntry | null> {
    await this.before("newest");
    const stored = this.partition(accountId).entries.at(consistent ? -1 : -1 - this.lagEntries);
    return stored ? this.decode(accountId, stored) : null;
  }

  async entriesAfter(accountId: AccountId, position: Position): Promise<LogEntry[]> {
    await this.before("entriesAfter");
    const { entries } = this.partition(accountId);
    let from = entries.length;
    while (from > 0 && entries[from - 1]!.seq > position.seq) from--;
    return entries.slice(from).map((stored) => this.decode(accountId, stored));
  }

  async append(entry: LogEntry): Promise<AppendOutcome> {
    await this.before("append");
    const { entries } = this.partition(entry.accountId);
    if (entries.some((stored) => stored.epoch === entry.epoch && stored.seq === entry.seq)) return "taken";
    entries.push({ epoch: entry.epoch, seq: entry.seq, octets: encodeEntry(entry) });
    await this.before("appended");
    return "appended";
  }

  async putEmail(accountId: AccountId, item: EmailItem): Promise<{ existing: EmailItem | "deleted" | null }> {
    await this.before("putEmail");
    const { emails, deleted } = this.partition(accountId);
    if (deleted.has(item.id)) return { existing: "deleted" };
    const existing = emails.get(item.id) ?? null;
    if (!existing) emails.set(item.id, structuredClone(item));
    return { existing };
  }

  async getEmails(accountId: AccountId, ids: readonly EmailId[]): Promise<EmailItem[]> {
    await this.before("getEmails");
    const { emails } = this.partition(accountId);
    return ids.flatMap((id) => emails.get(id) ?? []);
  }

  async deleteEmails(accountId: AccountId, ids: readonly EmailId[]): Promise<void> {
    await this.before("deleteEmails");
    const { emails, deleted } = this.partition(accountId);
    for (const id of ids) {
      emails.delete(id);
      deleted.add(id);
    }
  }

  async getThreads(accountId: AccountId, keys: readonly string[]): Promise<Map<string, ThreadId>> {
    await this.before("getThreads");
    const { threads } = this.partition(accountId);
    return new Map(keys.flatMap((key) => (threads.has(key) ? [[key, threads.get(key)!] as const] : [])));
  }

  async putThreads(accountId: AccountId, keys: readonly string[], threadId: ThreadId): Promise<void> {
    await this.before("putThreads");
    for (const key of keys) this.partition(accountId).threads.set(key, threadId);
  }

  async getUpload(accountId: AccountId, blobId: string): Promise<UploadItem | null> {
    await this.before("getUpload");
    return this.partition(accountId).uploads.get(blobId) ?? null;
  }

  async putUpload(accountId: AccountId, item: UploadItem): Promise<void> {
    await this.before("putUpload");
    this.partition(accountId).uploads.set(item.blobId, item);
  }

  async getRules(accountId: AccountId): Promise<object | null> {
    await this.before("getRules");
    return this.partition(accountId).rules;
  }

  async putRules(accountId: AccountId, rules: object, drawnFrom: Position = { epoch: 0, seq: 0 }): Promise<void> {
    await this.before("putRules");
    const partition = this.partition(accountId);
    const { epoch, seq } = partition.rulesFrom;
    if (epoch > drawnFrom.epoch || (epoch === drawnFrom.epoch && seq > drawnFrom.seq)) return;
    partition.rules = rules;
    partition.rulesFrom = drawnFrom;
  }

  async getSnapshot(accountId: AccountId): Promise<SnapshotPointer | null> {
    await this.before("getSnapshot");
    return this.partition(accountId).snapshot;
  }

  async putSnapshot(accountId: AccountId, pointer: SnapshotPointer): Promise<void> {
    await this.before("putSnapshot");
    const partition = this.partition(accountId);
    if (!partition.snapshot || partition.snapshot.seq < pointer.seq) partition.snapshot = pointer;
  }
}
