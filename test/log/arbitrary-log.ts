/** Random accounts: a list of choices becomes a valid sequence of commits, so that shrinking works on the choices. */
import fc from "fast-check";
import type { AccountId, EmailId, MailboxId, ReceiptId, ThreadId } from "../../core/ids.ts";
import { Fold } from "../../core/log/account-state.ts";
import type { AccountState, Plan } from "../../core/log/api.ts";
import type { LogEntry } from "../../core/log/entry.ts";
import { emailIdOf, threadIdOf } from "../../core/log/id-words.ts";
import { nextEntry } from "../../core/log/next-entry.ts";
import { standardMailboxes } from "../../core/mail/standard-mailboxes.ts";

export const ACCOUNT = "Aaaaaaaaaaaaaaaaaaaaa" as AccountId;
const KEYWORDS = ["$seen", "$draft", "$flagged", "urgent"];

export interface Choice {
  kind: "deliver" | "keywords" | "move" | "destroy" | "mailbox" | "record" | "bulk";
  a: number;
  b: number;
  c: number;
}

export const choices = (maxLength = 60) =>
  fc.array(
    fc.record<Choice>({
      kind: fc.constantFrom("deliver", "deliver", "deliver", "keywords", "move", "destroy", "mailbox", "record", "bulk"),
      a: fc.nat(1000),
      b: fc.nat(1000),
      c: fc.nat(1000),
    }),
    { maxLength },
  );

const liveUids = (state: AccountState): number[] => {
  const uids: number[] = [];
  for (let row = 0; row < state.emails.rows; row++) if (state.emails.alive(row)) uids.push(state.emails.uid(row));
  return uids;
};

export const emailRow = (id: EmailId, threadId: ThreadId, choice: Choice, mailboxIds: string[]) => ({
  id,
  threadId,
  receivedAt: 1_700_000_000_000 + choice.b * 1000,
  sentAt: choice.c % 5 === 0 ? null : 1_699_999_000_000 + choice.c,
  sizeOctets: 100 + choice.c,
  hasAttachment: choice.c % 2 === 0,
  mailboxIds: mailboxIds as MailboxId[],
  keywords: KEYWORDS.filter((_, index) => (choice.c >> index) & 1),
});

const some = <Value>(values: readonly Value[], choice: Choice): Value[] =>
  values.filter((_, index) => (choice.b * 31 + index * choice.c) % 7 < 3);

/** A plan that fits the state, or null when the choice has nothing to act on. */
export const planOf = (state: AccountState, choice: Choice, step: number): Plan | null => {
  const actor = `step:${step}`;
  if (state.position.seq === 0) return { actor, records: [{ type: "Mailbox", created: standardMailboxes }], quotaOctets: 1_000_000_000 };
  const mailboxIds = [...state.records("Mailbox").keys()];
  const uids = liveUids(state);
  const mailbox = (number: number): string => mailboxIds[number % mailboxIds.length]!;
  switch (choice.kind) {
    case "deliver": {
      const id = emailIdOf(ACCOUNT, `r${step}` as ReceiptId);
      const row = state.emails.rowOfUid(uids[choice.a % (uids.length || 1)] ?? 0);
      const threadId = row >= 0 && choice.a % 3 === 0 ? state.emails.threadId(row) : threadIdOf(id);
      return { actor, email: { created: [emailRow(id, threadId, choice, [...new Set([mailbox(choice.a), mailbox(choice.b)])])] } };
    }
    case "keywords":
      if (uids.length === 0) return null;
      return {
        actor,
        email: {
          updated: [
            { uids: [uids[choice.a % uids.length]!], addKeywords: [KEYWORDS[choice.b % 4]!], removeKeywords: [KEYWORDS[choice.c % 4]!] },
          ],
        },
      };
    case "bulk":
      if (uids.length === 0) return null;
      return {
        actor,
        email: { updated: [{ uids: some(uids, choice), setKeywords: KEYWORDS.filter((_, index) => (choice.a >> index) & 1) }] },
      };
    case "move":
      if (uids.length === 0) return null;
      return { actor, email: { updated: [{ uids: some(uids, choice), setMailboxIds: [mailbox(choice.a) as MailboxId] }] } };
    case "destroy":
      if (uids.length === 0) return null;
      return { actor, email: { destroyedUids: [uids[choice.a % uids.length]!] } };
    case "mailbox": {
      const id = `m${step}`;
      const extra = mailboxIds.filter((known) => known.startsWith("m"));
      if (choice.a % 3 === 0 && extra.length > 0) {
        const moved: number[] = [];
        for (const uid of uids) if (state.emails.inMailbox(state.emails.rowOfUid(uid), extra[0] as MailboxId)) moved.push(uid);
        const updated = moved.length > 0 ? [{ uids: moved, setMailboxIds: ["inbox" as MailboxId] }] : undefined;
        return { actor, records: [{ type: "Mailbox", destroyed: [extra[0]!] }], ...(updated && { email: { updated } }) };
      }
      if (choice.a % 3 === 1 && extra.length > 0) {
        return {
          actor,
          records: [{ type: "Mailbox", updated: { [extra[0]!]: { ...standardMailboxes.archive, role: null, name: `renamed ${step}` } } }],
        };
      }
      return { actor, records: [{ type: "Mailbox", created: { [id]: { ...standardMailboxes.archive, role: null, name: id } } }] };
    }
    case "record": {
      const known = [...state.records("Identity").keys()];
      if (choice.a % 3 === 0 && known.length > 0) return { actor, records: [{ type: "Identity", destroyed: [known[0]!] }] };
      if (choice.a % 3 === 1 && known.length > 0)
        return { actor, records: [{ type: "Identity", updated: { [known[0]!]: { name: `n${step}` } } }] };
      return { actor, records: [{ type: "Identity", created: { [`i${choice.b % 5}-${step}`]: { name: "x" } } }] };
    }
  }
};

/** All entries of a random account. Every tenth step begins a new epoch when `epochs` is set. */
export const entriesOf = (chosen: readonly Choice[], epochs = false): LogEntry[] => {
  const fold = new Fold(ACCOUNT);
  const entries: LogEntry[] = [];
  const all: Choice[] = [{ kind: "mailbox", a: 0, b: 0, c: 0 }, ...chosen];
  all.forEach((choice, step) => {
    const plan = planOf(fold, choice, step);
    if (!plan) return;
    const removed = { octets: 0, messages: 0 };
    for (const uid of plan.email?.destroyedUids ?? []) {
      removed.octets += fold.emails.sizeOctets(fold.emails.rowOfUid(uid));
      removed.messages++;
    }
    const after = { position: fold.position, totals: fold.totals };
    const entry = nextEntry(ACCOUNT, plan, after, { epoch: epochs ? 1 + Math.floor(step / 10) : 1, at: step, removed });
    fold.apply(entry);
    entries.push(entry);
  });
  return entries;
};

export const foldOf = (entries: readonly LogEntry[]): Fold => {
  const fold = new Fold(ACCOUNT);
  for (const entry of entries) fold.apply(entry);
  return fold;
};

/** Everything observable of a state, for comparison. */
export const dump = (state: AccountState): unknown => {
  const emails = [...state.emails.newestFirst()].map((row) => ({
    id: state.emails.id(row),
    uid: state.emails.uid(row),
    threadId: state.emails.threadId(row),
    thread: state.emails.rowsOfThread(state.emails.threadId(row)).map((other) => state.emails.id(other)),
    receivedAt: state.emails.receivedAt(row),
    sentAt: state.emails.sentAt(row),
    size: state.emails.sizeOctets(row),
    hasAttachment: state.emails.hasAttachment(row),
    mailboxIds: state.emails.mailboxIds(row),
    keywords: state.emails.keywords(row),
    seqs: [state.emails.createdSeq(row), state.emails.updatedSeq(row)],
  }));
  const types = ["Email", "Thread", "Mailbox", "Identity"];
  return {
    position: state.position,
    totals: state.totals,
    count: state.emails.count,
    emails,
    mailboxes: [...state.records("Mailbox")].map(([id, value]) => [id, value, state.mailboxCounts(id as MailboxId)]),
    identities: [...state.records("Identity")],
    positions: types.map((type) => state.typePosition(type)),
  };
};
