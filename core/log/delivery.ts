/**
 * Files one message in one account without loading it: the newest entry gives position, quota and next uid, so the cost is the
 * same in a mailbox of ten messages or a million. Order of the writes:
 *
 *   1. the Email's immutable item, if absent (it remembers the position seen before);
 *   2. the thread keys, and the log entry, which makes it all visible.
 *
 * A crash between any two leaves an item that nobody sees; the replay finds it, looks for its id in the entries written since the
 * position it remembers, and either finds the commit (filed already) or goes on with the same item. Two workers with the same
 * receipt race for one position: the loser reads what the winner wrote and finds the message there. Hence exactly once.
 */
import { TransientError } from "../errors.ts";
import type { AccountId, EmailId, MailboxId, ReceiptId, ThreadId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { EmailItem, ParsedMessage } from "../mail/email-item.ts";
import { isBlocked, type Rules, rulesSchema } from "../mail/rules.ts";
import { mailboxIdOfRole } from "../mail/standard-mailboxes.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { LogEntry, Position } from "./entry.ts";
import { emailIdOf, threadIdOf } from "./id-words.ts";
import { nextEntry } from "./next-entry.ts";

export interface Delivery {
  readonly accountId: AccountId;
  readonly receiptId: ReceiptId;
  readonly rawKey: string;
  readonly message: ParsedMessage;
  readonly reversePath: string;
  /** ms since 1970 UTC; the same on every replay of the receipt. */
  readonly receivedAt: number;
  readonly role: "inbox" | "junk" | "sent";
  readonly keywords?: readonly string[];
  /** Where the account's rules want it; asked before anything is written, on a replay again. Absent: blocked senders alone count. */
  readonly place?: (rules: Rules) => Promise<Placement>;
  readonly marks: readonly string[];
  /** From threadKeys (core/mime): keys to look up, in order of trust, and keys to leave for later mail. */
  readonly threadKeys: { readonly own: readonly string[]; readonly lookups: readonly string[] };
}

export interface Placement {
  /** None: it is not filed. */
  readonly mailboxIds: readonly MailboxId[];
  readonly keywords: readonly string[];
}

export type DeliveryOutcome =
  | { outcome: "filed" | "already"; emailId: EmailId; threadId: ThreadId }
  /** The account's rules did not want it filed. */
  | { outcome: "notKept" }
  | { outcome: "overQuota" }
  | { outcome: "noAccount" };

export interface DeliveryContext {
  readonly store: AccountLogStore;
  readonly epoch: number;
  readonly now: () => number;
}

/** Thread keys written for one message: with item and entry this keeps an ordinary delivery within six write units. */
const THREAD_KEYS_WRITTEN = 3;

export const deliver = async (context: DeliveryContext, delivery: Delivery): Promise<DeliveryOutcome> => {
  const { store } = context;
  const { accountId } = delivery;
  const [hinted, threads] = await Promise.all([
    store.newest(accountId, { consistent: false }),
    store.getThreads(accountId, delivery.threadKeys.lookups),
  ]);
  let newest = hinted ?? (await store.newest(accountId, { consistent: true }));
  if (!newest) return { outcome: "noAccount" };

  const placement = await choosePlacement(context, delivery, newest);
  if (placement.mailboxIds.length === 0) return { outcome: "notKept" };
  const emailId = emailIdOf(accountId, delivery.receiptId);
  if (isOverQuota(newest, delivery)) {
    // Room may have been made since the entry that an eventually consistent read gave: nobody is told of a full mailbox by hearsay.
    const [latest, items] = await Promise.all([store.newest(accountId, { consistent: true }), store.getEmails(accountId, [emailId])]);
    if (items.length === 0 && isOverQuota(latest!, delivery)) return { outcome: "overQuota" };
    newest = latest!;
  }

  const planned = itemOf(delivery, emailId, chooseThread(delivery, threads) ?? threadIdOf(emailId), newest);
  const { existing } = await store.putEmail(accountId, planned);
  // Filed by an earlier try that died before it could say so, and destroyed by its reader since: it does not come back.
  if (existing === "deleted") return { outcome: "already", emailId, threadId: planned.threadId };
  const item = existing ?? planned;
  const missing = delivery.threadKeys.lookups.filter((key) => !threads.has(key));
  const keys = [...new Set([...delivery.threadKeys.own, ...missing])].filter((key) => !threads.has(key)).slice(0, THREAD_KEYS_WRITTEN);
  const since = existing ? { epoch: existing.afterEpoch, seq: existing.afterSeq } : newest;
  const [outcome] = await Promise.all([
    commitDelivery(context, delivery, item, placement, { since, newest }),
    keys.length > 0 ? store.putThreads(accountId, keys, item.threadId) : null,
  ]);
  return outcome;
};

const isOverQuota = (newest: LogEntry, delivery: Delivery): boolean =>
  newest.totals.quotaOctets > 0 && newest.totals.octets + delivery.message.sizeOctets > newest.totals.quotaOctets;

const chooseThread = (delivery: Delivery, threads: ReadonlyMap<string, ThreadId>): ThreadId | undefined => {
  const key = delivery.threadKeys.lookups.find((lookup) => threads.has(lookup));
  return key === undefined ? undefined : threads.get(key);
};

const itemOf = (delivery: Delivery, id: EmailId, threadId: ThreadId, after: Position): EmailItem => ({
  accountId: delivery.accountId,
  id,
  threadId,
  rawKey: delivery.rawKey,
  receivedAt: delivery.receivedAt,
  message: delivery.message,
  afterEpoch: after.epoch,
  afterSeq: after.seq,
  marks: delivery.marks,
});

/** The newest entry was read before the rules: a mailbox destroyed after they were drawn shows in the entries that follow it. */
const choosePlacement = async (context: DeliveryContext, delivery: Delivery, newest: LogEntry): Promise<Placement> => {
  const keywords = delivery.keywords ?? [];
  if (delivery.role === "inbox" && newest.totals.hasRules) {
    const rules: Rules = rulesSchema.parse((await context.store.getRules(delivery.accountId)) ?? {});
    if (isBlocked(rules, delivery.message.from, delivery.reversePath)) return { mailboxIds: [mailboxIdOfRole("junk")], keywords };
    if (delivery.place) return delivery.place(rules);
  }
  return { mailboxIds: [mailboxIdOfRole(delivery.role)], keywords };
};

/** Into what is left of the chosen mailboxes once some are destroyed. */
const placedWithout = (placement: Placement, entry: LogEntry): Placement => {
  const gone = new Set(entry.records?.flatMap(({ type, destroyed }) => (type === "Mailbox" ? (destroyed ?? []) : [])));
  if (!placement.mailboxIds.some((id) => gone.has(id))) return placement;
  const left = placement.mailboxIds.filter((id) => !gone.has(id));
  return { ...placement, mailboxIds: left.length > 0 ? left : [mailboxIdOfRole("inbox")] };
};

const commitDelivery = async (
  context: DeliveryContext,
  delivery: Delivery,
  item: EmailItem,
  chosen: Placement,
  seen: { since: Position; newest: LogEntry },
): Promise<DeliveryOutcome> => {
  const { store } = context;
  const filed = { emailId: item.id, threadId: item.threadId };
  let { newest } = seen;
  let since = seen.since;
  let placement = chosen;
  for (let attempt = 0; attempt < limits.log.commitAttempts; attempt++) {
    if (attempt > 0 || since.seq < newest.seq) {
      for (const entry of await store.entriesAfter(delivery.accountId, since, { consistent: true })) {
        if (entry.email?.created?.some((row) => row.id === item.id)) return { outcome: "already", ...filed };
        newest = entry;
        placement = placedWithout(placement, entry);
      }
      since = newest;
    }
    if (isOverQuota(newest, delivery)) return { outcome: "overQuota" };
    const entry = nextEntry(
      delivery.accountId,
      planOf(delivery, item, placement),
      { position: newest, totals: newest.totals },
      {
        epoch: context.epoch,
        at: context.now(),
        removed: { octets: 0, messages: 0 },
      },
    );
    if ((await store.append(entry)) === "appended") return { outcome: "filed", ...filed };
  }
  throw new TransientError("the account is being changed by too many writers at once");
};

const planOf = (delivery: Delivery, item: EmailItem, placement: Placement) => ({
  actor: `receipt:${delivery.receiptId}`,
  email: {
    created: [
      {
        id: item.id,
        threadId: item.threadId,
        receivedAt: item.receivedAt,
        sentAt: item.message.sentAt,
        sizeOctets: item.message.sizeOctets,
        hasAttachment: item.message.hasAttachment,
        mailboxIds: placement.mailboxIds,
        keywords: placement.keywords,
      },
    ],
  },
});
