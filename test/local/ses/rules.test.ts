import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Bench, type BenchOptions, DOMAIN, MAIL_TOPIC, startBench } from "./laptop.ts";
import { SmtpDialogue, sendSmtp } from "./smtp-dialogue.ts";

const ALICE = `alice@${DOMAIN}`;
const data = `From: Bob <bob@outside.example>\r\nTo: ${ALICE}\r\nMessage-ID: <q@outside.example>\r\nSubject: Hello\r\n\r\nHi.`;
const s3 = (prefix: string) => ({ S3Action: { BucketName: "mail-bucket", ObjectKeyPrefix: prefix, TopicArn: MAIL_TOPIC } });

const withBench = async (options: BenchOptions, act: (bench: Bench) => Promise<void>): Promise<void> => {
  const bench = await startBench(options);
  try {
    await act(bench);
  } finally {
    await bench.stop();
  }
};
const notices = (bench: Bench) =>
  bench.published.filter(({ topicArn, body }) => topicArn === MAIL_TOPIC && body.startsWith("{")).map(({ body }) => JSON.parse(body));

describe("receipt rules", () => {
  it("gives each rule its own event, with the recipients that it matched", () =>
    withBench(
      {
        rule: { Name: "address", Recipients: [ALICE], Actions: [s3("one/")] },
        moreRules: [
          { Name: "subdomains", Enabled: true, Recipients: [`.${DOMAIN}`], Actions: [s3("two/")] },
          { Name: "off", Enabled: false, Recipients: [DOMAIN], Actions: [s3("off/")] },
          { Name: "everyone", Enabled: true, Actions: [s3("three/")] },
        ],
      },
      async (bench) => {
        const to = [ALICE.toUpperCase(), `bob@${DOMAIN}`, `carol@ward.${DOMAIN}`];
        expect(await sendSmtp(bench.smtpPort, { from: "b@outside.example", to, data })).toMatch(/^250/);
        const [upper, bob, carol] = to;
        expect(
          notices(bench).map(({ receipt }) => [receipt.action.objectKeyPrefix, receipt.recipients, receipt.spamVerdict.status]),
        ).toEqual([
          ["one/", [upper], "PASS"],
          ["two/", [carol], "DISABLED"],
          ["three/", [upper, bob, carol], "DISABLED"],
        ]);
        expect(new Set(notices(bench).map(({ mail }) => mail.messageId)).size).toBe(1);
      },
    ));

  it("adds a header, stops, and bounces as asked", () =>
    withBench(
      {
        rule: {
          Actions: [
            { AddHeaderAction: { HeaderName: "X-Ward", HeaderValue: "seven" } },
            s3("in/"),
            { BounceAction: { Sender: `daemon@${DOMAIN}`, Message: "Closed.", SmtpReplyCode: "550", StatusCode: "5.1.1" } },
            { StopAction: { Scope: "RuleSet" } },
          ],
        },
        moreRules: [{ Name: "later", Enabled: true, Actions: [s3("later/")] }],
      },
      async (bench) => {
        const reply = await sendSmtp(bench.smtpPort, { from: "b@outside.example", to: [ALICE], data });
        expect(bench.objects.get(`mail-bucket/in/${reply.slice(-40)}`)!.toString()).toMatch(/^X-Ward: seven\r\nReturn-Path:/);
        expect(notices(bench)).toHaveLength(1);
        const page = await bench.eventually(async () =>
          (await (await fetch(`${bench.endpoint}/_penfold/outbox`)).text()).includes("b@outside.example"),
        );
        expect(page).toBe(true);
      },
    ));

  it("wants TLS where the rule does", () =>
    withBench({ rule: { TlsPolicy: "Require" } }, async (bench) => {
      expect(await sendSmtp(bench.smtpPort, { from: "b@outside.example", to: [ALICE], data })).toMatch(/^530/);
      const dialogue = await SmtpDialogue.open(bench.smtpPort);
      await dialogue.say("EHLO a.example");
      await dialogue.startTls();
      await dialogue.say("EHLO a.example");
      await dialogue.say("MAIL FROM:<b@outside.example>");
      expect(await dialogue.say(`RCPT TO:<${ALICE}>`)).toMatch(/^250/);
      dialogue.close();
    }));

  it("refuses everybody while no rule set is active", () =>
    withBench({ rule: { Enabled: false } }, async (bench) => {
      expect(await sendSmtp(bench.smtpPort, { from: "b@outside.example", to: [ALICE], data })).toMatch(/^550/);
    }));

  it("authenticates against a zone file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "zone-"));
    const zoneFile = join(folder, "zone");
    writeFileSync(
      zoneFile,
      [
        "# test zone",
        'good.example. TXT "v=spf1 ip4:192.0.2.1 -all"',
        '_dmarc.good.example TXT "v=DMARC1; p=quarantine"',
        "slow.example TXT TEMPERROR",
        "_dmarc.slow.example TXT TEMPERROR",
      ].join("\n"),
    );
    await withBench({ zoneFile }, async (bench) => {
      const verdicts = async (domain: string, xclient: string) => {
        const reply = await sendSmtp(bench.smtpPort, {
          from: `b@${domain}`,
          to: [ALICE],
          data: data.replace("bob@outside.example", `bob@${domain}`),
          xclient,
        });
        expect(reply).toMatch(/^250/);
        const { spfVerdict, dkimVerdict, dmarcVerdict, dmarcPolicy } = notices(bench).at(-1).receipt;
        return [spfVerdict.status, dkimVerdict.status, dmarcVerdict.status, dmarcPolicy];
      };
      expect(await verdicts("good.example", "192.0.2.1")).toEqual(["PASS", "GRAY", "PASS", undefined]);
      expect(await verdicts("good.example", "192.0.2.9")).toEqual(["FAIL", "GRAY", "FAIL", "quarantine"]);
      expect(await verdicts("slow.example", "192.0.2.9")).toEqual(["PROCESSING_FAILED", "GRAY", "PROCESSING_FAILED", undefined]);
      expect(await verdicts("unknown.example", "192.0.2.9")).toEqual(["GRAY", "GRAY", "GRAY", undefined]);
    });
    rmSync(folder, { recursive: true });
  });
});

describe("the template", () => {
  it.each([
    [
      "AWS::SES::ReceiptRule",
      { RuleSetName: "mail", Rule: { Name: "x", Actions: [{ S3Action: { BucketName: "b", KmsKeyArn: "k" } }] } },
      /Rule\.Actions\.0\.S3Action.*KmsKeyArn/,
    ],
    ["AWS::SES::ReceiptRule", { RuleSetName: "mail", Rule: { Name: "x", Actions: [{ LambdaAction: {} }] } }, /LambdaAction/],
    ["AWS::SES::ReceiptRule", { RuleSetName: "none", Rule: {} }, /rule set none does not exist/],
    ["AWS::SES::ReceiptRule", { RuleSetName: "mail", After: "ghost", Rule: {} }, /ghost/],
    [
      "AWS::SES::ConfigurationSetEventDestination",
      { ConfigurationSetName: "outgoing", EventDestination: { MatchingEventTypes: ["sent"], SnsDestination: { TopicARN: "t" } } },
      /sent is no event type/,
    ],
    [
      "AWS::SES::ConfigurationSetEventDestination",
      { ConfigurationSetName: "outgoing", EventDestination: { MatchingEventTypes: ["send"], KinesisFirehoseDestination: {} } },
      /EventDestination/,
    ],
  ])("%s says what it does not understand: %j", (type, properties, sentence) =>
    withBench({}, async (bench) => {
      await expect(bench.make(type, "Odd", properties)).rejects.toThrow(sentence);
      await expect(bench.make(type, "Odd", properties)).rejects.toThrow(/^Stack Test, resource Odd/);
    }),
  );
});
