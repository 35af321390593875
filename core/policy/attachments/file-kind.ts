/** What a file is by its first octets, whatever its name or stated type say. */

export type FileKind = "program" | "script" | "container" | "zip" | "gzip" | "tar" | "archive" | "ole" | "tnef" | "media" | "other";

const ascii = (text: string) => Buffer.from(text, "latin1");

const signatures: readonly (readonly [offset: number, octets: Buffer, kind: FileKind])[] = [
  [0, Buffer.from("504b0304", "hex"), "zip"],
  [0, Buffer.from("504b0506", "hex"), "zip"],
  [0, Buffer.from("d0cf11e0a1b11ae1", "hex"), "ole"],
  [0, ascii("\x7fELF"), "program"],
  [0, Buffer.from("feedface", "hex"), "program"],
  [0, Buffer.from("feedfacf", "hex"), "program"],
  [0, Buffer.from("cefaedfe", "hex"), "program"],
  [0, Buffer.from("cffaedfe", "hex"), "program"],
  [0, Buffer.from("cafebabe", "hex"), "program"],
  [0, ascii("dex\n035"), "program"],
  [0, ascii("\0asm"), "program"],
  [0, ascii("!<arch>\ndebian"), "program"],
  [0, Buffer.from("edabeedb", "hex"), "program"],
  [0, Buffer.from("4c0000000114020000000000c000000000000046", "hex"), "container"],
  [0, Buffer.from("e4525c7b8cd8a74daeb15378d02996d3", "hex"), "container"],
  [0, ascii("ITSF"), "program"],
  [0, ascii("MSCF"), "container"],
  [0, ascii("ISc("), "container"],
  [0, ascii("vhdxfile"), "container"],
  [0, ascii("conectix"), "container"],
  [0, ascii("MSWIM\0\0\0"), "container"],
  [0, ascii("KDMV"), "container"],
  [7, ascii("**ACE**"), "container"],
  [2, ascii("-lh"), "container"],
  [32_769, ascii("CD001"), "container"],
  [0, Buffer.from("1f8b08", "hex"), "gzip"],
  [0, ascii("Rar!\x1a\x07"), "archive"],
  [0, Buffer.from("377abcaf271c", "hex"), "archive"],
  [0, ascii("BZh"), "archive"],
  [0, Buffer.from("fd377a585a00", "hex"), "archive"],
  [0, Buffer.from("28b52ffd", "hex"), "archive"],
  [257, ascii("ustar"), "tar"],
  [0, Buffer.from("789f3e22", "hex"), "tnef"],
  [0, Buffer.from("ffd8ff", "hex"), "media"],
  [0, Buffer.from("89504e470d0a1a0a", "hex"), "media"],
  [0, ascii("GIF8"), "media"],
  [8, ascii("WEBP"), "media"],
  [8, ascii("WAVE"), "media"],
  [8, ascii("AVI "), "media"],
  [4, ascii("ftyp"), "media"],
  [0, ascii("ID3"), "media"],
  [0, ascii("OggS"), "media"],
];

const startsAt = (octets: Buffer, offset: number, signature: Buffer): boolean =>
  octets.length >= offset + signature.length && octets.compare(signature, 0, signature.length, offset, offset + signature.length) === 0;

/** "MZ" alone begins innocent texts, too: a program's header says where its second header is, or it is an old small one. */
const isWindowsProgram = (octets: Buffer): boolean => {
  if (!startsAt(octets, 0, ascii("MZ")) || octets.length < 64) return false;
  const second = octets.readUInt32LE(60);
  if (second + 4 <= octets.length)
    return octets.toString("latin1", second, second + 2) === "PE" || second < 64 || /[\0-\x08]/.test(octets.toString("latin1", 2, 32));
  return /[\0-\x08]/.test(octets.toString("latin1", 2, 64));
};

export const kindOf = (octets: Buffer): FileKind => {
  if (isWindowsProgram(octets)) return "program";
  if (startsAt(octets, 0, ascii("#!")) && /^#! ?\/[\w./ -]{1,100}\n/.test(octets.toString("latin1", 0, 120).replace("\r", "")))
    return "script";
  for (const [offset, signature, kind] of signatures) if (startsAt(octets, offset, signature)) return kind;
  return "other";
};

/** Octets that `kindOf` looks at: the farthest signature is that of a CD image. */
export const KIND_OCTETS = 32_776;
