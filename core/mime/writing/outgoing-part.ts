/** A MIME part to be written (RFC 2045, RFC 2046). Lines end in CRLF; there is no bare CR or LF and no NUL in what is written. */
import { createHash } from "node:crypto";
import { buildHeaderValue } from "nodemailer/lib/mime-funcs";
import { encode as encodeQp, wrap as wrapQp } from "nodemailer/lib/qp";
import { foldField } from "./header-line.ts";

export interface OutgoingPart {
  /** Lower case. */
  readonly type: string;
  readonly typeParameters: Readonly<Record<string, string>>;
  /** Folded fields besides Content-Type and Content-Transfer-Encoding, without the last line end. */
  readonly fields: readonly string[];
  readonly content:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "octets"; readonly octets: Uint8Array }
    | { readonly kind: "parts"; readonly parts: readonly OutgoingPart[] };
}

interface Encoded {
  readonly encoding: "7bit" | "8bit" | "base64" | "quoted-printable" | null;
  readonly body: Buffer;
}

const normaliseLines = (text: string): string => text.replace(/\r\n|\r|\n/g, "\r\n").replaceAll("\0", "");

const hasLongLine = (text: string, bound: number): boolean => {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf("\n", start);
    if ((end < 0 ? text.length : end) - start > bound) return true;
    if (end < 0) return false;
    start = end + 1;
  }
  return false;
};

const base64Lines = (octets: Buffer): Buffer => {
  const text = octets.toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += 76) lines.push(text.slice(at, at + 76));
  return Buffer.from(lines.join("\r\n"), "latin1");
};

/** Plain where it is safe on every path, quoted-printable where most of it stays readable, else base64. */
const encodeText = (text: string): Encoded => {
  const lines = normaliseLines(text.toWellFormed());
  const high = lines.length - lines.replace(/[^\x01-\x7e]/g, "").length;
  // Trailing white space, "From " and a lone dot do not survive every host; RFC 2049 §3.
  if (high === 0 && !hasLongLine(lines, 990) && !/[ \t]\r\n|[ \t]$|^From |^\.(?=\r?$)/m.test(lines))
    return { encoding: "7bit", body: Buffer.from(lines, "latin1") };
  if (high * 4 > lines.length) return { encoding: "base64", body: base64Lines(Buffer.from(lines, "utf8")) };
  const quoted = wrapQp(encodeQp(Buffer.from(lines, "utf8")), 74)
    .replace(/^From /gm, "=46rom ")
    .replace(/^\.(?=\r?$)/gm, "=2E");
  return { encoding: "quoted-printable", body: Buffer.from(quoted, "latin1") };
};

/** RFC 2046 §5.2.1: an attached message is not encoded, where its lines allow that. */
const encodeMessage = (octets: Buffer): Encoded => {
  const lines = normaliseLines(octets.toString("latin1"));
  if (hasLongLine(lines, 990)) return { encoding: "base64", body: base64Lines(octets) };
  return { encoding: /[\x80-\xff]/.test(lines) ? "8bit" : "7bit", body: Buffer.from(lines, "latin1") };
};

const encodeLeaf = (part: OutgoingPart): Encoded => {
  if (part.content.kind === "text") return encodeText(part.content.text);
  if (part.content.kind !== "octets") return { encoding: null, body: Buffer.alloc(0) };
  const octets = Buffer.from(part.content.octets.buffer, part.content.octets.byteOffset, part.content.octets.byteLength);
  return part.type === "message/rfc822" ? encodeMessage(octets) : { encoding: "base64", body: base64Lines(octets) };
};

/** A boundary that no body contains. "=_" cannot stand in base64 or quoted-printable. */
const chooseBoundary = (seed: string, bodies: readonly Buffer[]): string => {
  for (let attempt = 0; ; attempt += 1) {
    const boundary = `=_${createHash("sha256").update(`${seed} ${attempt}`).digest("hex").slice(0, 32)}`;
    if (!bodies.some((body) => body.includes(boundary))) return boundary;
  }
};

const CRLF = Buffer.from("\r\n");

const headerOf = (part: OutgoingPart, parameters: Readonly<Record<string, string>>, encoding: Encoded["encoding"]): Buffer => {
  const fields = [
    ...part.fields,
    foldField("Content-Type", buildHeaderValue({ value: part.type, params: { ...part.typeParameters, ...parameters } })),
  ];
  if (encoding !== null && encoding !== "7bit") fields.push(`Content-Transfer-Encoding: ${encoding}`);
  return Buffer.from(`${fields.join("\r\n")}\r\n\r\n`, "utf8");
};

/** The part's octets, header first, without a last line end. `seed` makes the boundaries; the caller bounds the depth. */
const writeNode = (part: OutgoingPart, seed: string): Buffer => {
  if (part.content.kind !== "parts") {
    const { encoding, body } = encodeLeaf(part);
    return Buffer.concat([headerOf(part, {}, encoding), body]);
  }
  const bodies = part.content.parts.map((child, index) => writeNode(child, `${seed}.${index}`));
  const boundary = chooseBoundary(seed, bodies);
  const delimiter = Buffer.from(`--${boundary}\r\n`, "latin1");
  // The line end before a delimiter belongs to the delimiter.
  const chunks = bodies.flatMap((body) => [delimiter, body, CRLF]);
  return Buffer.concat([headerOf(part, { boundary }, null), ...chunks, Buffer.from(`--${boundary}--`, "latin1")]);
};

/** A whole message. A text body ends as the text does, so that reading it gives the same text. */
export const writePart = (root: OutgoingPart, seed: string): Buffer => {
  const octets = writeNode(root, seed);
  return root.content.kind === "text" ? octets : Buffer.concat([octets, CRLF]);
};
