import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bench, DOMAIN, MAIL_TOPIC, startBench } from "./laptop.ts";
import { SmtpDialogue, sendSmtp } from "./smtp-dialogue.ts";

const ALICE = `alice@${DOMAIN}`;
const message = (extra = ""): string => `From: Bob <bob@outside.example>\r\nTo: <${ALICE}>\r\nSubject: Hello\r\n${extra}\r\nHi.`;

describe("SES on the laptop, mail in", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench();
  });
  afterAll(() => bench.stop());
  const received = () => bench.published.filter(({ topicArn }) => topicArn === MAIL_TOPIC).map(({ body }) => JSON.parse(body));

  it("stores the octets under SES's own fields and publishes the receipt with the envelope recipients", async () => {
    const before = received().length;
    const reply = await sendSmtp(bench.smtpPort, {
      from: "bob@outside.example",
      to: [`hidden@${DOMAIN}`],
      data: message("X-SES-Spam-Verdict: forged\r\n"),
    });
    expect(reply).toMatch(/^250 2\.6\.0 OK [0-9a-v]{40}$/);
    const notice = received()[before];
    const messageId = reply.slice(-40);
    expect(notice).toMatchObject({
      notificationType: "Received",
      mail: {
        source: "bob@outside.example",
        messageId,
        destination: [ALICE],
        headersTruncated: false,
        commonHeaders: { returnPath: "bob@outside.example", from: ["Bob <bob@outside.example>"], to: [ALICE], subject: "Hello" },
      },
      receipt: {
        recipients: [`hidden@${DOMAIN}`],
        spamVerdict: { status: "PASS" },
        virusVerdict: { status: "PASS" },
        spfVerdict: { status: "GRAY" },
        dkimVerdict: { status: "GRAY" },
        dmarcVerdict: { status: "GRAY" },
        action: {
          type: "S3",
          topicArn: MAIL_TOPIC,
          bucketName: "mail-bucket",
          objectKeyPrefix: "inbound/",
          objectKey: `inbound/${messageId}`,
        },
      },
    });
    expect(notice.receipt.dmarcPolicy).toBeUndefined();
    const stored = bench.objects.get(`mail-bucket/inbound/${messageId}`)!.toString();
    expect(stored.split("\r\n")[0]).toBe("Return-Path: <bob@outside.example>");
    expect(stored).toMatch(/^Received: from client\.example \(client\.example \[127\.0\.0\.1\]\)$/m);
    expect(stored).toMatch(/^Authentication-Results: amazonses\.com;$/m);
    expect(stored.indexOf("X-SES-Spam-Verdict: PASS")).toBeLessThan(stored.indexOf("X-SES-Spam-Verdict: forged"));
    expect(stored.endsWith(`${message("X-SES-Spam-Verdict: forged\r\n")}\r\n`)).toBe(true);
  });

  it("puts a setup note in the bucket once, as SES does", () => {
    expect([...bench.objects.keys()].filter((key) => key.endsWith("AMAZON_SES_SETUP_NOTIFICATION"))).toHaveLength(1);
  });

  it("refuses recipients of no rule", async () => {
    for (const to of ["x@elsewhere.example", `x@sub.${DOMAIN}`])
      expect(await sendSmtp(bench.smtpPort, { from: "b@outside.example", to: [to], data: message() })).toMatch(/^550 5\.1\.1 /);
  });

  it("answers 451 and accepts nothing when the notification cannot be handed over", async () => {
    bench.failPublishing(1);
    expect(await sendSmtp(bench.smtpPort, { from: "b@outside.example", to: [ALICE], data: message() })).toMatch(/^451 /);
    expect(await sendSmtp(bench.smtpPort, { from: "b@outside.example", to: [ALICE], data: message() })).toMatch(/^250 /);
  });

  it("takes the empty reverse path and international addresses", async () => {
    expect(await sendSmtp(bench.smtpPort, { from: "", to: [ALICE], data: message() })).toMatch(/^250 /);
    const dialogue = await SmtpDialogue.open(bench.smtpPort);
    expect(await dialogue.say("EHLO c.example")).toMatch(/250[- ]SMTPUTF8/);
    expect(await dialogue.say("MAIL FROM:<jörg@bücher.example> SMTPUTF8 BODY=8BITMIME")).toMatch(/^250/);
    expect(await dialogue.say(`RCPT TO:<élodie@${DOMAIN}>`)).toMatch(/^250/);
    await dialogue.say("DATA");
    expect(await dialogue.say(`${message()}\r\n.`)).toMatch(/^250/);
    expect(received().at(-1).receipt.recipients).toEqual([`élodie@${DOMAIN}`]);
    dialogue.close();
  });

  describe("dialogues", () => {
    it.each([
      ["MAIL before EHLO", ["MAIL FROM:<a@b.example>"], /^503/],
      ["RCPT before MAIL", ["EHLO a.example", `RCPT TO:<${ALICE}>`], /^503/],
      ["DATA before RCPT", ["EHLO a.example", "MAIL FROM:<a@b.example>", "DATA"], /^503/],
      ["an address that is none", ["EHLO a.example", "MAIL FROM:<a b@@>"], /^50[01]/],
      ["an unknown command", ["EHLO a.example", "XYZZY"], /^500/],
      ["AUTH", ["EHLO a.example", "AUTH PLAIN AAAA"], /^50[0-4]/],
      ["SIZE over 40 MB", ["EHLO a.example", `MAIL FROM:<a@b.example> SIZE=${40 * 1024 * 1024 + 1}`], /^552/],
      ["SIZE of 40 MB", ["EHLO a.example", `MAIL FROM:<a@b.example> SIZE=${40 * 1024 * 1024}`], /^250/],
      ["an unknown BODY", ["EHLO a.example", "MAIL FROM:<a@b.example> BODY=BINARYMIME"], /^501/],
    ])("%s", async (_name, lines, wanted) => {
      const dialogue = await SmtpDialogue.open(bench.smtpPort);
      let last = "";
      for (const line of lines) last = await dialogue.say(line);
      expect(last).toMatch(wanted);
      dialogue.close();
    });

    it("takes a pipelined transaction and two messages on one connection", async () => {
      const dialogue = await SmtpDialogue.open(bench.smtpPort);
      expect(await dialogue.say("EHLO a.example")).toMatch(/250[- ]PIPELINING/);
      for (let turn = 0; turn < 2; turn++) {
        dialogue.write(`MAIL FROM:<a@b.example>\r\nRCPT TO:<${ALICE}>\r\nRCPT TO:<x@elsewhere.example>\r\nDATA\r\n`);
        expect(
          [await dialogue.reply(), await dialogue.reply(), await dialogue.reply(), await dialogue.reply()].map((reply) =>
            reply.slice(0, 3),
          ),
        ).toEqual(["250", "250", "550", "354"]);
        expect(await dialogue.say(`${message()}\r\n.`)).toMatch(/^250/);
        expect(received().at(-1).receipt.recipients).toEqual([ALICE]);
      }
      dialogue.close();
    });

    it("speaks TLS after STARTTLS, under the same certificate after a restart", async () => {
      const dialogue = await SmtpDialogue.open(bench.smtpPort);
      expect(await dialogue.say("EHLO a.example")).toMatch(/250[- ]STARTTLS/);
      await dialogue.startTls();
      expect(await dialogue.say("EHLO a.example")).not.toMatch(/STARTTLS/);
      await dialogue.say("MAIL FROM:<a@b.example>");
      await dialogue.say(`RCPT TO:<${ALICE}>`);
      await dialogue.say("DATA");
      expect(await dialogue.say(`${message()}\r\n.`)).toMatch(/^250/);
      dialogue.close();
    });
  });

  it("refuses 41 MB of octets whatever SIZE said, and goes on", { timeout: 60_000 }, async () => {
    const dialogue = await SmtpDialogue.open(bench.smtpPort);
    await dialogue.say("EHLO a.example");
    await dialogue.say("MAIL FROM:<a@b.example> SIZE=1000");
    await dialogue.say(`RCPT TO:<${ALICE}>`);
    await dialogue.say("DATA");
    const line = Buffer.from(`${"x".repeat(1022)}\r\n`.repeat(1024));
    for (let megabyte = 0; megabyte < 41; megabyte++) await dialogue.flush(line);
    expect(await dialogue.say("\r\n.")).toMatch(/^552/);
    expect(await dialogue.say("NOOP")).toMatch(/^250/);
    dialogue.close();
  });

  it.each(["\n.\r\n", "\n.\n", "\r.\r", "\r\n.\n", "\r\n.\r", "\r.\r\n", "\n.\r"])(
    "refuses a look-alike of the end of data: %j",
    async (lookAlike) => {
      const before = received().length;
      const data = `${message()}${lookAlike}MAIL FROM:<evil@b.example>\r\nRCPT TO:<${ALICE}>\r\nDATA\r\nsmuggled`;
      expect(await sendSmtp(bench.smtpPort, { from: "a@b.example", to: [ALICE], data })).toMatch(/^554/);
      expect(received()).toHaveLength(before);
    },
  );

  it("takes dot-stuffed lines and bare line ends without a dot", async () => {
    const reply = await sendSmtp(bench.smtpPort, {
      from: "a@b.example",
      to: [ALICE],
      data: `${message()}\r\n..\r\n...two\r\nbare\nline\rends`,
    });
    expect(reply).toMatch(/^250/);
    expect(bench.objects.get(`mail-bucket/inbound/${reply.slice(-40)}`)!.toString()).toMatch(
      /Hi\.\r\n\.\r\n\.\.two\r\nbare\nline\rends\r\n$/,
    );
  });

  it("says FAIL for the test virus and the test spam", async () => {
    const eicar = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].join("-");
    const gtube = ["XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE", "STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"].join("-");
    const verdicts = async (body: string) => {
      expect(await sendSmtp(bench.smtpPort, { from: "a@b.example", to: [ALICE], data: `${message()}\r\n${body}` })).toMatch(/^250/);
      const { virusVerdict, spamVerdict } = received().at(-1).receipt;
      return [virusVerdict.status, spamVerdict.status];
    };
    expect(await verdicts(eicar)).toEqual(["FAIL", "PASS"]);
    expect(await verdicts(Buffer.from(`zip ${eicar}`).toString("base64"))).toEqual(["FAIL", "PASS"]);
    expect(await verdicts(gtube)).toEqual(["PASS", "FAIL"]);
  });

  it("cuts headers at 10 KB and survives a 10 MB header", { timeout: 60_000 }, async () => {
    expect(
      await sendSmtp(bench.smtpPort, { from: "a@b.example", to: [ALICE], data: message(`X-Long: ${"y".repeat(900)}\r\n`.repeat(20)) }),
    ).toMatch(/^250/);
    expect(received().at(-1).mail.headersTruncated).toBe(true);
    const started = performance.now();
    expect(
      await sendSmtp(bench.smtpPort, { from: "a@b.example", to: [ALICE], data: message(`X-Long: ${"y".repeat(900)}\r\n`.repeat(11_000)) }),
    ).toMatch(/^250/);
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(JSON.stringify(received().at(-1)).length).toBeLessThan(200_000);
    expect(received().at(-1).receipt.dkimVerdict.status).toBe("PROCESSING_FAILED");
  });
});
