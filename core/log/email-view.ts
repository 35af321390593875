/**
 * The Emails of an account with someone's eyes: rows in none of their readable Mailboxes are not there, memberships of others neither,
 * and `$seen` is the reader's own. Rows are those of the columns beneath and hold as long.
 */
import type { EmailId, MailboxId, ThreadId } from "../ids.ts";
import type { EmailTable, MailboxCounts, Viewer } from "./api.ts";
import { countMailboxes } from "./count-mailboxes.ts";
import type { EmailColumns } from "./email-columns.ts";
import type { Readers } from "./readers.ts";

const SEEN = "$seen";

export class EmailView implements EmailTable {
  private readonly columns: EmailColumns;
  private readonly readers: Readers;
  private readonly reader: string | null;
  private readonly readable: ReadonlySet<string> | null;
  /** What is shown of each set of Mailboxes that occurs; the columns give the same array for the same set. */
  private readonly shownOf = new Map<readonly string[], readonly MailboxId[]>();
  private newest: Uint32Array | null = null;
  private counts: ReadonlyMap<string, MailboxCounts> | null = null;

  constructor(columns: EmailColumns, readers: Readers, viewer: Viewer) {
    this.columns = columns;
    this.readers = readers;
    this.reader = viewer.reader;
    this.readable = viewer.part?.readable ?? null;
  }

  /** The account has moved on: what was worked out is stale. */
  forget(): void {
    this.newest = null;
    this.counts = null;
  }

  get rows(): number {
    return this.columns.rows;
  }
  get count(): number {
    return this.readable === null ? this.columns.count : this.newestFirst().length;
  }
  alive(row: number): boolean {
    return this.columns.alive(row) && (this.readable === null || this.mailboxIds(row).length > 0);
  }
  rowOf(id: EmailId): number {
    return this.shown(this.columns.rowOf(id));
  }
  rowOfUid(uid: number): number {
    return this.shown(this.columns.rowOfUid(uid));
  }
  private shown(row: number): number {
    return row >= 0 && this.alive(row) ? row : -1;
  }
  id(row: number): EmailId {
    return this.columns.id(row);
  }
  uid(row: number): number {
    return this.columns.uid(row);
  }
  threadId(row: number): ThreadId {
    return this.columns.threadId(row);
  }
  thread(row: number): number {
    return this.columns.thread(row);
  }
  receivedAt(row: number): number {
    return this.columns.receivedAt(row);
  }
  sentAt(row: number): number | null {
    return this.columns.sentAt(row);
  }
  sizeOctets(row: number): number {
    return this.columns.sizeOctets(row);
  }
  hasAttachment(row: number): boolean {
    return this.columns.hasAttachment(row);
  }
  createdSeq(row: number): number {
    return this.columns.createdSeq(row);
  }
  updatedSeq(row: number): number {
    return this.columns.updatedSeq(row);
  }

  mailboxIds(row: number): readonly MailboxId[] {
    const all = this.columns.mailboxIds(row);
    const { readable } = this;
    if (readable === null) return all;
    let shown = this.shownOf.get(all);
    if (!shown) this.shownOf.set(all, (shown = all.filter((mailboxId) => readable.has(mailboxId))));
    return shown;
  }
  hiddenMailboxIds(row: number): readonly MailboxId[] {
    const { readable } = this;
    return readable === null ? [] : this.columns.mailboxIds(row).filter((mailboxId) => !readable.has(mailboxId));
  }
  inMailbox(row: number, mailboxId: MailboxId): boolean {
    return (this.readable?.has(mailboxId) ?? true) && this.columns.inMailbox(row, mailboxId);
  }

  private hasSeen(row: number): boolean {
    const { reader } = this;
    if (reader === null) return this.columns.hasKeyword(row, SEEN);
    return this.readers.knows(reader) ? this.readers.hasSeen(reader, this.columns.uid(row)) : this.columns.cameSeen(row);
  }
  keywords(row: number): readonly string[] {
    const stored = this.columns.keywords(row);
    const hasSeen = this.hasSeen(row);
    if (stored.includes(SEEN) === hasSeen) return stored;
    return hasSeen ? [...stored, SEEN].sort() : stored.filter((keyword) => keyword !== SEEN);
  }
  hasKeyword(row: number, keyword: string): boolean {
    return keyword === SEEN ? this.hasSeen(row) : this.columns.hasKeyword(row, keyword);
  }

  rowsOfThread(threadId: ThreadId): readonly number[] {
    return this.onlyShown(this.columns.rowsOfThread(threadId));
  }
  rowsOf(thread: number): readonly number[] {
    return this.onlyShown(this.columns.rowsOf(thread));
  }
  private onlyShown(rows: readonly number[]): readonly number[] {
    return this.readable === null ? rows : rows.filter((row) => this.alive(row));
  }
  newestFirst(): Uint32Array {
    const all = this.columns.newestFirst();
    if (this.readable === null) return all;
    this.newest ??= all.filter((row) => this.alive(row));
    return this.newest;
  }

  /** RFC 8621 §2 counters as the viewer would count them. */
  mailboxCounts(trashId: MailboxId | null): ReadonlyMap<string, MailboxCounts> {
    this.counts ??= countMailboxes(this, this.columns.threads, trashId);
    return this.counts;
  }
}
