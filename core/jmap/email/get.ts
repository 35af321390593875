/** Email/get (RFC 8621 §4.2). */
import type { EmailId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { EmailItem } from "../../mail/email-item.ts";
import { messageBlobId } from "../blob-ids.ts";
import { MARKS } from "../capabilities.ts";
import { eachBounded } from "../engine/bounded.ts";
import type { GetDefinition, Reading, Wire } from "../engine/definition.ts";
import { formatUtcDate } from "../engine/utc-date.ts";
import { bodyArguments, bodyOptions, checkBodyArguments } from "./body-arguments.ts";
import { itemReaderOf } from "./item-reader.ts";
import { readRanges } from "./octet-ranges.ts";
import { defaultEmailProperties, isHeaderProperty, needsItem } from "./properties.ts";
import { type EmailView, emailView, valueOctets, viewEmail } from "./view.ts";

/** Raw messages read at the same time by one call. */
const READS_AT_ONCE = 16;

const asMap = (names: readonly string[]): Record<string, true> => Object.fromEntries(names.map((name) => [name, true]));

/** RFC 8621 §4.1.1 metadata, straight from the columns. */
const metadataWire = ({ account }: Reading, row: number, properties: ReadonlySet<string>): Wire => {
  const { emails } = account.state;
  const wire: Wire = {};
  if (properties.has("blobId")) wire.blobId = messageBlobId(emails.id(row));
  if (properties.has("threadId")) wire.threadId = emails.threadId(row);
  if (properties.has("mailboxIds")) wire.mailboxIds = asMap(emails.mailboxIds(row));
  if (properties.has("keywords")) wire.keywords = asMap(emails.keywords(row));
  if (properties.has("size")) wire.size = emails.sizeOctets(row);
  if (properties.has("receivedAt")) wire.receivedAt = formatUtcDate(emails.receivedAt(row));
  if (properties.has("hasAttachment")) wire.hasAttachment = emails.hasAttachment(row);
  return wire;
};

export const emailGet: GetDefinition = {
  arguments: bodyArguments,
  check: checkBodyArguments,
  dynamicProperty: isHeaderProperty,
  defaultProperties: defaultEmailProperties,
  allIds: ({ account }) => {
    const { emails } = account.state;
    return [...emails.newestFirst()].map((row) => emails.id(row));
  },
  admit: async ({ account, context, args }, ids, properties) => {
    // RFC 8620 §1.8: an extension is there for those alone who have asked for it.
    if (properties.has("marks") && !context.using.has(MARKS))
      return { type: "invalidArguments", description: `"marks" needs the capability ${MARKS}.`, arguments: ["properties"] };
    if (!properties.has("bodyValues") || ids.length === 1) return null;
    const view = emailView(properties, bodyOptions(args));
    const known = ids.filter((id) => account.state.emails.rowOf(id as EmailId) >= 0) as EmailId[];
    let octets = 0;
    // The reader remembers the items: they are not read again below.
    for (const item of (await itemReaderOf(context.ports.store).get(account.accountId, known)).values())
      octets += valueOctets(item.message, view);
    return octets > limits.jmap.bodyValueOctets
      ? { type: "requestTooLarge", description: "The bodies are too large together: name fewer ids or set maxBodyValueBytes." }
      : null;
  },
  read: async (reading, ids, properties) => {
    const { account, context, args } = reading;
    const { emails } = account.state;
    // Columns are read before anything is awaited: afterwards they may be those of a later state.
    const found = new Map<string, Wire>();
    for (const id of ids) {
      const row = emails.rowOf(id as EmailId);
      if (row >= 0) found.set(id, metadataWire(reading, row, properties));
    }
    if (!needsItem(properties) || found.size === 0) return found;
    const items = await itemReaderOf(context.ports.store).get(account.accountId, [...found.keys()] as EmailId[]);
    const view = emailView(properties, bodyOptions(args));
    await eachBounded([...found.keys()], READS_AT_ONCE, async (id) => {
      const item = items.get(id as EmailId);
      const wire = item && (await viewItem(reading, item, view));
      // Destroyed meanwhile: the answer is that of a moment later.
      if (wire) found.set(id, { ...wire, ...(properties.has("marks") && { marks: item.marks }), ...found.get(id) });
      else found.delete(id);
    });
    return found;
  },
};

const viewItem = ({ context }: Reading, item: EmailItem, view: EmailView): Promise<Wire | null> =>
  viewEmail(
    {
      blobId: messageBlobId(item.id),
      message: item.message,
      read: (ranges) => readRanges(context.ports.blobs, item.rawKey, item.message.sizeOctets, ranges),
    },
    view,
  );
