/**
 * Reflected CRCs that Node does not bring, by slicing eight octets at a time over precomputed tables.
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4) and CRC-64/NVME (NVM Express Base Specification §8.3), both with all-ones start and final inversion.
 * 64-bit values are kept as two unsigned halves: BigInt arithmetic is fifty times slower.
 */

export interface Crc {
  update(chunk: Uint8Array): void;
  /** Big-endian octets, as S3 puts them (base64) in its headers. */
  digest(): Buffer;
}

const SLICES = 8;
const CRC32C_POLYNOMIAL = 0x82f63b78;
const CRC64_POLYNOMIAL_HIGH = 0x9a6c9329;
const CRC64_POLYNOMIAL_LOW = 0xac4bc9b5;

let crc32cTable: Uint32Array | undefined;
let crc64Tables: { high: Uint32Array; low: Uint32Array } | undefined;

function buildCrc32cTable(): Uint32Array {
  const table = new Uint32Array(SLICES * 256);
  for (let octet = 0; octet < 256; octet++) {
    let value = octet;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ CRC32C_POLYNOMIAL : value >>> 1;
    table[octet] = value >>> 0;
  }
  for (let index = 256; index < table.length; index++) {
    const previous = table[index - 256]!;
    table[index] = (previous >>> 8) ^ table[previous & 0xff]!;
  }
  return table;
}

function buildCrc64Tables(): { high: Uint32Array; low: Uint32Array } {
  const high = new Uint32Array(SLICES * 256);
  const low = new Uint32Array(SLICES * 256);
  for (let octet = 0; octet < 256; octet++) {
    let h = 0;
    let l = octet;
    for (let bit = 0; bit < 8; bit++) {
      const carry = l & 1;
      l = ((l >>> 1) | (h << 31)) >>> 0;
      h >>>= 1;
      if (carry) {
        h = (h ^ CRC64_POLYNOMIAL_HIGH) >>> 0;
        l = (l ^ CRC64_POLYNOMIAL_LOW) >>> 0;
      }
    }
    high[octet] = h;
    low[octet] = l;
  }
  for (let index = 256; index < high.length; index++) {
    const h = high[index - 256]!;
    const l = low[index - 256]!;
    high[index] = (h >>> 8) ^ high[l & 0xff]!;
    low[index] = ((l >>> 8) | (h << 24)) ^ low[l & 0xff]!;
  }
  return { high, low };
}

export function createCrc32c(): Crc {
  crc32cTable ??= buildCrc32cTable();
  const t = crc32cTable;
  let crc = 0xffffffff;
  return {
    update(chunk) {
      let c = crc;
      let i = 0;
      for (const end = chunk.length - 7; i < end; i += 8) {
        const a = c ^ (chunk[i]! | (chunk[i + 1]! << 8) | (chunk[i + 2]! << 16) | (chunk[i + 3]! << 24));
        c =
          t[1792 + (a & 0xff)]! ^
          t[1536 + ((a >>> 8) & 0xff)]! ^
          t[1280 + ((a >>> 16) & 0xff)]! ^
          t[1024 + (a >>> 24)]! ^
          t[768 + chunk[i + 4]!]! ^
          t[512 + chunk[i + 5]!]! ^
          t[256 + chunk[i + 6]!]! ^
          t[chunk[i + 7]!]!;
      }
      for (; i < chunk.length; i++) c = (c >>> 8) ^ t[(c ^ chunk[i]!) & 0xff]!;
      crc = c;
    },
    digest() {
      const out = Buffer.alloc(4);
      out.writeUInt32BE(~crc >>> 0);
      return out;
    },
  };
}

export function createCrc64Nvme(): Crc {
  crc64Tables ??= buildCrc64Tables();
  const { high, low } = crc64Tables;
  let crcHigh = 0xffffffff;
  let crcLow = 0xffffffff;
  return {
    update(chunk) {
      let h = crcHigh;
      let l = crcLow;
      let i = 0;
      for (const end = chunk.length - 7; i < end; i += 8) {
        const a = l ^ (chunk[i]! | (chunk[i + 1]! << 8) | (chunk[i + 2]! << 16) | (chunk[i + 3]! << 24));
        const b = h ^ (chunk[i + 4]! | (chunk[i + 5]! << 8) | (chunk[i + 6]! << 16) | (chunk[i + 7]! << 24));
        const i0 = 1792 + (a & 0xff);
        const i1 = 1536 + ((a >>> 8) & 0xff);
        const i2 = 1280 + ((a >>> 16) & 0xff);
        const i3 = 1024 + (a >>> 24);
        const i4 = 768 + (b & 0xff);
        const i5 = 512 + ((b >>> 8) & 0xff);
        const i6 = 256 + ((b >>> 16) & 0xff);
        const i7 = b >>> 24;
        h = high[i0]! ^ high[i1]! ^ high[i2]! ^ high[i3]! ^ high[i4]! ^ high[i5]! ^ high[i6]! ^ high[i7]!;
        l = low[i0]! ^ low[i1]! ^ low[i2]! ^ low[i3]! ^ low[i4]! ^ low[i5]! ^ low[i6]! ^ low[i7]!;
      }
      for (; i < chunk.length; i++) {
        const index = (l ^ chunk[i]!) & 0xff;
        l = ((l >>> 8) | (h << 24)) ^ low[index]!;
        h = (h >>> 8) ^ high[index]!;
      }
      crcHigh = h;
      crcLow = l;
    },
    digest() {
      const out = Buffer.alloc(8);
      out.writeUInt32BE(~crcHigh >>> 0, 0);
      out.writeUInt32BE(~crcLow >>> 0, 4);
      return out;
    },
  };
}
