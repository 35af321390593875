import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inspectAttachments } from "../../core/policy/attachments/inspect-attachments.ts";
import { parsed } from "../mime/mail.ts";
import { type ZipInput, zip } from "./zip-builder.ts";

const program = Buffer.concat([
  Buffer.from("MZ\x90\0\x03\0\0\0\x04\0\0\0", "latin1"),
  Buffer.alloc(48),
  Buffer.from([64, 0, 0, 0]),
  Buffer.from("PE\0\0"),
  Buffer.alloc(64),
]);
const ole = (...names: string[]) =>
  Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600), ...names.map((name) => Buffer.from(name, "utf16le"))]);

const message = (fields: readonly string[], content: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(
      [
        "From: a@b.test",
        "Content-Type: multipart/mixed; boundary=x",
        "",
        "--x",
        "Content-Type: text/plain",
        "",
        "see attached",
        "--x",
        ...fields,
        "Content-Transfer-Encoding: base64",
        "",
        (content.toString("base64").match(/.{1,76}/g) ?? [""]).join("\r\n"),
        "--x--",
        "",
      ].join("\r\n"),
    ),
  ]);

const inspect = (name: string, content: Buffer | string = "x", type = "application/octet-stream") => {
  const octets = message([`Content-Type: ${type}`, `Content-Disposition: attachment; filename="${name}"`], Buffer.from(content));
  const { attachments, findings } = inspectAttachments(octets, parsed(octets).message.bodyStructure);
  expect(attachments).toBe(1);
  return [...findings.codes, ...findings.marks].sort();
};

const tnef = (title: string, data: Buffer): Buffer => {
  const attribute = (id: number, content: Buffer) => {
    const head = Buffer.alloc(9);
    head[0] = 2;
    head.writeUInt32LE(id, 1);
    head.writeUInt32LE(content.length, 5);
    return Buffer.concat([head, content, Buffer.alloc(2)]);
  };
  return Buffer.concat([
    Buffer.from("789f3e220100", "hex"),
    attribute(0x69002, Buffer.alloc(14)),
    attribute(0x18010, Buffer.from(`${title}\0`)),
    attribute(0x6800f, data),
  ]);
};

const tar = (name: string, content: Buffer): Buffer => {
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write(content.length.toString(8).padStart(11, "0"), 124);
  head.write("ustar", 257);
  return Buffer.concat([head, content, Buffer.alloc((512 - (content.length % 512)) % 512), Buffer.alloc(1024)]);
};

describe("by name", () => {
  it.each([
    ["report.pdf", []],
    ["scan 12.05.2026.docx", []],
    ["archive.tar", []],
    ["run.exe", ["executableAttachment"]],
    ["RUN.ScR", ["executableAttachment"]],
    ["run.exe. .", ["executableAttachment"]],
    ["run.exe:stream.txt", ["executableAttachment"]],
    ["run.ｅｘｅ", ["executableAttachment"]],
    ["run.e\u200bxe", ["executableAttachment"]],
    ["invoice.pdf.exe", ["disguisedAttachment", "executableAttachment"]],
    ["invoice.pdf                    .js", ["disguisedAttachment", "executableAttachment"]],
    ["invoice_\u202efdp.exe", ["disguisedAttachment", "executableAttachment"]],
    ["invoice_\u202etxt.pdf", ["disguisedAttachment"]],
    ["folder.{20D04FE0-3AEA-1069-A2D8-08002B30309D}", ["executableAttachment"]],
    ["letter.docm", ["macroAttachment"]],
    ["disk.iso", ["containerAttachment"]],
    ["notes.one", ["containerAttachment"]],
    ["go.lnk", ["containerAttachment"]],
    ["photo.jpg.lnk", ["containerAttachment", "disguisedAttachment"]],
  ])("%j", (name, expected) => expect(inspect(name)).toEqual(expected));

  it("each of two names counts", () => {
    const octets = message(
      ['Content-Type: application/pdf; name="run.exe"', 'Content-Disposition: attachment; filename="a.pdf"'],
      Buffer.from("x"),
    );
    expect([...inspectAttachments(octets, parsed(octets).message.bodyStructure).findings.codes]).toEqual(["executableAttachment"]);
  });
});

describe("by content", () => {
  const page = (inside: string) => `<html><body>${inside}</body></html>`;
  it.each([
    ["program named as text", "a.txt", program, ["executableAttachment"]],
    ["program named as picture", "a.png", program, ["executableAttachment"]],
    ["text that begins with MZ", "a.txt", "MZ is how this sentence begins, and it goes on for some time so that it is long enough.", []],
    ["ELF", "a.dat", Buffer.concat([Buffer.from("\x7fELF", "latin1"), Buffer.alloc(100)]), ["executableAttachment"]],
    ["shell script", "a", "#!/bin/sh\nrm -rf x\n", ["executableAttachment"]],
    ["shortcut", "a.txt", Buffer.from("4c0000000114020000000000c000000000000046", "hex"), ["containerAttachment"]],
    ["CD image", "a.dat", Buffer.concat([Buffer.alloc(32_769), Buffer.from("CD001"), Buffer.alloc(100)]), ["containerAttachment"]],
    ["old Word file", "a.doc", ole("WordDocument"), []],
    ["old Word file with macros", "a.doc", ole("WordDocument", "_VBA_PROJECT"), ["macroAttachment"]],
    ["encrypted Office file", "a.docx", ole("EncryptedPackage"), ["encryptedAttachment"]],
    ["RAR", "a.rar", "Rar!\x1a\x07\x01\x00", ["uninspectedAttachment"]],
    ["page", "a.html", page("<p>hi</p>"), ["webPageAttachment"]],
    ["page with a script", "a.html", page("<script>atob('')</script>"), ["scriptedPageAttachment"]],
    ["page with a handler", "a.htm", page("<img src=x onerror=alert(1)>"), ["scriptedPageAttachment"]],
    ["page that goes elsewhere", "a.html", page('<meta http-equiv="refresh" content="0;url=x">'), ["scriptedPageAttachment"]],
    [
      "page in UTF-16",
      "a.html",
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(page("<script>"), "utf16le")]),
      ["scriptedPageAttachment"],
    ],
    ["picture with a script", "a.svg", "<svg><script>x</script></svg>", ["scriptedPageAttachment"]],
    ["picture", "a.svg", "<svg></svg>", []],
    ["winmail.dat", "winmail.dat", tnef("RUN.EXE", Buffer.from("x")), ["executableAttachment"]],
    ["winmail.dat with a renamed program", "winmail.dat", tnef("A.TXT", program), ["executableAttachment"]],
  ])("%s", (_, name, content, expected) => expect(inspect(name, content)).toEqual(expected));

  it("finds a nameless page by its type", () => {
    const octets = message(["Content-Type: text/html", "Content-Disposition: attachment"], Buffer.from("<script>x</script>"));
    expect([...inspectAttachments(octets, parsed(octets).message.bodyStructure).findings.codes]).toEqual(["scriptedPageAttachment"]);
  });
});

describe("archives", () => {
  const nest = (depth: number, inner: Buffer): Buffer =>
    depth === 0 ? inner : nest(depth - 1, zip([{ name: "inner.zip", content: inner }]));
  const innermost = zip([{ name: "run.exe", content: "x" }]);
  const cases: [string, readonly ZipInput[] | Buffer, string[]][] = [
    ["harmless", [{ name: "a.txt", content: "hello" }, { name: "dir/" }], []],
    ["a program", [{ name: "dir/run.exe", content: "x" }], ["executableAttachment"]],
    ["a renamed program", [{ name: "a.txt", content: program }], ["executableAttachment"]],
    ["a stored renamed program", [{ name: "a.txt", content: program, method: 0 }], ["executableAttachment"]],
    [
      "an Office file",
      [
        { name: "[Content_Types].xml", content: "<x/>" },
        { name: "word/document.xml", content: "<x/>" },
      ],
      [],
    ],
    ["an Office file with macros", [{ name: "[Content_Types].xml" }, { name: "word/vbaProject.bin", content: "x" }], ["macroAttachment"]],
    ["old spreadsheet macros", [{ name: "xl/macrosheets/sheet1.xml", content: "x" }], ["macroAttachment"]],
    ["encrypted", [{ name: "a.pdf", content: "x", encrypted: true }], ["encryptedAttachment"]],
    ["an encrypted program", [{ name: "run.exe", content: "x", encrypted: true }], ["encryptedAttachment", "executableAttachment"]],
    ["unknown compression", [{ name: "a.pdf", content: "x", method: 14 }], ["uninspectedAttachment"]],
    ["an archive with a program", nest(1, innermost), ["executableAttachment"]],
    ["an archive in an archive", nest(2, innermost), ["executableAttachment"]],
    ["too deep", nest(3, innermost), ["archiveTooDeep"]],
    ["names that differ", [{ name: "a.txt", content: "x", localName: "a.exe" }], ["brokenArchive"]],
    ["two archives in a row", Buffer.concat([innermost, zip([{ name: "a.txt", content: "x" }])]), ["brokenArchive"]],
    ["no directory", zip([{ name: "a.txt", content: "x".repeat(500) }]).subarray(0, 40), ["brokenArchive"]],
    ["too many entries", Array.from({ length: 3_000 }, (_, index) => ({ name: `${index}.txt`, content: "x" })), ["archiveBomb"]],
    ["too large by its own account", [{ name: "a.txt", content: "x", statedOctets: 300 * 1024 * 1024 }], ["archiveBomb"]],
    ["a bomb", [{ name: "a.txt", content: Buffer.alloc(30 * 1024 * 1024) }], ["archiveBomb"]],
  ];
  it.each(cases)("%s", (_, content, expected) =>
    expect(inspect("a.zip", Buffer.isBuffer(content) ? content : zip(content))).toEqual(expected),
  );

  it("entries over each other are a bomb", () => {
    const one = zip([{ name: "a.txt", content: "x".repeat(100) }]);
    const directoryAt = one.readUInt32LE(one.length - 6);
    const entry = one.subarray(directoryAt, one.length - 22);
    const end = Buffer.from(one.subarray(one.length - 22));
    end.writeUInt16LE(2, 8);
    end.writeUInt16LE(2, 10);
    end.writeUInt32LE(entry.length * 2, 12);
    expect(inspect("a.zip", Buffer.concat([one.subarray(0, directoryAt), entry, entry, end]))).toEqual(["archiveBomb"]);
  });

  it("gzip and tar are looked into", () => {
    expect(inspect("a.tar.gz", gzipSync(tar("run.exe", Buffer.from("x"))))).toEqual(["executableAttachment"]);
    expect(inspect("a.tgz", gzipSync(tar("a.txt", program)))).toEqual(["executableAttachment"]);
    expect(inspect("a.gz", gzipSync(Buffer.alloc(60 * 1024 * 1024)))).toEqual(["archiveBomb"]);
    expect(inspect("a.gz", gzipSync(Buffer.from("text")))).toEqual([]);
  });

  it("an archive behind another file's beginning is found, however large the file", () => {
    for (const size of [100, 400_001]) {
      const polyglot = Buffer.concat([Buffer.from("%PDF-1.7\n"), Buffer.alloc(size, 65), zip([{ name: "run.exe", content: "x" }])]);
      expect(inspect("a.pdf", polyglot, "application/pdf")).toContain("disguisedAttachment");
    }
  });
});

describe("elsewhere in the message", () => {
  const codes = (...lines: string[]) => {
    const octets = Buffer.from(lines.join("\r\n"));
    return [...inspectAttachments(octets, parsed(octets).message.bodyStructure).findings.codes];
  };
  it("looks into messages inside the message", () => {
    expect(codes("Content-Type: message/rfc822", "", "Content-Type: application/x; name=run.exe", "", "x")).toEqual([
      "executableAttachment",
    ]);
  });
  it("knows fragments", () => expect(codes("Content-Type: message/partial; id=a; number=1", "", "x")).toEqual(["fragmentedMessage"]));
  it("knows uuencoded files in the text", () =>
    expect(codes("", "hi", "begin 644 run.exe", "#0V%T", "`", "end")).toEqual(["executableAttachment"]));
  it("leaves a script in the shown HTML to the sanitiser", () =>
    expect(codes("Content-Type: text/html", "", "<script>x</script>")).toEqual([]));
});

it("any octets are inspected without failing", () => {
  const base = zip([
    { name: "a.txt", content: "hello" },
    { name: "b.zip", content: zip([{ name: "c.exe", content: "x" }]) },
  ]);
  const edit = fc.tuple(fc.nat(base.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 20 }), fc.constantFrom("a.zip", "a.html", "a.gz", "winmail.dat"), (edits, name) => {
      const octets = Buffer.from(base);
      for (const [at, value] of edits) octets[at] = value;
      inspect(name, octets);
    }),
    { numRuns: 500 },
  );
});
