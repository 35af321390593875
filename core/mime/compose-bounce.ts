/** Delivery status notifications (RFC 3464 §2, §2.1, RFC 3462): what was not delivered, to whom and why, in words and for programs. */
import { asBuffer, readHeaderBlock } from "./header-fields.ts";
import { foldField, writeAddresses, writeDate, writeMessageIds, writeRaw, writeText } from "./writing/header-line.ts";
import { type OutgoingPart, writePart } from "./writing/outgoing-part.ts";

interface BouncedRecipient {
  readonly recipient: string;
  readonly action: "failed" | "delayed";
  /** RFC 3463 code: "5.1.1". */
  readonly status: string;
  /** What the sender reads: one or two sentences. */
  readonly sentence: string;
  /** The reply of the host that refused it, where there was one. */
  readonly smtpReply?: string;
}

export interface Bounce {
  /** Address that the notice comes from; its reverse path in the envelope is null (RFC 3464 §2). */
  readonly from: { readonly name: string; readonly email: string };
  readonly to: string;
  readonly messageId: string;
  readonly at: number;
  /** Host name of this service. */
  readonly reportingMta: string;
  /** When the undelivered message was accepted. */
  readonly arrivedAt: number;
  readonly subject: string | null;
  /** Of the undelivered message, without angle brackets: by it the notice finds the thread. */
  readonly originalMessageId: string | null;
  readonly recipients: readonly BouncedRecipient[];
  /** The undelivered message: only its header is returned. */
  readonly original: Uint8Array;
}

/** RFC 3464 §4.2. Header of the original that is returned at most. */
const RETURNED_HEADER_OCTETS = 32 * 1024;

const explain = (bounce: Bounce): string => {
  const delayed = bounce.recipients.every(({ action }) => action === "delayed");
  const subject = bounce.subject ? `“${bounce.subject.slice(0, 200)}”` : "without a subject";
  const lines = bounce.recipients.map(({ recipient, sentence, smtpReply }) => {
    const reply = smtpReply ? `\n    The other side said: ${smtpReply.slice(0, 500)}` : "";
    return `  ${recipient}\n    ${sentence}${reply}`;
  });
  const opening = delayed
    ? `Your message ${subject} has not been delivered yet. You need not send it again: delivery is still being tried.`
    : `Your message ${subject} could not be delivered to ${bounce.recipients.length === 1 ? "this recipient" : "these recipients"}:`;
  const sent = `It was sent on ${writeDate(bounce.arrivedAt, 0)}. Anyone who is not named here is not affected.`;
  return `${opening}\n\n${lines.join("\n\n")}\n\n${sent}\n`;
};

/** RFC 3464 §2.2, §2.2.2, §2.2.5, §2.3, §2.3.2 to §2.3.4, §2.3.6: groups of fields with empty lines between. */
const deliveryStatus = (bounce: Bounce): string => {
  const perMessage = [`Reporting-MTA: dns; ${writeRaw(bounce.reportingMta)}`, `Arrival-Date: ${writeDate(bounce.arrivedAt, 0)}`];
  const perRecipient = bounce.recipients.map(({ recipient, action, status, smtpReply }) => [
    foldField("Final-Recipient", `rfc822; ${writeRaw(recipient)}`),
    `Action: ${action}`,
    `Status: ${/^[245]\.\d{1,3}\.\d{1,3}$/.test(status) ? status : "5.0.0"}`,
    ...(smtpReply ? [foldField("Diagnostic-Code", `smtp; ${writeRaw(smtpReply).slice(0, 500)}`)] : []),
  ]);
  return [perMessage, ...perRecipient].map((group) => `${group.join("\r\n")}\r\n`).join("\r\n");
};

const originalHeader = (original: Uint8Array): string => {
  const octets = asBuffer(original);
  const { end } = readHeaderBlock(octets, 0, Math.min(octets.length, RETURNED_HEADER_OCTETS));
  return octets.toString("utf8", 0, end);
};

const leaf = (type: string, text: string, typeParameters: Record<string, string> = {}): OutgoingPart => ({
  type,
  typeParameters,
  fields: [],
  content: { kind: "text", text },
});

export const composeBounce = (bounce: Bounce): Uint8Array => {
  const delayed = bounce.recipients.every(({ action }) => action === "delayed");
  const root: OutgoingPart = {
    type: "multipart/report",
    typeParameters: { "report-type": "delivery-status" },
    fields: [
      foldField("Date", writeDate(bounce.at, 0)),
      foldField("From", writeAddresses([bounce.from])),
      foldField("To", writeAddresses([{ email: bounce.to }])),
      foldField("Subject", writeText(`${delayed ? "Delayed" : "Not delivered"}: ${bounce.subject ?? "your message"}`)),
      foldField("Message-ID", writeMessageIds([bounce.messageId])),
      ...(bounce.originalMessageId ? [foldField("In-Reply-To", writeMessageIds([bounce.originalMessageId]))] : []),
      // RFC 3834 §5: no automatic reply is to be sent to this.
      "Auto-Submitted: auto-replied",
      "MIME-Version: 1.0",
    ],
    content: {
      kind: "parts",
      parts: [
        leaf("text/plain", explain(bounce), { charset: "utf-8" }),
        leaf("message/delivery-status", deliveryStatus(bounce)),
        leaf("text/rfc822-headers", originalHeader(bounce.original), { charset: "utf-8" }),
      ],
    },
  };
  return writePart(root, bounce.messageId);
};
