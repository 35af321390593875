import { describe, expect, it } from "vitest";
import { headerPropertyValue, isFormAllowed, parseHeaderForm, parseHeaderProperty } from "../../core/mime/header-forms.ts";
import { mail, parsed } from "./mail.ts";

describe("Text form (RFC 8621 §4.1.2.2, RFC 5322 §2.2.3, RFC 2047 §2, §5, §6.1 to §6.3, RFC 2231 §5)", () => {
  it.each([
    [" Hello", "Hello"],
    ["   Hello  ", "Hello  "],
    [" folded\r\n value", "folded value"],
    [" folded\r\n\tvalue", "folded\tvalue"],
    [" =?UTF-8?Q?caf=C3=A9?= au lait", "café au lait"],
    [" =?UTF-8?Q?cafe=CC=81?=", "café"],
    [" =?iso-8859-1?Q?a?= =?iso-8859-1?Q?b?=", "ab"],
    [" =?UTF-8?B?4oI=?= =?UTF-8?B?rA==?=", "€"],
    [" =?UTF-8*en?Q?Hi?=", "Hi"],
    [" =?UTF-8?Q?nul=00bell=07?=", "nulbell"],
    [" a=?UTF-8?Q?b?=", "a=?UTF-8?Q?b?="],
    [" =?UTF-8?Q?a b?=", "=?UTF-8?Q?a b?="],
    [" =?UTF-8?X?a?=", "=?UTF-8?X?a?="],
    [" =?UTF-8?Q?=FF?=", "\uFFFD"],
    [" =?", "=?"],
  ])("%j", (raw, text) => {
    expect(parseHeaderForm(raw, "Text")).toBe(text);
  });

  it("reads unencoded octets in an encoded word with the word's charset", () => {
    const octets = Buffer.from("Subject: =?iso-8859-1?Q?J\xfcrgen?=\r\n\r\n", "latin1");
    expect(parsed(octets).message.subject).toBe("Jürgen");
  });
});

describe("Addresses and GroupedAddresses (RFC 8621 §4.1.2.3, §4.1.2.4, RFC 5322 §3.2.2 to §3.2.4, §3.4, §3.4.1, §4.4)", () => {
  const rfc = ` "  James Smythe" <james@example.com>, Friends:\r\n jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?=\r\n <john@example.com>;`;
  it("reads the RFC's own example", () => {
    expect(parseHeaderForm(rfc, "Addresses")).toEqual([
      { name: "James Smythe", email: "james@example.com" },
      { name: null, email: "jane@example.com" },
      { name: "John Smîth", email: "john@example.com" },
    ]);
    expect(parseHeaderForm(rfc, "GroupedAddresses")).toEqual([
      { name: null, addresses: [{ name: "James Smythe", email: "james@example.com" }] },
      {
        name: "Friends",
        addresses: [
          { name: null, email: "jane@example.com" },
          { name: "John Smîth", email: "john@example.com" },
        ],
      },
    ]);
  });

  it.each([
    ["a@b.test (Ann)", [{ name: "Ann", email: "a@b.test" }]],
    ["<a@b.test> (Ann)", [{ name: "Ann", email: "a@b.test" }]],
    ["Undisclosed recipients:;", []],
    [
      "a@b.test, , c@d.test",
      [
        { name: null, email: "a@b.test" },
        { name: null, email: "c@d.test" },
      ],
    ],
    [
      "<a@b.test> <c@d.test>",
      [
        { name: null, email: "a@b.test" },
        { name: null, email: "c@d.test" },
      ],
    ],
    ['"a\\"b" <a@b.test>', [{ name: 'a"b', email: "a@b.test" }]],
    ['"quoted local"@b.test', [{ name: null, email: '"quoted local"@b.test' }]],
    ["pete(his account)@silly.test", [{ name: "his account", email: "pete@silly.test" }]],
    ["<@node.test:mary@example.net>", [{ name: null, email: "mary@example.net" }]],
    ["=?utf-8?Q?Smith,_John?= <j@x.test>", [{ name: "Smith, John", email: "j@x.test" }]],
    ["half finished", [{ name: null, email: "half finished" }]],
    ["用户@例え.test", [{ name: null, email: "用户@例え.test" }]],
  ])("%j", (raw, addresses) => expect(parseHeaderForm(raw, "Addresses")).toEqual(addresses));
});

describe("MessageIds, Date and URLs (RFC 8621 §4.1.2.5 to §4.1.2.7, RFC 5322 §3.3, §4.3)", () => {
  it.each([
    ["MessageIds", " <a@b> <c@d>", ["a@b", "c@d"]],
    ["MessageIds", " <a@b>(comment)\r\n <c@d>", ["a@b", "c@d"]],
    ["MessageIds", " bare@id.test", ["bare@id.test"]],
    ["MessageIds", " <>", null],
    ["MessageIds", " your message of Monday", null],
    ["Date", " Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"],
    ["Date", " 21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z"],
    ["Date", " Thu, 13 Feb 1969 23:32 -0330 (Newfoundland)", "1969-02-13T23:32:00-03:30"],
    ["Date", " Mon, 31 Feb 2020 10:00:00 +0000", null],
    ["Date", " yesterday", null],
    ["URLs", " <mailto:a@b.test?subject=x>, (web) <https://x.test/>", ["mailto:a@b.test?subject=x", "https://x.test/"]],
    ["URLs", " NO (posting not allowed)", null],
  ] as const)("%s of %j", (form, raw, value) => expect(parseHeaderForm(raw, form)).toEqual(value));
});

describe("header properties (RFC 8621 §4.1.2.1, §4.1.3)", () => {
  it.each([
    ["header:From:asDate", false],
    ["header:From:asAddresses", true],
    ["header:Resent-To:asGroupedAddresses:all", true],
    ["header:Subject:asText", true],
    ["header:Subject:asAddresses", false],
    ["header:X-Any:asURLs", true],
    ["header:Received:asText", false],
    ["header:List-Post:asURLs", true],
    ["header:X:all:asText", false],
    ["header:X:asNothing", false],
    ["header::asText", false],
    ["header:X y", false],
  ])("%s is allowed: %s", (property, allowed) => expect(parseHeaderProperty(property) !== null).toBe(allowed));

  it("knows each field of RFC 5322 and RFC 2369", () => {
    expect(isFormAllowed("LIST-ID", "Text")).toBe(true);
    expect(isFormAllowed("List-Help", "Text")).toBe(false);
    expect(isFormAllowed("References", "MessageIds")).toBe(true);
    expect(isFormAllowed("Return-Path", "Addresses")).toBe(false);
  });

  it("gives the last field, or all of them", () => {
    const octets = mail("X-A: one", "x-a: two", "", "");
    const { headers } = parsed(octets);
    const value = (property: string) => headerPropertyValue(octets, headers, parseHeaderProperty(property)!);
    expect(value("header:X-A")).toBe(" two");
    expect(value("header:X-A:asText:all")).toEqual(["one", "two"]);
    expect(value("header:X-B:asText")).toBeNull();
    expect(value("header:X-B:all")).toEqual([]);
  });

  it("replaces what is not UTF-8 and drops NUL in the Raw form", () => {
    const octets = Buffer.from("X: a\xffb\0c\r\n\r\n", "latin1");
    expect(headerPropertyValue(octets, parsed(octets).headers, parseHeaderProperty("header:X")!)).toBe(" a\uFFFDbc");
  });
});
