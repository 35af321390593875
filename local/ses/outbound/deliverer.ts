/**
 * Takes messages of the outbox to their ends. Each step is published, then saved: after a kill a step may be published twice
 * (SES's events are at-least-once too), never skipped.
 */
import { type ServiceContext, ServiceError } from "../../service.ts";
import type { SesModel } from "../model.ts";
import { type EventDetail, publishEvent } from "./events.ts";
import type { Outbox, OutboxRecipient, OutboxRecord } from "./outbox.ts";
import type { RelayMessage, RelayOutcome } from "./relay.ts";
import { type Simulated, simulatedOutcome } from "./simulator.ts";

export interface DelivererDependencies {
  readonly context: ServiceContext;
  readonly model: SesModel;
  readonly outbox: Outbox;
  readonly delayMillis: number;
  /** Takes mail for our own domains back in; null when no rule takes the recipient. */
  receive(envelope: { reversePath: string; recipients: readonly string[] }, octets: Buffer): Promise<{ messageId: string } | null>;
  /** True for an address of our own domains; `admits` tells whether a rule takes it. */
  isOwn(address: string): boolean;
  admits(address: string): boolean;
  /** Null: there is no relay, mail to the outside ends in the outbox. */
  readonly relay: ((message: RelayMessage) => Promise<Map<string, RelayOutcome>>) | null;
  /** Answers as someone out of the office. */
  autoReply(record: OutboxRecord, from: string): Promise<void>;
}

/** Tries of one recipient by relay, then a bounce; SES gives up after some 14 hours, a laptop sooner. */
const ATTEMPTS = 6;
const RETRY_MILLIS = 5_000;
const PARALLEL = 4;

export class Deliverer {
  readonly #deps: DelivererDependencies;
  readonly #queue: string[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  #open = false;

  constructor(deps: DelivererDependencies) {
    this.#deps = deps;
  }

  /** Begins, with what an earlier run left. */
  start(): void {
    this.#open = true;
    for (const id of this.#deps.outbox.unfinished()) this.submit(id);
  }

  async stop(): Promise<void> {
    this.#open = false;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.allSettled(this.#running);
  }

  submit(messageId: string): void {
    this.#queue.push(messageId);
    this.#fill();
  }

  #fill(): void {
    while (this.#open && this.#running.size < PARALLEL && this.#queue.length > 0) {
      const id = this.#queue.shift()!;
      const run: Promise<void> = this.#advance(id)
        .catch((error: unknown) => {
          this.#deps.context.log.error("Sending a message stopped with an error; it is tried again.", { error: String(error) });
          this.#later(id, RETRY_MILLIS);
        })
        .finally(() => {
          this.#running.delete(run);
          this.#fill();
        });
      this.#running.add(run);
    }
  }

  #later(id: string, millis: number): void {
    if (!this.#open) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.submit(id);
    }, millis);
    this.#timers.add(timer);
  }

  async #advance(id: string): Promise<void> {
    const { outbox, context } = this.#deps;
    const record = outbox.record(id);
    const octets = outbox.octets(id);
    // Killed between the octets and the record: the caller never got its answer.
    if (!record || !octets) return context.log.warn("An outbox message without its record is left alone.", { messageId: id });
    if (!record.announced) {
      await this.#publish(record, { type: "Send" });
      record.announced = true;
      outbox.save(record);
    }
    if (record.infected) await this.#reject(record, record.recipients, "Bad content");
    const now = context.clock.now();
    const due = record.recipients.filter(({ state, notBefore }) => (state === "pending" || state === "delayed") && (notBefore ?? 0) <= now);
    const own = due.filter(({ address }) => this.#deps.isOwn(address));
    const others = due.filter((recipient) => !own.includes(recipient));
    if (own.length > 0) await this.#deliverOwn(record, octets, own);
    const relayed: OutboxRecipient[] = [];
    for (const recipient of others) {
      const outcome = simulatedOutcome(recipient.address);
      if (outcome) await this.#simulate(record, recipient, outcome);
      else if (this.#deps.relay) relayed.push(recipient);
      else await this.#delivered(record, [recipient], "250 2.0.0 kept in the outbox");
    }
    if (relayed.length > 0) await this.#deliverByRelay(record, octets, relayed);
    this.#settle(record);
  }

  #settle(record: OutboxRecord): void {
    const open = record.recipients.filter(({ state }) => state === "pending" || state === "delayed");
    if (open.length === 0) {
      this.#deps.outbox.finish(record);
      return;
    }
    this.#deps.outbox.save(record);
    const next = Math.min(...open.map(({ notBefore }) => notBefore ?? 0));
    this.#later(record.messageId, Math.max(10, next - this.#deps.context.clock.now()));
  }

  async #deliverOwn(record: OutboxRecord, octets: Buffer, recipients: OutboxRecipient[]): Promise<void> {
    const admitted = recipients.filter(({ address }) => this.#deps.admits(address));
    if (admitted.length > 0) {
      const taken = await this.#deps.receive(
        { reversePath: record.reversePath, recipients: admitted.map(({ address }) => address) },
        octets,
      );
      await this.#delivered(record, admitted, `250 OK ${taken?.messageId ?? ""}`);
    }
    for (const recipient of recipients)
      if (!admitted.includes(recipient)) await this.#bounced(record, recipient, "General", "5.1.1", "smtp; 550 5.1.1 mailbox unavailable");
  }

  async #deliverByRelay(record: OutboxRecord, octets: Buffer, recipients: OutboxRecipient[]): Promise<void> {
    const addresses = recipients.map(({ address }) => address);
    const { reversePath, tlsRequired } = record;
    const outcomes = await this.#deps.relay!({ reversePath, recipients: addresses, octets, tlsRequired });
    for (const recipient of recipients) {
      const { outcome, response } = outcomes.get(recipient.address) ?? { outcome: "later" as const, response: "no answer" };
      const status = /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];
      recipient.attempts++;
      if (outcome === "delivered") await this.#delivered(record, [recipient], response);
      else if (outcome === "refused") await this.#bounced(record, recipient, "General", status ?? "5.0.0", `smtp; ${response}`);
      else if (recipient.attempts >= ATTEMPTS) await this.#bounced(record, recipient, "General", "4.4.7", `smtp; ${response}`, "Transient");
      else await this.#delayed(record, recipient, status ?? "4.4.1", `smtp; ${response}`, RETRY_MILLIS * 2 ** (recipient.attempts - 1));
    }
  }

  async #simulate(record: OutboxRecord, recipient: OutboxRecipient, outcome: Simulated): Promise<void> {
    switch (outcome) {
      case "bounce":
        return this.#bounced(record, recipient, "General", "5.1.1", "smtp; 550 5.1.1 user unknown");
      case "transient":
        return this.#bounced(record, recipient, "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full", "Transient");
      case "suppressionlist":
        return this.#bounced(
          record,
          recipient,
          "Suppressed",
          "5.1.1",
          "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.",
        );
      case "reject":
        return this.#reject(record, [recipient], "Bad content");
      case "notls":
        if (record.tlsRequired) return this.#bounced(record, recipient, "General", "5.7.10", "smtp; TLS is required and not offered");
        break;
      case "delay":
        if (recipient.state === "pending")
          return this.#delayed(record, recipient, "4.4.1", "smtp; 421 4.4.1 unable to connect to remote host", this.#deps.delayMillis);
        break;
      default:
        break;
    }
    await this.#delivered(record, [recipient], "250 2.6.0 Message received");
    if (outcome === "ooto" && record.reversePath !== "") await this.#deps.autoReply(record, recipient.address);
    if (outcome !== "complaint") return;
    await this.#publish(record, { type: "Complaint", recipient: recipient.address, userAgent: "Amazon SES Mailbox Simulator" });
    this.#mark(record, [recipient], "complained");
  }

  async #delivered(record: OutboxRecord, recipients: OutboxRecipient[], smtpResponse: string): Promise<void> {
    await this.#publish(record, { type: "Delivery", recipients: recipients.map(({ address }) => address), smtpResponse });
    this.#mark(record, recipients, "delivered", smtpResponse);
  }

  async #bounced(
    record: OutboxRecord,
    recipient: OutboxRecipient,
    bounceSubType: string,
    status: string,
    diagnosticCode: string,
    bounceType: "Permanent" | "Transient" = "Permanent",
  ): Promise<void> {
    await this.#publish(record, { type: "Bounce", bounceType, bounceSubType, recipient: recipient.address, status, diagnosticCode });
    this.#mark(record, [recipient], "bounced", diagnosticCode);
  }

  async #delayed(record: OutboxRecord, recipient: OutboxRecipient, status: string, diagnosticCode: string, millis: number): Promise<void> {
    const expiresAt = record.at + 14 * 3600 * 1000;
    const delayType = "TransientCommunicationFailure";
    // SES tells of a delay, not of each further try.
    if (recipient.state === "pending")
      await this.#publish(record, { type: "DeliveryDelay", delayType, recipient: recipient.address, status, diagnosticCode, expiresAt });
    recipient.notBefore = this.#deps.context.clock.now() + millis;
    this.#mark(record, [recipient], "delayed", diagnosticCode);
  }

  async #reject(record: OutboxRecord, recipients: readonly OutboxRecipient[], reason: string): Promise<void> {
    const open = recipients.filter(({ state }) => state === "pending");
    if (open.length === 0) return;
    await this.#publish(record, { type: "Reject", reason });
    this.#mark(record, open, "rejected", reason);
  }

  #mark(record: OutboxRecord, recipients: readonly OutboxRecipient[], state: OutboxRecipient["state"], detail?: string): void {
    for (const recipient of recipients) {
      recipient.state = state;
      if (detail !== undefined) recipient.detail = detail;
    }
    this.#deps.outbox.save(record);
  }

  async #publish(record: OutboxRecord, detail: EventDetail): Promise<void> {
    try {
      await publishEvent(this.#deps, record, detail);
    } catch (error) {
      // AWS drops an event that the topic's policy refuses; anything else is tried again with the message.
      if (!(error instanceof ServiceError) || error.status >= 500) throw error;
      this.#deps.context.log.error("A sending event was refused by its topic and is lost, as it would be in AWS.", { code: error.code });
    }
  }
}
