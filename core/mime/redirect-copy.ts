/**
 * A received message as it is sent on (RFC 5228 §4.2): as it came, behind a trace of who sent it on, which later hops count and
 * recognise. To the outside the sending service may only write as an address of its own domains: there the account becomes the
 * author on paper, the author the one whom an answer reaches, and signatures that no longer hold are left out.
 */

import { parseAddresses } from "./address-list.ts";
import { asBuffer, fieldsNamed, type HeaderField, headerText, readHeaderBlock } from "./header-fields.ts";
import { foldField, writeAddresses, writeDate, writeRaw } from "./writing/header-line.ts";

export interface Redirection {
  /** The account's own address. */
  readonly by: string;
  readonly at: number;
  /** Host name of this service. */
  readonly host: string;
  readonly receiptId: string;
}

export const REDIRECTED_BY = "X-Penfold-Redirected-By";

const REPLACED = new Set(["from", "sender", "reply-to", "return-path", "bcc", "dkim-signature", "disposition-notification-to"]);

const traceOf = ({ by, at, host, receiptId }: Redirection): string[] => [
  foldField("Received", `by ${host} with HTTP id ${receiptId.replace(/[^\w.-]/g, "")}; ${writeDate(at, 0)}`),
  foldField(REDIRECTED_BY, writeRaw(by)),
];

/** For a recipient inside the service: the message is untouched. */
export const redirectInside = (raw: Uint8Array, redirection: Redirection): Uint8Array =>
  Buffer.concat([Buffer.from(`${traceOf(redirection).join("\r\n")}\r\n`), asBuffer(raw)]);

const authorsOf = (octets: Buffer, fields: readonly HeaderField[], name: string) =>
  fieldsNamed(fields, name).flatMap((field) => parseAddresses(headerText(octets, field)));

/** For a recipient outside. */
export const redirectOutside = (raw: Uint8Array, redirection: Redirection): Uint8Array => {
  const octets = asBuffer(raw);
  const { fields, end } = readHeaderBlock(octets, 0, octets.length);
  const kept = fields
    .filter(({ name }) => !REPLACED.has(name.toLowerCase()))
    .map((field) => octets.toString("latin1", field.start, field.end));
  const [author] = authorsOf(octets, fields, "from");
  const answerTo = authorsOf(octets, fields, "reply-to");
  const name = author ? `${author.name ?? author.email} via ${redirection.by}` : null;
  const replyTo = answerTo.length > 0 ? answerTo : author ? [author] : [];
  const header = [
    ...traceOf(redirection),
    foldField("From", writeAddresses([{ name, email: redirection.by }])),
    ...(replyTo.length > 0 ? [foldField("Reply-To", writeAddresses(replyTo.slice(0, 20)))] : []),
  ];
  return Buffer.concat([
    Buffer.from(`${header.join("\r\n")}\r\n`, "utf8"),
    Buffer.from(`${[...kept, ""].join("\r\n")}\r\n`, "latin1"),
    octets.subarray(end),
  ]);
};
