/**
 * Hostile messages, made on demand: each must end in a mailbox or in quarantine with a reason, within bounded memory, and disturb
 * no other mail. `node tools/run.mjs tools/bombs.ts FOLDER` writes them as files; tools/send-corpus.ts --bombs sends them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";

export interface Bomb {
  readonly name: string;
  read(): Buffer;
}

const HEADER = "From: Bomb <bomb@outside.example>\r\nTo: victim@northvale.health.example\r\nMIME-Version: 1.0\r\n";
const message = (name: string, header: string, body: string): Buffer =>
  Buffer.from(`${HEADER}Subject: ${name}\r\nMessage-ID: <${name}@bombs.outside.example>\r\n${header}\r\n${body}`, "latin1");
const repeat = (count: number, each: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => each(index)).join("");

/** RFC 2045 base64 lines. */
const base64 = (octets: Buffer): string =>
  octets
    .toString("base64")
    .match(/.{1,76}/g)!
    .join("\r\n");

/** A zip archive (APPNOTE 4.3) of deflated entries. */
export const zip = (entries: readonly { name: string; octets: Buffer }[]): Buffer => {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, octets } of entries) {
    const packed = deflateRawSync(octets, { level: 9 });
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(crc32(octets), 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(octets.length, 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(20, 4);
    local.copy(central, 6, 4, 30);
    central.writeUInt32LE(offset, 42);
    locals.push(local, Buffer.from(name), packed);
    centrals.push(central, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
};

const withZip = (name: string, archive: Buffer): Buffer =>
  message(
    name,
    'Content-Type: application/zip; name="files.zip"\r\nContent-Disposition: attachment; filename="files.zip"\r\nContent-Transfer-Encoding: base64\r\n',
    `${base64(archive)}\r\n`,
  );

const nestedZips = (levels: number): Buffer => {
  let octets = zip([{ name: "zeros", octets: Buffer.alloc(1024 * 1024) }]);
  for (let level = 0; level < levels; level++) {
    const inner = octets;
    octets = zip(Array.from({ length: 10 }, (_, index) => ({ name: `${index}.zip`, octets: inner })));
  }
  return octets;
};

const nestedMessages = (count: number): string =>
  `${repeat(count, (index) => `Subject: level ${index}\r\nContent-Type: message/rfc822\r\n\r\n`)}Subject: heart\r\n\r\nHi\r\n`;

const nestedMultiparts = (count: number): string =>
  `${repeat(count, (index) => `--b${index}\r\nContent-Type: multipart/mixed; boundary=b${index + 1}\r\n\r\n`)}--b${count}\r\n\r\nheart\r\n`;

const makers: Readonly<Record<string, (name: string) => Buffer>> = {
  "parts-100000": (name) =>
    message(name, "Content-Type: multipart/mixed; boundary=b\r\n", `${repeat(100_000, () => "--b\r\n\r\nx\r\n")}--b--\r\n`),
  "nested-messages-2000": (name) => message(name, "Content-Type: message/rfc822\r\n", nestedMessages(2_000)),
  "nested-multiparts-2000": (name) => message(name, "Content-Type: multipart/mixed; boundary=b0\r\n", nestedMultiparts(2_000)),
  "header-field-10mb": (name) => message(name, `X-Long: ${repeat(140_000, () => `${"y".repeat(70)}\r\n `)}end\r\n`, "Hi\r\n"),
  "header-line-2mb": (name) => message(name, `X-Line: ${"y".repeat(2 * 1024 * 1024)}\r\n`, "Hi\r\n"),
  "headers-100000": (name) =>
    message(
      name,
      repeat(100_000, (index) => `X-${index}: y\r\n`),
      "Hi\r\n",
    ),
  "recipients-100000": (name) =>
    message(name, `Cc: ${repeat(100_000, (index) => `r${index}@outside.example,\r\n `)}last@outside.example\r\n`, "Hi\r\n"),
  "references-100000": (name) =>
    message(name, `References: ${repeat(100_000, (index) => `<${index}@outside.example>\r\n `)}\r\n`, "Hi\r\n"),
  "comments-nested": (name) => message(name, `Reply-To: ${"(".repeat(50_000)}x${")".repeat(50_000)} a@outside.example\r\n`, "Hi\r\n"),
  "quoted-unclosed": (name) => message(name, `Reply-To: "${'\\"'.repeat(50_000)}\r\n`, "Hi\r\n"),
  "encoded-words-50000": (name) => message(name, `X-Words: ${repeat(50_000, () => "=?utf-8?B?8J+agQ==?=\r\n ")}\r\n`, "Hi\r\n"),
  "parameters-20000": (name) =>
    message(name, `Content-Type: text/plain${repeat(20_000, (index) => `;\r\n name*${index}*=x`)}\r\n`, "Hi\r\n"),
  "boundary-1mb": (name) =>
    message(name, `Content-Type: multipart/mixed; boundary="${"b".repeat(1024 * 1024)}"\r\n`, `--${"b".repeat(1024 * 1024)}\r\n\r\nHi\r\n`),
  "boundary-unclosed": (name) =>
    message(name, "Content-Type: multipart/mixed; boundary=b\r\n", "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi"),
  "zip-ratio": (name) => withZip(name, zip([{ name: "zeros", octets: Buffer.alloc(256 * 1024 * 1024) }])),
  "zip-nested": (name) => withZip(name, nestedZips(4)),
  "zip-entries-60000": (name) =>
    withZip(name, zip(Array.from({ length: 60_000 }, (_, index) => ({ name: `f${index}`, octets: Buffer.from("x") })))),
  "zip-broken": (name) => withZip(name, zip([{ name: "a", octets: Buffer.from("x") }]).subarray(0, 40)),
  "utf-7": (name) =>
    message(
      name,
      "X-Seven: =?utf-7?Q?+ADw-script+AD4-?=\r\nContent-Type: text/html; charset=utf-7\r\n",
      "+ADw-script+AD4-alert(1)+ADw-/script+AD4-\r\n",
    ),
  "charset-unknown": (name) => message(name, "Content-Type: text/plain; charset=x-no-such-charset\r\n", "\x80\x81\xff\r\n"),
  "nul-octets": (name) => message(`${name}`, "X-Nul: a\0b\r\n", "a\0b\0\0c\r\n"),
  "bare-cr": (name) => message(name, "X-Cr: a\rb\r\n", "one\rtwo\rthree\r\n"),
  "no-header": () => Buffer.from("\r\nThere is no header.\r\n"),
  "no-body": () => Buffer.from("From: Bomb <bomb@outside.example>\r\n"),
  garbage: () =>
    Buffer.from(
      Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7919 + (index >> 3)) & 0xff).map((octet) =>
        octet === 0x2e ? 0x2f : octet,
      ),
    ),
  "two-froms": (name) => message(name, "From: Chief <chief@northvale.health.example>\r\n", "Hi\r\n"),
  "line-5mb": (name) => message(name, "", `${"z".repeat(5 * 1024 * 1024)}\r\n`),
  "quoted-printable-soft": (name) => message(name, "Content-Transfer-Encoding: quoted-printable\r\n", "=\r\n".repeat(1_000_000)),
  "base64-garbage": (name) => message(name, "Content-Transfer-Encoding: base64\r\n", `${"!=A=".repeat(500_000)}\r\n`),
  "html-deep": (name) => message(name, "Content-Type: text/html\r\n", `${"<div>".repeat(200_000)}x\r\n`),
  "html-style": (name) => message(name, "Content-Type: text/html\r\n", `<style>${"a{b:c}".repeat(200_000)}\r\n`),
  "octets-39mb": (name) => message(name, "", `${"0123456789abcdef".repeat(4)}\r\n`.repeat(600_000)),
};

/** All of them, each with a name ending in .eml; the octets are made when read. */
export const bombs = (): Bomb[] => Object.entries(makers).map(([name, make]) => ({ name: `bombs/${name}.eml`, read: () => make(name) }));

if (import.meta.main) {
  const folder = process.argv[2];
  if (folder === undefined) {
    console.error("Name the folder to write to: node tools/run.mjs tools/bombs.ts FOLDER");
    process.exit(2);
  }
  for (const { name, read } of bombs()) {
    const path = join(resolve(folder), name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, read());
  }
  console.log(`${bombs().length} hostile messages are in ${join(resolve(folder), "bombs")}.`);
}
