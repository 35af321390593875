import { describe, expect, test } from "vitest";
import { PoisonError } from "../../core/errors.ts";
import type { AccountId } from "../../core/ids.ts";
import { readSnapshot, writeSnapshot } from "../../core/log/snapshot.ts";
import { ACCOUNT, type Choice, dump, entriesOf, foldOf } from "./arbitrary-log.ts";

const kindAt = (step: number): Choice["kind"] => (step === 7 ? "destroy" : step === 9 ? "keywords" : step === 10 ? "record" : "deliver");
const choicesOf = (count: number): Choice[] =>
  Array.from({ length: count }, (_, step) => ({ kind: kindAt(step), a: step * 3, b: step, c: step + 1 }));

describe("a snapshot", () => {
  test("of format 1 is read, and the next one is of the present format", () => {
    const former = Buffer.from(
      "KLUv/WBICqUjADa3uEXw2KYDlPz5tBwwgLMwVOZdzsD54R+fnFxGh6y02cduKdKa3PtHIW2nkMB2o4haH5KaL3MhO+y3vUcIcJ2rgiCPH7uUUVOYAJ0ApADZowiTjmlNZd" +
        "T33fSu5TyG2CUdJ9f8PSV1dXozdP5N1XjMLuksa+rqHJGrV0XMbEESqy+9Cid73MJSxrdymnQcw8fd5KTj78ASeKY8hi6amS248hi6pNNqIrP+8ziSjh81MX7P40g0ko7z" +
        "55P1lnTczWyzxzC7pK8ee7ykp05W9d6S/tmaK7Yqjz5lXDol5Q+0p9P0VreQCN6SYDdvvEWvPf0NQ5/NqdemPG4bhojFK/pqxYrxMhEGs7IozqOfc1Z0xjVNesa1+89mbP" +
        "JsTVen9x431AU9Rvoo1Oy4GOH7xxEyriK2zVN43uzR5gNd4MzNSz3639TU6U7X4uYsa/qqa3HTNOn4w8vExYGjoSrQ44h+nn9P9NoXOG/jcVTyULPjcmr+HnuUoX9T//TX" +
        "4wj0mEnHlBQTeIYw+CIPbCCx4WFHFB4aOV6MIOBQQJbsdIfhpv3N35mxqqbwfZP3nsewJR3fp/Ovx/DCLix0YSEO0fn3A3HLYxhioYhdEXPWdVEIhRekd/Or9NJk1n8xmo" +
        "TRpEiTmSYxbcvipd3UzmMY432uL/Tzd98BxuYDQYhksvx9CesQPnizdPqmek/YBJZwvU8vTb4We5T+nb0euw78/k6VR5JLf29+Ad3d3e0S4IBLdxsw0N0tAwB8QKAP6AP6" +
        "dLequ73utuluF91duzvV3aju5ojUULVoGVc0hHpMLF5UWNBJka30D52cRpFBp6d7AytIlhNCdLq7W7q7QHcT6O4B3Q3qbgHd/enuAN3duKPiZCfj0cRBhrl4wHH1aPnYCq" +
        "y4ZoaQMgchPuAAwYMGD4QZU2JImNKgh5KeKjd0sBYgSeKDARQFRI6wUCWQAgGLgGyCjApQpDD5sB150qNjAYyaFDuZkYC2qFG1QsqUBCKiJElBQdIBcAKRKqPVARJAQLoa" +
        "xShhkJBIICIBBWkZJa0ZQjCmewANQnPwlZUf18PPmg7LDDGXlvfx4nFI0p28ZRYcNmgoMZ2FKivJH7SblJQCkTXWA/OHRRn1lvE00viqyJNsQ/gE7JUDVkl3JKP4NCZ2PI" +
        "WjzrJXtsmhMlZZgAR/sV1LyQkLx+c7cJabbLiVKdbjsrzR+x7BxGwCDc+Wo2oNMWaFZZ+TiEizXLHa7/54HWj/h4RMo/K0l7imZaU7voGHOpHkhJuaTgXE/nkdfmxuWQhS" +
        "rpPuwiwix2gsXGO5a8+V2coY6Ejj9INiYcBjDDc0VEiNJ9DvfSvniy1QhSrkFtSIjIQGsd0rAOFY+aeolr/d/d5+klIEW3Ybe7pcSLTLGcIG5EIZkDFCFrLh/NsRhvCy8T" +
        "sML7ApjelY1YsgEMuyR4dTT+BsHBQEKYoRjftog/ZBM3jFGcvGOwGdffQIoHPPRC42AxJApsPIjygqjAqDB2n1Ofx8HhFD7f1VnR4ETA==✓quicktest/zz.test.ts(1t" +
        "est)8ms",
      "base64",
    );
    const fold = readSnapshot(ACCOUNT, former);
    const whole = foldOf(entriesOf(choicesOf(12)));
    expect(dump(fold)).toEqual(dump(whole));
    expect(Buffer.compare(writeSnapshot(fold), writeSnapshot(whole))).toBe(0);
  });

  test.each([1, 15, 16, 17, 40, 300])("takes %d entries more than were there when it was written", (more) => {
    const entries = entriesOf(choicesOf(20 + more));
    const fold = readSnapshot(ACCOUNT, writeSnapshot(foldOf(entries.slice(0, 20))));
    for (const entry of entries.slice(20)) fold.apply(entry);
    expect(dump(fold)).toEqual(dump(foldOf(entries)));
    expect(dump(readSnapshot(ACCOUNT, writeSnapshot(fold)))).toEqual(dump(fold));
  });

  test("keeps the id of a thread whose first message is gone", () => {
    const answered: Choice[] = [
      { kind: "deliver", a: 1, b: 1, c: 1 },
      { kind: "deliver", a: 0, b: 2, c: 1 },
      { kind: "deliver", a: 1, b: 3, c: 1 },
      { kind: "destroy", a: 0, b: 0, c: 0 },
    ];
    const fold = foldOf(entriesOf(answered));
    const oldest = [...fold.emails.newestFirst()].at(-1)!;
    expect(fold.emails.threadId(oldest).slice(1)).not.toBe(fold.emails.id(oldest).slice(1));
    expect(dump(readSnapshot(ACCOUNT, writeSnapshot(fold)))).toEqual(dump(fold));
  });

  test("that is damaged or another account's is refused, wherever the damage is", () => {
    const octets = writeSnapshot(foldOf(entriesOf(choicesOf(12))));
    expect(() => readSnapshot("Abaaaaaaaaaaaaaaaaaaa" as AccountId, octets.slice())).toThrow(PoisonError);
    for (let length = 0; length < octets.length; length++)
      expect(() => readSnapshot(ACCOUNT, octets.slice(0, length))).toThrow(PoisonError);
  });

  test("is read from octets that begin anywhere in memory", () => {
    const fold = foldOf(entriesOf(choicesOf(12)));
    const octets = writeSnapshot(fold);
    for (let shift = 0; shift < 8; shift++) {
      const memory = Buffer.alloc(octets.length + shift);
      memory.set(octets, shift);
      expect(dump(readSnapshot(ACCOUNT, memory.subarray(shift)))).toEqual(dump(fold));
    }
  });
});
