/** Sending events in SES's JSON (Developer Guide, "Contents of event data that Amazon SES publishes to Amazon SNS"). */
import type { ServiceContext } from "../../service.ts";
import { outboundMessageId } from "../ids.ts";
import type { SendingEventType, SesModel } from "../model.ts";
import type { OutboxRecord } from "./outbox.ts";

export type EventDetail =
  | { readonly type: "Send" }
  | { readonly type: "Reject"; readonly reason: string }
  | { readonly type: "Delivery"; readonly recipients: readonly string[]; readonly smtpResponse: string; readonly reportingMta?: string }
  | {
      readonly type: "Bounce";
      readonly bounceType: "Permanent" | "Transient" | "Undetermined";
      readonly bounceSubType: string;
      readonly recipient: string;
      readonly status: string;
      readonly diagnosticCode: string;
    }
  | { readonly type: "Complaint"; readonly recipient: string; readonly userAgent: string }
  | {
      readonly type: "DeliveryDelay";
      readonly delayType: string;
      readonly recipient: string;
      readonly status: string;
      readonly diagnosticCode: string;
      readonly expiresAt: number;
    };

const iso = (at: number): string => new Date(at).toISOString();

const detailObject = (detail: EventDetail, record: OutboxRecord, now: number, region: string): Record<string, unknown> => {
  switch (detail.type) {
    case "Send":
      return { send: {} };
    case "Reject":
      return { reject: { reason: detail.reason } };
    case "Delivery":
      return {
        delivery: {
          timestamp: iso(now),
          processingTimeMillis: Math.max(0, now - record.at),
          recipients: detail.recipients,
          smtpResponse: detail.smtpResponse,
          remoteMtaIp: "127.0.0.1",
          reportingMTA: detail.reportingMta ?? `e240-1.smtp-out.${region}.amazonses.com`,
        },
      };
    case "Bounce":
      return {
        bounce: {
          feedbackId: outboundMessageId(region, now),
          bounceType: detail.bounceType,
          bounceSubType: detail.bounceSubType,
          bouncedRecipients: [
            { emailAddress: detail.recipient, action: "failed", status: detail.status, diagnosticCode: detail.diagnosticCode },
          ],
          timestamp: iso(now),
          reportingMTA: `dns; e240-1.smtp-out.${region}.amazonses.com`,
        },
      };
    case "Complaint":
      return {
        complaint: {
          feedbackId: outboundMessageId(region, now),
          complaintSubType: null,
          complainedRecipients: [{ emailAddress: detail.recipient }],
          timestamp: iso(now),
          userAgent: detail.userAgent,
          complaintFeedbackType: "abuse",
          arrivalDate: iso(now),
        },
      };
    case "DeliveryDelay":
      return {
        deliveryDelay: {
          timestamp: iso(now),
          delayType: detail.delayType,
          expirationTime: iso(detail.expiresAt),
          delayedRecipients: [{ emailAddress: detail.recipient, status: detail.status, diagnosticCode: detail.diagnosticCode }],
          reportingMTA: `e240-1.smtp-out.${region}.amazonses.com`,
        },
      };
  }
};

/** Publishes to each destination of the message's configuration set that asks for the type. */
export const publishEvent = async (
  { context, model }: { context: ServiceContext; model: SesModel },
  record: OutboxRecord,
  detail: EventDetail,
): Promise<void> => {
  const set = record.configurationSet === null ? undefined : model.configurationSets.get(record.configurationSet);
  if (!set) return;
  const type: SendingEventType = detail.type;
  const destinations = [...set.destinations.values()].filter(({ enabled, types }) => enabled && types.has(type));
  if (destinations.length === 0) return;
  const body = JSON.stringify({
    eventType: type,
    mail: {
      timestamp: iso(record.at),
      source: record.source,
      sourceArn: record.sourceArn,
      sendingAccountId: context.accountId,
      messageId: record.messageId,
      destination: record.recipients.map(({ address }) => address),
      ...record.headers,
      tags: type === "Delivery" ? { ...record.tags, "ses:outgoing-ip": ["54.240.8.1"] } : record.tags,
    },
    ...detailObject(detail, record, context.clock.now(), context.region),
  });
  const caller = { service: "ses.amazonaws.com", sourceArn: set.arn };
  for (const { topicArn } of destinations)
    await context.port("topics").publish(topicArn, { body, subject: "Amazon SES Email Event Notification" }, caller);
};
