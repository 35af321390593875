/** RFC 8621 §4.6: the body that an Email to be created asks for, as a tree of parts to write. */
import { buildHeaderValue } from "nodemailer/lib/mime-funcs";
import * as z from "zod";
import { limits } from "../../limits.ts";
import { parseParameterised } from "../parameters.ts";
import { readEmailFields } from "./email-fields.ts";
import { foldField, writeMessageIds, writeRaw } from "./header-line.ts";
import type { OutgoingPart } from "./outgoing-part.ts";

type Source = Readonly<Record<string, unknown>>;

const nullable = (pattern: RegExp) => z.string().max(2_000).regex(pattern).nullish();
const TOKEN = /^[A-Za-z0-9!#$&^_.+-]+$/;

const partSchema = z.looseObject({
  partId: z.string().max(255).nullish(),
  blobId: z.string().max(255).nullish(),
  size: z.number().nullish(),
  name: z.string().max(2_000).nullish(),
  type: nullable(/^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+$/),
  charset: nullable(TOKEN),
  disposition: nullable(TOKEN),
  cid: nullable(/^[^\s<>]+$/),
  language: z
    .array(
      z
        .string()
        .max(100)
        .regex(/^[A-Za-z0-9-]+$/),
    )
    .nullish(),
  location: nullable(/^[\x21-\x7e]+$/),
  subParts: z.array(z.looseObject({})).nullish(),
});
type Part = z.infer<typeof partSchema>;

const bodyValueSchema = z.looseObject({
  value: z.string(),
  isEncodingProblem: z.literal(false).optional(),
  isTruncated: z.literal(false).optional(),
});

/** Convenience properties of a part and the fields that they write. */
const conveniences: Readonly<Record<string, string>> = {
  type: "content-type",
  charset: "content-type",
  disposition: "content-disposition",
  cid: "content-id",
  language: "content-language",
  location: "content-location",
};

export interface EmailParts {
  readonly root: OutgoingPart | null;
  readonly invalid: string[];
  readonly missingBlobs: string[];
}

class PartReader {
  readonly bodyValues: Source;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  readonly invalid = new Set<string>();
  readonly missingBlobs = new Set<string>();
  count = 0;

  constructor(bodyValues: Source, blobs: ReadonlyMap<string, Uint8Array>) {
    this.bodyValues = bodyValues;
    this.blobs = blobs;
  }

  refuse(path: string): null {
    this.invalid.add(path);
    return null;
  }

  private contentOf(part: Part, path: string, depth: number): OutgoingPart["content"] | null {
    if (part.subParts) {
      const parts = part.subParts.map((child, index) => this.read(child, `${path}/subParts/${index}`, undefined, new Set(), depth + 1));
      return parts.length === 0 || parts.includes(null)
        ? this.refuse(`${path}/subParts`)
        : { kind: "parts", parts: parts as OutgoingPart[] };
    }
    if (typeof part.partId === "string") {
      if (part.blobId || part.charset || (part.size !== undefined && part.size !== null)) return this.refuse(path);
      const value = bodyValueSchema.safeParse(Object.hasOwn(this.bodyValues, part.partId) ? this.bodyValues[part.partId] : undefined);
      return value.success ? { kind: "text", text: value.data.value } : this.refuse(value.error ? `bodyValues/${part.partId}` : path);
    }
    if (!part.blobId) return this.refuse(path);
    const octets = this.blobs.get(part.blobId);
    if (octets) return { kind: "octets", octets };
    this.missingBlobs.add(part.blobId);
    return null;
  }

  /** One EmailBodyPart, or null when something in it is refused or missing. */
  read(source: unknown, path: string, implicitDisposition: string | undefined, taken: ReadonlySet<string>, depth = 0): OutgoingPart | null {
    this.count += 1;
    if (depth > limits.parse.depth || this.count > limits.parse.parts) return this.refuse(path);
    const parsed = partSchema.safeParse(source);
    if (!parsed.success) return this.refuse(`${path}/${parsed.error.issues[0]?.path.join("/") ?? ""}`);
    const part = parsed.data;
    const own = readEmailFields(part, true, taken);
    for (const property of own.invalid) this.refuse(`${path}/${property}`);
    for (const [property, field] of Object.entries(conveniences)) {
      if (part[property] !== undefined && part[property] !== null && own.names.has(field)) this.refuse(`${path}/${property}`);
    }
    const content = this.contentOf(part, path, depth);
    if (!content) return null;
    return makePart(part, content, own.fields, own.names, implicitDisposition, () => this.refuse(`${path}/type`));
  }
}

const defaultType = (content: OutgoingPart["content"]): string =>
  content.kind === "text" ? "text/plain" : content.kind === "parts" ? "multipart/mixed" : "application/octet-stream";

/** The type and its parameters: from the properties, or from a header:Content-Type that the client wrote. */
const makePart = (
  part: Part,
  content: OutgoingPart["content"],
  ownFields: readonly string[],
  names: ReadonlySet<string>,
  implicitDisposition: string | undefined,
  refuse: () => null,
): OutgoingPart | null => {
  const stated = names.has("content-type") ? typeFromField(ownFields) : null;
  const type = stated?.type ?? (part.type ?? defaultType(content)).toLowerCase();
  if (type.startsWith("multipart/") !== (content.kind === "parts") || (content.kind === "text" && !type.startsWith("text/")))
    return refuse();
  const charset = content.kind === "text" ? "utf-8" : (part.charset ?? undefined);
  const typeParameters = {
    ...stated?.parameters,
    ...(charset ? { charset } : {}),
    ...(part.name && !names.has("content-type") ? { name: part.name } : {}),
  };
  const fields = ownFields.filter((field) => !/^content-type:/i.test(field));
  const unplacedName = part.name && names.has("content-type") ? "attachment" : undefined;
  const disposition = part.disposition ?? implicitDisposition ?? unplacedName;
  if (disposition && !names.has("content-disposition")) {
    const params: Record<string, string> = part.name ? { filename: part.name } : {};
    fields.push(foldField("Content-Disposition", buildHeaderValue({ value: disposition.toLowerCase(), params })));
  }
  if (part.cid) fields.push(foldField("Content-ID", writeMessageIds([part.cid])));
  if (part.language && part.language.length > 0) fields.push(foldField("Content-Language", part.language.join(", ")));
  if (part.location) fields.push(foldField("Content-Location", writeRaw(part.location)));
  return { type, typeParameters, fields, content };
};

const typeFromField = (fields: readonly string[]): { type: string; parameters: Record<string, string> } | null => {
  const field = fields.find((line) => /^content-type:/i.test(line));
  if (!field) return null;
  const { value, parameters } = parseParameterised(field.slice(field.indexOf(":") + 1));
  const { boundary: _, ...kept } = Object.fromEntries(parameters);
  return { type: value, parameters: kept };
};

const multipart = (subtype: string, parts: readonly OutgoingPart[]): OutgoingPart => ({
  type: `multipart/${subtype}`,
  typeParameters: {},
  fields: [],
  content: { kind: "parts", parts },
});

const isEmbedded = (source: unknown): boolean => {
  const part = source as { cid?: unknown; disposition?: unknown };
  return typeof part?.cid === "string" && part.disposition !== "attachment";
};

/** The one part of textBody or htmlBody, which must be of that type. */
const readBody = (reader: PartReader, email: Source, property: "textBody" | "htmlBody", type: string): OutgoingPart | null => {
  const list = email[property];
  if (list === undefined || list === null) return null;
  if (!Array.isArray(list) || list.length !== 1) return reader.refuse(property);
  const body = reader.read({ type, ...(list[0] as object) }, `${property}/0`, undefined, new Set());
  return body && body.type !== type ? reader.refuse(`${property}/0/type`) : body;
};

/** The usual tree: mixed(alternative(text, related(html, embedded…)), attachments…), without the layers that hold one part only. */
const readLists = (reader: PartReader, email: Source): OutgoingPart | null => {
  const attachments = email.attachments ?? [];
  if (!Array.isArray(attachments)) return reader.refuse("attachments");
  const text = readBody(reader, email, "textBody", "text/plain");
  const html = readBody(reader, email, "htmlBody", "text/html");
  const embeds = html !== null && attachments.some(isEmbedded);
  const read = (source: unknown, index: number) =>
    reader.read(source, `attachments/${index}`, isEmbedded(source) && embeds ? "inline" : "attachment", new Set());
  const parts = attachments.map((source, index) => ({ part: read(source, index), embedded: embeds && isEmbedded(source) }));
  const kept = parts.filter((entry): entry is { part: OutgoingPart; embedded: boolean } => entry.part !== null);
  const embedded = kept.filter((entry) => entry.embedded).map(({ part }) => part);
  const rest = kept.filter((entry) => !entry.embedded).map(({ part }) => part);
  const htmlSide = html && embedded.length > 0 ? multipart("related", [html, ...embedded]) : html;
  const empty: OutgoingPart = { type: "text/plain", typeParameters: { charset: "utf-8" }, fields: [], content: { kind: "text", text: "" } };
  const body = text && htmlSide ? multipart("alternative", [text, htmlSide]) : (text ?? htmlSide);
  if (rest.length === 0) return body ?? empty;
  return multipart("mixed", body ? [body, ...rest] : rest);
};

/** `taken`: fields of the Email itself, which the root part may not repeat. */
export const readEmailParts = (email: Source, blobs: ReadonlyMap<string, Uint8Array>, taken: ReadonlySet<string>): EmailParts => {
  const bodyValues = (typeof email.bodyValues === "object" && email.bodyValues !== null ? email.bodyValues : {}) as Source;
  const reader = new PartReader(bodyValues, blobs);
  for (const [partId, value] of Object.entries(bodyValues))
    if (!bodyValueSchema.safeParse(value).success) reader.refuse(`bodyValues/${partId}`);
  const lists = ["textBody", "htmlBody", "attachments"].filter((property) => email[property] !== undefined && email[property] !== null);
  const structured = email.bodyStructure !== undefined && email.bodyStructure !== null;
  if (structured) for (const property of lists) reader.refuse(property);
  const root = structured ? reader.read(email.bodyStructure, "bodyStructure", undefined, taken) : readLists(reader, email);
  return { root, invalid: [...reader.invalid], missingBlobs: [...reader.missingBlobs] };
};
