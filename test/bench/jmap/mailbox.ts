/**
 * Fills an account in bulk: items of its newest messages, the snapshot, the search index, then the newest entries one by one as deliveries
 * and people make them. Everything that an operation reads exists; older log entries, items and raw messages do not.
 */
import type { DynamoEmailImport } from "../../../aws/email-import.ts";
import { snapshotKey } from "../../../core/flows/snapshot.ts";
import type { AccountId, EmailId, MailboxId, ReceiptId } from "../../../core/ids.ts";
import { Fold } from "../../../core/log/account-state.ts";
import type { Plan } from "../../../core/log/api.ts";
import { emailIdOf, threadIdOf } from "../../../core/log/id-words.ts";
import { nextEntry } from "../../../core/log/next-entry.ts";
import { writeSnapshot } from "../../../core/log/snapshot.ts";
import type { EmailItem } from "../../../core/mail/email-item.ts";
import type { AccountLogStore } from "../../../core/ports/account-log-store.ts";
import type { BlobStore } from "../../../core/ports/blob-store.ts";
import { inParallel } from "../../../tools/seed/in-parallel.ts";
import { type Block, placeOf, receivedAtOf } from "./block.ts";
import { BLOCK_MESSAGES } from "./mail-text.ts";

export interface MailboxPorts {
  readonly store: AccountLogStore;
  readonly imports: DynamoEmailImport;
  readonly mail: BlobStore;
  readonly state: BlobStore;
}

/** Messages of one entry of an import, as a migration writes them. */
const AN_ENTRY = 1_000;
/** Entries since the snapshot: deliveries, then messages marked as read one by one. */
const DELIVERIES = 30;
const READINGS = 15;
/** The newest messages, of which lists and bodies are read: so many have items, so many their raw octets. */
export const ITEMS = 1_000;
const BODIES = 200;
const ITEMS_AT_ONCE = 250;

const rawKeyOf = (place: number): string => `imported/bench-${place}.eml`;
export const emailIdAt = (accountId: AccountId, uid: number): EmailId => emailIdOf(accountId, `bench-${uid}` as ReceiptId);

export const storeBodies = ({ mail }: Pick<MailboxPorts, "mail">, block: Block): Promise<unknown> =>
  inParallel(
    Array.from({ length: BODIES }, (_, index) => BLOCK_MESSAGES - 1 - index),
    8,
    (place) => mail.put(rawKeyOf(place), block.messages[place]!.octets),
  );

/** An account's mail in memory: what the fold of its log is. */
export class Mailbox {
  readonly fold: Fold;
  private readonly block: Block;
  readonly messages: number;

  constructor(fold: Fold, block: Block, messages: number) {
    this.fold = fold;
    this.block = block;
    this.messages = messages;
  }

  get accountId(): AccountId {
    return this.fold.accountId;
  }

  itemAt(uid: number): EmailItem {
    const place = placeOf(uid, this.messages);
    const id = emailIdAt(this.accountId, uid);
    const { message } = this.block.messages[place]!;
    const rawKey = rawKeyOf(place);
    return {
      accountId: this.accountId,
      id,
      threadId: this.threadAt(uid),
      rawKey,
      receivedAt: receivedAtOf(uid),
      message,
      afterEpoch: 1,
      afterSeq: 1,
      marks: [],
    };
  }

  /** Threads of three. */
  private threadAt(uid: number) {
    return threadIdOf(emailIdAt(this.accountId, uid - ((uid - 1) % 3)));
  }

  private createdAt(uid: number) {
    const { message } = this.block.messages[placeOf(uid, this.messages)]!;
    const { sentAt, sizeOctets, hasAttachment } = message;
    return {
      id: emailIdAt(this.accountId, uid),
      threadId: this.threadAt(uid),
      receivedAt: receivedAtOf(uid),
      sentAt,
      sizeOctets,
      hasAttachment,
      mailboxIds: [(uid % 10 === 0 ? "archive" : "inbox") as MailboxId],
      keywords: uid % 5 === 0 ? [] : ["$seen"],
    };
  }

  /** Plans that create the messages in order, `anEntry` a plan. */
  *arrivals(from: number, to: number, anEntry: number): Generator<Plan> {
    for (let uid = from; uid <= to; uid += anEntry) {
      const count = Math.min(anEntry, to - uid + 1);
      yield { actor: "bench", email: { created: Array.from({ length: count }, (_, index) => this.createdAt(uid + index)) } };
    }
  }

  next(plan: Plan) {
    const { accountId, position, totals } = this.fold;
    const entry = nextEntry(accountId, plan, { position, totals }, { epoch: 1, at: Date.now(), removed: { octets: 0, messages: 0 } });
    this.fold.apply(entry);
    return entry;
  }
}

/** `index` is called when the messages are known and before anyone hears of them. */
export const fillMailbox = async (
  ports: MailboxPorts,
  accountId: AccountId,
  block: Block,
  messages: number,
  index: (mailbox: Mailbox) => Promise<void>,
): Promise<Mailbox> => {
  const fold = new Fold(accountId);
  for (const entry of await ports.store.entriesAfter(accountId, fold.position, { consistent: true })) fold.apply(entry);
  const mailbox = new Mailbox(fold, block, messages);
  const uids = Array.from({ length: ITEMS }, (_, place) => messages - place);
  for (let at = 0; at < uids.length; at += ITEMS_AT_ONCE) {
    const items = uids.slice(at, at + ITEMS_AT_ONCE).map((uid) => mailbox.itemAt(uid));
    await ports.imports.put(accountId, items, new Map());
  }
  for (const plan of mailbox.arrivals(1, messages - DELIVERIES, AN_ENTRY)) mailbox.next(plan);
  const octets = writeSnapshot(fold);
  const key = snapshotKey(accountId);
  await ports.state.put(key, octets);
  await ports.store.putSnapshot(accountId, { ...fold.position, key, octets: octets.length });
  const tail = [...mailbox.arrivals(messages - DELIVERIES + 1, messages, 1)].map((plan) => mailbox.next(plan));
  for (let reading = 0; reading < READINGS; reading++)
    tail.push(mailbox.next({ actor: "bench", email: { updated: [{ uids: [messages - reading * 5], addKeywords: ["$seen"] }] } }));
  await index(mailbox);
  for (const entry of tail) if ((await ports.store.append(entry)) !== "appended") throw new Error("somebody else writes the bench's log");
  return mailbox;
};
