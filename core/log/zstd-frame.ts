/** Zstandard frames (RFC 8878) that are decompressed in one piece. */
import { zstdDecompressSync } from "node:zlib";

/** The plain octets in a buffer of their own. */
export const decompressed = (octets: Uint8Array): ArrayBuffer => {
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
