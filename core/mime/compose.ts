/** Composes a message (RFC 5322) from the Email object of a JMAP Email/set create (RFC 8621 §4.6). */
import { readEmailFields } from "./writing/email-fields.ts";
import { readEmailParts } from "./writing/email-parts.ts";
import { foldField, writeDate, writeMessageIds } from "./writing/header-line.ts";
import { writePart } from "./writing/outgoing-part.ts";

export type ComposeOutcome =
  | { readonly outcome: "composed"; readonly octets: Uint8Array }
  /** RFC 8621 §4.6 "invalidProperties": names of the properties, a path into the body where it is about a part. */
  | { readonly outcome: "invalidProperties"; readonly properties: string[] }
  /** RFC 8621 §4.6 "blobNotFound". */
  | { readonly outcome: "blobNotFound"; readonly notFound: string[] };

export interface ComposeContext {
  /** Octets of each blob that the Email names, as `blobIdsOf` lists them. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** Used when the Email has none: without angle brackets. */
  readonly messageId: string;
  /** Used when the Email has no sentAt. */
  readonly at: number;
  readonly offsetMinutes?: number;
}

type Source = Readonly<Record<string, unknown>>;

const MAX_VISITED = 10_000;

/** Ids of the blobs that the Email's body names, each once. The input may be anything. */
export const blobIdsOf = (email: Source): string[] => {
  const found = new Set<string>();
  const waiting: unknown[] = [email.bodyStructure, email.textBody, email.htmlBody, email.attachments];
  for (let visited = 0; waiting.length > 0 && visited < MAX_VISITED; visited += 1) {
    const next = waiting.pop();
    if (Array.isArray(next)) for (const part of next) waiting.push(part);
    else if (typeof next === "object" && next !== null) {
      const { blobId, subParts } = next as { blobId?: unknown; subParts?: unknown };
      if (typeof blobId === "string") found.add(blobId);
      if (subParts !== undefined) waiting.push(subParts);
    }
  }
  return [...found];
};

/** Fields that every message has and the Email did not give: RFC 5322 §3.6, RFC 2045 §4. */
const missingFields = (names: ReadonlySet<string>, context: ComposeContext): string[] => [
  ...(names.has("date") ? [] : [foldField("Date", writeDate(context.at, context.offsetMinutes ?? 0))]),
  ...(names.has("message-id") ? [] : [foldField("Message-ID", writeMessageIds([context.messageId]))]),
];

export const composeMessage = (email: Source, context: ComposeContext): ComposeOutcome => {
  const header = readEmailFields(email, false, new Set());
  const body = readEmailParts(email, context.blobs, header.names);
  const properties = [...header.invalid, ...body.invalid];
  if (properties.length > 0) return { outcome: "invalidProperties", properties };
  if (body.missingBlobs.length > 0) return { outcome: "blobNotFound", notFound: body.missingBlobs };
  if (!body.root) return { outcome: "invalidProperties", properties: ["bodyStructure"] };
  const fields = [...header.fields, ...missingFields(header.names, context), "MIME-Version: 1.0", ...body.root.fields];
  return { outcome: "composed", octets: writePart({ ...body.root, fields }, context.messageId) };
};
