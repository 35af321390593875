import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePart, readBodyValue, readIndexText } from "../../core/mime/body-value.ts";
import { htmlToText } from "../../core/mime/html-text.ts";
import type { TransferEncoding } from "../../core/mime/transfer-encoding.ts";

const part = (charset: string | null, encoding: TransferEncoding = "8bit", type = "text/plain") => ({ type, charset, encoding });

describe("charsets (RFC 8621 §9.1, RFC 2046 §4.1.2)", () => {
  it.each([
    ["utf-8", "c3bc", "ü", false],
    ["iso-8859-1", "fc", "ü", false],
    ["windows-1252", "80", "€", false],
    ["iso-2022-jp", "1b2442244f1b2842", "は", false],
    ["shift_jis", "82cd", "は", false],
    ["cp932", "82cd", "は", false],
    ["euc-kr", "b0a1", "가", false],
    ["gb18030", "c4e3", "你", false],
    ["big5", "a741", "你", false],
    ["koi8-r", "c1", "а", false],
    ["cp437", "81", "ü", false],
    ["ibm850", "81", "ü", false],
    ["utf-16le", "fc00", "ü", false],
    ["utf-16be", "00fc", "ü", false],
    ["maccenteuro", "8a", "ä", false],
    ["tcvn", "b5", "à", false],
    ["utf-32", "000000fc", "ü", false],
    ["utf-32le", "fc000000", "ü", false],
    ["utf-7", Buffer.from("+APw-").toString("hex"), "ü", false],
    ['"utf-8"', "c3bc", "ü", false],
    ["utf-8", "fc", "\uFFFD", true],
    ["x-nobody-knows", "c3bc", "ü", true],
    [null, "c3bc", "ü", false],
    [null, "fc", "ü", true],
  ])("%s %s", (charset, hex, text, problem) => {
    expect(readBodyValue(Buffer.from(hex, "hex"), part(charset))).toEqual({ value: text, isEncodingProblem: problem, isTruncated: false });
  });

  it("uses the charset that HTML states itself where the header states none", () => {
    const html = Buffer.from('<meta charset="koi8-r">\xc1', "latin1");
    expect(readBodyValue(html, part("us-ascii", "8bit", "text/html")).value).toContain("а");
  });
});

describe("transfer encodings (RFC 2045 §6.1, §6.7, §6.8)", () => {
  it.each([
    ["base64", "QUJD\r\nREVG", "ABCDEF"],
    ["base64", "QU!J D", "ABC"],
    ["base64", "QQ==\r\nQkI=\r\n", "ABB"],
    ["base64", "QUJ", "AB"],
    ["quoted-printable", "a=20=\r\nb  \r\nc=3D=4", "a b\r\nc==4"],
    ["quoted-printable", "soft= \r\nbreak=", "softbreak"],
    ["binary", "a\0b", "a\0b"],
  ] as const)("%s %j", (encoding, encoded, decoded) => {
    expect(Buffer.from(decodePart(Buffer.from(encoded), { encoding })).toString()).toBe(decoded);
  });

  it("says so when the encoding is unknown", () => {
    expect(readBodyValue(Buffer.from("x"), { ...part("utf-8", "binary"), unknownEncoding: true }).isEncodingProblem).toBe(true);
  });
});

describe("values", () => {
  it("replaces CRLF by LF", () => expect(readBodyValue(Buffer.from("a\r\nb\rc"), part("utf-8")).value).toBe("a\nb\rc"));

  it.each([
    ["äöü", 3, "text/plain", "ä"],
    ["äöü", 4, "text/plain", "äö"],
    ["a😀b", 4, "text/plain", "a"],
    ["a😀b", 5, "text/plain", "a😀"],
    ['ab<a href="x">c', 8, "text/html", "ab"],
    ["a<b>c", 4, "text/html", "a<b>"],
    ["abc", 3, "text/plain", "abc"],
  ])("%j cut to %i octets of %s", (text, bound, type, value) => {
    const read = readBodyValue(Buffer.from(text), part("utf-8", "8bit", type), bound);
    expect(read).toMatchObject({ value, isTruncated: value !== text });
  });

  it("is never longer than asked for, and a prefix of the whole", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 60 }), (text, bound) => {
        const whole = readBodyValue(Buffer.from(text), part("utf-8")).value;
        const { value, isTruncated } = readBodyValue(Buffer.from(text), part("utf-8"), bound);
        expect(Buffer.byteLength(value)).toBeLessThanOrEqual(bound);
        expect(whole.startsWith(value)).toBe(true);
        expect(isTruncated).toBe(value !== whole);
        expect(value.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe("HTML to text", () => {
  it.each([
    ["<p>a</p><p>b</p>", "a\nb"],
    ["a<br>b &lt;c&gt; &#8364; &#x20ac; &nbsp;d", "a\nb <c> € € d"],
    ["<head><title>t</title></head>x", "x"],
    ["<script>1<2</script>x<style>y</style>", "x"],
    ["<!-- <p>no --> yes", "yes"],
    ['<a title="1>0">link</a>', "link"],
    ["1 < 2 & 3", "1 < 2 & 3"],
    ["<td>a</td><td>b</td>", "a b"],
    ["<p", ""],
  ])("%j", (html, text) => expect(htmlToText(html, 1_000)).toBe(text));

  it("gives words for the index within its bound", () => {
    const html = Buffer.from(`<p>${"word ".repeat(10_000)}</p>`);
    expect(readIndexText(html, part("utf-8", "8bit", "text/html"), 500).length).toBeLessThanOrEqual(500);
  });
});
