/**
 * An account's rules on one message. The decision is taken once and kept: a replay, or a second worker, carries out the one that is there,
 * whatever the rules say by then and whatever was remembered since. So each effect may be repeated without being doubled.
 */
import { createHash } from "node:crypto";
import { TransientError } from "../errors.ts";
import type { AccountId, MailboxId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { Placement } from "../log/delivery.ts";
import { decideByRules, mailboxIdOfPath, type RuleDecision } from "../mail/delivery-rules.ts";
import { type PublishPorts, publishRules } from "../mail/publish-rules.ts";
import type { Rules } from "../mail/rules.ts";
import { MessageHeader, sieveMessage } from "../mail/sieve-message.ts";
import { mailboxIdOfRole } from "../mail/standard-mailboxes.ts";
import { REDIRECTED_BY } from "../mime/redirect-copy.ts";
import type { ReceiptRecord } from "../ports/receipt-store.ts";
import type { RuleMemory } from "../ports/rule-memory.ts";
import { type CompiledScript, compile } from "../sieve/compile.ts";
import { interpret } from "../sieve/interpret.ts";
import type { SieveMessage, SieveOutcome } from "../sieve/message.ts";
import { isLocal } from "./dispatch.ts";
import { ensureMailbox } from "./ensure-mailbox.ts";

export interface RulePorts extends PublishPorts {
  readonly memory: RuleMemory;
  readonly ownDomains: readonly string[];
  readonly now: () => number;
}

/** A message for one account. */
export interface Incoming {
  readonly receipt: ReceiptRecord;
  readonly accountId: AccountId;
  /** The address that stands for the account in the envelope, or in the list that the envelope named. */
  readonly recipient: string;
}

/** Longer than any queue keeps a job. */
const decisionDays = 15;
const dayMs = 24 * 3_600_000;
/** Runs of a script to learn which ids its `duplicate` tests ask for. */
const duplicateRounds = 8;

export const digestOf = (...parts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 32);

export const decideOnce = async (ports: RulePorts, incoming: Incoming, rules: Rules): Promise<RuleDecision> => {
  const now = ports.now();
  const compiled = rules.script === null ? null : compile(rules.script);
  // Only what compiles is stored; should that ever fail, the message is kept.
  const script = compiled?.ok ? compiled.script : null;
  if (!script && !rules.vacation) return decideByRules(rules, null, now);
  const outcome = script ? await runScript(ports, incoming, rules, script, now) : null;
  const time = { now, until: now + decisionDays * dayMs };
  const decision = await withoutLoops(ports, incoming, rules, decideByRules(rules, outcome, now));
  return (await ports.memory.keep(incoming.accountId, `D#${incoming.receipt.mailId}`, decision, time)) as RuleDecision;
};

/** A message that is not sent on is kept. */
const withoutLoops = async (ports: RulePorts, incoming: Incoming, rules: Rules, decision: RuleDecision): Promise<RuleDecision> => {
  if (decision.redirect.length === 0) return decision;
  const own = senderOf(ports, rules, incoming.recipient).email;
  const why = whyNotRedirected(incoming, await headerOf(ports, incoming.receipt), own);
  return why === null ? decision : { ...decision, redirect: [], inbox: decision.inbox || decision.paths.length === 0 };
};

/** Why a redirect would go round or tell of itself; null when it may be done. */
const whyNotRedirected = ({ receipt }: Incoming, header: MessageHeader, own: string): string | null => {
  // A notice of ours could be about the redirection itself.
  if (receipt.origin === "service") return "notice";
  if (header.raw("received").length >= limits.outbound.receivedHops) return "hops";
  return header.texts(REDIRECTED_BY).some((by) => by.toLowerCase() === own.toLowerCase()) ? "loop" : null;
};

/** The account as a sender: an identity of it, if there is one of our domains. */
export const senderOf = (ports: Pick<RulePorts, "ownDomains">, rules: Rules, recipient: string): { name: string; email: string } =>
  rules.identities.find(({ email }) => !email.startsWith("*") && isLocal(ports, email)) ?? { name: "", email: recipient };

export const headerOf = async (ports: Pick<RulePorts, "blobs">, { message, rawKey }: ReceiptRecord): Promise<MessageHeader> => {
  const octets = await ports.blobs.get(rawKey, { offset: 0, length: Math.max(1, message.headerOctets) });
  if (!octets) throw new TransientError("the raw message is not in the bucket");
  return new MessageHeader(octets);
};

const runScript = async (
  ports: RulePorts,
  { receipt, accountId, recipient }: Incoming,
  rules: Rules,
  script: CompiledScript,
  now: number,
): Promise<SieveOutcome> => {
  const { message, rawKey, reversePath, mailId } = receipt;
  const octets = script.extensions.has("body") ? await ports.blobs.get(rawKey) : null;
  const header = octets ? new MessageHeader(octets.subarray(0, message.headerOctets)) : await headerOf(ports, receipt);
  const asked: Omit<SieveMessage, "wasSeen"> = sieveMessage({
    message,
    header,
    octets,
    envelope: { from: reversePath, to: recipient },
    mailboxExists: (path) => mailboxIdOfPath(rules, path) !== null,
    now,
  });
  const seen = new Map<string, boolean>();
  for (let round = 0; ; round++) {
    const unknown = new Set<string>();
    const wasSeen = (id: string): boolean => {
      if (!seen.has(id)) unknown.add(id);
      return seen.get(id) ?? false;
    };
    const outcome = interpret(script, { ...asked, wasSeen });
    if (unknown.size === 0 || round >= duplicateRounds) return outcome;
    for (const id of unknown) {
      const earlier = (await ports.memory.get(accountId, duplicateKey(id), now)) as { mailId: string } | null;
      seen.set(id, earlier !== null && earlier.mailId !== mailId);
    }
  }
};

const duplicateKey = (id: string): string => `U#${digestOf(id)}`;

/** Ids for later `duplicate` tests. */
export const rememberIds = async (ports: RulePorts, { receipt, accountId }: Incoming, decision: RuleDecision): Promise<void> => {
  for (const { id, seconds } of decision.remember) {
    const until = receipt.at + Math.min(seconds, limits.sieve.duplicateSecondsMax) * 1000;
    await ports.memory.put(accountId, duplicateKey(id), { mailId: receipt.mailId }, until);
  }
};

/** Mailboxes of a decision as they are now; what is not there, and is not to be made, is the inbox. */
export const placeByRules = async (ports: RulePorts, { accountId }: Incoming, rules: Rules, decision: RuleDecision): Promise<Placement> => {
  const inbox = mailboxIdOfRole("inbox");
  const mailboxIds = new Set<MailboxId>(decision.inbox ? [inbox] : []);
  let made = false;
  for (const { path, create } of decision.paths) {
    const known = mailboxIdOfPath(rules, path) as MailboxId | null;
    const found = known ?? (create ? await ensureMailbox(ports.log, accountId, path) : null);
    made ||= known === null && found !== null;
    mailboxIds.add(found ?? inbox);
  }
  if (made) await publishRules(ports, accountId);
  return { mailboxIds: [...mailboxIds], keywords: mailboxIds.size > 0 ? decision.keywords : [] };
};
