/** Finds message files below a folder and puts their octets into the form that SMTP carries. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join, relative } from "node:path";

export interface MessageFile {
  /** Path below the folder. */
  readonly name: string;
  read(): Buffer;
}

const ENDINGS = new Set([".eml", ".msg", ".mime", ".822", ".txt", ""]);
const NOT_MESSAGES = /(^|[-_.])(readme|licen[cs]e|copying|notice|makefile)\b/i;

/** In the order of their paths. Files with other endings are expectations, manifests and the like. */
export const findMessageFiles = (folder: string): MessageFile[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ENDINGS.has(extname(entry.name).toLowerCase()) && !NOT_MESSAGES.test(basename(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ name: relative(folder, path), read: () => readFileSync(path) }));

/** RFC 5321 §2.3.8: lines end in CRLF. A lone LF is a file's way of writing that; a lone CR is left as the message's own oddity. */
export const asSmtpLines = (octets: Buffer): Buffer => {
  const text = octets.toString("latin1").replace(/\r?\n/g, "\r\n");
  return Buffer.from(text.endsWith("\r\n") ? text : `${text}\r\n`, "latin1");
};

/** RFC 5321 §4.5.2. */
export const dotStuffed = (octets: Buffer): Buffer => Buffer.from(octets.toString("latin1").replace(/(^|\r\n)\./g, "$1.."), "latin1");
