/** Looks into one file within bounds: by name, by first octets, and into archives and Office documents by their lists of contents. */
import { constants, gunzipSync, inflateRawSync } from "node:zlib";
import { limits } from "../../limits.ts";
import { KIND_OCTETS, kindOf } from "./file-kind.ts";
import { extensionOf, isArchiveName, isPageName, judgeName } from "./file-name.ts";
import type { Findings } from "./findings.ts";
import { readTnef } from "./tnef.ts";
import { endsAsZip, readZipDirectory, type ZipEntry } from "./zip-directory.ts";

/** Packed octets unpacked to see what kind of file an entry is, and the entries of an archive looked at so. */
const SNIFFED_OCTETS = 1_024;
const SNIFFED_ENTRIES = 300;
/** An archive inside an archive is unpacked up to this size to be listed; a larger one counts as too deep. */
const NESTED_OCTETS = 32 * 1024 * 1024;
/** Small archives may shrink however well. */
const RATIO_FROM_OCTETS = 10 * 1024 * 1024;

/** Of a page that is searched for scripts. */
const PAGE_OCTETS = 4 * 1024 * 1024;
const ACTIVE = /<script\b|javascript:|\son(?:load|error|click|mouse\w{2,8})\s{0,8}=|\bhttp-equiv\s{0,4}=\s{0,4}["']?refresh/i;

const utf16 = (text: string) => Buffer.from(text, "utf16le");
const VBA = utf16("_VBA_PROJECT");
const ENCRYPTED_PACKAGE = utf16("EncryptedPackage");

/** Unpacks at most `max` octets; null when there would be more or the octets are damaged. */
const inflate = (packed: Buffer, max: number, cutOff: boolean): Buffer | null => {
  try {
    return inflateRawSync(packed, { maxOutputLength: max, ...(cutOff && { finishFlush: constants.Z_SYNC_FLUSH }) });
  } catch {
    return null;
  }
};

/** First octets of an entry, to tell its kind. */
const sniff = (octets: Buffer, entry: ZipEntry): Buffer | null => {
  const packed = octets.subarray(entry.start, entry.start + Math.min(entry.packedOctets, SNIFFED_OCTETS));
  if (entry.method === 0) return packed;
  // Deflate unpacks to at most 1,032 times the octets.
  return entry.method === 8 ? inflate(packed, SNIFFED_OCTETS * 1_100, packed.length < entry.packedOctets) : null;
};

const unpack = (octets: Buffer, entry: ZipEntry, findings: Findings): Buffer | null => {
  if (entry.unpackedOctets > NESTED_OCTETS || !findings.spendOctets(entry.unpackedOctets)) return null;
  const packed = octets.subarray(entry.start, entry.start + entry.packedOctets);
  if (entry.method === 0) return packed;
  return entry.method === 8 ? inflate(packed, Math.max(1, entry.unpackedOctets), false) : null;
};

const inspectEntry = (octets: Buffer, entry: ZipEntry, depth: number, index: number, findings: Findings): void => {
  for (const code of judgeName(entry.name)) findings.code(code);
  if (/(?:^|\/)(?:vbaProject(?:Signature)?\.bin|vbaData\.xml)$|(?:^|\/)macrosheets\//i.test(entry.name)) findings.code("macroAttachment");
  if (entry.encrypted || entry.method === 99) {
    findings.mark("encryptedAttachment");
    return;
  }
  if (entry.name.endsWith("/") || entry.packedOctets === 0) return;
  if (entry.method !== 0 && entry.method !== 8) {
    findings.mark("uninspectedAttachment");
    return;
  }
  const head = index < SNIFFED_ENTRIES ? sniff(octets, entry) : null;
  const kind = head ? kindOf(head) : "other";
  const nested = kind === "zip" || kind === "gzip" || kind === "tar" || kind === "ole" || kind === "tnef" || isArchiveName(entry.name);
  if (!nested) {
    if (head && kind !== "other") inspectKind(head, kind, entry.name, findings);
    return;
  }
  const inner = unpack(octets, entry, findings);
  if (inner) inspectFile(inner, entry.name, depth + 1, findings);
  else findings.code("archiveTooDeep");
};

const inspectZip = (octets: Buffer, depth: number, findings: Findings): void => {
  const directory = readZipDirectory(octets, limits.scan.archiveEntries);
  if (directory.outcome === "tooManyEntries" || directory.outcome === "overlapping") {
    findings.code("archiveBomb");
    return;
  }
  if (directory.outcome !== "entries") {
    findings.code("brokenArchive");
    return;
  }
  const unpacked = directory.entries.reduce((sum, { unpackedOctets }) => sum + unpackedOctets, 0);
  const isBomb = unpacked > RATIO_FROM_OCTETS && unpacked > octets.length * limits.scan.archiveRatio;
  if (isBomb || unpacked > limits.scan.archiveOctets) {
    findings.code("archiveBomb");
    return;
  }
  if (!findings.spendEntries(directory.entries.length)) return;
  for (const [index, entry] of directory.entries.entries()) inspectEntry(octets, entry, depth, index, findings);
};

const inspectGzip = (octets: Buffer, name: string, depth: number, findings: Findings): void => {
  const max = Math.min(NESTED_OCTETS, Math.max(RATIO_FROM_OCTETS, octets.length * limits.scan.archiveRatio));
  let inner: Buffer;
  try {
    inner = gunzipSync(octets, { maxOutputLength: max });
  } catch (error) {
    findings.code(error instanceof RangeError ? "archiveBomb" : "brokenArchive");
    return;
  }
  if (findings.spendOctets(inner.length))
    inspectFile(
      inner,
      name.replace(/\.(?:gz|tgz)$/i, (end) => (end === ".tgz" ? ".tar" : "")),
      depth + 1,
      findings,
    );
};

/** POSIX ustar: headers of 512 octets, each followed by its file. */
const inspectTar = (octets: Buffer, depth: number, findings: Findings): void => {
  for (let at = 0; at + 512 <= octets.length && octets[at] !== 0; ) {
    if (!findings.spendEntries(1)) return;
    const name = octets.toString("utf8", at, at + 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(octets.toString("latin1", at + 124, at + 136), 8);
    if (!Number.isSafeInteger(size) || size < 0) {
      findings.code("brokenArchive");
      return;
    }
    const inner = octets.subarray(at + 512, at + 512 + size);
    if (name !== "" && size > 0) inspectFile(inner, name, depth + 1, findings);
    at += 512 + Math.ceil(size / 512) * 512;
  }
};

const inspectOle = (octets: Buffer, findings: Findings): void => {
  if (octets.includes(VBA)) findings.code("macroAttachment");
  if (octets.includes(ENCRYPTED_PACKAGE)) findings.mark("encryptedAttachment");
};

/** Scripts in pages and vector pictures: those that a browser opens from a file run with nothing to hold them. */
const inspectPage = (octets: Buffer, name: string, findings: Findings): void => {
  const wide = octets[0] === 0xff && octets[1] === 0xfe;
  const text = octets.subarray(0, PAGE_OCTETS).toString(wide ? "utf16le" : "latin1");
  if (ACTIVE.test(text)) findings.code("scriptedPageAttachment");
  else if (/^html?$|^x?html$|^mht/.test(extensionOf(name))) findings.mark("webPageAttachment");
};

/** What can be said from the first octets. */
const inspectKind = (octets: Buffer, kind: ReturnType<typeof kindOf>, name: string, findings: Findings): void => {
  if (kind === "program") findings.code("executableAttachment");
  else if (kind === "script" && !/^(?:txt|md|log|csv)$/.test(extensionOf(name))) findings.code("executableAttachment");
  else if (kind === "container") findings.code("containerAttachment");
  else if (kind === "archive") findings.mark("uninspectedAttachment");
  else if (kind === "ole") inspectOle(octets, findings);
};

/** Kinds that are looked into as a whole. */
export const isLookedInto = (kind: ReturnType<typeof kindOf>, name: string): boolean =>
  kind === "zip" || kind === "gzip" || kind === "tar" || kind === "tnef" || kind === "ole" || isPageName(name);

/** A file of which the beginning and the end are enough. */
export const inspectEnds = (head: Buffer, tails: readonly Buffer[], name: string, findings: Findings): void => {
  for (const code of judgeName(name)) findings.code(code);
  const kind = kindOf(head);
  inspectKind(head, kind, name, findings);
  if (kind === "other" && tails.some(endsAsZip)) findings.code("disguisedAttachment");
};

/** Depth 0 is the attachment itself. Recursion is bounded by `limits.scan.archiveDepth`, work by the findings' budget. */
export const inspectFile = (octets: Buffer, name: string, depth: number, findings: Findings): void => {
  for (const code of judgeName(name)) findings.code(code);
  if (octets.length === 0) return;
  const kind = kindOf(octets.subarray(0, KIND_OCTETS));
  inspectKind(octets, kind, name, findings);
  if (isPageName(name)) inspectPage(octets, name, findings);
  const packed = kind === "zip" || kind === "gzip" || kind === "tar" || kind === "tnef";
  if (packed && depth >= limits.scan.archiveDepth) {
    findings.code("archiveTooDeep");
    return;
  }
  if (kind === "zip") inspectZip(octets, depth, findings);
  else if (kind === "gzip") inspectGzip(octets, name, depth, findings);
  else if (kind === "tar") inspectTar(octets, depth, findings);
  else if (kind === "tnef") for (const file of readTnef(octets)) inspectFile(file.octets, file.name, depth + 1, findings);
  // An archive behind another file's beginning opens as an archive all the same.
  else if (kind === "other" && endsAsZip(octets)) findings.code("disguisedAttachment");
};
