/**
 * The list of contents of a ZIP archive (APPNOTE.TXT 4.3), read from its central directory within bounds. Unpacks nothing.
 * Archives on whose contents programs would disagree are refused: other octets before, entries over each other, names that differ.
 */

export interface ZipEntry {
  readonly name: string;
  readonly encrypted: boolean;
  readonly method: number;
  readonly packedOctets: number;
  readonly unpackedOctets: number;
  /** Where the packed octets begin. */
  readonly start: number;
}

export type ZipDirectory =
  | { readonly outcome: "entries"; readonly entries: ZipEntry[] }
  | { readonly outcome: "none" }
  | { readonly outcome: "broken" }
  | { readonly outcome: "tooManyEntries" }
  | { readonly outcome: "overlapping" };

const END = Buffer.from("504b0506", "hex");
const END_OCTETS = 22;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_END = 0x06064b50;

interface End {
  readonly count: number;
  readonly directoryOctets: number;
  readonly directoryOffset: number;
  /** First octet after the directory, by the end record's own place. */
  readonly directoryEnd: number;
}

const findEnd = (octets: Buffer): number => {
  const from = Math.max(0, octets.length - END_OCTETS - 0xffff);
  for (let at = octets.lastIndexOf(END); at >= from; at = octets.lastIndexOf(END, at - 1)) {
    if (at + END_OCTETS <= octets.length && at + END_OCTETS + octets.readUInt16LE(at + 20) <= octets.length) return at;
    if (at === 0) break;
  }
  return -1;
};

/** Programs look for an archive from the end of a file: what begins as something else may still open as one. */
export const endsAsZip = (octets: Buffer): boolean => {
  const at = findEnd(octets);
  return at >= 0 && octets.length - (at + END_OCTETS + octets.readUInt16LE(at + 20)) <= 512;
};

const readZip64 = (octets: Buffer, locator: number): End | null => {
  const at = Number(octets.readBigUInt64LE(locator + 8));
  if (at + 56 > locator || octets.readUInt32LE(at) !== ZIP64_END) return null;
  return {
    count: Number(octets.readBigUInt64LE(at + 32)),
    directoryOctets: Number(octets.readBigUInt64LE(at + 40)),
    directoryOffset: Number(octets.readBigUInt64LE(at + 48)),
    directoryEnd: at,
  };
};

const readEnd = (octets: Buffer, at: number): End | null => {
  const locator = at - 20;
  if (locator >= 0 && octets.readUInt32LE(locator) === ZIP64_LOCATOR) return readZip64(octets, locator);
  return {
    count: octets.readUInt16LE(at + 10),
    directoryOctets: octets.readUInt32LE(at + 12),
    directoryOffset: octets.readUInt32LE(at + 16),
    directoryEnd: at,
  };
};

/** The entry at `at` and where the next begins, or null when it is malformed. */
const readEntry = (octets: Buffer, at: number, end: number): { entry: ZipEntry; next: number } | null => {
  if (at + 46 > end || octets.readUInt32LE(at) !== CENTRAL) return null;
  const nameOctets = octets.readUInt16LE(at + 28);
  const next = at + 46 + nameOctets + octets.readUInt16LE(at + 30) + octets.readUInt16LE(at + 32);
  const local = octets.readUInt32LE(at + 42);
  if (next > end || local + 30 > octets.length || octets.readUInt32LE(local) !== LOCAL) return null;
  const localNameOctets = octets.readUInt16LE(local + 26);
  const name = octets.subarray(at + 46, at + 46 + nameOctets);
  // Programs that read the local header would unpack under another name.
  if (!name.equals(octets.subarray(local + 30, local + 30 + localNameOctets))) return null;
  const start = local + 30 + localNameOctets + octets.readUInt16LE(local + 28);
  const entry = {
    name: name.toString("utf8"),
    encrypted: (octets.readUInt16LE(at + 8) & 1) === 1,
    method: octets.readUInt16LE(at + 10),
    packedOctets: octets.readUInt32LE(at + 20),
    unpackedOctets: octets.readUInt32LE(at + 24),
    start,
  };
  return start + entry.packedOctets > octets.length ? null : { entry, next };
};

const overlap = (entries: readonly ZipEntry[]): boolean => {
  const byStart = entries.toSorted((one, other) => one.start - other.start);
  return byStart.some((entry, index) => index > 0 && entry.start < byStart[index - 1]!.start + byStart[index - 1]!.packedOctets);
};

export const readZipDirectory = (octets: Buffer, maxEntries: number): ZipDirectory => {
  const endAt = findEnd(octets);
  if (endAt < 0) return { outcome: "none" };
  const end = readEnd(octets, endAt);
  if (!end || end.directoryOctets > end.directoryEnd) return { outcome: "broken" };
  if (end.count > maxEntries) return { outcome: "tooManyEntries" };
  // Octets before the archive shift its offsets: two archives in a row, of which programs open either.
  if (end.directoryEnd - end.directoryOctets !== end.directoryOffset) return { outcome: "broken" };
  const entries: ZipEntry[] = [];
  let at = end.directoryOffset;
  while (at < end.directoryEnd) {
    if (entries.length >= maxEntries) return { outcome: "tooManyEntries" };
    const read = readEntry(octets, at, end.directoryEnd);
    if (!read) return { outcome: "broken" };
    entries.push(read.entry);
    at = read.next;
  }
  if ((entries.length & 0xffff) !== (end.count & 0xffff)) return { outcome: "broken" };
  return overlap(entries) ? { outcome: "overlapping" } : { outcome: "entries", entries };
};
