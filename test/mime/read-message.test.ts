import { describe, expect, it } from "vitest";
import type { BodyPart } from "../../core/mail/email-item.ts";
import { leafParts, listBodies } from "../../core/mime/body-structure.ts";
import { readMessage } from "../../core/mime/read-message.ts";
import { mail, parsed } from "./mail.ts";

const part = (type: string, text: string, ...fields: string[]) => [`Content-Type: ${type}`, ...fields, "", text];
const multi = (subtype: string, boundary: string, ...parts: string[][]) => [
  `Content-Type: multipart/${subtype}; boundary=${boundary}`,
  "",
  ...parts.flatMap((lines) => [`--${boundary}`, ...lines]),
  `--${boundary}--`,
];
const contents = (octets: Buffer, parts: readonly BodyPart[]) =>
  parts.map(({ body: [start, length] }) => octets.toString("utf8", start, start + length)).join("");

describe("structure (RFC 2045 §5.1, §5.2, §6.1, §7, RFC 2046 §5.1, §5.1.1, §5.1.2, §5.1.5, §5.2.1, RFC 2231 §3, §4, §4.1)", () => {
  it("decomposes the example of RFC 8621 §4.1.4", () => {
    const inline = "Content-Disposition: inline";
    const octets = mail(
      ...multi(
        "mixed",
        "b1",
        part("text/plain", "A", inline),
        multi(
          "mixed",
          "b2",
          multi(
            "alternative",
            "b3",
            multi("mixed", "b4", part("text/plain", "B", inline), part("image/jpeg", "C", inline), part("text/plain", "D", inline)),
            multi("related", "b5", part("text/html", "E"), part("image/jpeg", "F")),
          ),
          part("image/jpeg", "G", "Content-Disposition: attachment"),
          part("application/x-excel", "H"),
          part("message/rfc822", "J"),
        ),
        part("text/plain", "K", inline),
      ),
    );
    const lists = listBodies(parsed(octets).message.bodyStructure);
    expect(contents(octets, lists.textBody)).toBe("ABCDK");
    expect(contents(octets, lists.htmlBody)).toBe("AEK");
    expect(contents(octets, lists.attachments)).toBe("CFGHJ");
  });

  it("numbers the leaves in document order and states what each header says", () => {
    const octets = mail(
      ...multi(
        "mixed",
        "=_x",
        part("text/plain; charset=utf-8", "hi"),
        part(
          "image/png; name=old.png",
          "AQID",
          "Content-Transfer-Encoding: base64",
          "Content-ID: <c@d>",
          "Content-Language: en, de",
          "Content-Disposition: inline; filename*0*=utf-8''b%C3%BC; filename*1=ld.png",
          "Content-Location: https://x.test/ a",
        ),
      ),
    );
    const [text, image] = leafParts(parsed(octets).message.bodyStructure);
    expect(text).toMatchObject({ partId: "1", type: "text/plain", charset: "utf-8", sizeOctets: 2 });
    expect(image).toMatchObject({
      partId: "2",
      type: "image/png",
      charset: null,
      disposition: "inline",
      name: "büld.png",
      cid: "c@d",
      language: ["en", "de"],
      location: "https://x.test/a",
      encoding: "base64",
      sizeOctets: 3,
    });
  });

  it.each([
    ["no Content-Type", [], { type: "text/plain", charset: "us-ascii" }],
    ["text without charset", ["Content-Type: text/html"], { type: "text/html", charset: "us-ascii" }],
    ["other without charset", ["Content-Type: image/png"], { type: "image/png", charset: null }],
    ["nonsense", ["Content-Type: nonsense"], { type: "text/plain", charset: "us-ascii" }],
    ["unknown encoding", ["Content-Transfer-Encoding: x-uuencode"], { encoding: "binary", unknownEncoding: true }],
    ["multipart without boundary", ["Content-Type: multipart/mixed"], { type: "text/plain", partId: "1" }],
    ["multipart without parts", ["Content-Type: multipart/mixed; boundary=x"], { type: "text/plain", partId: "1" }],
  ])("%s", (_, fields, expected) => expect(parsed(mail(...fields, "", "body")).message.bodyStructure).toMatchObject(expected));

  it.each([
    ["of two parameters the first counts", "text/plain; charset=utf-8; charset=koi8-r", { charset: "utf-8" }],
    ["of two fields the last", "text/plain\r\nContent-Type: text/html", { type: "text/html" }],
    ["pieces come in any order", "image/png; name*1=b.png; name*0=a", { name: "ab.png" }],
    ["the extended form is preferred", "image/png; name=old.png; name*=utf-8'en'b%C3%BC.png", { name: "b\u00fc.png" }],
  ])("%s (RFC 2045 §5.1, RFC 2231 §3, §4)", (_, type, expected) =>
    expect(parsed(mail(`Content-Type: ${type}`, "", "x")).message.bodyStructure).toMatchObject(expected),
  );

  it("ends an unfinished inner multipart at the outer delimiter (RFC 2046 §5.1.2)", () => {
    const inner = ["Content-Type: multipart/mixed; boundary=out2", "", "--out2", "", "first"];
    const octets = mail("Content-Type: multipart/mixed; boundary=out", "", "--out", ...inner, "--out", "", "second", "--out--");
    expect(leafParts(parsed(octets).message.bodyStructure).map((leaf) => contents(octets, [leaf]))).toEqual(["first", "second"]);
  });

  it("takes the parts of a digest for messages", () => {
    const octets = mail("Content-Type: multipart/digest; boundary=d", "", "--d", "", "Subject: inner", "", "text", "--d--");
    expect(leafParts(parsed(octets).message.bodyStructure)[0]).toMatchObject({ type: "message/rfc822" });
  });
});

describe("header fields (RFC 5322 §2.2, §2.2.3, §4.5)", () => {
  it.each([
    ["white space before the colon", ["Subject : a"], "a"],
    ["a name in any case", ["SUBJECT: a"], "a"],
    ["a value that is folded", ["Subject: a", "\tb"], "a\tb"],
    ["a line that is no field", ["no field", "Subject: a"], "a"],
    ["a fold that continues nothing", [" folded", "Subject: a"], "a"],
    ["a name with a space inside", ["My Subject: a"], null],
  ])("%s", (_, fields, subject) => expect(parsed(mail(...fields, "", "body")).message.subject).toBe(subject));
});

describe("envelope, preview, hasAttachment", () => {
  it("reads empty input as an empty message", () => {
    expect(parsed(Buffer.alloc(0)).message).toMatchObject({ sizeOctets: 0, headerOctets: 0, subject: null, from: null, preview: "" });
  });

  it("uses the last field of a name", () => {
    expect(parsed(mail("Subject: one", "Subject: two", "", "")).message.subject).toBe("two");
  });

  it.each([
    ["plain", mail("", " Hello\r\n\r\n   world "), "Hello world"],
    ["quoted lines left out", mail("", "> you said", "I answer"), "I answer"],
    ["html", mail("Content-Type: text/html", "", "<style>p{}</style><p>Hi &amp; <b>bye</b></p><script>x</script>"), "Hi & bye"],
    ["padding characters", mail("Content-Type: text/html; charset=utf-8", "", "<p>Deal\u200c\u00a0\u200c\u00a0!</p>"), "Deal !"],
  ])("preview: %s", (_, octets, preview) => expect(parsed(octets).message.preview).toBe(preview));

  it("never makes a preview of more than 256 characters nor half a character", () => {
    const { preview } = parsed(mail("Content-Type: text/plain; charset=utf-8", "", "😀".repeat(500))).message;
    expect(preview.length).toBeLessThanOrEqual(256);
    expect(preview.isWellFormed()).toBe(true);
  });

  it("does not count a picture that the HTML shows as an attachment", () => {
    const image = (...fields: string[]) => part("image/png", "AQID", ...fields);
    const html = part("text/html", "<img src=cid:a>");
    const has = (...parts: string[][]) => parsed(mail(...multi("related", "r", ...parts))).message.hasAttachment;
    expect(has(html, image("Content-ID: <a>"))).toBe(false);
    expect(has(html, image("Content-Disposition: attachment"))).toBe(true);
  });
});

describe("bounds: each ends in unreadable with its reason, in time", () => {
  const many = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, index) => line(index)).join("");
  const nested = (count: number) => many(count, () => "Content-Type: message/rfc822\r\n\r\n");
  const deep = (count: number) => many(count, (index) => `Content-Type: multipart/mixed; boundary=b${index}.\r\n\r\n--b${index}.\r\n`);
  it.each([
    ["tooManyParts", `Content-Type: multipart/mixed; boundary=x\r\n\r\n${many(100_000, () => "--x\r\n\r\na\r\n")}`],
    ["tooDeep", deep(10_000)],
    ["tooManyNestedMessages", nested(2_000)],
    ["tooManyHeaderFields", `${many(100_000, (index) => `X-${index}: a\r\n`)}\r\n`],
    ["headerTooLong", `${many(1_500, (index) => `X-${index}: ${"a".repeat(8_000)}\r\n`)}\r\n`],
    ["headerFieldTooLong", `X: ${"a".repeat(10_000_000)}\r\n\r\n`],
    ["tooManyAddresses", `To: ${many(3_000, (index) => `a${index}@b.test, `)}c@d.test\r\n\r\n`],
    ["messageTooLarge", "a".repeat(41 * 1024 * 1024)],
  ])("%s", (reason, text) => {
    const octets = Buffer.from(text, "latin1");
    const started = process.cpuUsage();
    expect(readMessage(octets)).toMatchObject({ outcome: "unreadable", reason });
    const { user } = process.cpuUsage(started);
    expect(user / 1000).toBeLessThan(2_000);
  });

  it("reads a body of nothing but delimiter-like lines in time", () => {
    const octets = Buffer.from(
      `Content-Type: multipart/mixed; boundary=${"a".repeat(60)}\r\n\r\n${`--${"a".repeat(59)}\n`.repeat(300_000)}`,
    );
    const started = process.cpuUsage();
    expect(readMessage(octets).outcome).toBe("parsed");
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(1_000);
  });
});
