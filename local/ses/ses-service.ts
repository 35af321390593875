/** Amazon SES on the laptop: mail in over SMTP by the template's receipt rules, mail out by the v1 and v2 APIs with events. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import {
  type ApiCall,
  type IamCheck,
  type LocalService,
  type RequestHead,
  type ServiceContext,
  ServiceError,
  type WireProtocol,
} from "../service.ts";
import { bareAddresses, firstValue, readHeaderBlock } from "./header-fields.ts";
import { messageIdHost } from "./ids.ts";
import { certificateIn } from "./inbound/certificate.ts";
import { loadZone, type Resolve, resolveFrom, type Zone } from "./inbound/dns.ts";
import { admits } from "./inbound/receipt-rules.ts";
import { type Incoming, type ReceiveDependencies, receive, writeObject } from "./inbound/receive.ts";
import { ReceivedJournal } from "./inbound/received-journal.ts";
import { listenSmtp, type SmtpListener } from "./inbound/smtp-listener.ts";
import { SesModel } from "./model.ts";
import { type SesOptions, sesOptionsFrom } from "./options.ts";
import { answerCall, iamOf, protocolOf, readCall } from "./outbound/api.ts";
import { bounceMessage } from "./outbound/bounce-message.ts";
import { Deliverer } from "./outbound/deliverer.ts";
import { type DkimKeys, dkimKeysIn } from "./outbound/dkim-keys.ts";
import { Outbox, type OutboxRecord } from "./outbound/outbox.ts";
import { answerOutboxPage, isOutboxPage } from "./outbound/outbox-page.ts";
import { relay } from "./outbound/relay.ts";
import { refusalOf } from "./outbound/send-checks.ts";
import { Sender } from "./outbound/sender.ts";
import { ownZone, SES_OUTBOUND_ADDRESS } from "./own-zone.ts";
import { sesResources } from "./resources.ts";

export const createSes = (options: SesOptions = sesOptionsFrom(process.env)): LocalService => new LaptopSes(options);

class LaptopSes implements LocalService {
  readonly name = "ses";
  readonly signingNames = ["ses"];
  readonly protocol = "rest-json";
  readonly body = "buffered";
  readonly #options: SesOptions;
  readonly #model = new SesModel();
  readonly resources = sesResources({ model: this.#model, context: () => this.#context, dkimKeys: () => this.#dkimKeys });
  readonly customCalls = {
    "ses.setactivereceiptruleset": async (parameters: Record<string, unknown>): Promise<Record<string, unknown>> => {
      this.#activate(parameters.RuleSetName);
      return {};
    },
  };
  #context!: ServiceContext;
  #dkimKeys!: DkimKeys;
  #journal!: ReceivedJournal;
  #resolve!: Resolve;
  #outbox!: Outbox;
  #sender!: Sender;
  #deliverer!: Deliverer;
  #listener: SmtpListener | null = null;

  constructor(options: SesOptions) {
    this.#options = options;
  }

  async start(context: ServiceContext): Promise<void> {
    this.#context = context;
    this.#dkimKeys = dkimKeysIn(join(context.dataDir, "dkim"));
    this.#journal = new ReceivedJournal(context.dataDir, () => context.clock.now());
    const zones: Zone[] = this.#options.zoneFile === undefined ? [] : [loadZone(this.#options.zoneFile)];
    this.#resolve = resolveFrom(() => [...zones, ownZone(this.#model, context.region)], { system: this.#options.systemDns });
    this.#outbox = new Outbox(join(context.dataDir, "outbox"));
    const shared = { context, model: this.#model, outbox: this.#outbox };
    const { relay: host, delayMillis } = this.#options;
    const deliverer = new Deliverer({
      ...shared,
      delayMillis,
      receive: (envelope, octets) => this.#receive({ ...sesItself(context), ...envelope, octets }),
      isOwn: (address) => this.#model.identityOf(address) !== null,
      admits: (address) => admits(this.#model, address, true) === "yes",
      relay: host && ((message) => relay(host, message)),
      autoReply: (record, from) => this.#autoReply(record, from),
    });
    this.#deliverer = deliverer;
    this.#sender = new Sender({ ...shared, journal: this.#journal, deliverer });
    context.provide("mail", {
      receive: async ({ reversePath, recipients }, octets) => {
        const taken = await this.#receive({ ...sesItself(context), reversePath, recipients, octets: Buffer.from(octets) });
        if (!taken) throw new ServiceError(550, "MailboxUnavailable", "No receipt rule takes mail for these recipients.");
      },
    });
  }

  async opened(): Promise<void> {
    const context = this.#context;
    await this.#introduce();
    this.#listener = await listenSmtp({
      port: context.listenPorts.smtp,
      region: context.region,
      certificate: certificateIn(context.dataDir, "localhost", context.clock.now()),
      log: context.log,
      admits: (address, secure) => admits(this.#model, address, secure),
      receive: (incoming) => this.#receive(incoming),
    });
    this.#deliverer.start();
    context.announce("Mail in", `smtp://127.0.0.1:${this.#listener.port}`);
    context.announce("Mail sent", `${context.gatewayUrl}/_penfold/outbox`);
  }

  async stop(): Promise<void> {
    await this.#listener?.close();
    await this.#deliverer?.stop();
  }

  claimsUnsigned(head: RequestHead): boolean {
    return isOutboxPage(head);
  }

  protocolOf(head: RequestHead): WireProtocol {
    return protocolOf(head);
  }

  async iamOf(call: ApiCall): Promise<IamCheck[]> {
    return iamOf(await readCall(call), { ...this.#context, model: this.#model });
  }

  async handle(call: ApiCall, response: ServerResponse): Promise<void> {
    if (isOutboxPage(call) && call.identity.kind === "anonymous") return answerOutboxPage(this.#outbox, call, response);
    await answerCall(await readCall(call), call, this.#sender, response);
  }

  #receive(incoming: Incoming): Promise<{ messageId: string } | null> {
    const dependencies = { context: this.#context, model: this.#model, resolve: this.#resolve, journal: this.#journal };
    return receive({ ...dependencies, sendBounce: (bounce) => this.#bounce(bounce) }, incoming);
  }

  /** A receipt rule's Bounce action. */
  async #bounce({ action, incoming, recipients }: Parameters<ReceiveDependencies["sendBounce"]>[0]): Promise<void> {
    if (incoming.reversePath === "") return;
    const { fields } = readHeaderBlock(incoming.octets);
    const octets = bounceMessage({
      sender: action.sender,
      to: incoming.reversePath,
      explanation: action.message,
      reportingMta: `dns; inbound-smtp.${this.#context.region}.amazonaws.com`,
      recipients: recipients.map((recipient) => ({
        recipient,
        action: "failed",
        status: action.statusCode ?? "5.0.0",
        diagnosticCode: `smtp; ${action.smtpReplyCode} ${action.message}`,
      })),
      original: {
        subject: firstValue(fields, "subject"),
        messageIdHeader: firstValue(fields, "message-id"),
        arrivedAt: this.#context.clock.now(),
      },
    });
    const { sender: from } = action;
    const request = {
      operation: "SendBounce" as const,
      from,
      recipients: [incoming.reversePath],
      octets,
      limitOctets: 1024 * 1024,
      tags: [],
      nullReversePath: true,
    };
    await this.#sender.send(request, { arn: "ses.amazonaws.com" }, refusalOf("v1"));
  }

  /** The simulator's ooto@: a reply from someone who is away, to the From address. */
  async #autoReply(record: OutboxRecord, from: string): Promise<void> {
    const [to] = bareAddresses(record.source);
    if (to === undefined || admits(this.#model, to, true) !== "yes") return;
    const subject = String(record.headers.commonHeaders.subject ?? "").replace(/[\x00-\x1f]+/g, " ");
    const octets = Buffer.from(
      `From: ${from}\r\nTo: ${to}\r\nSubject: Out of office: ${subject.slice(0, 200)}\r\nDate: ${new Date(this.#context.clock.now()).toUTCString().replace("GMT", "+0000")}\r\n` +
        `Message-ID: <ooto-${record.messageId}@simulator.amazonses.com>\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: <${record.messageId}@${messageIdHost(this.#context.region)}>\r\n` +
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nI am away and will read your message when I am back.\r\n",
    );
    await this.#receive({ ...sesItself(this.#context), reversePath: "", recipients: [to], octets });
  }

  #activate(name: unknown): void {
    if (name !== undefined && (typeof name !== "string" || !this.#model.ruleSets.has(name)))
      throw new ServiceError(400, "RuleSetDoesNotExist", `Rule set does not exist: ${String(name)}`);
    this.#model.activeRuleSet = name ?? null;
  }

  /**
   * What SES does once when a rule or destination is made: it puts a note into the rule's bucket and a line of text on the
   * destination's topic, to see that it may. Consumers must bear both.
   */
  async #introduce(): Promise<void> {
    const path = join(this.#context.dataDir, "introduced.json");
    const done = new Set<string>(existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as string[]) : []);
    const once = async (key: string, act: () => Promise<unknown>): Promise<void> => {
      if (done.has(key)) return;
      await act();
      done.add(key);
      writeFileSync(`${path}.tmp`, JSON.stringify([...done]));
      renameSync(`${path}.tmp`, path);
    };
    for (const rule of [...this.#model.ruleSets.values()].flat())
      for (const action of rule.actions)
        if (action.type === "S3")
          await once(`${rule.arn} ${action.bucketName} ${action.objectKeyPrefix}`, () =>
            writeObject(this.#context, rule, action, `${action.objectKeyPrefix}AMAZON_SES_SETUP_NOTIFICATION`, SETUP_NOTE),
          );
    for (const set of this.#model.configurationSets.values())
      for (const { name, topicArn } of set.destinations.values())
        await once(`${set.arn} ${name} ${topicArn}`, () =>
          this.#context.port("topics").publish(topicArn, { body: DESTINATION_NOTE }, { service: "ses.amazonaws.com", sourceArn: set.arn }),
        );
  }
}

const SETUP_NOTE = Buffer.from(
  "From: Amazon Web Services <no-reply-aws@amazon.com>\r\nSubject: Amazon SES Setup Notification\r\nMIME-Version: 1.0\r\n" +
    "Content-Type: text/plain; charset=UTF-8\r\n\r\nThis object shows that Amazon SES may write to this bucket. It is no message to anyone.\r\n",
);
const DESTINATION_NOTE = "Successfully validated SNS topic for Amazon SES event publishing.";

/** How mail that never crossed the SMTP port counts: sent by SES, over TLS. */
const sesItself = (context: ServiceContext): Pick<Incoming, "remoteAddress" | "helo" | "secure"> => ({
  remoteAddress: SES_OUTBOUND_ADDRESS,
  helo: `e240-1.smtp-out.${context.region}.amazonses.com`,
  secure: true,
});
