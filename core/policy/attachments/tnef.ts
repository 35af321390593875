/** Attachments inside winmail.dat (MS-OXTNEF §2.1.3): titles and data, by offset. */

export interface TnefFile {
  readonly name: string;
  readonly octets: Buffer;
}

const HEADER_OCTETS = 6;
const ATTACH_REND_DATA = 0x9002;
const ATTACH_TITLE = 0x8010;
const ATTACH_DATA = 0x800f;
const MAX_ATTRIBUTES = 5_000;
const MAX_FILES = 200;

export const readTnef = (octets: Buffer): TnefFile[] => {
  const files: TnefFile[] = [];
  let name = "";
  let at = HEADER_OCTETS;
  for (let count = 0; count < MAX_ATTRIBUTES && at + 9 <= octets.length && files.length < MAX_FILES; count += 1) {
    const attribute = octets.readUInt16LE(at + 1);
    const length = octets.readUInt32LE(at + 5);
    const start = at + 9;
    if (start + length > octets.length) break;
    if (attribute === ATTACH_REND_DATA) name = "";
    else if (attribute === ATTACH_TITLE) {
      name = octets.toString("latin1", start, start + Math.min(length, 500)).replace(/\0.*$/s, "");
      files.push({ name, octets: Buffer.alloc(0) });
    } else if (attribute === ATTACH_DATA) files.push({ name, octets: octets.subarray(start, start + length) });
    // Data and a checksum of two octets.
    at = start + length + 2;
  }
  return files;
};
