import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type ChecksumAlgorithm, compositeChecksum, createChecksum } from "../../../local/s3/checksums.ts";

const of = (algorithm: ChecksumAlgorithm, ...chunks: Buffer[]) => {
  const running = createChecksum(algorithm);
  for (const chunk of chunks) running.update(chunk);
  return running.digest().toString("hex");
};

describe("checksums", () => {
  it("give the published check values of '123456789'", () => {
    const check = Buffer.from("123456789");
    expect(of("CRC32", check)).toBe("cbf43926");
    expect(of("CRC32C", check)).toBe("e3069283");
    expect(of("CRC64NVME", check)).toBe("ae8b14860a799888");
  });

  it("do not depend on how the octets are cut", () => {
    const octets = randomBytes(10_007);
    for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME"] as const) {
      const whole = of(algorithm, octets);
      for (const cut of [1, 7, 8, 9, 4_096]) expect(of(algorithm, octets.subarray(0, cut), octets.subarray(cut))).toBe(whole);
    }
    expect(of("CRC32", octets)).toBe(crc32(octets).toString(16).padStart(8, "0"));
  });

  it("of parts are checksums of checksums", () => {
    const parts = ["a", "b"].map((text) => Buffer.from(of("SHA256", Buffer.from(text)), "hex").toString("base64"));
    const joined = Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
    expect(compositeChecksum("SHA256", parts)).toBe(`${Buffer.from(of("SHA256", joined), "hex").toString("base64")}-2`);
  });
});
