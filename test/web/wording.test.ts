import { describe, expect, it } from "vitest";
import { readPlace, writePlace } from "../../web/src/app/router.ts";
import { parseAddresses } from "../../web/src/compose/addresses.ts";
import { planReply } from "../../web/src/compose/reply-plan.ts";
import type { EmailContent, Mailbox } from "../../web/src/jmap/types.ts";
import { windowsFor, withoutIds } from "../../web/src/mail/list-source.ts";
import { mailboxRows } from "../../web/src/mail/mailbox-tree.ts";
import { formatAddress, namesOf, shortDate, sizeText } from "../../web/src/mail/wording.ts";
import { linkTarget } from "../../web/src/reading/link-target.ts";
import { quoteBlocks } from "../../web/src/reading/plain-text.tsx";

describe("addresses as people type them", () => {
  it.each([
    ["nia@northvale.health.example", [{ name: null, email: "nia@northvale.health.example" }], []],
    [
      "Nia Bevan <nia@a.example>; owen@b.example",
      [
        { name: "Nia Bevan", email: "nia@a.example" },
        { name: null, email: "owen@b.example" },
      ],
      [],
    ],
    [
      '"Bevan, Nia" <nia@a.example>,\nowen@b.example',
      [
        { name: "Bevan, Nia", email: "nia@a.example" },
        { name: null, email: "owen@b.example" },
      ],
      [],
    ],
    ["nia@a.example, not an address", [{ name: null, email: "nia@a.example" }], ["not an address"]],
    ["nia@localhost", [], ["nia@localhost"]],
    ["nia@a..example", [], ["nia@a..example"]],
    ["nia@@a.example", [], ["nia@@a.example"]],
    ["jürgen@köln.example", [{ name: null, email: "jürgen@köln.example" }], []],
    [" , ; ", [], []],
  ])("reads %j", (text, addresses, invalid) => {
    expect(parseAddresses(text)).toEqual({ addresses, invalid });
  });

  it("is undone by what it is shown as", () => {
    for (const address of [
      { name: "Bevan, Nia", email: "nia@a.example" },
      { name: 'The "A" Team', email: "a@b.example" },
      { name: null, email: "c@d.example" },
    ]) {
      expect(parseAddresses(formatAddress(address)).addresses).toEqual([address]);
    }
  });
});

describe("who an answer goes to", () => {
  const person = (name: string) => ({ name, email: `${name.toLowerCase()}@a.example` });
  const original = (fields: Partial<EmailContent>): EmailContent => ({
    id: "E",
    blobId: "B",
    messageId: ["m2@a.example"],
    inReplyTo: null,
    references: ["m1@a.example"],
    sender: null,
    from: [person("Amara")],
    to: [person("Nia"), person("Owen")],
    cc: [person("Leila")],
    bcc: null,
    replyTo: null,
    subject: "Rota",
    sentAt: null,
    htmlBody: [],
    textBody: [],
    attachments: [],
    bodyValues: {},
    ...fields,
  });
  const own = ["NIA@a.example"];

  it.each([
    ["reply", {}, ["amara"], [], "Re: Rota"],
    ["replyAll", {}, ["amara"], ["owen", "leila"], "Re: Rota"],
    ["replyAll", { replyTo: [person("Desk")] }, ["desk"], ["owen", "leila"], "Re: Rota"],
    ["reply", { from: [person("Nia")] }, ["nia", "owen"], [], "Re: Rota"],
    ["reply", { subject: "RE: Rota" }, ["amara"], [], "RE: Rota"],
    ["forward", {}, [], [], "Fwd: Rota"],
  ] as const)("%s %j", (kind, fields, to, cc, subject) => {
    const plan = planReply(kind, original(fields as Partial<EmailContent>), own);
    const locals = (list: readonly { email: string }[]) => list.map((each) => each.email.split("@")[0]);
    expect([locals(plan.to), locals(plan.cc), plan.subject]).toEqual([to, cc, subject]);
  });

  it("refers to what it answers (RFC 5322 §3.6.4)", () => {
    const plan = planReply("reply", original({}), own);
    expect(plan.inReplyTo).toEqual(["m2@a.example"]);
    expect(plan.references).toEqual(["m1@a.example", "m2@a.example"]);
    expect(planReply("forward", original({}), own).inReplyTo).toBeNull();
  });
});

describe("where a link goes", () => {
  it.each([
    ["https://nhs.example/a", "the rota", { host: "nhs.example", deceptive: false, saysHost: false }],
    ["https://www.nhs.example/a", "www.nhs.example", { host: "nhs.example", deceptive: false, saysHost: true }],
    ["https://rota.nhs.example/a", "nhs.example", { deceptive: false, saysHost: true }],
    ["https://evil.example/nhs.example", "https://nhs.example", { host: "evil.example", deceptive: true }],
    ["https://nhs.example@evil.example/", "nhs.example", { host: "evil.example", deceptive: true, href: "https://evil.example/" }],
    ["https://nhs.example.evil.example/", "nhs.example", { deceptive: true }],
    ["https://xn--nhs-exmple-9za.example/", "nhs.example", { deceptive: true }],
  ])("%s shown as %s", (href, text, expected) => {
    expect(linkTarget(href, text)).toMatchObject(expected);
  });
  it.each(["javascript:alert(1)", "data:text/html,x", "/relative", "file:///etc", "", "vbscript:x", " java\tscript:alert(1)"])(
    "%j goes nowhere",
    (href) => {
      expect(linkTarget(href, "x").kind).toBe("none");
    },
  );
});

describe("words", () => {
  const now = new Date("2026-11-22T15:00:00");
  it.each([
    ["2026-11-22T09:05:00", "09:05"],
    ["2026-11-20T09:05:00", "Fri"],
    ["2026-03-05T09:05:00", "5 Mar"],
    ["2025-12-31T09:05:00", "31 Dec 2025"],
    ["nonsense", ""],
  ])("date %s is shown as %s", (iso, shown) => expect(shortDate(iso, now)).toBe(shown));
  it.each([
    [999, "999 B"],
    [182_400, "182 KB"],
    [35_000_000, "35.0 MB"],
  ])("%d octets are shown as %s", (octets, shown) => expect(sizeText(octets)).toBe(shown));
  it("names a few and counts the rest", () => {
    expect(namesOf(["a", "b", "c", "d", "e"].map((name) => ({ name, email: `${name}@x.example` })))).toBe("a, b, c and 2 more");
  });
  it("sets quoted lines apart", () => {
    expect(quoteBlocks("hello\n> one\n> two\n>> three\nend")).toEqual([
      { depth: 0, text: "hello" },
      { depth: 1, text: "one\ntwo" },
      { depth: 2, text: "three" },
      { depth: 0, text: "end" },
    ]);
  });
});

describe("places, windows and mailboxes", () => {
  it.each([
    { accountId: "A1", view: { kind: "mailbox", mailboxId: "M/1" }, threadId: null },
    { accountId: "A1", view: { kind: "mailbox", mailboxId: "M1" }, threadId: "T 1" },
    { accountId: "A1", view: { kind: "search", text: "bay 3 / bloods?" }, threadId: "T1" },
  ] as const)("%j survives the address bar", (place) => expect(readPlace(writePlace(place))).toEqual(place));
  it("reads a broken address as nowhere", () => expect(readPlace("#/%E0%A4%A/x").view).toBeNull());

  it("asks for the windows in view", () => {
    expect(windowsFor(0, 20)).toEqual([0]);
    expect(windowsFor(45, 60)).toEqual([0, 1]);
    expect(windowsFor(999_990, 1_000_010)).toEqual([19_999, 20_000]);
    expect(withoutIds({ ids: ["a", "b", "c"], total: 3 }, new Set(["b"])).ids).toEqual(["a", "c"]);
  });

  it("orders mailboxes by role, then name, children under parents, loops cut", () => {
    const box = (id: string, name: string, role: string | null, parentId: string | null = null) =>
      ({ id, name, role, parentId, sortOrder: 0 }) as Mailbox;
    const rows = mailboxRows([
      box("z", "Zebra", null),
      box("t", "x", "trash"),
      box("i", "x", "inbox"),
      box("a", "Apple", null),
      box("k", "Kid", null, "a"),
      box("l1", "Loop", null, "l2"),
      box("l2", "Loop", null, "l1"),
    ]);
    expect(rows.map((row) => `${row.depth}${row.name}`)).toEqual(["0Inbox", "0Deleted", "0Apple", "1Kid", "0Zebra"]);
  });
});
