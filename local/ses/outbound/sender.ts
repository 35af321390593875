/** Accepts messages to send: checks, rewrites, keeps, and hands them to the deliverer. */
import type { Identity as Caller, ServiceContext } from "../../service.ts";
import { readHeaderBlock } from "../header-fields.ts";
import { messageIdHost, outboundMessageId } from "../ids.ts";
import { scanContent } from "../inbound/content-scan.ts";
import type { ReceivedJournal } from "../inbound/received-journal.ts";
import type { ConfigurationSet, SesModel } from "../model.ts";
import { notificationHeaders } from "../notification-mail.ts";
import type { BounceRequest } from "./api-v1.ts";
import { bounceMessage } from "./bounce-message.ts";
import type { Deliverer } from "./deliverer.ts";
import type { Outbox, OutboxRecord } from "./outbox.ts";
import { prepareMessage } from "./prepare-message.ts";
import { checkSend, type Refusal, refusalOf } from "./send-checks.ts";
import type { SendRequest } from "./send-request.ts";
import { simulatedOutcome } from "./simulator.ts";

export interface SenderDependencies {
  readonly context: ServiceContext;
  readonly model: SesModel;
  readonly outbox: Outbox;
  readonly journal: ReceivedJournal;
  readonly deliverer: Deliverer;
}

/** Times that a message to throttle@… is put off before it is taken. */
const THROTTLED_TRIES = 2;
const THROTTLE_MEMORY = 10_000;

export class Sender {
  readonly #deps: SenderDependencies;
  readonly #throttled = new Map<string, number>();

  constructor(deps: SenderDependencies) {
    this.#deps = deps;
  }

  /** The message is on disk when this returns its id. */
  async send(request: SendRequest, caller: Pick<Caller, "arn">, refuse: Refusal): Promise<string> {
    const { context, model, outbox, deliverer } = this.#deps;
    const header = readHeaderBlock(request.octets);
    const { from, recipients, identity } = checkSend(model, request, header, context.region, refuse);
    const fieldOf = (name: string): string | undefined => header.fields.find((field) => field.name.toLowerCase() === name)?.value;
    const set = this.#setOf(request.configurationSet ?? fieldOf("x-ses-configuration-set") ?? identity.configurationSet, refuse);
    this.#throttle(recipients, request, refuse);
    const at = context.clock.now();
    const messageId = outboundMessageId(context.region, at);
    const messageIdField = `${messageId}@${messageIdHost(context.region)}`;
    const prepared = await prepareMessage({ octets: request.octets, messageIdField, region: context.region, now: at, identity });
    const record: OutboxRecord = {
      messageId,
      at,
      source: request.from ?? fieldOf("from") ?? from,
      sourceArn: identity.arn,
      reversePath: request.nullReversePath ? "" : `${messageId}@${identity.mailFromDomain ?? messageIdHost(context.region)}`,
      configurationSet: set?.name ?? null,
      tlsRequired: set?.tlsRequired ?? false,
      tags: {
        "ses:operation": [request.operation],
        ...(set ? { "ses:configuration-set": [set.name] } : {}),
        "ses:source-ip": ["127.0.0.1"],
        "ses:from-domain": [from.slice(from.lastIndexOf("@") + 1)],
        "ses:caller-identity": [caller.arn.split("/").at(-1)!],
        ...headerTags(fieldOf("x-ses-message-tags")),
        ...Object.fromEntries(request.tags.map(({ name, value }) => [name, [value]])),
      },
      headers: notificationHeaders(prepared.givenFields),
      infected: scanContent(request.octets).virus === "FAIL",
      recipients: recipients.map((address) => ({ address, state: "pending" as const, attempts: 0 })),
      announced: false,
    };
    outbox.accept(record, prepared.octets);
    deliverer.submit(messageId);
    return messageId;
  }

  /** Answers a message that was received within the last day, to its reverse path. */
  async bounce(bounce: BounceRequest, caller: Pick<Caller, "arn">): Promise<string> {
    const refuse = refusalOf("v1");
    const original = this.#deps.journal.find(bounce.originalMessageId);
    if (!original) throw refuse("rejected", `Original message ID not found or older than 24 hours: ${bounce.originalMessageId}`);
    if (original.reversePath === "") throw refuse("rejected", "Cannot bounce a message that has no return path.");
    if (bounce.recipients.length === 0) throw refuse("invalid", "No bounced recipients given.");
    const octets = bounceMessage({
      sender: bounce.bounceSender,
      to: original.reversePath,
      explanation: bounce.explanation ?? "An error occurred while trying to deliver the mail to the following recipients:",
      reportingMta: bounce.reportingMta ?? `dns; inbound-smtp.${this.#deps.context.region}.amazonaws.com`,
      recipients: bounce.recipients,
      original: { ...original, arrivedAt: original.at },
    });
    const request: SendRequest = {
      operation: "SendBounce",
      from: bounce.bounceSender,
      recipients: [original.reversePath],
      octets,
      limitOctets: 10 * 1024 * 1024,
      tags: [],
      nullReversePath: true,
    };
    return this.send(request, caller, refuse);
  }

  #setOf(name: string | undefined, refuse: Refusal): ConfigurationSet | null {
    if (name === undefined) return null;
    const set = this.#deps.model.configurationSets.get(name);
    if (!set) throw refuse("noSet", `Configuration set <${name}> does not exist.`);
    if (!set.sendingEnabled) throw refuse("paused", `Sending is paused for configuration set <${name}>.`);
    return set;
  }

  #throttle(recipients: readonly string[], request: SendRequest, refuse: Refusal): void {
    const asked = recipients.find((address) => simulatedOutcome(address) === "throttle");
    if (asked === undefined) return;
    const key = `${asked} ${request.octets.length}`;
    const tries = this.#throttled.get(key) ?? 0;
    if (tries >= THROTTLED_TRIES && !/^throttle\+always@/i.test(asked)) {
      this.#throttled.delete(key);
      return;
    }
    if (this.#throttled.size >= THROTTLE_MEMORY) this.#throttled.clear();
    this.#throttled.set(key, tries + 1);
    throw refuse("throttled", "Maximum sending rate exceeded.");
  }
}

/** X-SES-MESSAGE-TAGS: `name=value, name=value`. */
const headerTags = (value: string | undefined): Record<string, string[]> => {
  const pairs = (value ?? "").split(",").flatMap((pair) => {
    const match = /^\s*([A-Za-z0-9_-]{1,256})=([A-Za-z0-9_.@-]{1,256})\s*$/.exec(pair);
    return match ? [[match[1]!, [match[2]!]] as [string, string[]]] : [];
  });
  return Object.fromEntries(pairs);
};
