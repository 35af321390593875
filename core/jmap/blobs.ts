/**
 * What a blob id stands for (RFC 8620 §6, RFC 9404 §5). An id names an item of one account, never content: `GM<email id>` is an Email's raw
 * message, `GU<random>` an upload, `GS<random>` the text of a Sieve script, and `-<part>` after a message or an upload a part of it,
 * decoded; a part may be a message with parts of its own. An id is good only while the account holds the item, so a foreign, guessed
 * or destroyed one is simply not found.
 */
import type { AccountId, BlobId, EmailId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { AccountState } from "../log/api.ts";
import { idFromOctets } from "../log/id-words.ts";
import type { BodyPart } from "../mail/email-item.ts";
import { leafParts } from "../mime/body-structure.ts";
import { readMessage } from "../mime/read-message.ts";
import { decodeTransfer } from "../mime/transfer-encoding.ts";
import type { JmapPorts } from "./api.ts";
import { itemReaderOf } from "./email/item-reader.ts";
import type { StoredSieveScript } from "./records.ts";

const BLOB_ID = /^G([MUS])([A-Za-z0-9]{1,60})((?:-[A-Za-z0-9.]{1,20}){0,20})$/;

interface ParsedBlobId {
  readonly kind: "message" | "upload" | "script";
  readonly id: string;
  readonly parts: readonly string[];
}

export const parseBlobId = (blobId: string): ParsedBlobId | null => {
  const match = BLOB_ID.exec(blobId);
  if (!match) return null;
  const kind = match[1] === "M" ? "message" : match[1] === "U" ? "upload" : "script";
  return { kind, id: match[2]!, parts: match[3]!.split("-").slice(1) };
};

export interface Blob {
  readonly sizeOctets: number;
  /** Media type as far as it is known. */
  readonly type: string;
  /** Object that is exactly this blob; null for a decoded part. */
  readonly storedKey: string | null;
  read(range?: { offset: number; length: number }): Promise<Uint8Array | null>;
}

const stored = (ports: JmapPorts, key: string, sizeOctets: number, type: string): Blob => ({
  sizeOctets,
  type,
  storedKey: key,
  read: (range) => ports.blobs.get(key, range),
});

/** A part of `whole`: its encoded octets are read and decoded when asked for. */
const partOf = (whole: Blob, part: BodyPart): Blob => ({
  sizeOctets: part.sizeOctets,
  type: part.type,
  storedKey: null,
  read: async (range) => {
    const [offset, length] = part.body;
    const encoded = length === 0 ? new Uint8Array() : await whole.read({ offset, length });
    if (!encoded) return null;
    const buffer = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
    const decoded = decodeTransfer(buffer, 0, buffer.length, part.encoding);
    return range ? decoded.subarray(range.offset, range.offset + range.length) : decoded;
  },
});

const partNamed = (structure: BodyPart, partId: string): BodyPart | undefined =>
  leafParts(structure).find((part) => part.partId === partId);

/** The blob an id stands for in an account that the caller may read; null when the account holds no such thing. */
export const findBlob = async (ports: JmapPorts, state: AccountState, blobId: string, now: number): Promise<Blob | null> => {
  const parsed = parseBlobId(blobId);
  if (!parsed) return null;
  if (parsed.kind === "script") return scriptBlob(ports, state, blobId);
  const root = parsed.kind === "message" ? await messageBlob(ports, state, parsed.id) : await uploadBlob(ports, state, blobId, parsed, now);
  if (!root) return null;
  let { blob, structure } = root;
  for (const [depth, partId] of parsed.parts.entries()) {
    if (depth >= limits.parse.nestedMessages) return null;
    structure ??= await structureOf(blob);
    const part = structure && partNamed(structure, partId);
    if (!part) return null;
    blob = partOf(blob, part);
    structure = null;
  }
  return blob;
};

type Root = { blob: Blob; structure: BodyPart | null };

const messageBlob = async (ports: JmapPorts, state: AccountState, emailId: string): Promise<Root | null> => {
  const id = emailId as EmailId;
  if (state.emails.rowOf(id) < 0) return null;
  const item = (await itemReaderOf(ports.store).get(state.accountId, [id])).get(id);
  return item
    ? { blob: stored(ports, item.rawKey, item.message.sizeOctets, "message/rfc822"), structure: item.message.bodyStructure }
    : null;
};

const uploadBlob = async (
  ports: JmapPorts,
  { accountId, reader }: AccountState,
  blobId: string,
  parsed: ParsedBlobId,
  now: number,
): Promise<Root | null> => {
  const uploadId = parsed.parts.length > 0 ? blobId.slice(0, blobId.indexOf("-")) : blobId;
  const upload = await ports.store.getUpload(accountId, uploadId);
  // RFC 8620 §6.1: even in a shared account an upload is its uploader's.
  if (!upload || upload.expiresAt <= now || (upload.uploadedBy ?? null) !== reader) return null;
  return { blob: stored(ports, upload.key, upload.sizeOctets, upload.type), structure: null };
};

export const scriptBlobKey = (accountId: AccountId, blobId: string): string => `composed/${accountId}/${blobId}`;

const scriptBlob = (ports: JmapPorts, state: AccountState, blobId: string): Blob | null => {
  const scripts = [...state.records("SieveScript").values()] as StoredSieveScript[];
  const script = scripts.find((candidate) => candidate.blobId === blobId);
  return script ? stored(ports, script.contentKey, script.sizeOctets, "application/sieve") : null;
};

const structureOf = async (blob: Blob): Promise<BodyPart | null> => {
  const octets = await blob.read();
  const outcome = octets && readMessage(octets);
  return outcome?.outcome === "parsed" ? outcome.message.bodyStructure : null;
};

/** Stores octets as an upload of the account; an id is minted, so the same octets twice are two blobs (no oracle of content). */
export const storeUpload = async (
  ports: JmapPorts,
  { accountId, reader }: AccountState,
  octets: Uint8Array,
  type: string,
): Promise<{ blobId: BlobId; size: number }> => {
  const blobId = idFromOctets("GU", ports.randomOctets(12)) as BlobId;
  const key = `upload/${accountId}/${blobId}`;
  await ports.blobs.put(key, octets, { contentType: "application/octet-stream" });
  const expiresAt = ports.now() + limits.retention.uploadHours * 3_600_000;
  await ports.store.putUpload(accountId, { blobId, key, sizeOctets: octets.byteLength, type, uploadedBy: reader, expiresAt });
  return { blobId, size: octets.byteLength };
};
