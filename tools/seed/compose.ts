/** Writes a planned message as RFC 5322 octets, the same each time: no clock, no random boundary. */
import { createHash } from "node:crypto";
import { type AttachmentKind, makeAttachment } from "./attachments.ts";
import { Random } from "./random.ts";

export interface Mailbox {
  readonly name: string;
  readonly mail: string;
}

export interface SeedDraft {
  /** Names the message: its Message-ID, boundary and attachments come from it. */
  readonly id: string;
  readonly at: number;
  readonly from: Mailbox;
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** HTML beside the plain text. */
  readonly html: boolean;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  /** Of the message that is answered. */
  readonly quoted: { readonly from: Mailbox; readonly at: number; readonly paragraphs: readonly string[] } | null;
  readonly attachments: readonly AttachmentKind[];
  readonly important: boolean;
}

export const messageIdOf = (draft: Pick<SeedDraft, "id" | "from">): string => `${draft.id}@${draft.from.mail.split("@")[1]}`;

export const composeDraft = (draft: SeedDraft): Buffer => {
  const boundary = (level: string): string =>
    `=_${level}_${createHash("sha256").update(`${draft.id} ${level}`).digest("hex").slice(0, 24)}`;
  const random = new Random(draft.id);
  const text = part("text/plain; charset=utf-8", quotedPrintable(plainText(draft)), "quoted-printable");
  const body = draft.html
    ? multipart("alternative", boundary("a"), [
        text,
        part("text/html; charset=utf-8", quotedPrintable(htmlText(draft)), "quoted-printable"),
      ])
    : text;
  const files = draft.attachments.map((kind) => {
    const file = makeAttachment(kind, random, draft.subject.replace(/^(re|fwd): /gi, ""), draft.at);
    return part(file.type, base64Lines(file.octets), "base64", `attachment; filename="${file.name}"`);
  });
  const whole = files.length > 0 ? multipart("mixed", boundary("m"), [body, ...files]) : body;
  return Buffer.from(`${header(draft).join("\r\n")}\r\n${whole}`);
};

const header = (draft: SeedDraft): string[] => [
  `From: ${mailbox(draft.from)}`,
  `To: ${draft.to.map(mailbox).join(",\r\n ")}`,
  ...(draft.cc.length > 0 ? [`Cc: ${draft.cc.map(mailbox).join(",\r\n ")}`] : []),
  `Subject: ${words(draft.subject)}`,
  `Date: ${new Date(draft.at).toUTCString().replace("GMT", "+0000")}`,
  `Message-ID: <${messageIdOf(draft)}>`,
  ...(draft.inReplyTo ? [`In-Reply-To: <${draft.inReplyTo}>`] : []),
  ...(draft.references.length > 0 ? [`References: ${draft.references.map((id) => `<${id}>`).join("\r\n ")}`] : []),
  ...(draft.important ? ["Importance: high"] : []),
  "MIME-Version: 1.0",
];

/** RFC 2047 encoded-words of at most 75 characters when there is anything but ASCII. */
const words = (text: string): string => {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const chunks: string[] = [];
  let chunk = "";
  for (const character of text) {
    if (Buffer.byteLength(chunk + character) > 42) {
      chunks.push(chunk);
      chunk = "";
    }
    chunk += character;
  }
  return [...chunks, chunk].map((each) => `=?utf-8?B?${Buffer.from(each).toString("base64")}?=`).join("\r\n ");
};

const mailbox = ({ name, mail }: Mailbox): string => {
  const phrase = /^[\x20-\x7e]*$/.test(name)
    ? /^[A-Za-z0-9 '-]*$/.test(name)
      ? name
      : `"${name.replace(/["\\]/g, "\\$&")}"`
    : words(name);
  return `${phrase} <${mail}>`;
};

const part = (type: string, body: string, encoding: string, disposition?: string): string =>
  `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n${disposition ? `Content-Disposition: ${disposition}\r\n` : ""}\r\n${body}\r\n`;

const multipart = (kind: string, boundary: string, parts: readonly string[]): string =>
  `Content-Type: multipart/${kind}; boundary="${boundary}"\r\n\r\n${parts.map((each) => `--${boundary}\r\n${each}`).join("")}--${boundary}--\r\n`;

const base64Lines = (octets: Buffer): string =>
  octets
    .toString("base64")
    .match(/.{1,76}/g)!
    .join("\r\n");

/** RFC 2045 §6.7. */
export const quotedPrintable = (text: string): string =>
  text
    .split("\n")
    .map((line) => {
      const units = [...Buffer.from(line)].map((octet, index, all) => {
        const blankAtEnd = (octet === 0x20 || octet === 0x09) && index === all.length - 1;
        const literal = ((octet >= 0x20 && octet <= 0x7e) || octet === 0x09) && octet !== 0x3d && !blankAtEnd;
        return literal ? String.fromCharCode(octet) : `=${octet.toString(16).toUpperCase().padStart(2, "0")}`;
      });
      let out = "";
      let column = 0;
      for (const unit of units) {
        if (column + unit.length > 75) {
          out += "=\r\n";
          column = 0;
        }
        out += unit;
        column += unit.length;
      }
      return out;
    })
    .join("\r\n");

const onDate = (at: number): string => new Date(at).toUTCString().slice(0, 22);

const plainText = ({ paragraphs, quoted }: SeedDraft): string => {
  const own = paragraphs.join("\n\n");
  if (!quoted) return `${own}\n`;
  const quote = quoted.paragraphs
    .join("\n\n")
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
  return `${own}\n\nOn ${onDate(quoted.at)}, ${quoted.from.name} wrote:\n${quote}\n`;
};

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

const htmlText = ({ paragraphs, quoted }: SeedDraft): string => {
  const block = (lines: readonly string[]): string =>
    lines
      .map((line) =>
        line.startsWith("- ")
          ? `<ul>${line
              .split("\n")
              .map((item) => `<li>${escapeHtml(item.slice(2))}</li>`)
              .join("")}</ul>`
          : `<p>${escapeHtml(line).replaceAll("\n", "<br>")}</p>`,
      )
      .join("\n");
  const quote = quoted
    ? `\n<p style="color:#4c6272">On ${onDate(quoted.at)}, ${escapeHtml(quoted.from.name)} wrote:</p>\n<blockquote style="border-left:3px solid #d8dde0;margin:0 0 0 8px;padding-left:12px">${block(quoted.paragraphs)}</blockquote>`
    : "";
  return `<!doctype html>\n<html><body style="font-family:Arial,sans-serif;font-size:15px;color:#212b32">\n${block(paragraphs)}${quote}\n</body></html>\n`;
};
