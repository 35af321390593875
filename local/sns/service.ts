import type { ServerResponse } from "node:http";
import { escapeXml } from "../gateway/answer-error.ts";
import type { MessageAttributes } from "../ports.ts";
import { type ApiCall, type IamCheck, type LocalService, type ResourceProvider, type ServiceContext, ServiceError } from "../service.ts";
import { type Publication, type Topic, Topics } from "./topics.ts";

const largestMessageOctets = 262_144;
const mostEntries = 10;

/** SNS: publishing to topics of the template (query protocol: a form comes in, XML goes out). */
export class SnsService implements LocalService {
  readonly name = "sns";
  readonly signingNames = ["sns"];
  readonly protocol = "query";
  readonly body = "buffered";
  #topics: Topics | null = null;
  #context: ServiceContext | null = null;

  get topics(): Topics {
    if (!this.#topics) throw new Error("SNS is asked before its start");
    return this.#topics;
  }

  get resources(): Readonly<Record<string, ResourceProvider>> {
    return this.topics.resources;
  }

  async start(context: ServiceContext): Promise<void> {
    this.#context = context;
    this.#topics = new Topics(context);
    context.provide("topics", {
      publish: async (topicArn, message, caller) => {
        const topic = this.topics.find(topicArn);
        for (const check of publishChecks(topic)) {
          if (caller === null || context.allowsService(caller, check)) continue;
          throw new ServiceError(
            403,
            "AuthorizationError",
            `${caller.service} for ${caller.sourceArn} may not ${check.action} on ${check.resource}`,
          );
        }
        return this.topics.publish(topic, message);
      },
    });
  }

  iamOf(call: ApiCall): IamCheck[] {
    const form = formOf(call);
    const action = form.get("Action") ?? "";
    if (action === "ListTopics") return [{ action: "sns:ListTopics", resource: "*" }];
    const topic = this.topics.find(form.get("TopicArn") ?? form.get("TargetArn") ?? "");
    if (action !== "Publish" && action !== "PublishBatch")
      return [{ action: `sns:${action}`, resource: topic.arn, resourcePolicy: topic.policy }];
    const context = { "kms:ViaService": `sns.${this.#context!.region}.amazonaws.com` };
    return publishChecks(topic).map((check) => (check.action.startsWith("kms:") ? { ...check, context } : check));
  }

  async handle(call: ApiCall, response: ServerResponse): Promise<void> {
    const form = formOf(call);
    const action = form.get("Action") ?? "";
    const result = await this.#answer(action, form);
    const body =
      `<${action}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><${action}Result>${result}</${action}Result>` +
      `<ResponseMetadata><RequestId>${call.requestId}</RequestId></ResponseMetadata></${action}Response>`;
    response.writeHead(200, { "content-type": "text/xml", "content-length": Buffer.byteLength(body) });
    response.end(body);
  }

  async #answer(action: string, form: URLSearchParams): Promise<string> {
    switch (action) {
      case "Publish": {
        const { messageId } = await this.topics.publish(this.#topicOf(form), publicationOf(form, ""));
        return `<MessageId>${messageId}</MessageId>`;
      }
      case "PublishBatch":
        return this.#publishBatch(form);
      case "ListTopics":
        return `<Topics>${this.topics
          .all()
          .map((topic) => `<member><TopicArn>${topic.arn}</TopicArn></member>`)
          .join("")}</Topics>`;
      case "GetTopicAttributes":
        return topicAttributes(this.#topicOf(form));
      case "ListSubscriptionsByTopic":
        return `<Subscriptions>${this.#topicOf(form).subscriptions.map(subscriptionXml).join("")}</Subscriptions>`;
      default:
        throw new ServiceError(400, "InvalidAction", `SNS of the laptop cloud does not know the action "${action}"`);
    }
  }

  async #publishBatch(form: URLSearchParams): Promise<string> {
    const prefixes = Array.from({ length: mostEntries + 1 }, (_, at) => `PublishBatchRequestEntries.member.${at + 1}.`).filter((prefix) =>
      form.has(`${prefix}Id`),
    );
    if (prefixes.length === 0) throw new ServiceError(400, "EmptyBatchRequest", "The batch request doesn't contain any entries.");
    if (prefixes.length > mostEntries)
      throw new ServiceError(400, "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.");
    let successful = "";
    for (const prefix of prefixes) {
      const { messageId } = await this.topics.publish(this.#topicOf(form), publicationOf(form, prefix));
      successful += `<member><Id>${escapeXml(form.get(`${prefix}Id`)!)}</Id><MessageId>${messageId}</MessageId></member>`;
    }
    return `<Successful>${successful}</Successful><Failed/>`;
  }

  #topicOf(form: URLSearchParams): Topic {
    return this.topics.find(form.get("TopicArn") ?? form.get("TargetArn") ?? "");
  }

  async stop(): Promise<void> {}
}

/** Publishing to a topic under a customer key needs the right to use that key as well. */
function publishChecks(topic: Topic): IamCheck[] {
  const checks: IamCheck[] = [{ action: "sns:Publish", resource: topic.arn, resourcePolicy: topic.policy }];
  if (topic.keyArn)
    checks.push({ action: "kms:GenerateDataKey", resource: topic.keyArn }, { action: "kms:Decrypt", resource: topic.keyArn });
  return checks;
}

function publicationOf(form: URLSearchParams, prefix: string): Publication {
  const body = form.get(`${prefix}Message`) ?? "";
  if (body === "") throw new ServiceError(400, "InvalidParameter", "Invalid parameter: Empty message");
  if (Buffer.byteLength(body) > largestMessageOctets)
    throw new ServiceError(400, "InvalidParameter", "Invalid parameter: Message too long");
  const attributes: Record<string, { type: string; value: string | Buffer }> = {};
  for (let at = 1; ; at += 1) {
    const entry = `${prefix}MessageAttributes.entry.${at}.`;
    const name = form.get(`${entry}Name`);
    if (name === null) break;
    const binary = form.get(`${entry}Value.BinaryValue`);
    const value = binary === null ? (form.get(`${entry}Value.StringValue`) ?? "") : Buffer.from(binary, "base64");
    attributes[name] = { type: form.get(`${entry}Value.DataType`) ?? "String", value };
  }
  const subject = form.get(`${prefix}Subject`) ?? undefined;
  return {
    body,
    ...(subject ? { subject } : {}),
    ...(Object.keys(attributes).length > 0 ? { attributes: attributes as MessageAttributes } : {}),
  };
}

function topicAttributes(topic: Topic): string {
  const attributes = {
    TopicArn: topic.arn,
    SubscriptionsConfirmed: String(topic.subscriptions.length),
    Policy: JSON.stringify(topic.policy ?? {}),
  };
  const entries = Object.entries(attributes).map(([key, value]) => `<entry><key>${key}</key><value>${escapeXml(value)}</value></entry>`);
  return `<Attributes>${entries.join("")}</Attributes>`;
}

function subscriptionXml(subscription: Topic["subscriptions"][number]): string {
  const { arn, protocol, endpoint } = subscription;
  const topicArn = arn.split(":").slice(0, 6).join(":");
  return (
    `<member><SubscriptionArn>${arn}</SubscriptionArn><Protocol>${protocol}</Protocol><Endpoint>${escapeXml(endpoint)}</Endpoint>` +
    `<TopicArn>${topicArn}</TopicArn><Owner>${topicArn.split(":")[4]}</Owner></member>`
  );
}

function formOf(call: ApiCall): URLSearchParams {
  return new URLSearchParams(call.body.toString("utf8"));
}
