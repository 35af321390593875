import { describe, expect, it } from "vitest";
import { displayDomain, displayText, imitates, isDeceptiveDomain } from "../../core/policy/confusable.ts";
import { gatherEvidence } from "../../core/policy/gather-evidence.ts";
import { authenticatedFromDomain, trustedResults } from "../../core/policy/trusted-results.ts";
import { mail, parsed } from "../mime/mail.ts";

const ascii = (domain: string) => new URL(`https://${domain}`).hostname;

describe("domains", () => {
  it.each([
    ["example.org", false],
    ["bücher.example", false],
    ["пример.test", false],
    ["例え.test", false],
    ["аpple.test", true],
    ["аррӏе.test", true],
    ["goοgle.test", true],
    ["παypal.test", true],
  ])("%s deceives: %s", (domain, deceives) => {
    expect(isDeceptiveDomain(ascii(domain))).toBe(deceives);
    expect(displayDomain(ascii(domain)) === ascii(domain)).toBe(deceives || domain === ascii(domain));
  });

  it.each([
    ["nhs.test", false],
    ["mail.nhs.test", false],
    ["other.test", false],
    ["nһs.test", true],
    ["nhѕ.test", true],
    ["mail.nhѕ.test", true],
  ])("%s imitates nhs.test: %s", (domain, does) => expect(imitates(ascii(domain), ["nhs.test"])).toBe(does));

  it.each([
    ["rnodem.test", "modem.test"],
    ["paypa1.test", "paypal.test"],
    ["g00d.test", "good.test"],
    ["vvell.test", "well.test"],
  ])("%s imitates %s", (domain, own) => expect(imitates(domain, [own])).toBe(true));
});

it("shown text cannot turn or hide what follows", () => {
  expect(displayText("Bob\u202e moc.x\u200b\r\n\tbye\0")).toBe("Bob moc.x bye");
});

describe("names", () => {
  const marksOf = (from: string) => {
    const octets = mail(`From: ${from}`, "", "x");
    const { message, headers } = parsed(octets);
    return gatherEvidence(octets, message, headers, ["nhs.test"]).nameMarks;
  };
  it.each([
    ["Bob <b@x.test>", []],
    ['"b@x.test" <b@x.test>', []],
    ['"boss@nhs.test" <b@x.test>', ["nameLooksLikeAddress", "nameUsesOwnDomain"]],
    ['"boss＠nhs.test" <b@x.test>', ["nameLooksLikeAddress", "nameUsesOwnDomain"]],
    ["=?utf-8?Q?potus@whitehouse.gov=3C/a=3E=3Cscript=3E?= <a@evil.example>", ["nameLooksLikeAddress"]],
    ["Bob \u202emoc <b@x.test>", ["suspiciousName"]],
    ["b@аpple.test", ["mixedScripts"]],
    ["NHS.test service <s@nhs.test>", []],
  ])("%j", (from, marks) => expect(marksOf(from)).toEqual(marks));

  it("have no control characters after decoding", () => {
    const octets = mail("From: =?utf-8?Q?a=0D=0ABcc:_x=00?= <b@x.test>", "", "x");
    expect(parsed(octets).message.from).toEqual([{ name: "aBcc: x", email: "b@x.test" }]);
  });
});

describe("Authentication-Results", () => {
  const ses = "Authentication-Results: amazonses.com;\r\n spf=pass (x);\r\n dkim=pass header.i=@x.test;\r\n dmarc=pass header.from=X.test;";
  const received = "Received: from a by inbound-smtp.eu-west-2.amazonaws.com with SMTP id 1";
  const forged = "Authentication-Results: amazonses.com; dmarc=pass header.from=nhs.test;";
  const domainIn = (...lines: string[]) => {
    const octets = mail(...lines, "", "x");
    return authenticatedFromDomain(octets, parsed(octets).headers);
  };
  it("believes the receiver's own", () => expect(domainIn(received, "X-SES-Spam-Verdict: PASS", ses, "From: a@x.test")).toBe("x.test"));
  it("not one that the sender wrote below", () => expect(domainIn(received, ses, "Received: from b", forged)).toBe("x.test"));
  it("not one below another host's Received field", () => expect(domainIn(received, "Received: from b", forged)).toBeNull());
  it("not another authority's", () =>
    expect(domainIn(received, "Authentication-Results: mx.evil.test; dmarc=pass header.from=nhs.test")).toBeNull());
  it("not one that only resembles ours", () => {
    const octets = mail(received, "Authentication-Results: amazonses.com.evil.test; dmarc=pass header.from=nhs.test", "", "x");
    expect(trustedResults(octets, parsed(octets).headers)).toBeNull();
  });
});
