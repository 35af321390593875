/** Reads a raw message (RFC 5322, RFC 2045) into what RFC 8621 shows of it. Total: never throws, every bound ends in `unreadable`. */

import { limits } from "../limits.ts";
import type { EmailAddress, ParsedMessage } from "../mail/email-item.ts";
import { parseAddresses } from "./address-list.ts";
import { hasAttachment, listBodies } from "./body-structure.ts";
import { parseDateTime } from "./date-time.ts";
import { asBuffer, type HeaderField, headerText, lastField } from "./header-fields.ts";
import { parseText } from "./header-forms.ts";
import { parseMessageIds } from "./message-ids.ts";
import { nestedBound } from "./nested-messages.ts";
import { readPartTree, type TreeBound } from "./part-tree.ts";
import { previewOf } from "./preview.ts";

export type UnreadableReason = TreeBound | "messageTooLarge" | "tooManyAddresses" | "tooManyNestedMessages";

export type ReadOutcome =
  | { readonly outcome: "parsed"; readonly message: ParsedMessage; readonly headers: HeaderField[] }
  | { readonly outcome: "unreadable"; readonly reason: UnreadableReason; readonly sentence: string };

const sentences: Readonly<Record<UnreadableReason, string>> = {
  messageTooLarge: `The message is larger than ${limits.parse.messageOctets} octets.`,
  headerTooLong: `A header is longer than ${limits.parse.headerOctets} octets.`,
  headerFieldTooLong: `A header field is longer than ${limits.parse.headerFieldOctets} octets.`,
  tooManyHeaderFields: `A header has more than ${limits.parse.headerFields} fields.`,
  tooManyParts: `The message has more than ${limits.parse.parts} parts.`,
  tooDeep: `Parts are nested more than ${limits.parse.depth} deep.`,
  tooManyAddresses: `A header field names ${limits.parse.addressesPerField} addresses or more.`,
  tooManyNestedMessages: `The message holds more than ${limits.parse.nestedMessages} messages inside each other.`,
};

/** What an administrator reads for a reason; undefined when it is none of these. */
export const unreadableSentence = (reason: string): string | undefined =>
  Object.hasOwn(sentences, reason) ? sentences[reason as UnreadableReason] : undefined;

const unreadable = (reason: UnreadableReason): ReadOutcome => ({ outcome: "unreadable", reason, sentence: sentences[reason] });

/** The header fields that ParsedMessage keeps, each as RFC 8621 §4.1.3 defines its property: the last field of the name. */
const readEnvelope = (octets: Buffer, fields: readonly HeaderField[]) => {
  const raw = (name: string): string | null => {
    const field = lastField(fields, name);
    return field ? headerText(octets, field) : null;
  };
  const addresses = (name: string): EmailAddress[] | null => {
    const value = raw(name);
    return value === null ? null : parseAddresses(value);
  };
  const ids = (name: string): string[] | null => {
    const value = raw(name);
    return value === null ? null : parseMessageIds(value);
  };
  const subject = raw("subject");
  const date = raw("date");
  const sent = date === null ? null : parseDateTime(date);
  return {
    messageId: ids("message-id"),
    inReplyTo: ids("in-reply-to"),
    references: ids("references"),
    from: addresses("from"),
    sender: addresses("sender"),
    replyTo: addresses("reply-to"),
    to: addresses("to"),
    cc: addresses("cc"),
    bcc: addresses("bcc"),
    subject: subject === null ? null : parseText(subject),
    sentAt: sent?.at ?? null,
    sentAtOffsetMinutes: sent?.offsetMinutes ?? null,
  };
};

/** mbox files put a "From " line before the header; it is no part of the message's fields and is passed over as any line that is no field. */
export const readMessage = (input: Uint8Array): ReadOutcome => {
  const octets = asBuffer(input);
  if (octets.length > limits.parse.messageOctets) return unreadable("messageTooLarge");
  const tree = readPartTree(octets, 0, octets.length);
  if (tree.outcome === "bound") return unreadable(tree.bound);
  const { root, fields } = tree;
  const nested = nestedBound(octets, root, tree.parts);
  if (nested) return unreadable(nested);
  const envelope = readEnvelope(octets, fields);
  const lists = [envelope.from, envelope.sender, envelope.replyTo, envelope.to, envelope.cc, envelope.bcc];
  if (lists.some((list) => list !== null && list.length >= limits.parse.addressesPerField)) return unreadable("tooManyAddresses");
  const bodies = listBodies(root);
  const message: ParsedMessage = {
    sizeOctets: octets.length,
    headerOctets: root.header[1],
    ...envelope,
    preview: previewOf(octets, bodies),
    hasAttachment: hasAttachment(bodies),
    bodyStructure: root,
  };
  return { outcome: "parsed", message, headers: fields };
};
