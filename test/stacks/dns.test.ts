import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { domainRecords, mtaStsPolicy, sendingRecords } from "../../lib/dns-plan.ts";
import { projectPath } from "../../lib/project-path.ts";
import { example, synthesize, textOf } from "./synthesized.ts";

const one = example("example-one-region");
const two = example("example-two-regions");
const synthesized = synthesize(one);
const valuesOf = (records: ReturnType<typeof domainRecords>, name: string, type: string): readonly string[] | undefined =>
  records.find((record) => record.name === name && record.type === type)?.values;

describe("DNS records", () => {
  test("mail goes to the first region, and to the second when that does not answer", () => {
    expect(valuesOf(domainRecords(two, "trust.example.org"), "trust.example.org", "MX")).toEqual([
      "10 inbound-smtp.eu-west-2.amazonaws.com",
      "20 inbound-smtp.eu-west-1.amazonaws.com",
    ]);
  });

  test("SPF is soft while DMARC only watches, and hard when it acts", () => {
    expect(valuesOf(domainRecords(one, "mail.example.org"), "mail.example.org", "TXT")).toEqual(["v=spf1 include:amazonses.com ~all"]);
    expect(valuesOf(domainRecords(two, "mail.example.org"), "mail.example.org", "TXT")).toEqual(["v=spf1 include:amazonses.com -all"]);
    expect(valuesOf(domainRecords(two, "mail.example.org"), "_dmarc.mail.example.org", "TXT")?.[0]).toContain("p=quarantine");
  });

  test("each region has an envelope domain of its own, whose MX names that region", () => {
    const names = two.regions.map((region) =>
      sendingRecords("mail.example.org", region, []).map(({ name, type, values }) => `${name} ${type} ${values[0]}`),
    );
    expect(names.map(([mx]) => mx)).toEqual([
      "bounce.mail.example.org MX 10 feedback-smtp.eu-west-2.amazonses.com",
      "bounce2.mail.example.org MX 10 feedback-smtp.eu-west-1.amazonses.com",
    ]);
  });

  test("the MTA-STS policy is RFC 8461's form, and its id changes with it", () => {
    const policy = mtaStsPolicy(one) ?? "";
    expect(policy.split("\r\n")).toEqual([
      "version: STSv1",
      "mode: testing",
      "mx: inbound-smtp.eu-west-2.amazonaws.com",
      "max_age: 86400",
      "",
    ]);
    const id = (environment: typeof one) =>
      valuesOf(domainRecords(environment, "mail.example.org"), "_mta-sts.mail.example.org", "TXT")?.[0];
    expect(id(one)).toMatch(/^v=STSv1; id=[0-9a-f]{16}$/);
    const enforced = { ...one, mtaSts: { ...(one.mtaSts as NonNullable<typeof one.mtaSts>), mode: "enforce" as const } };
    expect(id(enforced)).not.toBe(id(one));
    expect(mtaStsPolicy(two)).toBeNull();
  });

  test("the policy is served at the edge of mta-sts.<domain>, and nothing else there", () => {
    const code =
      synthesized
        .ofType("AWS::CloudFront::Function")
        .map(({ Properties }) => Properties.FunctionCode as string)
        .find((text) => text.includes("STSv1")) ?? "";
    const handler = new Function(`${code}; return handler;`)() as (event: object) => { statusCode: number; body?: string };
    expect(handler({ request: { uri: "/.well-known/mta-sts.txt" } })).toMatchObject({ statusCode: 200, body: mtaStsPolicy(one) });
    expect(handler({ request: { uri: "/index.html" } }).statusCode).toBe(404);
  });

  // RFC 8620 §2.2: SRV.
  test("a hosted zone gets them all, with DKIM as SES names it", () => {
    const records = synthesized.ofType("AWS::Route53::RecordSet").map(({ Properties }) => `${Properties.Type} ${textOf(Properties.Name)}`);
    expect(records).toEqual([
      "MX mail.example.org.",
      "TXT mail.example.org.",
      "TXT _dmarc.mail.example.org.",
      "TXT _smtp._tls.mail.example.org.",
      "TXT _mta-sts.mail.example.org.",
      "CNAME Domain1.DkimDNSTokenName1.",
      "CNAME Domain1.DkimDNSTokenName2.",
      "CNAME Domain1.DkimDNSTokenName3.",
      "MX bounce.mail.example.org.",
      "TXT bounce.mail.example.org.",
      "CNAME webmail.mail.example.org.",
      "SRV _jmap._tcp.mail.example.org.",
      "CNAME mta-sts.mail.example.org.",
    ]);
    for (const { Properties } of synthesized.ofType("AWS::Route53::RecordSet")) {
      if (Properties.Type === "TXT") expect(Properties.ResourceRecords[0]).toMatch(/^"[^"]{1,255}"$/);
    }
  });
});

describe("CloudFront's functions", () => {
  const codeWith = (part: string): ((event: object) => { uri: string }) => {
    const code =
      synthesized
        .ofType("AWS::CloudFront::Function")
        .map(({ Properties }) => Properties.FunctionCode as string)
        .find((text) => text.includes(part)) ?? "";
    return new Function(`${code}; return handler;`)();
  };
  test.each([
    ["/", "/index.html"],
    ["/mailbox/inbox", "/index.html"],
    ["/assets/app.3f2a.js", "/assets/app.3f2a.js"],
    ["/config.json", "/config.json"],
  ])("a page %s is %s", (uri, file) => expect(codeWith("index.html")({ request: { uri } }).uri).toBe(file));
  test("a WebSocket is the API's stage", () => expect(codeWith('"/live"')({ request: { uri: "/jmap/ws" } }).uri).toBe("/live"));
});

test("each alarm's description leads to a section that the runbook has", () => {
  const headings = new Set(
    [...readFileSync(projectPath("docs/runbooks/alarms.md"), "utf8").matchAll(/^## (\S+)$/gm)].map(([, heading]) => heading),
  );
  for (const { Properties } of synthesized.ofType("AWS::CloudWatch::Alarm")) {
    expect(headings).toContain(/alarms\.md#(\S+)$/.exec(Properties.AlarmDescription)?.[1]);
  }
});
