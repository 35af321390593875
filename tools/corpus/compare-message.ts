import type { BodyPart } from "../../core/mail/email-item.ts";
import { parseGroupedAddresses } from "../../core/mime/address-list.ts";
import { listBodies } from "../../core/mime/body-structure.ts";
import { readBodyValue } from "../../core/mime/body-value.ts";
import { fieldsNamed, type HeaderField, headerText, readHeaderBlock } from "../../core/mime/header-fields.ts";
import { parseHeaderForm, parseText } from "../../core/mime/header-forms.ts";
import { parseMessageIds } from "../../core/mime/message-ids.ts";
import { parseParameterised } from "../../core/mime/parameters.ts";
import { readPartTree } from "../../core/mime/part-tree.ts";
import { decodeTransfer } from "../../core/mime/transfer-encoding.ts";
import {
  dateText,
  type ExpectedAddresses,
  type ExpectedDate,
  type ExpectedHeader,
  type ExpectedMessage,
  type ExpectedPart,
  groupsOf,
} from "./expected-form.ts";
import type { Tally } from "./tally.ts";

const preOrder = (part: BodyPart): BodyPart[] => [part, ...(part.subParts ?? []).flatMap(preOrder)];

const kindOf = (part: ExpectedPart): string => {
  const [kind] = Object.keys(part.body);
  return kind === "InlineBinary" ? "Binary" : kind!;
};

const ourKind = (part: BodyPart): string => {
  if (part.subParts) return "Multipart";
  if (part.type === "text/html") return "Html";
  if (part.type.startsWith("text/")) return "Text";
  return part.type === "message/rfc822" || part.type === "message/global" ? "Message" : "Binary";
};

const lines = (text: string): string => text.replaceAll("\r\n", "\n");

const compareContent = (where: string, octets: Buffer, expected: ExpectedPart, part: BodyPart, tally: Tally): void => {
  const [start, length] = part.body;
  const body = octets.subarray(start, start + length);
  const text = expected.body.Text ?? expected.body.Html;
  const binary = expected.body.Binary ?? expected.body.InlineBinary;
  if (text !== undefined) tally.compare("content", where, lines(text), readBodyValue(body, part).value);
  else if (binary)
    tally.compare(
      "content",
      where,
      Buffer.from(binary).toString("latin1"),
      decodeTransfer(octets, start, start + length, part.encoding).toString("latin1"),
    );
  else if (expected.body.Message) {
    const inner = decodeTransfer(octets, start, start + length, part.encoding);
    compareMessage(`${where}>`, inner, expected.body.Message, tally);
  }
};

const compareHeader = (where: string, name: string, expected: ExpectedHeader["value"], raw: string, tally: Tally): void => {
  const place = `${where} ${name}`;
  if (expected === "Empty") {
    tally.compare("header empty", place, "", raw.trim());
    return;
  }
  const [kind, value] = Object.entries(expected)[0]!;
  if (kind === "Address") tally.compare("header addresses", place, groupsOf(value as ExpectedAddresses), parseGroupedAddresses(raw));
  else if (kind === "DateTime") tally.compare("header date", place, dateText(value as ExpectedDate), parseHeaderForm(raw, "Date"));
  else if (kind === "TextList") tally.compare("header ids", place, value, parseMessageIds(raw));
  else if (kind === "Text" && (name === "message-id" || name === "in-reply-to"))
    tally.compare("header ids", place, [value], parseMessageIds(raw));
  else if (kind === "Text" && name === "content-id") tally.compare("header ids", place, [value], parseMessageIds(raw) ?? [raw.trim()]);
  else if (kind === "Text") tally.compare("header text", place, value, parseText(raw).trim());
  else if (kind === "ContentType") {
    const stated = value as { c_type: string; c_subtype: string | null; attributes: { name: string; value: string }[] | null };
    const type = (stated.c_subtype === null ? stated.c_type : `${stated.c_type}/${stated.c_subtype}`).toLowerCase();
    const parsed = parseParameterised(raw);
    const attributes = (stated.attributes ?? []).filter(({ name: attribute }) => !attribute.endsWith("-language"));
    tally.compare(
      "header parameters",
      place,
      [type, Object.fromEntries(attributes.map(({ name: key, value: text }) => [key, text]).sort())],
      [parsed.value, Object.fromEntries([...parsed.parameters].sort())],
    );
  }
};

const compareHeaders = (
  where: string,
  octets: Buffer,
  fields: readonly HeaderField[],
  expected: readonly ExpectedHeader[],
  tally: Tally,
): void => {
  const names = expected.map(({ name }) => (typeof name === "string" ? name.replaceAll("_", "-") : name.other.toLowerCase()));
  tally.compare(
    "header names",
    where,
    names,
    fields.map(({ name }) => name.toLowerCase()),
  );
  const seen = new Map<string, number>();
  expected.forEach((header, index) => {
    const name = names[index]!;
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    const field = fieldsNamed(fields, name)[nth];
    if (field) compareHeader(where, name, header.value, headerText(octets, field), tally);
  });
};

export const compareMessage = (where: string, octets: Buffer, expected: ExpectedMessage, tally: Tally): void => {
  const tree = readPartTree(octets, 0, octets.length);
  if (tree.outcome !== "tree") {
    tally.compare("readable", where, "tree", tree.bound);
    return;
  }
  const parts = preOrder(tree.root);
  const kinds = parts.map(ourKind);
  tally.compare("structure", where, expected.parts.map(kindOf), kinds);
  const { textBody, htmlBody, attachments } = listBodies(tree.root);
  const indexes = (list: readonly BodyPart[]) => list.map((part) => parts.indexOf(part));
  tally.compare("textBody", where, expected.text_body, indexes(textBody));
  tally.compare("htmlBody", where, expected.html_body, indexes(htmlBody));
  tally.compare("attachments", where, expected.attachments, indexes(attachments));
  expected.parts.forEach((part, index) => {
    const ours = parts[index];
    if (!ours) return;
    const place = `${where}#${index}`;
    compareContent(place, octets, part, ours, tally);
    const [start, length] = ours.header;
    compareHeaders(place, octets, readHeaderBlock(octets, start, start + length).fields, part.headers, tally);
  });
};
