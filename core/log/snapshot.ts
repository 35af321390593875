/**
 * A fold as one object: a JSON head, then the columns as they stand in memory (little-endian), compressed with Zstandard.
 * fold(snapshot at k, entries after k) = fold(all entries), for every k: the property test holds it to that.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { PoisonError } from "../errors.ts";
import type { AccountId } from "../ids.ts";
import { Fold } from "./account-state.ts";
import { EMAIL_COLUMNS, type EmailColumnsData, THREAD_COLUMNS } from "./column-data.ts";
import { EmailColumns } from "./email-columns.ts";
import type { FoldedState } from "./folded-state.ts";
import { MailboxTally } from "./mailbox-tally.ts";
import { Memberships, type MembershipsData } from "./memberships.ts";
import { Readers } from "./readers.ts";
import { RecordTable, type RecordTableData } from "./record-table.ts";
import { Tombstones } from "./tombstones.ts";

const FORMAT = 1;
const ELEMENTS = { ids: Uint32Array, threadIds: Uint32Array, ...EMAIL_COLUMNS, ...THREAD_COLUMNS } as const;
type ColumnName = keyof typeof ELEMENTS;
const COLUMN_NAMES = Object.keys(ELEMENTS) as ColumnName[];

interface Head
  extends Omit<FoldedState, "columns" | "emailTombstones" | "threadTombstones" | "recordTables" | "tally" | "readers" | "memberships"> {
  format: number;
  lengths: Record<ColumnName, number>;
  mailboxes: readonly (readonly string[])[];
  keywordLists: readonly (readonly string[])[];
  emailTombstones: ReturnType<Tombstones["toJSON"]>;
  threadTombstones: ReturnType<Tombstones["toJSON"]>;
  records: Record<string, RecordTableData>;
  counts: ReturnType<MailboxTally["toJSON"]>;
  /** Absent in snapshots from before accounts had other readers. */
  readers?: ReturnType<Readers["toJSON"]>;
  memberships?: MembershipsData;
}

/** Octets of the fold's snapshot. */
export const writeSnapshot = (fold: Fold): Uint8Array => {
  const { columns, emailTombstones, threadTombstones, recordTables, tally, readers, memberships, ...rest } = fold.folded;
  const data = columns.compacted();
  const head: Head = {
    ...rest,
    format: FORMAT,
    lengths: Object.fromEntries(COLUMN_NAMES.map((name) => [name, data[name].length])) as Head["lengths"],
    mailboxes: data.mailboxes,
    keywordLists: data.keywordLists,
    emailTombstones: emailTombstones.toJSON(),
    threadTombstones: threadTombstones.toJSON(),
    records: Object.fromEntries([...recordTables].map(([type, table]) => [type, table.toJSON()])),
    counts: tally.toJSON(),
    readers: readers.toJSON(),
    memberships: memberships.toJSON(),
  };
  const headOctets = Buffer.from(JSON.stringify(head));
  const lead = Buffer.alloc(8);
  lead.writeUInt32LE(headOctets.length, 0);
  const padding = Buffer.alloc((8 - ((8 + headOctets.length) % 8)) % 8);
  const parts: Uint8Array[] = [lead, headOctets, padding];
  for (const name of COLUMN_NAMES) {
    const column = data[name];
    parts.push(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), new Uint8Array((8 - (column.byteLength % 8)) % 8));
  }
  return zstdCompressSync(Buffer.concat(parts), { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
};

/** The fold back again. PoisonError when the octets are none of ours or of another account. */
export const readSnapshot = (accountId: AccountId, octets: Uint8Array): Fold => {
  const buffer = decompressed(octets);
  const headLength = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(Buffer.from(buffer, 8, headLength).toString()) as Head;
  if (head.format !== FORMAT || head.accountId !== accountId) throw new PoisonError("snapshot of another format or account");
  const {
    format: _format,
    lengths,
    mailboxes,
    keywordLists,
    emailTombstones,
    threadTombstones,
    records,
    counts,
    readers,
    memberships,
    ...rest
  } = head;
  let offset = Math.ceil((8 + headLength) / 8) * 8;
  const columns: Partial<Record<ColumnName, Uint32Array | Float64Array | Uint8Array>> = {};
  for (const name of COLUMN_NAMES) {
    const column = new ELEMENTS[name](buffer, offset, lengths[name]);
    columns[name] = column;
    offset += Math.ceil(column.byteLength / 8) * 8;
  }
  return new Fold(accountId, {
    ...rest,
    columns: new EmailColumns({ ...columns, mailboxes, keywordLists } as unknown as EmailColumnsData),
    emailTombstones: Tombstones.fromJSON(emailTombstones),
    threadTombstones: Tombstones.fromJSON(threadTombstones),
    recordTables: new Map(Object.entries(records).map(([type, data]) => [type, new RecordTable(data)])),
    tally: new MailboxTally(counts),
    readers: new Readers(readers),
    memberships: new Memberships(memberships),
  });
};

/** The plain octets in a buffer of their own: columns are views of it. */
const decompressed = (octets: Uint8Array): ArrayBuffer => {
  // In one piece with an octet to spare, where zlib's own pieces of 16 KB would be joined afterwards.
  const length = plainLengthOf(octets);
  const plain = zstdDecompressSync(octets, length === null ? {} : { chunkSize: Math.max(MINIMAL_CHUNK, length + 1) });
  return plain.byteOffset === 0 && plain.length > PIECE_OCTETS ? (plain.buffer as ArrayBuffer) : new Uint8Array(plain).buffer;
};

const PIECE_OCTETS = 64 * 1024;
const MINIMAL_CHUNK = 64;
/** Zstandard compresses no further: a head that says more is damaged, and decompression says so. */
const MOST_RATIO = 100_000;

/** What the frame's head says of its content (RFC 8878 §3.1.1.1), null when that is nothing or cannot be true. */
const plainLengthOf = (octets: Uint8Array): number | null => {
  const descriptor = octets[4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const width = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6]!;
  const at = 5 + (isSingleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  if (width === 0 || octets.length < at + width) return null;
  const view = new DataView(octets.buffer, octets.byteOffset + at, width);
  const length =
    width === 1
      ? view.getUint8(0)
      : width === 2
        ? view.getUint16(0, true) + 256
        : width === 4
          ? view.getUint32(0, true)
          : Number(view.getBigUint64(0, true));
  return length <= octets.length * MOST_RATIO && length < 2 ** 31 ? length : null;
};
