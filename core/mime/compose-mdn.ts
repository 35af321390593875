/** Message disposition notifications (RFC 8098 §3, RFC 6522): what became of a message, in words and for programs. */
import { foldField, type WrittenAddress, writeAddresses, writeDate, writeMessageIds, writeText } from "./writing/header-line.ts";
import { type OutgoingPart, writePart } from "./writing/outgoing-part.ts";

/** RFC 9007 §2, in lower case. */
export interface Disposition {
  readonly actionMode: "manual-action" | "automatic-action";
  readonly sendingMode: "mdn-sent-manually" | "mdn-sent-automatically";
  readonly type: "deleted" | "dispatched" | "displayed" | "processed";
}

/** The fields of the machine-readable part that a mail program writes (RFC 8098 §3.2): values in Text form. */
export interface DispositionReport {
  readonly reportingUA: string | null;
  /** "rfc822; address", as the others that name a recipient. */
  readonly originalRecipient: string | null;
  readonly finalRecipient: string;
  /** With angle brackets. */
  readonly originalMessageId: string | null;
  readonly disposition: Disposition;
  readonly extensionFields: Readonly<Record<string, string>> | null;
}

export interface OutgoingMdn {
  readonly from: WrittenAddress;
  /** All that asked for it: RFC 8098 §2.1. */
  readonly to: readonly WrittenAddress[];
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  readonly at: number;
  readonly inReplyTo: readonly string[];
  readonly references: readonly string[];
  readonly report: DispositionReport;
  /** The whole message that it is about, when that is to be returned. */
  readonly original: Uint8Array | null;
}

const reportField = (name: string, value: string | null): string[] => (value === null ? [] : [foldField(name, writeText(value)).trimEnd()]);

const writeDisposition = ({ actionMode, sendingMode, type }: Disposition): string =>
  `${actionMode}/${sendingMode.replace("mdn", "MDN")}; ${type}`;

/** RFC 8098 §3.1, in the order of its grammar. */
const writeReport = (report: DispositionReport): string =>
  [
    ...reportField("Reporting-UA", report.reportingUA),
    ...reportField("Original-Recipient", report.originalRecipient),
    ...reportField("Final-Recipient", report.finalRecipient),
    ...reportField("Original-Message-ID", report.originalMessageId),
    ...reportField("Disposition", writeDisposition(report.disposition)),
    ...Object.entries(report.extensionFields ?? {}).flatMap(([name, value]) => reportField(name, value)),
    "",
  ].join("\r\n");

const leaf = (type: string, text: string, typeParameters: Record<string, string> = {}): OutgoingPart => ({
  type,
  typeParameters,
  fields: [],
  content: { kind: "text", text },
});

/** RFC 8098 §3: it never asks for a notification itself, and RFC 3834 §5: no automatic reply is to be sent to it. */
export const composeMdn = (mdn: OutgoingMdn): Uint8Array => {
  const root: OutgoingPart = {
    type: "multipart/report",
    typeParameters: { "report-type": "disposition-notification" },
    fields: [
      foldField("Date", writeDate(mdn.at, 0)),
      foldField("From", writeAddresses([mdn.from])),
      foldField("To", writeAddresses(mdn.to)),
      foldField("Subject", writeText(mdn.subject)).trimEnd(),
      foldField("Message-ID", writeMessageIds([mdn.messageId])),
      ...(mdn.inReplyTo.length > 0 ? [foldField("In-Reply-To", writeMessageIds(mdn.inReplyTo))] : []),
      ...(mdn.references.length > 0 ? [foldField("References", writeMessageIds(mdn.references))] : []),
      "Auto-Submitted: auto-replied",
      "MIME-Version: 1.0",
    ],
    content: {
      kind: "parts",
      parts: [
        leaf("text/plain", mdn.text, { charset: "utf-8" }),
        leaf("message/disposition-notification", writeReport(mdn.report)),
        ...(mdn.original
          ? [{ type: "message/rfc822", typeParameters: {}, fields: [], content: { kind: "octets" as const, octets: mdn.original } }]
          : []),
      ],
    },
  };
  return writePart(root, mdn.messageId);
};
