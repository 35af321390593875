import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../core/limits.ts";
import { asking, disposition, MdnWorld } from "./mdn-world.ts";
import { ANN, message, TEAM } from "./world.ts";

let world: MdnWorld;
beforeEach(async () => {
  world = await MdnWorld.make();
});

/** A report as other programs write it. */
const report = (fields: string, over: { subject?: string; words?: string; third?: string; type?: string } = {}): string =>
  [
    "From: Zoe <zoe@south.example>",
    "To: ann@north.example",
    `Subject: ${over.subject ?? "Read: Rota"}`,
    "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"',
    "",
    "--b",
    over.words ?? "Content-Type: text/plain\n\nIt was read.\n",
    "--b",
    `Content-Type: ${over.type ?? "message/disposition-notification"}`,
    "",
    fields,
    ...(over.third ? ["--b", over.third] : []),
    "--b--",
    "",
  ].join("\n");

const DISPLAYED = "Disposition: manual-action/MDN-sent-manually; displayed";

describe("MDN/parse (RFC 9007 §2.2)", () => {
  it("reads the example of RFC 8098 §9, the words in lower case (RFC 9007 §2)", async () => {
    const fields = [
      "Reporting-UA: joes-pc.cs.example.com; Foomail 97.1",
      "MDN-Gateway: smtp; gw.example",
      "Original-Recipient: rfc822;Joe_Recipient@example.com",
      "Final-Recipient: rfc822;Joe_Recipient@example.com",
      "Original-Message-ID: <199509192301.23456@example.org>",
      "Disposition: Manual-Action (by hand)/MDN-sent-manually;\n DISPLAYED/Error,warning",
      "Error: =?utf-8?q?Fehler_=C3=BC?=",
      "ERROR: second",
      "X-Ward: 4\n North",
    ].join("\n");
    expect(await world.parse(report(fields, { third: "Content-Type: message/rfc822\n\nSubject: Rota\n" }))).toEqual({
      forEmailId: null,
      subject: "Read: Rota",
      textBody: "It was read.\n",
      includeOriginalMessage: true,
      reportingUA: "joes-pc.cs.example.com; Foomail 97.1",
      mdnGateway: "smtp; gw.example",
      originalRecipient: "rfc822;Joe_Recipient@example.com",
      finalRecipient: "rfc822;Joe_Recipient@example.com",
      originalMessageId: "<199509192301.23456@example.org>",
      disposition,
      error: ["Fehler ü", "second"],
      extensionFields: { "X-Ward": "4 North" },
    });
  });

  it("reads what is not quite right", async () => {
    const html = "Content-Type: text/html\n\n<p>Read <b>it</b></p>\n";
    const alternative = `Content-Type: multipart/alternative; boundary=c\n\n--c\n${html}\n--c\n\nplain\n--c--\n`;
    const cases: [string, object][] = [
      [report(`\n\n${DISPLAYED}`), { finalRecipient: null, originalMessageId: null, extensionFields: null, error: null }],
      [report(DISPLAYED, { words: html }), { textBody: "Read it" }],
      [report(DISPLAYED, { words: alternative }), { textBody: "plain" }],
      [
        report(DISPLAYED, { type: "message/global-disposition-notification", third: "Content-Type: message/global\n\nSubject: ü\n" }),
        { includeOriginalMessage: true },
      ],
      [report(DISPLAYED, { third: "Content-Type: text/rfc822-headers\n\nSubject: Rota\n" }), { includeOriginalMessage: false }],
      [
        report(`Content-Transfer-Encoding: x\n\n${DISPLAYED}`).replace("notification\n\nContent-Tr", "notification\nContent-Tr"),
        { disposition },
      ],
      [
        report(Buffer.from(`${DISPLAYED}\n`).toString("base64")).replace(
          "ion-notification\n\nRG",
          "ion-notification\nContent-Transfer-Encoding: base64\n\nRG",
        ),
        { disposition },
      ],
      [report(`${DISPLAYED}\nDisposition: automatic-action / mdn-sent-automatically ;processed`), { disposition: { type: "processed" } }],
      [report(DISPLAYED).replace("; report-type=disposition-notification", ""), { disposition }],
      [report(`${DISPLAYED}\n__proto__: 1\nconstructor: 2`), { extensionFields: { constructor: "2" } }],
      [report(`${DISPLAYED}\nno field at all\n: none\nX-Empty:\n\xff\xfe: x`), { extensionFields: { "X-Empty": "" } }],
      [
        `From: list@x.example\nContent-Type: multipart/mixed; boundary=m\n\n--m\n${report(DISPLAYED)}\n--m\n\nA footer.\n--m--\n`,
        { disposition, textBody: "It was read.\n" },
      ],
    ];
    for (const [raw, expected] of cases) expect(await world.parse(raw), raw).toMatchObject(expected);
  });

  it("says what is no MDN", async () => {
    const cases = [
      message({}),
      "no message",
      "",
      report(""),
      report("Disposition: manual-action; displayed"),
      report("Disposition: manual-action/MDN-sent-manually; denied"),
      report("Disposition: =?utf-8?q?manual-action?=/MDN-sent-manually; displayed"),
      report(DISPLAYED, { type: "text/plain" }),
      report(DISPLAYED).replace("multipart/report", "multipart/mixed"),
      report(DISPLAYED).replace('boundary="b"', "boundary=other"),
      report(`${"X: 1\n".repeat(3_000)}${DISPLAYED}`),
      report(`X: ${"y".repeat(200_000)}\n${DISPLAYED}`),
      "From: a@b.example\n".repeat(3_000),
    ];
    for (const raw of cases) expect(await world.parse(raw), raw.slice(0, 300)).toBe("notParsable");
    expect(world.world.failures).toEqual([]);
  });

  it("reads no more of extensions and words than the bounds", async () => {
    const fields = `${DISPLAYED}\n${Array.from({ length: 500 }, (_, index) => `X-F${index}: ${index}\nError: ${index}\n`).join("")}`;
    const parsed = await world.parse(report(fields, { words: `\n${"word ".repeat(200_000)}` }));
    expect(Object.keys(parsed.extensionFields)).toHaveLength(limits.mdn.extensionFields);
    expect(parsed.error).toHaveLength(limits.mdn.extensionFields);
    expect(parsed.textBody.length).toBe(limits.mdn.textOctets);
  });

  it("takes Emails, messages inside them and uploads, and lists what it does not find", async () => {
    const filed = await world.world.deliver(ANN, report(DISPLAYED));
    const holder = `From: a@b.example\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nhello\n--m\nContent-Type: message/rfc822\n\n${report(DISPLAYED)}\n--m--\n`;
    const outer = await world.world.deliver(ANN, holder);
    const foreign = await world.world.deliver("abob" as typeof ANN, report(DISPLAYED));
    const upload = await world.upload(report(DISPLAYED));
    const good = [`GM${filed}`, `GM${outer}-2`, upload];
    const missing = [`GM${foreign}`, "GUnone", "nothing", `GM${filed}-9`, "#none"];
    const answer = await world.world.call("MDN/parse", { blobIds: [...good, ...missing, `GM${outer}`, good[0]] });
    expect(Object.keys(answer.parsed)).toEqual(good);
    expect(answer).toMatchObject({ notFound: missing, notParsable: [`GM${outer}`] });
    expect(await world.world.call("MDN/parse", { blobIds: [] })).toEqual({
      accountId: ANN,
      parsed: null,
      notParsable: null,
      notFound: null,
    });
  });

  it("finds the Email that it is about, when there is one", async () => {
    const parsed = async (originalMessageId: string, subject: string) =>
      (await world.parse(report(`${DISPLAYED}\nOriginal-Message-ID: ${originalMessageId}`, { subject }))).forEmailId;
    const created = await world.world.call("Email/set", {
      create: {
        e: {
          mailboxIds: { sent: true },
          subject: "Rota: week 3",
          messageId: ["mine@north.example"],
          from: [{ email: "ann@north.example" }],
        },
      },
    });
    const { id } = created.created.e;
    for (const subject of ["Read: Rota: week 3", "Return Receipt (displayed) - Rota: week 3", "Gelesen: Re: Rota: week 3", "Rota: week 3"])
      expect(await parsed("<mine@north.example>", subject), subject).toBe(id);
    expect(await parsed("<mine@north.example>", "Read: something else")).toBeNull();
    expect(await parsed("<other@north.example>", "Read: Rota: week 3")).toBeNull();
    expect(await parsed("no id", "Read: Rota: week 3")).toBeNull();
    await world.world.deliver(ANN, message({ id: "mine@north.example", subject: "Rota: week 3" }));
    expect(await parsed("<mine@north.example>", "Read: Rota: week 3")).toBeNull();
  });

  it("refuses what RFC 9007 §2.2 says it should", async () => {
    expect(
      await world.world.call("MDN/parse", { blobIds: Array.from({ length: limits.jmap.maxObjectsInGet + 1 }, (_, index) => `G${index}`) }),
    ).toMatchObject({ type: "requestTooLarge" });
    expect(await world.world.call("MDN/parse", { accountId: "abob", blobIds: [] })).toMatchObject({
      type: "invalidArguments",
      arguments: ["accountId"],
    });
    expect(await world.world.call("MDN/parse", { accountId: TEAM, blobIds: [] })).toMatchObject({ type: "accountNotSupportedByMethod" });
    expect(await world.world.call("MDN/parse", { blobIds: [1] })).toMatchObject({ type: "invalidArguments" });
    const large = report(DISPLAYED, { words: `\n${"word ".repeat(60_000)}` });
    const blobIds = await Promise.all(Array.from({ length: 20 }, () => world.upload(large)));
    expect(await world.world.call("MDN/parse", { blobIds })).toMatchObject({ type: "requestTooLarge" });
  });
});

/** One line as header fields give it back: no controls, composed letters. */
const line = fc.string({ unit: "grapheme", maxLength: 120 }).map((text) => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "").normalize("NFC"));
const someLine = line.filter((text) => text !== "");
const names = fc.stringMatching(/^X-[A-Za-z0-9-]{1,20}$/);

const anyMdn = fc.record({
  subject: someLine,
  textBody: fc.string({ unit: "grapheme", maxLength: 3_000 }).map((text) => text.replace(/[\0\r]/g, "")),
  includeOriginalMessage: fc.boolean(),
  reportingUA: fc.option(someLine),
  finalRecipient: fc.constantFrom("rfc822; ann@north.example", "rfc822; ann.alias@north.example"),
  disposition: fc.record({
    actionMode: fc.constantFrom("manual-action", "automatic-action"),
    sendingMode: fc.constantFrom("mdn-sent-manually", "mdn-sent-automatically"),
    type: fc.constantFrom("deleted", "dispatched", "displayed", "processed"),
  }),
  extensionFields: fc.option(
    fc
      .uniqueArray(fc.tuple(names, line), { selector: ([name]) => name.toLowerCase(), minLength: 1, maxLength: 10 })
      .map((fields) => Object.fromEntries(fields)),
  ),
});

describe("what MDN/send writes", () => {
  it("is what MDN/parse reads", async () => {
    await fc.assert(
      fc.asyncProperty(anyMdn, async (mdn) => {
        const own = await MdnWorld.make();
        const header =
          "Disposition-Notification-To: zoe@south.example\nReturn-Path: <zoe@south.example>\nOriginal-Recipient: rfc822;ann+x@north.example";
        const forEmailId = await own.world.deliver(ANN, asking({ header }), { marks: ["outside"] });
        const answer = await own.send({ forEmailId, ...mdn });
        expect(answer.notSent).toBeNull();
        const [, submission] = (await own.submissions())[0]!;
        const parsed = await own.parse((await own.world.blobs.get(submission.rawKey))!);
        const { forEmailId: _, ...read } = parsed;
        expect(read).toEqual({ ...mdn, ...answer.sent.k0 });
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it("has no field that the client's words began, and no line that a host would break", async () => {
    const units = ["a", "ü", ":", " ", "=?utf-8?q?=0A?=", "Bcc: x@y.example", "--", "<", ">", "word".repeat(300)];
    const tame = fc.string({ unit: fc.constantFrom(...units), maxLength: 30 });
    const wild = fc.string({ unit: fc.constantFrom("\r", "\n", "\t", "\0", "\u2028", ".", "From ", ...units), maxLength: 30 });
    const mostlyTame = fc.oneof({ arbitrary: tame, weight: 9 }, { arbitrary: wild, weight: 1 });
    const name = fc.oneof({ arbitrary: fc.stringMatching(/^[!-9;-~]{0,20}$/), weight: 9 }, { arbitrary: wild, weight: 1 });
    let sentCount = 0;
    const allowed = new Set(
      "date from to subject message-id in-reply-to references auto-submitted mime-version content-type content-transfer-encoding".split(
        " ",
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.record({ subject: mostlyTame, textBody: wild, reportingUA: mostlyTame, name, value: mostlyTame }),
        async ({ name, value, ...mdn }) => {
          const own = await MdnWorld.make();
          await own.send({
            forEmailId: await own.world.deliver(ANN, asking({ subject: mdn.subject.replaceAll(/[\r\n\0]/g, "") })),
            ...mdn,
            extensionFields: { [`X${name}`]: value },
          });
          const submissions = await own.submissions();
          if (submissions.length === 0) return;
          sentCount += 1;
          const sent = await own.sentMessage();
          const head = sent
            .slice(0, sent.indexOf("\r\n\r\n"))
            .replaceAll(/\r\n[ \t]/g, " ")
            .split("\r\n");
          for (const field of head) expect(allowed).toContain(field.slice(0, field.indexOf(":")).toLowerCase());
          const parsed = await own.parse((await own.world.blobs.get(submissions[0]![1].rawKey))!);
          expect(Object.keys(parsed.extensionFields)).toEqual([`X${name}`]);
          expect(Math.max(...sent.split("\r\n").map((text) => text.length))).toBeLessThan(998);
        },
      ),
      { numRuns: 300 },
    );
    expect(sentCount).toBeGreaterThan(50);
  }, 60_000);
});
