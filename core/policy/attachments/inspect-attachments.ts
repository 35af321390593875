/** Inspects every part of a message that is not the text a reader is shown, those of messages inside it included. */
import type { BodyPart } from "../../mail/email-item.ts";
import { listBodies } from "../../mime/body-structure.ts";
import { fieldsNamed, headerText, readHeaderBlock } from "../../mime/header-fields.ts";
import { type FoundPart, walkNested } from "../../mime/nested-messages.ts";
import { parseParameterised } from "../../mime/parameters.ts";
import { decodeTransfer } from "../../mime/transfer-encoding.ts";
import { kindOf } from "./file-kind.ts";
import { judgeName } from "./file-name.ts";
import { Findings } from "./findings.ts";
import { inspectEnds, inspectFile, isLookedInto } from "./inspect-file.ts";

/** Names that programs give a file which has none, by its type. */
const nameByType: Readonly<Record<string, string>> = {
  "text/html": "page.html",
  "application/xhtml+xml": "page.xhtml",
  "image/svg+xml": "picture.svg",
  "application/hta": "page.hta",
  "application/x-msdownload": "program.exe",
  "application/x-msdos-program": "program.exe",
  "application/x-dosexec": "program.exe",
  "application/java-archive": "program.jar",
  "application/x-ms-shortcut": "shortcut.lnk",
  "application/x-iso9660-image": "disk.iso",
  "application/onenote": "notebook.one",
  "text/javascript": "script.js",
  "application/javascript": "script.js",
  "text/vbscript": "script.vbs",
};

/** Every name that some program would save the part under. */
const namesOf = ({ octets, part }: FoundPart): string[] => {
  const [start, length] = part.header;
  const { fields } = readHeaderBlock(octets, start, start + length);
  const values = ["content-type", "content-disposition"].flatMap((name) =>
    fieldsNamed(fields, name).map((field) => headerText(octets, field)),
  );
  const stated = values.flatMap((value) => {
    const { parameters } = parseParameterised(value);
    return [parameters.get("name"), parameters.get("filename")].filter((name) => name !== undefined);
  });
  return stated.length > 0 ? [...new Set(stated)] : [nameByType[part.type] ?? "file"];
};

const isText = (type: string): boolean => type === "text/plain" || type === "text/html";

/** Old programs take uuencoded files out of plain text. */
const UUENCODED = /(?:^|\n)begin [0-7]{3,4} ([^\r\n]{1,200})/g;
const MAX_UUENCODED = 50;

const inspectText = (octets: Buffer, findings: Findings): void => {
  if (!octets.includes("begin ")) return;
  let count = 0;
  for (const match of octets.toString("latin1").matchAll(UUENCODED)) {
    for (const code of judgeName(match[1]!.trim())) findings.code(code);
    if (++count >= MAX_UUENCODED) break;
  }
};

/** Media whose octets are what they should be need no more than a look at their beginning. */
const isPlainMedia = (head: Buffer, type: string): boolean => /^(?:image|audio|video)\//.test(type) && kindOf(head) === "media";

/** Encoded octets of the beginning and of the end of a large file. */
const HEAD_OCTETS = 48 * 1024;
const TAIL_OCTETS = 96 * 1024;

/** Quoted-printable leaves a uuencoded file's first line readable. */
const mayHoldFile = ({ octets, part }: FoundPart): boolean =>
  part.encoding === "base64" || octets.subarray(part.body[0], part.body[0] + part.body[1]).includes("begin");

/** The end of the file. Where in a group of four the base64 text is cut is not known, so that each possibility is tried. */
const tailsOf = ({ octets, part }: FoundPart): Buffer[] => {
  const end = part.body[0] + part.body[1];
  const start = Math.max(part.body[0], end - TAIL_OCTETS);
  if (part.encoding !== "base64") return [octets.subarray(start, end)];
  const text = octets.toString("latin1", start, end);
  return ["", "A", "AA", "AAA"].map((shift) => Buffer.from(shift + text, "base64"));
};

const inspectPart = (found: FoundPart, isBody: boolean, findings: Findings): void => {
  const { octets, part } = found;
  const [start, length] = part.body;
  if (part.type === "message/partial") findings.code("fragmentedMessage");
  if (isBody && isText(part.type)) {
    if (part.type === "text/plain" && mayHoldFile(found))
      inspectText(decodeTransfer(octets, start, start + length, part.encoding), findings);
    return;
  }
  const names = namesOf(found);
  const head = decodeTransfer(octets, start, start + Math.min(length, HEAD_OCTETS), part.encoding);
  if (isPlainMedia(head, part.type)) {
    for (const name of names) for (const code of judgeName(name)) findings.code(code);
    return;
  }
  const kind = kindOf(head);
  const endsAreEnough =
    length > HEAD_OCTETS + TAIL_OCTETS && part.encoding !== "quoted-printable" && !names.some((name) => isLookedInto(kind, name));
  if (endsAreEnough) {
    const tails = kind === "other" ? tailsOf(found) : [];
    for (const name of names) inspectEnds(head, tails, name, findings);
    return;
  }
  const content = decodeTransfer(octets, start, start + length, part.encoding);
  for (const [index, name] of names.entries()) inspectFile(index === 0 ? content : content.subarray(0, 0), name, 0, findings);
};

export interface AttachmentEvidence {
  readonly attachments: number;
  readonly findings: Findings;
}

export const inspectAttachments = (octets: Buffer, root: BodyPart): AttachmentEvidence => {
  const findings = new Findings();
  const walk = walkNested(octets, root, 0);
  // Past its bounds readMessage has refused the message already.
  if (walk.outcome !== "walked") return { attachments: 0, findings };
  const { textBody, htmlBody } = listBodies(root);
  const bodies = new Set<BodyPart>([...textBody, ...htmlBody]);
  let attachments = 0;
  for (const found of walk.parts) {
    // Parts of a nested message are bodies there; the message as a whole is the attachment.
    const isBody =
      bodies.has(found.part) || (found.level > 0 && isText(found.part.type) && found.part.disposition !== "attachment" && !found.part.name);
    if (!isBody || !isText(found.part.type)) attachments += 1;
    inspectPart(found, isBody, findings);
  }
  return { attachments, findings };
};
