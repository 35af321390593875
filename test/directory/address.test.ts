import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { domainOf, normaliseAddress, splitPlusAddress } from "../../core/directory/address.ts";

describe("normaliseAddress", () => {
  it.each([
    ["A.B@Example.COM", "a.b@example.com"],
    [" <a@b.test> ", "a@b.test"],
    ['"ab"@x.test', "ab@x.test"],
    ['"a b"@x.test', '"a b"@x.test'],
    ["a@bücher.example", "a@xn--bcher-kva.example"],
    ["a@x.test.", "a@x.test"],
    ["a@[127.0.0.1]", "a@[127.0.0.1]"],
    ["ünï@x.test", "ünï@x.test"],
    ["a+b@x.test", "a+b@x.test"],
    ["a", null],
    ["@x.test", null],
    ["a@", null],
    ["a..b@x.test", null],
    [".a@x.test", null],
    ["a b@x.test", null],
    ["a@b@x.test", null],
    ["a\0@x.test", null],
    ["a@-x.test", null],
    ["a@x_y/z", null],
    ["a@1.2.3.4", null],
    [`${"a".repeat(65)}@x.test`, null],
    [`a@${"b.".repeat(200)}test`, null],
  ])("%j is %j", (address, normal) => expect(normaliseAddress(address)).toBe(normal));

  it("is settled after one time", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.emailAddress()), (address) => {
        const once = normaliseAddress(address);
        if (once !== null) expect(normaliseAddress(once)).toBe(once);
      }),
    );
  });
});

describe("plus addresses", () => {
  it.each([
    ["a+b@x.test", { base: "a@x.test", detail: "b" }],
    ["a+b+c@x.test", { base: "a@x.test", detail: "b+c" }],
    ["+b@x.test", null],
    ["a@x+y.test", null],
    ["a@x.test", null],
  ])("%s", (address, split) => expect(splitPlusAddress(address)).toEqual(split));

  it("knows the domain", () => expect(domainOf("a@x.test")).toBe("x.test"));
});
