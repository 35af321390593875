/** Delivery status notifications that SES composes: for SendBounce and for the Bounce action (RFC 3464, RFC 6522). */
import { randomBytes } from "node:crypto";
import type { BouncedRecipient } from "./api-v1.ts";

export interface Bounce {
  readonly sender: string;
  readonly to: string;
  readonly explanation: string;
  readonly reportingMta: string;
  readonly recipients: readonly BouncedRecipient[];
  /** Of the message that is bounced. */
  readonly original: { readonly subject?: string; readonly messageIdHeader?: string; readonly arrivedAt: number };
}

/** A field's value on one line of at most 998 octets. */
const line = (value: string): string => value.replace(/[\x00-\x1f\x7f]+/g, " ").slice(0, 900);

export const bounceMessage = (bounce: Bounce): Buffer => {
  const boundary = `bounce-${randomBytes(12).toString("hex")}`;
  const { original } = bounce;
  const statusBlocks = bounce.recipients.map(({ recipient, action, status, diagnosticCode }) =>
    [
      `Final-Recipient: rfc822; ${line(recipient)}`,
      `Action: ${line(action)}`,
      `Status: ${line(status)}`,
      ...(diagnosticCode ? [`Diagnostic-Code: ${line(diagnosticCode)}`] : []),
    ].join("\r\n"),
  );
  const lines = [
    `From: ${line(bounce.sender)}`,
    `To: ${line(bounce.to)}`,
    "Subject: Delivery Status Notification (Failure)",
    "Auto-Submitted: auto-replied",
    ...(original.messageIdHeader
      ? [`In-Reply-To: ${line(original.messageIdHeader)}`, `References: ${line(original.messageIdHeader)}`]
      : []),
    "MIME-Version: 1.0",
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    "",
    `--${boundary}`,
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    bounce.explanation.replace(/\r?\n/g, "\r\n"),
    "",
    ...bounce.recipients.map(({ recipient }) => line(recipient)),
    "",
    `--${boundary}`,
    "Content-Type: message/delivery-status",
    "",
    `Reporting-MTA: ${line(bounce.reportingMta)}`,
    `Arrival-Date: ${new Date(original.arrivedAt).toUTCString().replace("GMT", "+0000")}`,
    "",
    statusBlocks.join("\r\n\r\n"),
    "",
    `--${boundary}`,
    "Content-Type: text/rfc822-headers",
    "",
    ...(original.messageIdHeader ? [`Message-ID: ${line(original.messageIdHeader)}`] : []),
    ...(original.subject ? [`Subject: ${line(original.subject)}`] : []),
    "",
    `--${boundary}--`,
    "",
  ];
  return Buffer.from(lines.join("\r\n"));
};
