import { randomUUID } from "node:crypto";
import { type Filter, matchesFilter, unknownOperatorIn } from "../patterns/event-pattern.ts";
import type { MessageAttributes } from "../ports.ts";
import {
  type CreatedResource,
  type PolicyDocument,
  type ResourceProvider,
  type ServiceContext,
  ServiceError,
  type TemplateResource,
  UnknownInTemplate,
} from "../service.ts";

export interface Topic {
  readonly name: string;
  readonly arn: string;
  readonly keyArn: string | null;
  readonly subscriptions: Subscription[];
  policy: PolicyDocument | null;
}

interface Subscription {
  readonly arn: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly raw: boolean;
  readonly filter: Filter | null;
  readonly filterScope: "MessageAttributes" | "MessageBody";
  readonly deadLetterArn: string | null;
}

export interface Publication {
  readonly body: string;
  readonly subject?: string;
  readonly attributes?: MessageAttributes;
}

const inert = (reason: string) => ({ inert: reason });
/** Subscriptions that leave the laptop: accepted, and logged instead of sent. */
const outward = new Set(["email", "email-json", "sms", "application", "firehose"]);

/** Topics of the template and their subscriptions; delivery to SQS and Lambda inside the laptop. */
export class Topics {
  readonly #context: ServiceContext;
  readonly #byArn = new Map<string, Topic>();

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  find(arn: string): Topic {
    const topic = this.#byArn.get(arn);
    if (!topic) throw new ServiceError(404, "NotFound", "Topic does not exist");
    return topic;
  }

  all(): readonly Topic[] {
    return [...this.#byArn.values()];
  }

  /** Hands the message to every subscription whose filter takes it; resolves when each has it on disk. */
  async publish(topic: Topic, publication: Publication): Promise<{ messageId: string }> {
    const messageId = randomUUID();
    const deliveries = topic.subscriptions
      .filter((subscription) => takes(subscription, publication))
      .map((subscription) => this.#deliver(topic, subscription, publication, messageId));
    await Promise.all(deliveries);
    return { messageId };
  }

  async #deliver(topic: Topic, subscription: Subscription, publication: Publication, messageId: string): Promise<void> {
    const caller = { service: "sns.amazonaws.com", sourceArn: topic.arn };
    try {
      if (subscription.protocol === "sqs") {
        const message = subscription.raw
          ? { body: publication.body, attributes: publication.attributes }
          : { body: envelope(topic, subscription, publication, messageId) };
        await this.#context.port("queues").send(subscription.endpoint, message, caller);
      } else if (subscription.protocol === "lambda") {
        await this.#context
          .port("functions")
          .invokeLater(subscription.endpoint, lambdaEvent(topic, subscription, publication, messageId), caller);
      } else {
        this.#context.log.info("a notification would leave the laptop", { topic: topic.name, protocol: subscription.protocol });
      }
    } catch (error) {
      await this.#failed(topic, subscription, publication, error);
    }
  }

  /** As in AWS, a subscriber that may not be reached does not fail the publisher: the message goes to the subscription's dead-letter queue or is lost, loudly. */
  async #failed(topic: Topic, subscription: Subscription, publication: Publication, error: unknown): Promise<void> {
    this.#context.log.error("a notification could not be delivered", {
      topic: topic.name,
      endpoint: subscription.endpoint,
      reason: String(error),
    });
    if (!subscription.deadLetterArn) return;
    const caller = { service: "sns.amazonaws.com", sourceArn: topic.arn };
    await this.#context
      .port("queues")
      .send(subscription.deadLetterArn, { body: publication.body, attributes: publication.attributes }, caller);
  }

  readonly resources: Readonly<Record<string, ResourceProvider>> = {
    "AWS::SNS::Topic": {
      properties: {
        TopicName: "used",
        DisplayName: "used",
        KmsMasterKeyId: "used",
        Subscription: "used",
        TracingConfig: inert("traces are not collected"),
        DeliveryStatusLogging: inert("metrics are not collected"),
        SignatureVersion: inert("nothing verifies signatures on a laptop"),
        Tags: inert("describes"),
      },
      create: async (resource) => this.#createTopic(resource),
    },
    "AWS::SNS::Subscription": {
      properties: {
        TopicArn: "used",
        Protocol: "used",
        Endpoint: "used",
        RawMessageDelivery: "used",
        FilterPolicy: "used",
        FilterPolicyScope: "used",
        RedrivePolicy: "used",
        Region: "used",
        DeliveryPolicy: inert("delivery inside a laptop does not fail for a while"),
      },
      create: async (resource) => this.#createSubscription(resource, resource.properties as unknown as SubscriptionProperties),
    },
    "AWS::SNS::TopicPolicy": {
      properties: { PolicyDocument: "used", Topics: "used" },
      create: async (resource) => {
        for (const arn of resource.properties.Topics as string[])
          this.find(arn).policy = resource.properties.PolicyDocument as PolicyDocument;
        return { ref: resource.physicalName(), attributes: { Id: resource.physicalName() } };
      },
    },
  };

  #createTopic(resource: TemplateResource): CreatedResource {
    const name = String(resource.properties.TopicName ?? resource.physicalName({ maxLength: 256 }));
    const key = String(resource.properties.KmsMasterKeyId ?? "");
    const arn = `arn:aws:sns:${this.#context.region}:${this.#context.accountId}:${name}`;
    this.#byArn.set(arn, { name, arn, keyArn: key.startsWith("arn:") ? key : null, subscriptions: [], policy: null });
    for (const inline of (resource.properties.Subscription ?? []) as SubscriptionProperties[]) {
      this.#createSubscription(resource, { ...inline, TopicArn: arn });
    }
    return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
  }

  #createSubscription(resource: TemplateResource, properties: SubscriptionProperties): CreatedResource {
    const topic = this.find(properties.TopicArn);
    const protocol = properties.Protocol;
    if (protocol !== "sqs" && protocol !== "lambda" && !outward.has(protocol)) {
      throw new UnknownInTemplate(resource, `subscriptions with the protocol "${protocol}" are not known to the laptop cloud`);
    }
    const filter = (properties.FilterPolicy ?? null) as Filter | null;
    const problem = filter ? unknownOperatorIn(filter) : null;
    if (problem) throw new UnknownInTemplate(resource, problem);
    const redrive = properties.RedrivePolicy as { deadLetterTargetArn?: string } | undefined;
    const arn = `${topic.arn}:${resource.stableId(36)}`;
    topic.subscriptions.push({
      arn,
      protocol,
      endpoint: String(properties.Endpoint),
      raw: String(properties.RawMessageDelivery ?? "false") === "true",
      filter,
      filterScope: properties.FilterPolicyScope ?? "MessageAttributes",
      deadLetterArn: redrive?.deadLetterTargetArn ?? null,
    });
    return { ref: arn, attributes: { Arn: arn } };
  }
}

interface SubscriptionProperties {
  TopicArn: string;
  Protocol: string;
  Endpoint: string;
  RawMessageDelivery?: boolean | string;
  FilterPolicy?: object;
  FilterPolicyScope?: "MessageAttributes" | "MessageBody";
  RedrivePolicy?: object;
}

function takes(subscription: Subscription, publication: Publication): boolean {
  if (!subscription.filter) return true;
  if (subscription.filterScope === "MessageBody") return matchesFilter(subscription.filter, parsed(publication.body));
  const values = Object.entries(publication.attributes ?? {}).map(([name, { type, value }]) => [name, attributeValue(type, value)]);
  return matchesFilter(subscription.filter, Object.fromEntries(values));
}

function attributeValue(type: string, value: string | Buffer): unknown {
  if (type === "Number") return Number(value);
  return type === "String.Array" ? parsed(String(value)) : String(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** "HTTP/HTTPS notification JSON format" of the SNS developer guide, which SQS endpoints get too. */
function envelope(topic: Topic, subscription: Subscription, publication: Publication, messageId: string): string {
  return JSON.stringify({
    Type: "Notification",
    MessageId: messageId,
    TopicArn: topic.arn,
    ...(publication.subject ? { Subject: publication.subject } : {}),
    Message: publication.body,
    Timestamp: new Date().toISOString(),
    SignatureVersion: "1",
    Signature: "",
    SigningCertURL: "",
    UnsubscribeURL: `https://sns.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${subscription.arn}`,
    ...(publication.attributes ? { MessageAttributes: envelopeAttributes(publication.attributes) } : {}),
  });
}

function envelopeAttributes(attributes: MessageAttributes): object {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [
      name,
      { Type: type, Value: Buffer.isBuffer(value) ? value.toString("base64") : value },
    ]),
  );
}

function lambdaEvent(topic: Topic, subscription: Subscription, publication: Publication, messageId: string): string {
  const notification = JSON.parse(envelope(topic, subscription, publication, messageId)) as Record<string, unknown>;
  return JSON.stringify({
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: subscription.arn,
        Sns: { ...notification, MessageAttributes: notification.MessageAttributes ?? {}, Subject: publication.subject ?? null },
      },
    ],
  });
}
