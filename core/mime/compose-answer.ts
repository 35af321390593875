/** Automatic answers (RFC 3834 §3, RFC 5230 §5.2, §5.5 to §5.8): says that it is automatic, and what it answers. */
import { asBuffer, rawValue, readHeaderBlock } from "./header-fields.ts";
import { foldField, type WrittenAddress, writeAddresses, writeDate, writeMessageIds, writeRaw, writeText } from "./writing/header-line.ts";
import { type OutgoingPart, writePart } from "./writing/outgoing-part.ts";

export interface OutgoingAnswer {
  readonly from: WrittenAddress;
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  readonly at: number;
  readonly inReplyTo: readonly string[];
  readonly references: readonly string[];
  readonly text: string | null;
  readonly html: string | null;
  /** A MIME entity in place of both; of its header only the fields about content are taken. */
  readonly entity: string | null;
}

const leaf = (type: string, text: string): OutgoingPart => ({
  type,
  typeParameters: { charset: "utf-8" },
  fields: [],
  content: { kind: "text", text },
});

const bodyOf = ({ text, html }: OutgoingAnswer): OutgoingPart => {
  if (html === null) return leaf("text/plain", text ?? "");
  if (text === null) return leaf("text/html", html);
  const parts = [leaf("text/plain", text), leaf("text/html", html)];
  return { type: "multipart/alternative", typeParameters: {}, fields: [], content: { kind: "parts", parts } };
};

const writeEntity = (fields: readonly string[], entity: string): Buffer => {
  const octets = Buffer.from(entity.replace(/\r\n|\r|\n/g, "\r\n").replaceAll("\0", ""), "utf8");
  const block = readHeaderBlock(octets, 0, octets.length);
  const content = block.fields
    .filter(({ name }) => /^content-[a-z-]+$/i.test(name))
    .map((field) => foldField(field.name, writeRaw(rawValue(octets, field))));
  return Buffer.concat([Buffer.from(`${[...fields, ...content].join("\r\n")}\r\n\r\n`, "utf8"), asBuffer(octets).subarray(block.end)]);
};

export const composeAnswer = (answer: OutgoingAnswer): Uint8Array => {
  const fields = [
    foldField("Date", writeDate(answer.at, 0)),
    foldField("From", writeAddresses([answer.from])),
    foldField("To", writeAddresses([{ email: answer.to }])),
    foldField("Subject", writeText(answer.subject)),
    foldField("Message-ID", writeMessageIds([answer.messageId])),
    ...(answer.inReplyTo.length > 0 ? [foldField("In-Reply-To", writeMessageIds(answer.inReplyTo))] : []),
    ...(answer.references.length > 0 ? [foldField("References", writeMessageIds(answer.references))] : []),
    "Auto-Submitted: auto-replied",
    "X-Auto-Response-Suppress: All",
    "MIME-Version: 1.0",
  ];
  if (answer.entity !== null) return writeEntity(fields, answer.entity);
  return writePart({ ...bodyOf(answer), fields }, answer.messageId);
};
