/**
 * Mail that an account's rules send: redirected messages (RFC 5228 §4.2) and automatic answers (RFC 5230). It leaves by the submit stage
 * under an id that follows from the message, so that once sent it is not sent again.
 */
import { createHash } from "node:crypto";
import { TransientError } from "../errors.ts";
import type { Answer, RuleDecision } from "../mail/delivery-rules.ts";
import { whyNotAnswered } from "../mail/may-answer.ts";
import type { Rules } from "../mail/rules.ts";
import type { MessageHeader } from "../mail/sieve-message.ts";
import { composeAnswer } from "../mime/compose-answer.ts";
import { redirectInside, redirectOutside } from "../mime/redirect-copy.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { StageQueue } from "../ports/stage-queue.ts";
import { digestOf, headerOf, type Incoming, type RulePorts, senderOf } from "./apply-rules.ts";
import { isLocal } from "./dispatch.ts";
import type { RelayJob } from "./jobs.ts";
import type { Slots } from "./slots.ts";

export interface EffectPorts extends RulePorts {
  readonly blobs: Pick<BlobStore, "get" | "put">;
  readonly submitQueue: StageQueue<RelayJob>;
  /** How many whole messages may be in memory at a time. */
  readonly slots: Slots;
}

/** What was done and what was not, for the trace. */
export const carryOutEffects = async (ports: EffectPorts, incoming: Incoming, rules: Rules, decision: RuleDecision): Promise<string[]> => {
  if (decision.redirect.length === 0 && !decision.answer) return [];
  const sender = senderOf(ports, rules, incoming.recipient);
  const header = await headerOf(ports, incoming.receipt);
  const done: string[] = [];
  if (decision.redirect.length > 0) {
    await redirect(ports, incoming, sender.email, decision.redirect);
    done.push("redirected");
  }
  if (decision.answer) done.push(await answer(ports, incoming, { rules, header, sender }, decision.answer));
  return done;
};

const idOf = (kind: "redirect" | "answer", { receipt, accountId }: Incoming, to: string): string =>
  `${kind === "redirect" ? "F" : "V"}${createHash("sha256")
    .update(JSON.stringify([accountId, receipt.mailId, to]))
    .digest("hex")
    .slice(0, 40)}`;

const redirect = (ports: EffectPorts, incoming: Incoming, own: string, addresses: readonly string[]): Promise<void> =>
  ports.slots.take(async () => {
    const { receipt, accountId } = incoming;
    const raw = await ports.blobs.get(receipt.rawKey);
    if (!raw) throw new TransientError("the raw message is not in the bucket");
    for (const address of addresses) {
      const receiptId = idOf("redirect", incoming, address);
      const redirection = { by: own, at: receipt.at, host: ports.ownDomains[0]!, receiptId };
      const octets = isLocal(ports, address) ? redirectInside(raw, redirection) : redirectOutside(raw, redirection);
      const job = { receiptId, accountId, reversePath: own, recipients: [address], at: receipt.at, tellsFailures: true };
      await send(ports, job, octets);
    }
  });

const send = async (ports: EffectPorts, job: Omit<RelayJob, "kind" | "rawKey">, octets: Uint8Array): Promise<void> => {
  const rawKey = `composed/${job.receiptId}`;
  await ports.blobs.put(rawKey, octets, { contentType: "message/rfc822" });
  await ports.submitQueue.send([{ kind: "penfold.relay", ...job, rawKey }]);
};

interface Answering {
  readonly rules: Rules;
  readonly header: MessageHeader;
  readonly sender: { readonly name: string; readonly email: string };
}

const answer = async (ports: EffectPorts, incoming: Incoming, { rules, header, sender }: Answering, wanted: Answer): Promise<string> => {
  const { receipt, accountId, recipient } = incoming;
  const { reversePath, origin, verdicts, mailId } = receipt;
  const own = [recipient, sender.email, ...rules.identities.map(({ email }) => email), ...wanted.addresses];
  const why = whyNotAnswered({ origin, verdicts, reversePath, header, own, ownDomains: ports.ownDomains });
  if (why) return `notAnswered:${why}`;
  const now = ports.now();
  // RFC 5230 §4.2: once a sender within the days; the message that was answered is answered again only as a replay.
  const key = `V#${digestOf(wanted.handle, reversePath.toLowerCase())}`;
  const until = now + wanted.days * 24 * 3_600_000;
  const answered = (await ports.memory.keep(accountId, key, { mailId }, { now, until })) as { mailId: string };
  if (answered.mailId !== mailId) return "notAnswered:answeredBefore";
  const receiptId = idOf("answer", incoming, reversePath);
  const octets = composeAnswer({
    // RFC 5230 §4.3, §5.4: only an identity of the account can be named.
    from: rules.identities.find(({ email }) => email.toLowerCase() === wanted.from?.toLowerCase()) ?? sender,
    to: reversePath,
    // RFC 5230 §5.3.
    subject: wanted.subject ?? `Auto: ${receipt.message.subject ?? "your message"}`.slice(0, 500),
    messageId: `${receiptId}@${ports.ownDomains[0]!}`,
    at: receipt.at,
    inReplyTo: receipt.message.messageId ?? [],
    references: [...(receipt.message.references ?? []), ...(receipt.message.messageId ?? [])].slice(-20),
    text: wanted.text,
    html: wanted.html,
    entity: wanted.entity,
  });
  // RFC 5230 §5.1 prefers the null reverse path, which SES does not take.
  const job = { receiptId, accountId, reversePath: sender.email, recipients: [reversePath], at: receipt.at, tellsFailures: false };
  await send(ports, job, octets);
  return "answered";
};
