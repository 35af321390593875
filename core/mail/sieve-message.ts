/** A parsed message as Sieve's tests ask for it (RFC 5228 §2.4.2.2, §2.4.2.3): headers out of the header block, bodies out of the whole. */
import { limits } from "../limits.ts";
import { parseAddresses } from "../mime/address-list.ts";
import { readBodyValue } from "../mime/body-value.ts";
import { asBuffer, fieldsNamed, type HeaderField, headerText, readHeaderBlock } from "../mime/header-fields.ts";
import { parseText } from "../mime/header-forms.ts";
import { readMessage } from "../mime/read-message.ts";
import { decodeTransfer } from "../mime/transfer-encoding.ts";
import type { SieveMessage } from "../sieve/message.ts";
import type { BodyPart, ParsedMessage } from "./email-item.ts";

/** Header fields of a message, read when they are asked for. */
export class MessageHeader {
  private readonly octets: Buffer;
  private readonly fields: readonly HeaderField[];

  constructor(header: Uint8Array) {
    this.octets = asBuffer(header);
    this.fields = readHeaderBlock(this.octets, 0, this.octets.length).fields;
  }

  raw(name: string): string[] {
    return fieldsNamed(this.fields, name.toLowerCase()).map((field) => headerText(this.octets, field));
  }

  texts(name: string): string[] {
    return this.raw(name).map((value) => parseText(value).trim());
  }

  addresses(name: string): string[] {
    return this.addressesByField(name).flat();
  }

  addressesByField(name: string): string[][] {
    return this.raw(name).map((value) => parseAddresses(value).map(({ email }) => email));
  }

  hasPrefix(lowerPrefix: string): boolean {
    return this.fields.some(({ name }) => name.toLowerCase().startsWith(lowerPrefix));
  }
}

/** Lines end as those of a script's strings do (RFC 5173 §4). */
const textOf = (octets: Buffer, part: BodyPart): string =>
  readBodyValue(octets.subarray(part.body[0], part.body[0] + part.body[1]), part).value.replaceAll("\n", "\r\n");

/** Made when it is first asked for, and then kept: a script may hold thousands of body tests. */
const once = <Value>(make: () => Value): (() => Value) => {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

interface Searched {
  readonly part: BodyPart;
  readonly text: () => string;
}

/**
 * RFC 5173 §5.2: a part by its text; of a multipart its prologue and its epilogue, which end at `end`, and its parts; of an attached
 * message its header, and after it its parts.
 */
function* textsByType(octets: Buffer, part: BodyPart, end: number, depth = 0): Generator<Searched> {
  const { subParts } = part;
  if (subParts) {
    const bodyEnd = part.body[0] + part.body[1];
    const starts = subParts.map(({ header }) => header[0]);
    yield { part, text: once(() => beforeDelimiter(octets.toString("utf8", part.body[0], starts[0]))) };
    for (const [index, inner] of subParts.entries()) yield* textsByType(octets, inner, starts[index + 1] ?? bodyEnd, depth);
    yield { part, text: once(() => beforeDelimiter(octets.toString("utf8", bodyEnd, end))) };
    return;
  }
  const isMessage = part.type === "message/rfc822" || part.type === "message/global";
  const inner = isMessage && depth < limits.parse.nestedMessages ? innerOf(octets, part) : null;
  if (!inner) yield { part, text: once(() => textOf(octets, part)) };
  else {
    yield { part, text: once(() => inner.octets.toString("utf8", 0, inner.message.headerOctets)) };
    yield* textsByType(inner.octets, inner.message.bodyStructure, inner.octets.length, depth + 1);
  }
}

/** Without the delimiter line that it may end with, and the line end before it. */
const beforeDelimiter = (text: string): string => {
  const lineStart = text.replace(/\r?\n$/, "").lastIndexOf("\n") + 1;
  return text.startsWith("--", lineStart) ? text.slice(0, lineStart).replace(/\r?\n$/, "") : text;
};

/** The message that a part is; null when it cannot be read as one. */
const innerOf = (octets: Buffer, { body: [start, length], encoding }: BodyPart): { octets: Buffer; message: ParsedMessage } | null => {
  const inner = asBuffer(decodeTransfer(octets, start, start + length, encoding));
  const outcome = readMessage(inner);
  return outcome.outcome === "parsed" && outcome.headers.length > 0 ? { octets: inner, message: outcome.message } : null;
};

const isOfType = (part: BodyPart, type: string): boolean => type === "" || part.type === type || part.type.startsWith(`${type}/`);

export const sieveMessage = (source: {
  readonly message: ParsedMessage;
  readonly header: MessageHeader;
  /** The whole message; null when no test of the script looks at the body. */
  readonly octets: Uint8Array | null;
  readonly envelope: SieveMessage["envelope"];
  readonly mailboxExists: (path: string) => boolean;
  readonly now: number;
}): Omit<SieveMessage, "wasSeen"> => {
  const { message, header, envelope, mailboxExists, now } = source;
  const octets = source.octets && asBuffer(source.octets);
  const texts = once(() => (octets ? [...textsByType(octets, message.bodyStructure, octets.length)] : []));
  return {
    header: (name) => header.texts(name),
    addresses: (name) => header.addressesByField(name),
    envelope,
    sizeOctets: message.sizeOctets,
    rawBody: () => octets?.toString("utf8", message.headerOctets) ?? "",
    bodyContent: (types) =>
      texts()
        .filter(({ part }) => types.some((type) => isOfType(part, type.toLowerCase())))
        .map(({ text }) => text()),
    mailboxExists,
    now,
    zoneMinutes: 0,
  };
};
