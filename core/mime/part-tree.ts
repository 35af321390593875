/**
 * The MIME structure of a message (RFC 2046 §5.1, §5.1.2, §5.1.5) by offsets, without recursion and in one pass over the octets:
 * only lines that begin with "--" are looked at once a header has been read.
 * message/* parts are leaves, as in RFC 8621 §4.1.4.
 */

import { limits } from "../limits.ts";
import type { BodyPart } from "../mail/email-item.ts";
import { type HeaderBound, type HeaderField, nextLine, readHeaderBlock } from "./header-fields.ts";
import { type PartHeader, readPartHeader } from "./part-header.ts";
import { decodedLength } from "./transfer-encoding.ts";

const DASH = 45;
const LF = 10;
const CR = 13;

export type TreeBound = HeaderBound | "tooManyParts" | "tooDeep";

export type PartTree =
  | { readonly outcome: "tree"; readonly root: BodyPart; readonly fields: HeaderField[]; readonly parts: number }
  | { readonly outcome: "bound"; readonly bound: TreeBound };

/** An open multipart. */
interface Frame {
  readonly boundary: Buffer;
  readonly part: OpenPart;
}

interface OpenPart {
  readonly header: PartHeader;
  readonly start: number;
  readonly bodyStart: number;
  bodyEnd: number;
  readonly children: OpenPart[] | null;
}

interface Delimiter {
  /** First octet of the delimiter line, and of the line after it. */
  readonly start: number;
  readonly next: number;
  readonly depth: number;
  readonly closing: boolean;
}

/**
 * RFC 2046 §5.1.1: the line at `start` is a delimiter when it begins with "--" and a boundary; the rest of the line does not matter.
 * Where several open multiparts match, the longest boundary counts, then the innermost.
 */
const matchDelimiter = (octets: Buffer, start: number, end: number, frames: readonly Frame[]): Delimiter | null => {
  let best = -1;
  let bestLength = 0;
  for (let depth = frames.length - 1; depth >= 0; depth -= 1) {
    const { boundary } = frames[depth]!;
    const { length } = boundary;
    if (length <= bestLength || start + 2 + length > end) continue;
    let index = 0;
    while (index < length && octets[start + 2 + index] === boundary[index]) index += 1;
    if (index === length) {
      best = depth;
      bestLength = length;
    }
  }
  if (best < 0) return null;
  const after = start + 2 + bestLength;
  const closing = after + 1 < end && octets[after] === DASH && octets[after + 1] === DASH;
  return { start, next: nextLine(octets, after, end), depth: best, closing };
};

class TreeReader {
  readonly octets: Buffer;
  readonly end: number;
  readonly frames: Frame[] = [];
  parts = 0;

  constructor(octets: Buffer, end: number) {
    this.octets = octets;
    this.end = end;
  }

  private isDash(at: number): boolean {
    return this.octets[at] === DASH && this.octets[at + 1] === DASH && at + 1 < this.end;
  }

  /** The first delimiter line at or after `from`, which is the start of a line. */
  nextDelimiter(from: number): Delimiter | null {
    if (this.frames.length === 0) return null;
    let at = this.isDash(from) ? from : this.nextDashes(from);
    while (at >= 0 && at < this.end) {
      const delimiter = matchDelimiter(this.octets, at, this.end, this.frames);
      if (delimiter) return delimiter;
      at = this.nextDashes(at);
    }
    return null;
  }

  private nextDashes(from: number): number {
    const found = this.octets.indexOf("\n--", from, "latin1");
    return found < 0 || found + 3 > this.end ? -1 : found + 1;
  }

  /** Reads the header at `start`. A multipart becomes a frame; a leaf's body end is set by the caller. */
  openPart(start: number, implicitType: string): { part: OpenPart; fields: HeaderField[] } | TreeBound {
    if (this.parts >= limits.parse.parts) return "tooManyParts";
    this.parts += 1;
    const endsAt = (line: number) => this.isDash(line) && matchDelimiter(this.octets, line, this.end, this.frames) !== null;
    const block = readHeaderBlock(this.octets, start, this.end, this.frames.length > 0 ? endsAt : undefined);
    if (block.bound) return block.bound;
    const header = readPartHeader(this.octets, block.fields, implicitType);
    const isMultipart = header.boundary !== null && header.boundary !== "";
    const part: OpenPart = { header, start, bodyStart: block.end, bodyEnd: this.end, children: isMultipart ? [] : null };
    if (isMultipart) {
      if (this.frames.length >= limits.parse.depth) return "tooDeep";
      this.frames.push({ boundary: Buffer.from(header.boundary!, "utf8"), part });
    }
    return { part, fields: block.fields };
  }

  /** End of a body that a delimiter at `start` follows: the line end before it belongs to the delimiter. */
  bodyEndBefore(start: number, bodyStart: number): number {
    let end = start;
    if (end > bodyStart && this.octets[end - 1] === LF) end -= 1;
    if (end > bodyStart && this.octets[end - 1] === CR) end -= 1;
    return end;
  }
}

const isDigest = (frame: Frame): boolean => frame.part.header.type === "multipart/digest";

/** Reads the structure of the message in `octets` from `start` to `end`. */
export const readPartTree = (octets: Buffer, start: number, end: number): PartTree => {
  const reader = new TreeReader(octets, end);
  const { frames } = reader;
  const root = reader.openPart(start, "text/plain");
  if (typeof root === "string") return { outcome: "bound", bound: root };
  let leaf: OpenPart | null = root.part.children ? null : root.part;
  let at = root.part.bodyStart;
  for (let delimiter = reader.nextDelimiter(at); delimiter; delimiter = reader.nextDelimiter(at)) {
    const bodyStart = leaf?.bodyStart ?? at;
    const bodyEnd = reader.bodyEndBefore(delimiter.start, bodyStart);
    if (leaf) leaf.bodyEnd = bodyEnd;
    leaf = null;
    for (const frame of frames.splice(delimiter.depth + 1)) frame.part.bodyEnd = Math.max(frame.part.bodyStart, bodyEnd);
    const frame = frames[delimiter.depth]!;
    at = delimiter.next;
    if (delimiter.closing) {
      // What follows is epilogue, up to a delimiter of an outer multipart.
      frame.part.bodyEnd = delimiter.next;
      frames.pop();
      continue;
    }
    // A delimiter that the message ends with opens nothing.
    if (at >= end) break;
    const opened = reader.openPart(at, isDigest(frame) ? "message/rfc822" : "text/plain");
    if (typeof opened === "string") return { outcome: "bound", bound: opened };
    frame.part.children!.push(opened.part);
    if (!opened.part.children) leaf = opened.part;
    at = opened.part.bodyStart;
  }
  return { outcome: "tree", root: finish(octets, root.part), fields: root.fields, parts: reader.parts };
};

/** Makes the immutable tree and numbers the leaves in document order. Recursion is bounded by `limits.parse.depth`. */
const finish = (octets: Buffer, root: OpenPart): BodyPart => {
  let nextPartId = 1;
  const build = (part: OpenPart): BodyPart => {
    const { header, start, bodyStart, bodyEnd, children } = part;
    const { boundary: _, ...shown } = header;
    const place = { header: [start, bodyStart - start], body: [bodyStart, bodyEnd - bodyStart] } as const;
    if (children && children.length > 0) {
      return { ...shown, ...place, partId: null, sizeOctets: bodyEnd - bodyStart, encoding: "7bit", subParts: children.map(build) };
    }
    // A multipart without parts: its body is shown as text, so that nothing is hidden from the reader.
    const isMultipart = header.type.startsWith("multipart/");
    const leaf = isMultipart ? { ...shown, type: "text/plain", charset: shown.charset ?? "us-ascii" } : shown;
    const sizeOctets = decodedLength(octets, bodyStart, bodyEnd, header.encoding);
    return { ...leaf, ...place, partId: String(nextPartId++), sizeOctets, subParts: null };
  };
  return build(root);
};
