import { describe, expect, it } from "vitest";
import { examineFrom } from "../../core/policy/from-gate.ts";
import { parsed } from "../mime/mail.ts";

const gate = (header: string) => {
  const octets = Buffer.from(`${header}\r\n\r\nbody`, "utf8");
  const { message, headers } = parsed(octets);
  const outcome = examineFrom(octets, headers, message.headerOctets);
  return outcome.outcome === "one" ? outcome.address : outcome.problem;
};

// RFC 5322 §3.6.2.
describe("one plain author passes", () => {
  it.each([
    ["From: b@x.test", "b@x.test"],
    ["From:b@x.test", "b@x.test"],
    ["from: <b@x.test>", "b@x.test"],
    ["From: Bob Builder <B@X.test>", "b@x.test"],
    ['From: "Builder, Bob" <b@x.test>', "b@x.test"],
    ["From: b@x.test (Bob)", "b@x.test"],
    ["From: Bob (IT) <b@x.test>", "b@x.test"],
    ["From: =?utf-8?Q?J=C3=BCrgen?= <b@x.test>", "b@x.test"],
    ["From: =?utf-8?Q?Builder,_Bob?= <b@x.test>", "b@x.test"],
    ["From: =?utf-8?B?SsO8cmdlbg==?=\r\n <b@x.test>", "b@x.test"],
    ["From: Jürgen <b@x.test>", "b@x.test"],
    ["From: b@bücher.test", "b@xn--bcher-kva.test"],
    ["From b@x.test Sat Jan  3 01:05:34 1996\r\nFrom: b@x.test", "b@x.test"],
    ["X-From: c@y.test\r\nFrom-X: d@z.test\r\nFrom: b@x.test", "b@x.test"],
    ["Subject: a\r\n From: folded subject\r\nFrom: b@x.test", "b@x.test"],
  ])("%j", (header, address) => expect(gate(header)).toBe(address));
});

describe("deceit is refused", () => {
  it.each([
    ["Subject: none", "fromMissing"],
    ["From:", "fromMissing"],
    ["From: a@x.test\r\nFrom: b@y.test", "fromRepeated"],
    ["From: a@x.test\r\nFROM: b@y.test", "fromRepeated"],
    ["From: a@x.test, b@y.test", "fromSeveral"],
    ["From: <a@x.test><b@y.test>", "fromSeveral"],
    ["From: <a@x.test>\\, <b@y.test>", "fromSeveral"],
    ["From: =?utf-8?B?PGFAeC50ZXN0Pg==?=, <b@y.test>", "fromSeveral"],
    ["From: Friends: a@x.test;", "fromSeveral"],
    ["From: Builder, Bob <b@x.test>", "fromSeveral"],
    ["From : a@x.test", "fromMalformed"],
    ["From\t: a@x.test", "fromMalformed"],
    ["From\r\n : a@x.test\r\nFrom: b@y.test", "fromMalformed"],
    [" From: a@x.test\r\nFrom: b@y.test", "fromMalformed"],
    ["Fr\0om: a@x.test\r\nFrom: b@y.test", "fromMalformed"],
    ["From\0: a@x.test\r\nFrom: b@y.test", "fromMalformed"],
    ["\u00a0From: a@x.test\r\nFrom: b@y.test", "fromMalformed"],
    ["From\u200b: a@x.test\r\nFrom: b@y.test", "fromMalformed"],
    ["From: a@x.test\0@y.test", "fromMalformed"],
    ["From: <@x.test,@any.test:'b@y.test>", "fromMalformed"],
    ["From: <@x.test:b@y.test>", "fromMalformed"],
    ["From: <a@x.test(.y.test)>", "fromMalformed"],
    ["From: a@x.test(comment)", "fromMalformed"],
    ["From: <a@x.test> (b@y.test)", "fromMalformed"],
    ["From: <a@x.test> trailing", "fromMalformed"],
    ["From: =?utf-8?b?YUB4LnRlc3Q=?==?utf-8?Q?=0A?=@y.test", "fromMalformed"],
    ["From: =?utf-8?Q?<a@x.test>?= <b@y.test>", "fromMalformed"],
    ["From: =?utf-8?Q?a@x.test,?= <b@y.test>", "fromMalformed"],
    ['From: "a@x.test"@y.test', "fromMalformed"],
    ["From: a@x.test\\@y.test", "fromMalformed"],
    ["From: someone", "fromMalformed"],
    ["From: <a@x.test", "fromMalformed"],
    ["From: a@x.test>", "fromMalformed"],
    [`From: ${"x ".repeat(2_000)}<b@x.test>`, "fromMalformed"],
  ])("%j", (header, problem) => {
    expect(gate(header)).toBe(problem);
  });
});
