/** Blob methods (RFC 8620 §6.3, RFC 9404 §4). */
import { createHash } from "node:crypto";
import type { EmailId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { AccountState } from "../../log/api.ts";
import { type Blob, findBlob, parseBlobId, storeUpload } from "../blobs.ts";
import { BLOB, CORE, DIGESTS, LOOKUP_TYPES } from "../capabilities.ts";
import { type Arguments, accountIdArgument, checkArguments } from "../engine/arguments.ts";
import { eachBounded } from "../engine/bounded.ts";
import type { Method } from "../engine/context.ts";
import type { Wire } from "../engine/definition.ts";
import { id, listOf, nullable, string, unsignedInt } from "../engine/kinds.ts";
import { invalidArguments, methodError, ok, type SetError } from "../errors.ts";
import { blobUpload } from "./blob-upload.ts";

const READS_AT_ONCE = 4;

const orNull = (map: Record<string, unknown>): Record<string, unknown> | null => (Object.keys(map).length > 0 ? map : null);

const copyArguments: Arguments = {
  ...accountIdArgument,
  fromAccountId: { kind: id, required: true },
  blobIds: { kind: listOf(string), required: true },
};

/** RFC 8620 §6.3. */
const blobCopy: Method = async ({ context, args }) => {
  const checked = checkArguments(args, copyArguments);
  if (!checked.ok) return checked;
  const blobIds = [...new Set(args.blobIds as string[])];
  if (blobIds.length > limits.jmap.maxObjectsInSet) return methodError("requestTooLarge");
  const to = await context.account(args.accountId as string, "write", CORE);
  if (!to.ok) return to;
  const from = await context.account(args.fromAccountId as string, "read", CORE);
  if (!from.ok) return from.error.type === "accountNotFound" ? methodError("fromAccountNotFound") : from;
  const copied: Record<string, string> = {};
  const notCopied: Record<string, SetError> = {};
  for (const blobId of blobIds) {
    const resolved = context.resolveId(blobId);
    const blob = resolved && (await findBlob(context.ports, from.value.state, resolved, context.ports.now()));
    const octets = blob && (await blob.read());
    if (octets) copied[blobId] = (await storeUpload(context.ports, to.value.state, octets, blob.type)).blobId;
    // RFC 8620 §6.3 suggests notFound; clients and the public suite go by the more telling type of RFC 8621 §4.6.
    else notCopied[blobId] = { type: "blobNotFound", notFound: [blobId] };
  }
  const { accountId } = to.value;
  return ok([["Blob/copy", { fromAccountId: from.value.accountId, accountId, copied: orNull(copied), notCopied: orNull(notCopied) }]]);
};

const getArguments: Arguments = {
  ...accountIdArgument,
  ids: { kind: listOf(string), required: true },
  properties: { kind: nullable(listOf(string)) },
  offset: { kind: nullable(unsignedInt) },
  length: { kind: nullable(unsignedInt) },
};

const BLOB_PROPERTIES: ReadonlySet<string> = new Set([
  "id",
  "size",
  "data",
  "data:asText",
  "data:asBase64",
  ...DIGESTS.map((name) => `digest:${name}`),
]);
/** Octets told by one call: they come back inside a response that is bounded itself. */
const DATA_OCTETS = 3_000_000;

interface BlobRange {
  readonly offset: number;
  readonly length: number | null;
}

/** RFC 9404 §4.2. */
const blobGet: Method = async ({ context, args }) => {
  const checked = checkArguments(args, getArguments);
  if (!checked.ok) return checked;
  const properties = new Set((args.properties as string[] | null | undefined) ?? ["data", "size"]);
  const unknown = [...properties].find((name) => !BLOB_PROPERTIES.has(name));
  if (unknown !== undefined) return invalidArguments(`"${unknown.slice(0, 60)}" is not a property of a blob.`, ["properties"]);
  const ids = [...new Set(args.ids as string[])];
  if (ids.length > limits.jmap.maxObjectsInGet) return methodError("requestTooLarge");
  const loaded = await context.account(args.accountId as string, "read", BLOB);
  if (!loaded.ok) return loaded;
  const { accountId, state } = loaded.value;
  const range = { offset: (args.offset as number | null | undefined) ?? 0, length: (args.length as number | null | undefined) ?? null };
  const found = new Map<string, Blob>();
  await eachBounded(ids, READS_AT_ONCE, async (blobId) => {
    const resolved = context.resolveId(blobId);
    const blob = resolved === null ? null : await findBlob(context.ports, state, resolved, context.ports.now());
    if (blob) found.set(blobId, blob);
  });
  const wantsData = [...properties].some((name) => name.startsWith("data"));
  const octets = [...found.values()].reduce((sum, blob) => sum + selectedLength(blob, range), 0);
  if (wantsData && octets > DATA_OCTETS)
    return methodError("requestTooLarge", `At most ${DATA_OCTETS} octets in one call: use offset and length.`);
  const list: Wire[] = [];
  const notFound: string[] = [];
  for (const blobId of ids) {
    const blob = found.get(blobId);
    const wire = blob && (await blobWire(blob, properties, range));
    if (wire) list.push({ id: context.resolveId(blobId), ...wire });
    else notFound.push(blobId);
  }
  return ok([["Blob/get", { accountId, list, notFound }]]);
};

const selectedLength = (blob: Blob, { offset, length }: BlobRange): number =>
  Math.max(0, Math.min(length ?? Number.MAX_SAFE_INTEGER, blob.sizeOctets - offset));

const blobWire = async (blob: Blob, properties: ReadonlySet<string>, range: BlobRange): Promise<Wire | null> => {
  const wire: Wire = {};
  if (properties.has("size")) wire.size = blob.sizeOctets;
  if (![...properties].some((name) => name !== "size" && name !== "id")) return wire;
  const length = selectedLength(blob, range);
  const read = length === 0 ? new Uint8Array() : await blob.read({ offset: range.offset, length });
  if (!read) return null;
  const octets = Buffer.from(read.buffer, read.byteOffset, read.byteLength);
  const text = properties.has("data") || properties.has("data:asText") ? textOrNull(octets) : null;
  if (properties.has("data:asText") || (properties.has("data") && text !== null)) wire["data:asText"] = text;
  if (properties.has("data:asBase64") || (properties.has("data") && text === null)) wire["data:asBase64"] = octets.toString("base64");
  if (text === null && (properties.has("data") || properties.has("data:asText"))) wire.isEncodingProblem = true;
  if (range.length !== null && range.offset + range.length > blob.sizeOctets) wire.isTruncated = true;
  else if (range.offset > blob.sizeOctets) wire.isTruncated = true;
  for (const name of DIGESTS) {
    if (properties.has(`digest:${name}`))
      wire[`digest:${name}`] = createHash(name.replace("-", "").replace(/^sha$/, "sha1")).update(octets).digest("base64");
  }
  return wire;
};

const textOrNull = (octets: Buffer): string | null => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return null;
  }
};

const lookupArguments: Arguments = {
  ...accountIdArgument,
  typeNames: { kind: listOf(string), required: true },
  ids: { kind: listOf(string), required: true },
};

/** RFC 9404 §4.3. */
const blobLookup: Method = async ({ context, args }) => {
  const checked = checkArguments(args, lookupArguments);
  if (!checked.ok) return checked;
  const typeNames = args.typeNames as string[];
  if (typeNames.some((name) => !(LOOKUP_TYPES as readonly string[]).includes(name))) return methodError("unknownDataType");
  const ids = [...new Set(args.ids as string[])];
  if (ids.length > limits.jmap.maxObjectsInGet) return methodError("requestTooLarge");
  const loaded = await context.account(args.accountId as string, "read", BLOB);
  if (!loaded.ok) return loaded;
  const { accountId, state } = loaded.value;
  const list: Wire[] = [];
  const notFound: string[] = [];
  for (const blobId of ids) {
    const resolved = context.resolveId(blobId);
    const blob = resolved && (await findBlob(context.ports, state, resolved, context.ports.now()));
    if (blob) list.push({ id: resolved, matchedIds: matchedIds(state, resolved, typeNames) });
    else notFound.push(blobId);
  }
  return ok([["Blob/lookup", { accountId, list, notFound }]]);
};

/** A blob of a message is referred to by its Email, that Email's Thread and its Mailboxes; an upload by none of them. */
const matchedIds = (state: AccountState, blobId: string, typeNames: readonly string[]): Record<string, readonly string[]> => {
  const parsed = parseBlobId(blobId);
  const row = parsed?.kind === "message" ? state.emails.rowOf(parsed.id as EmailId) : -1;
  const { emails } = state;
  const all: Readonly<Record<string, readonly string[]>> =
    row < 0 ? {} : { Email: [emails.id(row)], Thread: [emails.threadId(row)], Mailbox: emails.mailboxIds(row) };
  return Object.fromEntries(typeNames.map((name) => [name, all[name] ?? []]));
};

export const blobMethods: readonly (readonly [name: string, capability: string, method: Method])[] = [
  ["Blob/copy", CORE, blobCopy],
  ["Blob/upload", BLOB, blobUpload],
  ["Blob/get", BLOB, blobGet],
  ["Blob/lookup", BLOB, blobLookup],
];
