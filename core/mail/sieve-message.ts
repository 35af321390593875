/** A parsed message as Sieve's tests ask for it (RFC 5228 §2.4.2.2, §2.4.2.3): headers out of the header block, bodies out of the whole. */
import { parseAddresses } from "../mime/address-list.ts";
import { leafParts } from "../mime/body-structure.ts";
import { readBodyValue } from "../mime/body-value.ts";
import { asBuffer, fieldsNamed, type HeaderField, headerText, readHeaderBlock } from "../mime/header-fields.ts";
import { parseText } from "../mime/header-forms.ts";
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
  // Lines end as those of a script's strings do (RFC 5173 §4).
  const textOf = (part: BodyPart): string =>
    readBodyValue(octets!.subarray(part.body[0], part.body[0] + part.body[1]), part).value.replaceAll("\n", "\r\n");
  return {
    header: (name) => header.texts(name),
    addresses: (name) => header.addressesByField(name),
    envelope,
    sizeOctets: message.sizeOctets,
    rawBody: () => octets?.toString("utf8", message.headerOctets) ?? "",
    bodyContent: (types) =>
      octets
        ? leafParts(message.bodyStructure)
            .filter((part) => types.some((type) => isOfType(part, type.toLowerCase())))
            .map(textOf)
        : [],
    mailboxExists,
    now,
    zoneMinutes: 0,
  };
};
