/** Properties of Email and EmailBodyPart (RFC 8621 §4.1), and which of them need what to be answered. */
import { parseHeaderProperty } from "../../mime/header-forms.ts";
import type { Property } from "../engine/definition.ts";
import { anything } from "../engine/kinds.ts";

/** Answered from the columns of the account's state: no item is read. */
const METADATA = ["blobId", "threadId", "mailboxIds", "keywords", "size", "receivedAt", "hasAttachment"] as const;
/** Answered from the item. */
const ENVELOPE = [
  "messageId",
  "inReplyTo",
  "references",
  "sender",
  "from",
  "to",
  "cc",
  "bcc",
  "replyTo",
  "subject",
  "sentAt",
  "preview",
] as const;
const BODY = ["bodyStructure", "bodyValues", "textBody", "htmlBody", "attachments"] as const;

const named = [...METADATA, ...ENVELOPE, ...BODY, "headers"];

/** Not of RFC 8621: given when it is asked for by name. */
const MARKS = { marks: { kind: anything, setter: "server" } } as const satisfies Record<string, Property>;

/** Setter and kind are those of Email/set's own reading (email/update.ts, email/compose.ts). */
export const emailProperties: Readonly<Record<string, Property>> = {
  ...Object.fromEntries(
    named.map((name) => [
      name,
      {
        kind: anything,
        setter: name === "mailboxIds" || name === "keywords" ? "client" : "create",
        ...(name === "mailboxIds" && { refersTo: "idMap" as const }),
      },
    ]),
  ),
  ...MARKS,
};

/** RFC 8621 §4.2. */
export const defaultEmailProperties: readonly string[] = [
  "blobId",
  "threadId",
  "mailboxIds",
  "keywords",
  "size",
  "receivedAt",
  ...ENVELOPE.filter((name) => name !== "preview"),
  "hasAttachment",
  "preview",
  "bodyValues",
  "textBody",
  "htmlBody",
  "attachments",
];

/** RFC 8621 §4.9. */
export const defaultParsedProperties: readonly string[] = [
  ...ENVELOPE.filter((name) => name !== "preview"),
  "hasAttachment",
  "preview",
  "bodyValues",
  "textBody",
  "htmlBody",
  "attachments",
];

/** RFC 8621 §4.2 bodyProperties. */
export const defaultPartProperties: readonly string[] = [
  "partId",
  "blobId",
  "size",
  "name",
  "type",
  "charset",
  "disposition",
  "cid",
  "language",
  "location",
];

const PART_PROPERTIES: ReadonlySet<string> = new Set([...defaultPartProperties, "headers", "subParts"]);

export const isHeaderProperty = (name: string): boolean => parseHeaderProperty(name) !== null;
export const isPartProperty = (name: string): boolean => PART_PROPERTIES.has(name) || isHeaderProperty(name);

const METADATA_SET: ReadonlySet<string> = new Set([...METADATA, "id"]);
export const needsItem = (properties: ReadonlySet<string>): boolean => [...properties].some((name) => !METADATA_SET.has(name));
