import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leafParts, listBodies } from "../../core/mime/body-structure.ts";
import { readBodyValue } from "../../core/mime/body-value.ts";
import { blobIdsOf, composeMessage } from "../../core/mime/compose.ts";
import { composeBounce } from "../../core/mime/compose-bounce.ts";
import { fieldsNamed, rawValue } from "../../core/mime/header-fields.ts";
import { withOwnReference } from "../../core/mime/own-reference.ts";
import { readMessage } from "../../core/mime/read-message.ts";
import { decodeTransfer } from "../../core/mime/transfer-encoding.ts";
import { withoutBcc } from "../../core/mime/without-bcc.ts";
import { fixtures, mail, parsed } from "./mail.ts";

const blobs = new Map<string, Uint8Array>([
  ["b1", Buffer.from([0, 1, 2, 255])],
  ["m1", mail("Subject: inner", "", "hello")],
]);
const context = { blobs, messageId: "minted@x.test", at: Date.UTC(2026, 0, 2, 3, 4, 5) };

const compose = (email: Record<string, unknown>): Buffer => {
  const outcome = composeMessage(email, context);
  if (outcome.outcome !== "composed") throw new Error(JSON.stringify(outcome));
  return Buffer.from(outcome.octets);
};

const textOf = (octets: Buffer, index = 0): string => {
  const part = leafParts(parsed(octets).message.bodyStructure)[index]!;
  return readBodyValue(octets.subarray(part.body[0], part.body[0] + part.body[1]), part).value;
};

const text = (value: string) => ({ textBody: [{ partId: "t" }], bodyValues: { t: { value } } });

/** No bare CR or LF, no NUL, no line over 998 octets, nothing outside ASCII in the header. */
const expectCleanOctets = (octets: Buffer): void => {
  const raw = octets.toString("latin1");
  expect(raw).not.toMatch(/\r(?!\n)|(?<!\r)\n|\0/);
  expect(raw.split("\r\n").every((line) => line.length <= 998)).toBe(true);
};

describe("what is composed reads back the same (RFC 5322 §2.1.1, §3.6, §3.6.1, RFC 2045 §4)", () => {
  it("everyday message", () => {
    const octets = compose({
      from: [{ name: "Jürgen Groß, Dr.", email: "j@x.test" }],
      to: [{ email: "a@b.test" }, { name: 'Quote "x"', email: "c@d.test" }],
      subject: "Übergabe 😀 Station 4",
      inReplyTo: ["p@x.test"],
      references: ["o@x.test", "p@x.test"],
      sentAt: "2026-03-01T10:20:30+01:00",
      "header:X-Note:asText": "größer",
      "header:List-Post:asURLs": ["https://x.test/l"],
      "header:Resent-To:asGroupedAddresses": [{ name: "Team", addresses: [{ email: "t@x.test" }] }],
      textBody: [{ partId: "t" }],
      htmlBody: [{ partId: "h" }],
      bodyValues: { t: { value: "Grüße\n.\nFrom me \n" }, h: { value: "<p>Grüße <img src='cid:i'></p>" } },
      attachments: [
        { blobId: "b1", type: "image/png", cid: "i", disposition: "inline", name: "bild ü.png" },
        { blobId: "m1", type: "message/rfc822" },
        {
          blobId: "b1",
          name: 'a very long file name that does not fit into one parameter, with ünïcödé, quotes " and more.pdf',
          type: "application/pdf",
        },
      ],
    });
    expectCleanOctets(octets);
    const { message } = parsed(octets);
    expect(message).toMatchObject({
      from: [{ name: "Jürgen Groß, Dr.", email: "j@x.test" }],
      to: [
        { name: null, email: "a@b.test" },
        { name: 'Quote "x"', email: "c@d.test" },
      ],
      subject: "Übergabe 😀 Station 4",
      messageId: ["minted@x.test"],
      references: ["o@x.test", "p@x.test"],
      sentAt: Date.parse("2026-03-01T10:20:30+01:00"),
      sentAtOffsetMinutes: 60,
    });
    const { textBody, htmlBody, attachments } = listBodies(message.bodyStructure);
    expect([textBody, htmlBody].map((list) => list.map(({ type }) => type))).toEqual([["text/plain"], ["text/html"]]);
    expect(attachments.map(({ name, disposition }) => [name, disposition])).toEqual([
      ["bild ü.png", "inline"],
      [null, "attachment"],
      ['a very long file name that does not fit into one parameter, with ünïcödé, quotes " and more.pdf', "attachment"],
    ]);
    expect(textOf(octets, 0)).toBe("Grüße\n.\nFrom me \n");
    const [start, length] = attachments[0]!.body;
    expect(decodeTransfer(octets, start, start + length, attachments[0]!.encoding)).toEqual(Buffer.from([0, 1, 2, 255]));
  });

  it("a structure that the client made", () => {
    const octets = compose({
      bodyStructure: {
        type: "multipart/signed",
        "header:Content-Type": undefined,
        subParts: [
          { partId: "1", type: "text/plain", language: ["en"], location: "x" },
          { blobId: "b1", type: "application/pgp-signature" },
        ],
      },
      bodyValues: { "1": { value: "signed" } },
    });
    const root = parsed(octets).message.bodyStructure;
    expect(root).toMatchObject({
      type: "multipart/signed",
      subParts: [{ language: ["en"], location: "x" }, { type: "application/pgp-signature" }],
    });
  });

  it("any text, name and subject", () => {
    const words = fc.string({ unit: "grapheme", maxLength: 200 });
    fc.assert(
      fc.property(words, words, words, (subject, name, body) => {
        const octets = compose({ subject, from: [{ name, email: "a@b.test" }], ...text(body) });
        expectCleanOctets(octets);
        const { message } = parsed(octets);
        const shown = (value: string) =>
          value
            .replace(/[\r\n]+[ \t]*|\t/g, " ")
            .replace(/[\0-\x1f\x7f-\x9f]/g, "")
            .normalize("NFC")
            .trim();
        expect(message.subject!.trim()).toBe(shown(subject));
        expect(message.from![0]!.email).toBe("a@b.test");
        expect((message.from![0]!.name ?? "").replace(/\s+/g, " ")).toBe(shown(name).replace(/\s+/g, " "));
        expect(textOf(octets)).toBe(body.replace(/\r\n|\r/g, "\n").replaceAll("\0", ""));
      }),
      { numRuns: 500 },
    );
  });
});

describe("nothing but the fields asked for can be written", () => {
  it("with line ends and brackets in every value", () => {
    const evil = fc.constantFrom(
      "\r\nBcc: v@x.test",
      "\nX-Evil: 1",
      "\r\r\n\r\nbody",
      "a>\r\n",
      "<b@c.test>, <d@e.test>",
      "\0",
      "\u2028",
      "=?utf-8?q?=0D=0ABcc:_x?=",
      ";",
      ",",
      "é".repeat(200),
      "a".repeat(420),
    );
    const value = fc.array(evil, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join("").slice(0, 440));
    fc.assert(
      fc.property(value, value, (one, other) => {
        const octets = compose({
          subject: one,
          from: [{ name: other, email: one }],
          messageId: [one],
          "header:X-Raw": other,
          "header:X-Url:asURLs": [one],
          "header:X-Ids:asMessageIds:all": [[other], [one]],
          ...text(other),
        });
        expectCleanOctets(octets);
        const names = parsed(octets).headers.map((field) => field.name);
        expect(names.sort()).toEqual(
          [
            "Content-Type",
            "Date",
            "From",
            "MIME-Version",
            "Message-ID",
            "Subject",
            "X-Ids",
            "X-Ids",
            "X-Raw",
            "X-Url",
            ...names.filter((name) => name === "Content-Transfer-Encoding"),
          ].sort(),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("a body cannot close its multipart", () => {
    const first = compose({ ...text("a"), attachments: [{ blobId: "b1" }] });
    const boundary = /boundary="([^"]+)"/.exec(first.toString())![1]!;
    const octets = compose({ ...text(`--${boundary}--\n--${boundary}\n\nx`), attachments: [{ blobId: "b1" }] });
    expect(leafParts(parsed(octets).message.bodyStructure)).toHaveLength(2);
    expect(textOf(octets)).toContain(`--${boundary}--`);
  });
});

describe("RFC 8621 §4.6 constraints", () => {
  const t = { bodyValues: { t: { value: "" } } };
  it.each([
    ["headers", { headers: [] }],
    ["from twice", { from: [{ email: "a" }], "header:From": "x" }],
    ["the same field in two forms", { "header:X-A": "x", "header:x-a:asText": "y" }],
    ["forbidden form", { "header:From:asDate": "2026-01-01T00:00:00Z" }],
    ["Content- on the Email", { "header:Content-Type": "text/plain" }],
    ["structure and lists", { bodyStructure: { partId: "t" }, textBody: [{ partId: "t" }], ...t }],
    ["Email's field on the root part", { subject: "a", bodyStructure: { partId: "t", "header:Subject": "b" }, ...t }],
    ["textBody of two", { textBody: [{ partId: "t" }, { partId: "t" }], ...t }],
    ["textBody of HTML", { textBody: [{ partId: "t", type: "text/html" }], ...t }],
    ["htmlBody of text", { htmlBody: [{ partId: "t", type: "text/plain" }], ...t }],
    ["partId and blobId", { textBody: [{ partId: "t", blobId: "b1" }], ...t }],
    ["charset with partId", { textBody: [{ partId: "t", charset: "utf-8" }], ...t }],
    ["size with partId", { textBody: [{ partId: "t", size: 3 }], ...t }],
    ["partId without value", { textBody: [{ partId: "q" }], ...t }],
    ["partId of a prototype", { textBody: [{ partId: "constructor" }], ...t }],
    ["Content-Transfer-Encoding", { bodyStructure: { partId: "t", "header:Content-Transfer-Encoding": "8bit" }, ...t }],
    ["truncated value", { textBody: [{ partId: "t" }], bodyValues: { t: { value: "", isTruncated: true } } }],
    ["value of a wrong kind", { textBody: [{ partId: "t" }], bodyValues: { t: { value: 5 } } }],
    ["type with a line end", { bodyStructure: { blobId: "b1", type: "a/b\r\nX: y" } }],
    ["multipart without parts", { bodyStructure: { type: "multipart/mixed", subParts: [] } }],
    ["subject of a wrong kind", { subject: ["x"] }],
    ["date that is none", { sentAt: "yesterday" }],
    ["part that is none", { attachments: [7] }],
    ["attachments that are none", { attachments: "x" }],
  ])("refuses %s", (_, email) => expect(composeMessage(email, context)).toMatchObject({ outcome: "invalidProperties" }));

  it("refuses a structure deeper than the reader reads", () => {
    let bodyStructure: object = { partId: "t" };
    for (let depth = 0; depth < 100; depth += 1) bodyStructure = { type: "multipart/mixed", subParts: [bodyStructure] };
    expect(composeMessage({ bodyStructure, ...t }, context)).toMatchObject({ outcome: "invalidProperties" });
  });

  it("names the blobs that it needs and those that are missing", () => {
    const email = { attachments: [{ blobId: "b1" }, { blobId: "gone" }, { subParts: [{ blobId: "deep" }] }] };
    expect(blobIdsOf(email).sort()).toEqual(["b1", "deep", "gone"]);
    expect(composeMessage({ attachments: [{ blobId: "gone" }] }, context)).toEqual({ outcome: "blobNotFound", notFound: ["gone"] });
  });
});

describe("withoutBcc (RFC 5322 §3.6.3)", () => {
  it("removes every blind copy and nothing else", () => {
    const octets = mail("To: a@b", "bcc: x@y,", " z@y", "Subject: s", "Resent-Bcc: q@y", "", "Bcc: in the body");
    expect(Buffer.from(withoutBcc(octets)).toString()).toBe(mail("To: a@b", "Subject: s", "", "Bcc: in the body").toString());
  });
  it("gives the same octets when there is none", () => {
    const octets = mail("To: a@b", "", "x");
    expect(withoutBcc(octets)).toBe(octets);
  });
});

describe("withOwnReference (RFC 5322 §3.6.4)", () => {
  const changed = (...lines: string[]): string => Buffer.from(withOwnReference(mail(...lines))).toString();

  it("begins References with what the message answers, for programs that look at References alone", () => {
    const message = ["Message-ID: <own@care.example>", "In-Reply-To: <asked@x> <also@x>", "", "text"];
    expect(changed(...message)).toBe(mail("References: <asked@x> <also@x> <own@care.example>", ...message).toString());
    expect(changed("Message-ID: <own@care.example>", "", "x")).toBe(
      mail("References: <own@care.example>", "Message-ID: <own@care.example>", "", "x").toString(),
    );
  });
  it("adds to the references that are there, folded or not, and touches nothing else", () => {
    expect(changed("References: <a@x>", "\t<b@x>", "Message-Id: <own@care.example>", "", "References: in the body")).toBe(
      mail(
        "References: <a@x>",
        "\t<b@x>",
        " <own@care.example>",
        "Message-Id: <own@care.example>",
        "",
        "References: in the body",
      ).toString(),
    );
  });
  it.each([
    ["has no id", ["Subject: s", "", "x"]],
    ["names its own already", ["Message-ID: <own@x>", "References: <a@x> <own@x>", "", "x"]],
    ["has an id that no line can hold", [`Message-ID: <${"i".repeat(950)}@x>`, "", "x"]],
    ["has references that are no list", ["References: <a@x", "Message-ID: <own@x>", "", "x"]],
    ["has nothing that is an id", ['Message-ID: "', "", "x"]],
  ])("leaves a message that %s as it is", (_, lines) => {
    const octets = mail(...lines);
    expect(withOwnReference(octets)).toBe(octets);
  });
  it("keeps every vendored message readable as it was", () => {
    for (const { octets } of fixtures()) {
      const before = readMessage(octets);
      if (before.outcome !== "parsed") continue;
      const { message } = parsed(withOwnReference(octets));
      if (message.sizeOctets === before.message.sizeOctets) expect(message.references).toEqual(before.message.references);
      else expect(message.references?.at(-1)).toBe(before.message.messageId![0]);
      const offsets = { references: 0, headerOctets: 0, sizeOctets: 0, bodyStructure: 0 };
      expect({ ...message, ...offsets }).toEqual({ ...before.message, ...offsets });
    }
  });
});

describe("composeBounce (RFC 3464 §2, §2.1, §2.2, §2.2.2, §2.2.5, §2.3, §2.3.2 to §2.3.4, §2.3.6, §4.2)", () => {
  const octets = Buffer.from(
    composeBounce({
      from: { name: "Mail service", email: "mailer-daemon@x.test" },
      to: "sender@x.test",
      messageId: "b@x.test",
      at: 0,
      reportingMta: "mx.x.test",
      arrivedAt: 0,
      subject: "Grüße\r\nX-Evil: 1",
      originalMessageId: "lost@x.test",
      recipients: [
        {
          recipient: "full@y.test",
          action: "failed",
          status: "5.2.2",
          sentence: "The mailbox is full.",
          smtpReply: "552 5.2.2 full\r\nStatus: 2.0.0",
        },
        { recipient: "gone@y.test", action: "failed", status: "nonsense", sentence: "There is no such address." },
      ],
      original: mail("Subject: s", "X: y", "", "secret body"),
    }),
  );
  const { message, headers } = parsed(octets);
  it("is a report with words, a status for each recipient, and the original's header without its body", () => {
    expectCleanOctets(octets);
    expect(message.bodyStructure).toMatchObject({
      type: "multipart/report",
      subParts: [{ type: "text/plain" }, { type: "message/delivery-status" }, { type: "text/rfc822-headers" }],
    });
    expect(rawValue(octets, fieldsNamed(headers, "auto-submitted")[0]!)).toBe(" auto-replied");
    expect(textOf(octets, 0)).toContain("full@y.test\n    The mailbox is full.");
    expect(octets.toString()).not.toContain("secret body");
    expect(octets.toString()).toMatch(/Reporting-MTA: dns; mx\.x\.test\r\nArrival-Date: Thu, 01 Jan 1970 00:00:00 \+0000\r\n\r\n/);
    expect(octets.toString()).toMatch(
      /Final-Recipient: rfc822; full@y.test\r\nAction: failed\r\nStatus: 5.2.2\r\nDiagnostic-Code: smtp; 552 5.2.2 full Status: 2.0.0\r\n\r\nFinal-Recipient: rfc822; gone@y.test\r\nAction: failed\r\nStatus: 5.0.0/,
    );
    expect(headers.map(({ name }) => name)).not.toContain("X-Evil");
    expect(message.inReplyTo).toEqual(["lost@x.test"]);
  });
});
