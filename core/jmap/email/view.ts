/** An Email as the client sees it (RFC 8621 §4.1), out of its parsed message and as few of its raw octets as the properties need. */
import type { BodyPart, ParsedMessage } from "../../mail/email-item.ts";
import { type BodyLists, leafParts, listBodies } from "../../mime/body-structure.ts";
import { readBodyValue } from "../../mime/body-value.ts";
import { formatDate } from "../../mime/date-time.ts";
import { type HeaderField, rawValue, readHeaderBlock } from "../../mime/header-fields.ts";
import { headerPropertyValue, parseHeaderProperty } from "../../mime/header-forms.ts";
import { partBlobId } from "../blob-ids.ts";
import type { Wire } from "../engine/definition.ts";
import type { BodyOptions } from "./body-arguments.ts";
import type { Octets, Range } from "./octet-ranges.ts";

export interface EmailSource {
  /** Blob id of the raw message. */
  readonly blobId: string;
  readonly message: ParsedMessage;
  readonly read: (ranges: readonly Range[]) => Promise<Octets | null>;
}

/** What one call asks for, worked out once for all its Emails. */
export interface EmailView {
  readonly properties: ReadonlySet<string>;
  readonly options: BodyOptions;
  readonly wantsHeader: boolean;
  readonly wantsPartHeaders: boolean;
}

const isHeader = (name: string): boolean => name === "headers" || name.startsWith("header:");

export const emailView = (properties: ReadonlySet<string>, options: BodyOptions): EmailView => ({
  properties,
  options,
  wantsHeader: [...properties].some(isHeader),
  wantsPartHeaders: options.partProperties.some(isHeader),
});

/** RFC 8621 §4.2: the text parts whose values are to be fetched. */
const valueParts = (message: ParsedMessage, lists: BodyLists, options: BodyOptions): BodyPart[] => {
  const chosen = new Set<BodyPart>();
  if (options.fetchAll) for (const part of leafParts(message.bodyStructure)) chosen.add(part);
  if (options.fetchText) for (const part of lists.textBody) chosen.add(part);
  if (options.fetchHtml) for (const part of lists.htmlBody) chosen.add(part);
  return [...chosen].filter((part) => part.type.startsWith("text/"));
};

/** Encoded octets worth reading for a value cut at `maxOctets`: quoted-printable at its worst takes three for one. */
const bodyRange = (part: BodyPart, maxOctets: number): Range => [part.body[0], Math.min(part.body[1], maxOctets * 4 + 4_096)];

/** Octets of the values that an Email's view would show, at most. */
export const valueOctets = (message: ParsedMessage, { properties, options }: EmailView): number => {
  if (!properties.has("bodyValues")) return 0;
  const parts = valueParts(message, listBodies(message.bodyStructure), options);
  return parts.reduce((sum, part) => sum + Math.min(part.sizeOctets, options.maxBodyValueOctets), 0);
};

const allParts = (part: BodyPart): BodyPart[] => [part, ...(part.subParts ?? []).flatMap(allParts)];

const shownParts = (message: ParsedMessage, lists: BodyLists, properties: ReadonlySet<string>): BodyPart[] => {
  if (properties.has("bodyStructure")) return allParts(message.bodyStructure);
  const shown: BodyPart[] = [];
  for (const name of ["textBody", "htmlBody", "attachments"] as const) if (properties.has(name)) shown.push(...lists[name]);
  return shown;
};

/** Wire properties of an Email apart from its metadata; null when its raw octets are gone. */
export const viewEmail = async (source: EmailSource, view: EmailView): Promise<Wire | null> => {
  const { message } = source;
  const { properties, options } = view;
  const wantsBodies = ["bodyStructure", "bodyValues", "textBody", "htmlBody", "attachments"].some((name) => properties.has(name));
  const lists = wantsBodies ? listBodies(message.bodyStructure) : NO_BODIES;
  const values = properties.has("bodyValues") ? valueParts(message, lists, options) : [];
  const ranges: Range[] = values.map((part) => bodyRange(part, options.maxBodyValueOctets));
  if (view.wantsHeader) ranges.push(message.bodyStructure.header);
  if (view.wantsPartHeaders) ranges.push(...shownParts(message, lists, properties).map((part) => part.header));
  const octets = ranges.length > 0 ? await source.read(ranges) : null;
  if (ranges.length > 0 && octets === null) return null;
  const wire: Wire = {};
  const headers = view.wantsHeader ? headerOf(octets!, message.bodyStructure) : null;
  for (const name of properties) {
    if (name === "bodyValues")
      wire.bodyValues = Object.fromEntries(values.map((part) => [part.partId, bodyValueOf(part, octets!, options)]));
    else if (name === "bodyStructure") wire.bodyStructure = partWire(source, message.bodyStructure, octets, options, true);
    else if (name === "textBody" || name === "htmlBody" || name === "attachments")
      wire[name] = lists[name].map((part) => partWire(source, part, octets, options, false));
    else if (isHeader(name)) wire[name] = headerValue(name, headers!);
    else if (name === "sentAt") wire.sentAt = sentAt(message);
    else if (Object.hasOwn(message, name)) wire[name] = message[name as keyof ParsedMessage];
  }
  return wire;
};

const NO_BODIES: BodyLists = { textBody: [], htmlBody: [], attachments: [] };

const sentAt = ({ sentAt: at, sentAtOffsetMinutes }: ParsedMessage): string | null =>
  at === null ? null : formatDate({ at, offsetMinutes: sentAtOffsetMinutes ?? 0 });

interface Header {
  readonly octets: Buffer;
  readonly fields: readonly HeaderField[];
}

const headerOf = (octets: Octets, part: BodyPart): Header => {
  const block = octets.slice(part.header);
  return { octets: block, fields: readHeaderBlock(block, 0, block.length).fields };
};

const headerValue = (name: string, { octets, fields }: Header): unknown =>
  name === "headers"
    ? fields.map((field) => ({ name: field.name, value: rawValue(octets, field) }))
    : headerPropertyValue(octets, fields, parseHeaderProperty(name)!);

const bodyValueOf = (part: BodyPart, octets: Octets, options: BodyOptions): Wire => {
  const range = bodyRange(part, options.maxBodyValueOctets);
  const value = readBodyValue(octets.slice(range), part, options.maxBodyValueOctets);
  return range[1] < part.body[1] ? { ...value, isTruncated: true } : { ...value };
};

/** RFC 8621 §4.1.4 EmailBodyPart. A structure always shows its subParts, or it would be none. */
const partWire = (source: EmailSource, part: BodyPart, octets: Octets | null, options: BodyOptions, isStructure: boolean): Wire => {
  const wire: Wire = {};
  let header: Header | null = null;
  for (const name of options.partProperties) {
    if (name === "blobId") wire.blobId = part.partId === null ? null : partBlobId(source.blobId, part.partId);
    else if (name === "size") wire.size = part.sizeOctets;
    else if (isHeader(name)) wire[name] = headerValue(name, (header ??= headerOf(octets!, part)));
    else if (name !== "subParts") wire[name] = part[name as keyof BodyPart];
  }
  if (part.subParts && isStructure) wire.subParts = part.subParts.map((inner) => partWire(source, inner, octets, options, true));
  else if (options.partProperties.includes("subParts")) wire.subParts = null;
  return wire;
};
