/** Files the planned mail into the accounts in bulk: the Emails' items first, then one log entry for hundreds of them. */
import { createHash } from "node:crypto";
import type { AccountId, EmailId, MailboxId, ReceiptId, ThreadId } from "../../core/ids.ts";
import type { AccountLog, AccountState, Plan } from "../../core/log/api.ts";
import { emailIdOf, threadIdOf } from "../../core/log/id-words.ts";
import type { EmailItem, ParsedMessage } from "../../core/mail/email-item.ts";
import { readMessage } from "../../core/mime/read-message.ts";
import { threadKeys } from "../../core/mime/thread-keys.ts";
import type { BlobStore } from "../../core/ports/blob-store.ts";
import { composeDraft } from "./compose.ts";
import { inParallel } from "./in-parallel.ts";
import type { Placement, SeedMessage } from "./plan.ts";

/** Emails that one entry of the log creates: well below the size of an item. */
const EMAILS_PER_ENTRY = 400;

export interface ImportPorts {
  readonly log: AccountLog;
  readonly imports: {
    /** Writes the Emails' items and the thread of each key; doing it again writes the same. */
    put(accountId: AccountId, emails: readonly EmailItem[], threads: ReadonlyMap<string, ThreadId>): Promise<void>;
  };
  readonly blobs: Pick<BlobStore, "put">;
}

/** A message as it lies in the blob store, read once for all who have it. */
export interface StoredMessage {
  readonly receiptId: ReceiptId;
  readonly rawKey: string;
  readonly receivedAt: number;
  readonly message: ParsedMessage;
  readonly placements: readonly Placement[];
}

export const storeMessages = (blobs: Pick<BlobStore, "put">, messages: readonly SeedMessage[]): Promise<StoredMessage[]> =>
  inParallel(messages, 16, async ({ draft, placements }) => {
    const octets = composeDraft(draft);
    const read = readMessage(octets);
    if (read.outcome !== "parsed") throw new Error(`The sample message ${draft.id} cannot be read: ${read.sentence}`);
    const rawKey = `imported/${createHash("sha256").update(octets).digest("hex")}.eml`;
    await blobs.put(rawKey, octets, { contentType: "message/rfc822" });
    return { receiptId: `seed-${draft.id}` as ReceiptId, rawKey, receivedAt: draft.at + 2_000, message: read.message, placements };
  });

/** Who has which messages, oldest first. */
export const byOwner = (messages: readonly StoredMessage[]): Map<string, { stored: StoredMessage; placement: Placement }[]> => {
  const owners = new Map<string, { stored: StoredMessage; placement: Placement }[]>();
  for (const stored of messages)
    for (const placement of stored.placements) {
      const mails = owners.get(placement.owner);
      if (mails) mails.push({ stored, placement });
      else owners.set(placement.owner, [{ stored, placement }]);
    }
  return owners;
};

interface Filed {
  readonly id: EmailId;
  readonly threadId: ThreadId;
  readonly keys: readonly string[];
  readonly stored: StoredMessage;
  readonly placement: Placement;
}

/** Files what the account does not hold yet; done twice it changes nothing. Gives the number filed. */
export const importInto = async (
  ports: ImportPorts,
  accountId: AccountId,
  mails: readonly { stored: StoredMessage; placement: Placement }[],
): Promise<number> => {
  const state = await ports.log.load(accountId);
  if (!state) throw new Error(`The account ${accountId} does not exist.`);
  const missing = intoThreads(accountId, mails).filter(({ id }) => state.emails.rowOf(id) < 0);
  for (let first = 0; first < missing.length; first += EMAILS_PER_ENTRY)
    await importSome(ports, state, missing.slice(first, first + EMAILS_PER_ENTRY));
  return missing.length;
};

/** RFC 8621 §3: all mails of one conversation get the thread of its first. */
const intoThreads = (accountId: AccountId, mails: readonly { stored: StoredMessage; placement: Placement }[]): Filed[] => {
  const threads = new Map<string, ThreadId>();
  return mails.map(({ stored, placement }) => {
    const id = emailIdOf(accountId, stored.receiptId);
    const { own, lookups } = threadKeys(stored.message);
    const known = lookups.find((key) => threads.has(key));
    const threadId = known === undefined ? threadIdOf(id) : threads.get(known)!;
    const keys = [...new Set([...own, ...lookups])].filter((key) => !threads.has(key));
    for (const key of keys) threads.set(key, threadId);
    return { id, threadId, keys, stored, placement };
  });
};

const importSome = async (ports: ImportPorts, { accountId, position }: AccountState, mails: readonly Filed[]): Promise<void> => {
  const items = mails.map(
    ({ id, threadId, stored }): EmailItem => ({
      accountId,
      id,
      threadId,
      rawKey: stored.rawKey,
      receivedAt: stored.receivedAt,
      message: stored.message,
      afterEpoch: position.epoch,
      afterSeq: position.seq,
      marks: [],
    }),
  );
  const threads = new Map(mails.flatMap(({ threadId, keys }) => keys.map((key) => [key, threadId] as const)));
  await ports.imports.put(accountId, items, threads);
  await ports.log.commit(accountId, (present) => {
    const fresh = mails.filter(({ id }) => present.emails.rowOf(id) < 0);
    return { plan: fresh.length > 0 ? planOf(fresh) : null, result: null };
  });
};

const planOf = (mails: readonly Filed[]): Plan => ({
  actor: "system:seed",
  email: {
    created: mails.map(({ id, threadId, stored, placement }) => ({
      id,
      threadId,
      receivedAt: stored.receivedAt,
      sentAt: stored.message.sentAt,
      sizeOctets: stored.message.sizeOctets,
      hasAttachment: stored.message.hasAttachment,
      mailboxIds: [placement.mailbox as MailboxId],
      keywords: placement.keywords,
    })),
  },
});
