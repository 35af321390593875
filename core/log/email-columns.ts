/**
 * The columns of all Emails of one account and their threads: about sixty octets a message, so that a mailbox of a million
 * is scanned in memory in milliseconds. Rows are in order of creation (rising uid) and stay until a snapshot drops the dead.
 */
import { invariant } from "../errors.ts";
import type { EmailId, MailboxId, ThreadId } from "../ids.ts";
import type { EmailTable } from "./api.ts";
import { BlockMaxima } from "./block-maxima.ts";
import { type Columns, EMAIL_COLUMNS, type EmailColumnsData, noColumns, pick, type ThreadColumns } from "./column-data.ts";
import type { EmailRow } from "./entry.ts";
import { grow, IdIndex } from "./id-index.ts";
import { wordsOfId } from "./id-words.ts";
import { ReceivedOrder } from "./received-order.ts";
import { SetDictionary } from "./set-dictionary.ts";
import { ThreadLinks } from "./thread-links.ts";

const ALIVE = 1;
const HAS_ATTACHMENT = 2;
/** It came already seen, to whoever reads the account. */
const CAME_SEEN = 4;
const NONE = 0xffffffff;

const ordinalOfWords = (first: number, second: number): number => first * 0x20_0000 + (second >>> 11);

/** The same of a thread known by its id alone. */
export const threadOrdinalOf = (threadId: string): number => {
  const words = new Uint32Array(3);
  wordsOfId(threadId, words);
  return ordinalOfWords(words[0]!, words[1]!);
};

export class EmailColumns implements EmailTable {
  rows = 0;
  count = 0;
  private readonly columns: Columns;
  private readonly threadColumns: ThreadColumns;
  private readonly emailIds: IdIndex;
  private readonly threadIds: IdIndex;
  /** Of the living rows. */
  readonly links: ThreadLinks;
  private readonly rowsTouched = new BlockMaxima();
  private readonly threadsTouched = new BlockMaxima();
  private readonly mailboxes: SetDictionary;
  private readonly keywordLists: SetDictionary;
  /** By the number of a set of keywords, once it was asked for. */
  private readonly unreadSets: boolean[] = [];
  private readonly order: ReceivedOrder;

  constructor(data: EmailColumnsData = noColumns()) {
    const { rows, threads, ids, threadIds, threadCreatedSeqs, threadUpdatedSeqs, mailboxes, keywordLists, ...columns } = data;
    this.columns = columns;
    this.threadColumns = { threadCreatedSeqs, threadUpdatedSeqs };
    this.emailIds = new IdIndex("E", ids, rows);
    this.threadIds = new IdIndex("T", threadIds, threads);
    this.mailboxes = new SetDictionary(mailboxes);
    this.keywordLists = new SetDictionary(keywordLists);
    this.rows = rows;
    this.links = new ThreadLinks(threadCreatedSeqs.length, columns.uids.length);
    this.count = this.links.linkAll(columns.threadOf, columns.flags, ALIVE, rows);
    this.order = new ReceivedOrder(
      (row) => this.columns.receivedAts[row]!,
      (row) => this.alive(row),
    );
    this.order.rebuild(columns.receivedAts, rows, this.count < rows);
  }

  alive(row: number): boolean {
    return (this.columns.flags[row]! & ALIVE) !== 0;
  }
  rowOf(id: EmailId): number {
    const row = this.emailIds.find(id);
    return row >= 0 && this.alive(row) ? row : -1;
  }
  rowOfUid(uid: number): number {
    let low = 0;
    let high = this.rows - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.columns.uids[middle]!;
      if (found === uid) return this.alive(middle) ? middle : -1;
      if (found < uid) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
  id(row: number): EmailId {
    return this.emailIds.id(row) as EmailId;
  }
  uid(row: number): number {
    return this.columns.uids[row]!;
  }
  thread(row: number): number {
    return this.columns.threadOf[row]!;
  }
  threadId(row: number): ThreadId {
    return this.threadIds.id(this.columns.threadOf[row]!) as ThreadId;
  }
  receivedAt(row: number): number {
    return this.columns.receivedAts[row]!;
  }
  sentAt(row: number): number | null {
    const at = this.columns.sentAts[row]!;
    return Number.isNaN(at) ? null : at;
  }
  sizeOctets(row: number): number {
    return this.columns.sizes[row]!;
  }
  hasAttachment(row: number): boolean {
    return (this.columns.flags[row]! & HAS_ATTACHMENT) !== 0;
  }
  cameSeen(row: number): boolean {
    return (this.columns.flags[row]! & CAME_SEEN) !== 0;
  }
  hiddenMailboxIds(): readonly MailboxId[] {
    return [];
  }
  mailboxIds(row: number): readonly MailboxId[] {
    return this.mailboxes.at(this.columns.mailboxSets[row]!) as readonly MailboxId[];
  }
  keywords(row: number): readonly string[] {
    return this.keywordLists.at(this.columns.keywordSets[row]!);
  }
  /** Neither seen nor a draft (RFC 8621 §2, unreadEmails). */
  isUnread(row: number): boolean {
    const set = this.columns.keywordSets[row]!;
    return (this.unreadSets[set] ??= !this.keywordLists.has(set, "$seen") && !this.keywordLists.has(set, "$draft"));
  }
  inMailbox(row: number, mailboxId: MailboxId): boolean {
    return this.mailboxes.has(this.columns.mailboxSets[row]!, mailboxId);
  }
  hasKeyword(row: number, keyword: string): boolean {
    return this.keywordLists.has(this.columns.keywordSets[row]!, keyword);
  }
  createdSeq(row: number): number {
    return this.columns.createdSeqs[row]!;
  }
  updatedSeq(row: number): number {
    return this.columns.updatedSeqs[row]!;
  }
  newestFirst(): Uint32Array {
    return this.order.newestFirst();
  }

  rowsOfThread(threadId: ThreadId): readonly number[] {
    const thread = this.threadIds.find(threadId);
    return thread < 0 ? [] : this.rowsOf(thread);
  }

  /** Live rows of a thread by its number, oldest first. */
  rowsOf(thread: number): number[] {
    return this.links.rowsOf(thread).sort((a, b) => this.columns.receivedAts[a]! - this.columns.receivedAts[b]! || a - b);
  }

  get threads(): number {
    return this.threadIds.length;
  }
  threadCount(thread: number): number {
    return this.links.count(thread);
  }
  threadIdOf(thread: number): ThreadId {
    return this.threadIds.id(thread) as ThreadId;
  }
  threadCreatedSeq(thread: number): number {
    return this.threadColumns.threadCreatedSeqs[thread]!;
  }
  threadUpdatedSeq(thread: number): number {
    return this.threadColumns.threadUpdatedSeqs[thread]!;
  }

  /** The thread's number, made if it is new. */
  threadNumber(threadId: ThreadId, seq: number): number {
    const known = this.threadIds.find(threadId);
    if (known >= 0) return known;
    const thread = this.threadIds.add(threadId);
    this.links.addThread(thread);
    this.threadsTouched.raise(thread, seq);
    for (const name of ["threadCreatedSeqs", "threadUpdatedSeqs"] as const) {
      this.threadColumns[name] = grow(this.threadColumns[name], thread + 1);
      this.threadColumns[name][thread] = seq;
    }
    return thread;
  }

  /** A thread's place in /changes order, the same after the columns were compacted. */
  threadOrdinal(thread: number): number {
    const words = this.threadIds.column();
    return ordinalOfWords(words[thread * 3]!, words[thread * 3 + 1]!);
  }

  touchThread(thread: number, seq: number, reborn: boolean): void {
    this.threadColumns.threadUpdatedSeqs[thread] = seq;
    this.threadsTouched.raise(thread, seq);
    if (reborn) this.threadColumns.threadCreatedSeqs[thread] = seq;
  }

  add(email: EmailRow, thread: number, mailboxIds: readonly MailboxId[], seq: number, cameSeen: boolean): number {
    invariant(this.rows === 0 || email.uid > this.columns.uids[this.rows - 1]!, "uids rise with creation");
    const row = this.emailIds.add(email.id);
    this.rows = row + 1;
    const columns = this.columns as Record<string, Uint32Array | Float64Array | Uint8Array>;
    const values: Record<keyof Columns, number> = {
      uids: email.uid,
      receivedAts: email.receivedAt,
      sentAts: email.sentAt ?? Number.NaN,
      sizes: email.sizeOctets,
      flags: ALIVE | (email.hasAttachment ? HAS_ATTACHMENT : 0) | (cameSeen ? CAME_SEEN : 0),
      mailboxSets: this.mailboxes.indexOf(mailboxIds),
      keywordSets: this.keywordLists.indexOf(email.keywords),
      createdSeqs: seq,
      updatedSeqs: seq,
      threadOf: thread,
    };
    for (const name in values) {
      columns[name] = grow(columns[name]!, row + 1);
      columns[name]![row] = values[name as keyof Columns];
    }
    this.rowsTouched.raise(row, seq);
    this.links.link(row, thread);
    this.count++;
    this.order.insert(row);
    return row;
  }

  /** `change` gives what a row's Mailboxes become; `changed` is told of each row whose did. */
  changeMailboxIds(
    rows: readonly number[],
    seq: number,
    change: (before: readonly string[]) => Iterable<string>,
    changed: (row: number, before: readonly MailboxId[]) => void,
  ): void {
    const becomes = this.mailboxes.changing(change);
    for (const row of rows) {
      const before = this.columns.mailboxSets[row]!;
      const after = becomes(before);
      this.columns.mailboxSets[row] = after;
      this.touch(row, seq);
      if (after !== before) changed(row, this.mailboxes.at(before) as readonly MailboxId[]);
    }
  }

  changeKeywords(rows: readonly number[], seq: number, change: (before: readonly string[]) => Iterable<string>): void {
    const becomes = this.keywordLists.changing(change);
    for (const row of rows) {
      this.columns.keywordSets[row] = becomes(this.columns.keywordSets[row]!);
      this.touch(row, seq);
    }
  }

  /** Something about the row changed, perhaps what no column holds. */
  touch(row: number, seq: number): void {
    this.columns.updatedSeqs[row] = seq;
    this.rowsTouched.raise(row, seq);
  }

  /** Live rows that changed in `seq` or later, rising. */
  rowsSince(seq: number): number[] {
    return this.rowsTouched.placesSince(this.columns.updatedSeqs, this.rows, seq).filter((row) => this.alive(row));
  }

  /** Threads with live rows that changed in `seq` or later, rising. */
  threadsSince(seq: number): number[] {
    const { threadUpdatedSeqs } = this.threadColumns;
    return this.threadsTouched.placesSince(threadUpdatedSeqs, this.threads, seq).filter((thread) => this.threadCount(thread) > 0);
  }

  destroy(row: number): void {
    const thread = this.columns.threadOf[row]!;
    this.columns.flags[row] = this.columns.flags[row]! & ~ALIVE;
    this.count--;
    this.links.unlink(row, thread);
    this.order.forget();
  }

  /** The columns without dead rows and without threads that have none left, for a snapshot. */
  compacted(): EmailColumnsData {
    const live = new Uint32Array(this.count);
    const keptThreads: number[] = [];
    const newThread = new Uint32Array(this.threads).fill(NONE);
    let kept = 0;
    for (let row = 0; row < this.rows; row++) {
      if (!this.alive(row)) continue;
      live[kept++] = row;
      const thread = this.columns.threadOf[row]!;
      if (newThread[thread] === NONE) newThread[thread] = keptThreads.push(thread) - 1;
    }
    const columns = Object.fromEntries(
      Object.keys(EMAIL_COLUMNS).map((name) => [name, pick(this.columns[name as keyof Columns], live)]),
    ) as unknown as Columns;
    columns.threadOf = columns.threadOf.map((thread) => newThread[thread]!);
    return {
      ...columns,
      rows: this.count,
      threads: keptThreads.length,
      ids: pick(this.emailIds.column(), live, 3),
      threadIds: pick(this.threadIds.column(), keptThreads, 3),
      threadCreatedSeqs: pick(this.threadColumns.threadCreatedSeqs, keptThreads),
      threadUpdatedSeqs: pick(this.threadColumns.threadUpdatedSeqs, keptThreads),
      mailboxes: this.mailboxes.toJSON(),
      keywordLists: this.keywordLists.toJSON(),
    };
  }
}
