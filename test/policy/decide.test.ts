import { describe, expect, it } from "vitest";
import { decide, type PolicyInput } from "../../core/policy/decide.ts";
import type { Evidence } from "../../core/policy/evidence.ts";
import { marks, rules, sentenceOf } from "../../core/policy/reasons.ts";

const evidence: Evidence = {
  fromProblem: null,
  fromDomain: "x.test",
  nameMarks: [],
  receivedHops: 3,
  authenticatedFromDomain: "x.test",
  attachments: 0,
  attachmentCodes: [],
  attachmentMarks: [],
};
const passed = { spam: "PASS", virus: "PASS", spf: "PASS", dkim: "PASS", dmarc: "PASS" } as const;
const input: PolicyInput = {
  origin: "outside",
  verdicts: passed,
  malware: { status: "clean" },
  unreadable: null,
  evidence,
  ownDomains: ["nhs.test"],
};

const with_ = (over: Partial<PolicyInput>, found: Partial<Evidence> = {}) => {
  const { action, reasons, marks } = decide({ ...input, evidence: { ...evidence, ...found }, ...over });
  return [action, reasons.map(({ code }) => code).join(), marks.join()];
};
const verdicts = (over: object): Partial<PolicyInput> => ({ verdicts: { ...passed, ...over } });

describe("mail from outside", () => {
  it.each([
    ["good mail", {}, {}, ["deliver", "", "outside"]],
    ["spam", verdicts({ spam: "FAIL" }), {}, ["junk", "spamVerdict", "outside"]],
    ["perhaps spam", verdicts({ spam: "GRAY" }), {}, ["deliver", "", "outside,possibleSpam"]],
    ["virus by SES", verdicts({ virus: "FAIL" }), {}, ["quarantine", "virusVerdict", "outside"]],
    ["malware", { malware: { status: "infected", name: "x" } }, {}, ["quarantine", "malware", "outside"]],
    [
      "spam with malware",
      { ...verdicts({ spam: "FAIL" }), malware: { status: "infected", name: "x" } },
      {},
      ["quarantine", "malware,spamVerdict", "outside"],
    ],
    ["unscannable without attachments", { malware: { status: "unscannable", reason: "x" } }, {}, ["deliver", "", "outside,unscanned"]],
    [
      "unscannable with attachments",
      { malware: { status: "unscannable", reason: "x" } },
      { attachments: 1 },
      ["quarantine", "unscannable", "outside,unscanned"],
    ],
    [
      "unscannable because encrypted",
      { malware: { status: "unscannable", reason: "x" } },
      { attachments: 1, attachmentMarks: ["encryptedAttachment"] },
      ["deliver", "", "outside,unscanned,encryptedAttachment"],
    ],
    ["DMARC fails, p=none", verdicts({ dmarc: "FAIL", dmarcPolicy: "none" }), {}, ["deliver", "", "outside,dmarcFailed"]],
    ["DMARC fails, no policy stated", verdicts({ dmarc: "FAIL" }), {}, ["deliver", "", "outside,dmarcFailed"]],
    [
      "DMARC fails, p=quarantine",
      verdicts({ dmarc: "FAIL", dmarcPolicy: "quarantine" }),
      {},
      ["quarantine", "dmarcQuarantine", "outside,dmarcFailed"],
    ],
    ["DMARC fails, p=reject", verdicts({ dmarc: "FAIL", dmarcPolicy: "reject" }), {}, ["quarantine", "dmarcReject", "outside,dmarcFailed"]],
    ["nothing proves it", verdicts({ dmarc: "GRAY", spf: "GRAY", dkim: "GRAY" }), {}, ["deliver", "", "outside,unauthenticated"]],
    ["SPF alone", verdicts({ dmarc: "GRAY", dkim: "GRAY" }), {}, ["deliver", "", "outside"]],
    [
      "DMARC passed for another domain than is shown",
      {},
      { authenticatedFromDomain: "evil.test" },
      ["deliver", "", "outside,unauthenticated"],
    ],
    ["our domain, unproven", verdicts({ dmarc: "GRAY" }), { fromDomain: "nhs.test" }, ["quarantine", "ownDomainSpoofed", "outside"]],
    [
      "a domain below ours, unproven",
      verdicts({ dmarc: "GRAY" }),
      { fromDomain: "a.nhs.test" },
      ["quarantine", "ownDomainSpoofed", "outside"],
    ],
    ["our domain, proven for another", {}, { fromDomain: "nhs.test" }, ["quarantine", "ownDomainSpoofed", "outside,unauthenticated"]],
    ["our domain, proven", {}, { fromDomain: "nhs.test", authenticatedFromDomain: "nhs.test" }, ["deliver", "", "outside"]],
    ["a look-alike of our domain", {}, { fromDomain: "xn--hs-nyd.test" }, ["deliver", "", "outside,unauthenticated"]],
    ["several authors", {}, { fromProblem: "fromSeveral", fromDomain: null }, ["quarantine", "fromSeveral", "outside,unauthenticated"]],
    ["a program", {}, { attachments: 1, attachmentCodes: ["executableAttachment"] }, ["quarantine", "executableAttachment", "outside"]],
    ["a loop", {}, { receivedHops: 51 }, ["bounce", "loop", "outside"]],
    ["fifty hosts", {}, { receivedHops: 50 }, ["deliver", "", "outside"]],
    [
      "a loop with a program",
      {},
      { receivedHops: 51, attachmentCodes: ["executableAttachment"] },
      ["quarantine", "executableAttachment,loop", "outside"],
    ],
  ] as [string, Partial<PolicyInput>, Partial<Evidence>, string[]][])("%s", (_, over, found, expected) =>
    expect(with_(over, found)).toEqual(expected),
  );

  it("what could not be read is held with its reason", () => {
    const { action, reasons } = decide({ ...input, evidence: null, unreadable: "tooManyParts" });
    expect([action, reasons]).toEqual(["quarantine", [{ code: "tooManyParts", sentence: "The message has more than 1000 parts." }]]);
  });

  it("a look-alike of our domain is held", () => {
    // "nhs" with a Cyrillic "һ".
    const domain = new URL("https://nһs.test").hostname;
    expect(with_({}, { fromDomain: domain, authenticatedFromDomain: domain })[1]).toBe("imitatesOwnDomain");
  });
});

describe("mail of our own accounts", () => {
  const own: Partial<PolicyInput> = { origin: "account", verdicts: null };
  it("is delivered without marks", () =>
    expect(with_(own, { fromDomain: "nhs.test", authenticatedFromDomain: null })).toEqual(["deliver", "", ""]));
  it("comes back to its sender when it holds what may not be sent", () =>
    expect(with_(own, { attachmentCodes: ["macroAttachment"] })).toEqual(["bounce", "macroAttachment", ""]));
  it("is held when it holds malware", () => expect(with_({ ...own, malware: { status: "infected", name: "x" } })[0]).toBe("quarantine"));
  it("our own notices always arrive", () =>
    expect(with_({ origin: "service", verdicts: null, malware: { status: "pending" } }, { fromProblem: "fromMalformed" })).toEqual([
      "deliver",
      "",
      "",
    ]));
});

it("every mark and every code has a sentence", () => {
  for (const sentence of Object.values(marks)) expect(sentence).toMatch(/^[A-Z].*\.$/);
  for (const code of Object.keys(rules)) expect(sentenceOf(code)).toMatch(/^[A-Z].*\.$/);
  expect(sentenceOf("ofAnOlderVersion")).toBe("ofAnOlderVersion");
});
