/**
 * One message received: verdicts, SES's own header fields, then the rules' actions in order.
 * Returns when every action has durably happened; throws when one could not, so that the sender keeps the message and tries again.
 * (AWS answers 250 first and retries the action for four hours: the laptop has no such buffer to lose.)
 */
import { type ServiceContext, ServiceError } from "../../service.ts";
import { readHeaderBlock } from "../header-fields.ts";
import { inboundMessageId } from "../ids.ts";
import type { ReceiptAction, ReceiptRule, SesModel } from "../model.ts";
import { headerRecipients, notificationHeaders } from "../notification-mail.ts";
import { type Authentication, authenticate, type Verdict } from "./authenticate.ts";
import { scanContent } from "./content-scan.ts";
import type { Resolve } from "./dns.ts";
import { rulesFor } from "./receipt-rules.ts";
import type { ReceivedJournal } from "./received-journal.ts";

export interface Incoming {
  readonly reversePath: string;
  readonly recipients: readonly string[];
  readonly octets: Buffer;
  readonly remoteAddress: string;
  readonly helo: string;
  readonly secure: boolean;
}

export interface ReceiveDependencies {
  readonly context: ServiceContext;
  readonly model: SesModel;
  readonly resolve: Resolve;
  readonly journal: ReceivedJournal;
  /** Sends the answer that a Bounce action asks for. */
  sendBounce(bounce: {
    action: Extract<ReceiptAction, { type: "Bounce" }>;
    incoming: Incoming;
    recipients: readonly string[];
  }): Promise<void>;
}

/** SES gives one id to a message however many rules it meets. Null: no rule takes any recipient. */
export const receive = async (deps: ReceiveDependencies, incoming: Incoming): Promise<{ messageId: string } | null> => {
  const { context, model } = deps;
  const matched = rulesFor(model, incoming.recipients, incoming.secure);
  if (matched.length === 0) return null;
  const startedAt = context.clock.now();
  const messageId = inboundMessageId();
  const header = readHeaderBlock(incoming.octets);
  const authentication = await authenticate(incoming.octets, header, incoming, deps.resolve);
  const scan = scanContent(incoming.octets);
  deps.journal.remember({ messageId, at: startedAt, reversePath: incoming.reversePath, fields: header.fields });
  for (const { rule, recipients } of matched) {
    const verdicts: Verdicts = { ...authentication, ...(rule.scanEnabled ? scan : { spam: "DISABLED", virus: "DISABLED" }) };
    const message = { ...incoming, octets: Buffer.concat([ownFields(deps, incoming, messageId, startedAt, verdicts), incoming.octets]) };
    if ((await act(deps, rule, { incoming: message, recipients, messageId, startedAt, verdicts })) === "stop") break;
  }
  return { messageId };
};

type Verdicts = Authentication & { readonly spam: Verdict; readonly virus: Verdict };

interface Matched {
  incoming: Incoming;
  readonly recipients: readonly string[];
  readonly messageId: string;
  readonly startedAt: number;
  readonly verdicts: Verdicts;
}

const act = async (deps: ReceiveDependencies, rule: ReceiptRule, matched: Matched): Promise<"go on" | "stop"> => {
  const caller = { service: "ses.amazonaws.com", sourceArn: rule.arn };
  const topics = deps.context.port("topics");
  const notify = async (topicArn: string | undefined, action: object, content?: object): Promise<void> => {
    if (topicArn === undefined) return;
    const body = JSON.stringify({ ...notification(deps.context.clock.now(), matched, { ...action, topicArn }), ...content });
    await topics.publish(topicArn, { body, subject: "Amazon SES Email Receipt Notification" }, caller);
  };
  for (const action of rule.actions) {
    switch (action.type) {
      case "S3": {
        const objectKey = action.objectKeyPrefix + matched.messageId;
        const { bucketName, objectKeyPrefix } = action;
        await writeObject(deps.context, rule, action, objectKey, matched.incoming.octets);
        await notify(action.topicArn, { type: "S3", bucketName, objectKeyPrefix, objectKey });
        break;
      }
      case "SNS":
        // SES refuses this action beyond 150 KB, headers included.
        if (matched.incoming.octets.length > 150 * 1024)
          throw new ServiceError(552, "MessageTooLong", "The message is too long for an SNS action.");
        await notify(
          action.topicArn,
          { type: "SNS", encoding: action.encoding },
          { content: matched.incoming.octets.toString(action.encoding === "Base64" ? "base64" : "utf8") },
        );
        break;
      case "AddHeader":
        matched.incoming = {
          ...matched.incoming,
          octets: Buffer.concat([Buffer.from(`${action.headerName}: ${action.headerValue}\r\n`), matched.incoming.octets]),
        };
        break;
      case "Bounce":
        await deps.sendBounce({ action, incoming: matched.incoming, recipients: matched.recipients });
        await notify(action.topicArn, {
          type: "Bounce",
          smtpReplyCode: action.smtpReplyCode,
          statusCode: action.statusCode,
          message: action.message,
          sender: action.sender,
        });
        break;
      case "Stop":
        await notify(action.topicArn, { type: "Stop" });
        return "stop";
    }
  }
  return "go on";
};

/** As SES: under the bucket's policy, or as the role that the action names. */
export const writeObject = async (
  context: ServiceContext,
  rule: ReceiptRule,
  action: Extract<ReceiptAction, { type: "S3" }>,
  objectKey: string,
  octets: Buffer,
): Promise<void> => {
  const { bucketName, roleArn } = action;
  if (
    roleArn !== undefined &&
    !context.allowsRole(roleArn, { action: "s3:PutObject", resource: `arn:aws:s3:::${bucketName}/${objectKey}` })
  )
    throw new ServiceError(403, "AccessDenied", `The role of receipt rule ${rule.name} may not write to bucket ${bucketName}.`);
  const caller = roleArn === undefined ? { service: "ses.amazonaws.com", sourceArn: rule.arn } : null;
  await context.port("objects").put(bucketName, objectKey, octets, { caller });
};

const iso = (at: number): string => new Date(at).toISOString();

/** SES Developer Guide, "Contents of notifications for Amazon SES email receiving". */
const notification = (now: number, matched: Matched, action: object): object => {
  const { incoming, recipients, messageId, startedAt, verdicts } = matched;
  const { fields } = readHeaderBlock(incoming.octets);
  const destination = headerRecipients(fields);
  const status = (verdict: Verdict): { status: Verdict } => ({ status: verdict });
  return {
    notificationType: "Received",
    mail: {
      timestamp: iso(startedAt),
      source: incoming.reversePath,
      messageId,
      destination: destination.length > 0 ? destination : recipients,
      ...notificationHeaders(fields, incoming.reversePath),
    },
    receipt: {
      timestamp: iso(startedAt),
      processingTimeMillis: Math.max(0, now - startedAt),
      recipients,
      spamVerdict: status(verdicts.spam),
      virusVerdict: status(verdicts.virus),
      spfVerdict: status(verdicts.spf),
      dkimVerdict: status(verdicts.dkim),
      dmarcVerdict: status(verdicts.dmarc),
      ...(verdicts.dmarcPolicy ? { dmarcPolicy: verdicts.dmarcPolicy } : {}),
      action,
    },
  };
};

/** What SES writes above the message, newest first. */
const ownFields = (deps: ReceiveDependencies, incoming: Incoming, messageId: string, at: number, verdicts: Verdicts): Buffer => {
  const printable = (value: string): string => value.replace(/[^\x20-\x7e]/g, "?").slice(0, 255);
  const helo = printable(incoming.helo || "unknown");
  const date = `${new Date(at).toUTCString().replace("GMT", "+0000 (UTC)")}`;
  const only = incoming.recipients.length === 1 ? `\r\n for ${incoming.recipients[0]}` : "";
  const fields = [
    `Return-Path: <${incoming.reversePath}>`,
    `Received: from ${helo} (${helo} [${incoming.remoteAddress}])\r\n by inbound-smtp.${deps.context.region}.amazonaws.com with SMTP id ${messageId}${only};\r\n ${date}`,
    `X-SES-Spam-Verdict: ${verdicts.spam}`,
    `X-SES-Virus-Verdict: ${verdicts.virus}`,
    `Received-SPF: ${verdicts.receivedSpf}`,
    `Authentication-Results: ${verdicts.results}`,
  ];
  return Buffer.from(`${fields.join("\r\n")}\r\n`);
};
