/**
 * Amazon SES outbound. Messages by v2 SendEmail (40 MB; v1 stops at 10), bounces of received mail by v1 SendBounce,
 * which alone may use the null reverse path. Both clients are loaded on first use: few invocations of a stage send.
 */
import type { SESClient } from "@aws-sdk/client-ses";
import type { SESv2Client } from "@aws-sdk/client-sesv2";
import type { BounceRequest, MailTransport } from "../core/ports/mail-transport.ts";
import { sorted } from "./sdk-errors.ts";

/** Refusals that no second try would cure: the message, its sender or the account is at fault. */
const refusals = new Set([
  "MessageRejected",
  "MailFromDomainNotVerifiedException",
  "BadRequestException",
  "AccountSuspendedException",
  "SendingPausedException",
  "NotFoundException",
]);
const bounceRefusals = new Set(["MessageRejected", "InvalidParameterValue", "ValidationError"]);

export const createMailTransport = (options: { configurationSet: string }): MailTransport => {
  let v2: SESv2Client | undefined;
  let v1: SESClient | undefined;
  return {
    send: async ({ reversePath, recipients, octets, submissionKey }) => {
      const ses = await import("@aws-sdk/client-sesv2");
      v2 ??= new ses.SESv2Client({ maxAttempts: 3 });
      try {
        const answer = await v2.send(
          new ses.SendEmailCommand({
            FromEmailAddress: reversePath,
            Destination: { ToAddresses: [...recipients] },
            Content: { Raw: { Data: octets } },
            ConfigurationSetName: options.configurationSet,
            EmailTags: [{ Name: "submissionKey", Value: submissionKey }],
          }),
        );
        return { outcome: "sent", transportId: answer.MessageId ?? "" };
      } catch (error) {
        if (error instanceof Error && refusals.has(error.name)) return { outcome: "refused", reason: error.name };
        throw sorted(error);
      }
    },
    bounce: async (request: BounceRequest) => {
      const ses = await import("@aws-sdk/client-ses");
      v1 ??= new ses.SESClient({ maxAttempts: 3 });
      try {
        await v1.send(
          new ses.SendBounceCommand({
            OriginalMessageId: request.originalMessageId,
            BounceSender: request.bounceSender,
            Explanation: request.explanation,
            MessageDsn: { ReportingMta: `dns; ${request.reportingMta}`, ArrivalDate: new Date(request.arrivedAt) },
            BouncedRecipientInfoList: request.recipients.map(({ recipient, status, diagnostic }) => ({
              Recipient: recipient,
              RecipientDsnFields: { Action: "failed", Status: status, DiagnosticCode: `smtp; ${diagnostic}`, FinalRecipient: recipient },
            })),
          }),
        );
        return { outcome: "sent" };
      } catch (error) {
        if (error instanceof Error && bounceRefusals.has(error.name)) return { outcome: "refused", reason: error.name };
        throw sorted(error);
      }
    },
  };
};
