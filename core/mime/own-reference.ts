/**
 * A message on its way to a transport that gives it another Message-ID, as SES does: its own id goes among its References, which the
 * transport leaves alone. An answer takes them over (RFC 5322 §3.6.4), so that it finds the thread of the message that was sent here, and
 * the reader's program sees what we write next as part of it.
 */
import { asBuffer, headerText, lastField, readHeaderBlock } from "./header-fields.ts";
import { isWritableId, parseMessageIds } from "./message-ids.ts";
import { foldField } from "./writing/header-line.ts";

/** The same octets when it has no id that can be written, names it already, or has References that are no list of ids. */
export const withOwnReference = (message: Uint8Array): Uint8Array => {
  const octets = asBuffer(message);
  const { fields } = readHeaderBlock(octets, 0, octets.length);
  const idsOf = (name: string): string[] => {
    const field = lastField(fields, name);
    return (field && parseMessageIds(headerText(octets, field))) ?? [];
  };
  const [own] = idsOf("message-id");
  const references = lastField(fields, "references");
  const named = idsOf("references");
  if (own === undefined || !isWritableId(own) || named.includes(own)) return message;
  if (references) {
    // What is no list of ids would swallow one more.
    if (parseMessageIds(`${headerText(octets, references)} <${own}>`)?.at(-1) !== own) return message;
    return Buffer.concat([octets.subarray(0, references.end), Buffer.from(`\r\n <${own}>`), octets.subarray(references.end)]);
  }
  // Programs that look at References alone would lose what the message answers.
  const line = foldField("References", [...idsOf("in-reply-to").filter(isWritableId), own].map((id) => `<${id}>`).join(" "));
  return Buffer.concat([Buffer.from(`${line}\r\n`), octets]);
};
