/**
 * A fold as one object:
 *
 *   4 octets   MAGIC (snapshots of format 1 begin with the Zstandard frame, and have the ids in it)
 *   4          octets of the ids
 *   ids        snapshot-columns.ts
 *   the rest   a Zstandard frame: octets of the head (4) and 4 unused, the head as JSON up to a multiple of 8, the other columns
 *
 * Numbers are little-endian. fold(snapshot at k, entries after k) = fold(all entries), for every k: the property test holds it to that.
 */
import { constants, zstdCompressSync } from "node:zlib";
import { PoisonError } from "../errors.ts";
import type { AccountId } from "../ids.ts";
import { Fold } from "./account-state.ts";
import { EmailColumns } from "./email-columns.ts";
import type { FoldedState } from "./folded-state.ts";
import { MailboxTally } from "./mailbox-tally.ts";
import { Memberships, type MembershipsData } from "./memberships.ts";
import { Readers } from "./readers.ts";
import { RecordTable, type RecordTableData } from "./record-table.ts";
import { type ColumnCounts, inEights, packColumns, roundedUp, unpackColumns, unpackFormerColumns } from "./snapshot-columns.ts";
import { Tombstones } from "./tombstones.ts";
import { decompressed } from "./zstd-frame.ts";

const FORMAT = 2;
const MAGIC = 0x46_53_46_50;

interface Head
  extends Omit<FoldedState, "columns" | "emailTombstones" | "threadTombstones" | "recordTables" | "tally" | "readers" | "memberships"> {
  format: number;
  columns: ColumnCounts;
  /** Of each column, in format 1 instead of the counts. */
  lengths?: Readonly<Record<string, number>>;
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
  const { counts, ids, others } = packColumns(data);
  const head: Head = {
    ...rest,
    format: FORMAT,
    columns: counts,
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
  const plain = Buffer.concat([numbers(headOctets.length, 0), ...inEights(headOctets), ...others]);
  const packed = zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  const idOctets = ids.reduce((sum, piece) => sum + piece.length, 0);
  return Buffer.concat([numbers(MAGIC, idOctets), ...ids, packed]);
};

const numbers = (first: number, second: number): Buffer => {
  const octets = Buffer.alloc(8);
  octets.writeUInt32LE(first, 0);
  octets.writeUInt32LE(second, 4);
  return octets;
};

/** The fold back again; the octets become part of it and change with it. PoisonError when they are none of ours or of another account. */
export const readSnapshot = (accountId: AccountId, octets: Uint8Array): Fold => {
  try {
    const { ids, packed } = partsOf(octets);
    const plain = decompressed(packed);
    const headLength = new DataView(plain).getUint32(0, true);
    const head = JSON.parse(Buffer.from(plain, 8, headLength).toString()) as Head;
    if (head.format !== (ids ? FORMAT : 1) || head.accountId !== accountId) throw new PoisonError("snapshot of another format or account");
    const at = 8 + roundedUp(headLength);
    return foldOf(head, ids ? unpackColumns(head.columns, ids, plain, at) : unpackFormerColumns(head.lengths!, plain, at));
  } catch (error) {
    throw error instanceof PoisonError ? error : new PoisonError("snapshot is damaged", { cause: error });
  }
};

const foldOf = (head: Head, columns: ReturnType<typeof unpackColumns>): Fold => {
  const { format: _format, columns: _counts, lengths: _lengths, mailboxes, keywordLists, ...others } = head;
  const { emailTombstones, threadTombstones, records, counts, readers, memberships, ...rest } = others;
  return new Fold(head.accountId, {
    ...rest,
    columns: new EmailColumns({ ...columns, mailboxes, keywordLists }),
    emailTombstones: Tombstones.fromJSON(emailTombstones),
    threadTombstones: Tombstones.fromJSON(threadTombstones),
    recordTables: new Map(Object.entries(records).map(([type, data]) => [type, new RecordTable(data)])),
    tally: new MailboxTally(counts),
    readers: new Readers(readers),
    memberships: new Memberships(memberships),
  });
};

/** Format 1 has its ids in the frame. */
const partsOf = (octets: Uint8Array): { ids: Uint8Array | null; packed: Uint8Array } => {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  if (octets.length < 8 || view.getUint32(0, true) !== MAGIC) return { ids: null, packed: octets };
  const end = 8 + view.getUint32(4, true);
  const ids = octets.subarray(8, end);
  // A view keeps all of its memory: not for a few ids at the end of a network buffer.
  const isView = ids.byteOffset % 8 === 0 && ids.byteLength * 2 > ids.buffer.byteLength;
  return { ids: isView ? ids : new Uint8Array(ids), packed: octets.subarray(end) };
};
