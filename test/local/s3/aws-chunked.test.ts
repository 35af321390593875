import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AwsChunkedDecoder, type ChunkSigner } from "../../../local/s3/aws-chunked.ts";

const decode = async (framed: string, signer: ChunkSigner | null = null, cut = 7) => {
  async function* source() {
    const octets = Buffer.from(framed, "latin1");
    for (let at = 0; at < octets.length; at += cut) yield octets.subarray(at, at + cut);
  }
  const decoder = new AwsChunkedDecoder(signer);
  const chunks: Buffer[] = [];
  for await (const chunk of decoder.decode(source())) chunks.push(chunk);
  return { text: Buffer.concat(chunks).toString("latin1"), trailers: Object.fromEntries(decoder.trailers) };
};

/** The worked example of the S3 API reference, "Signature calculations … (chunked upload)": 66,560 times "a" in two chunks. */
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const signer: ChunkSigner = {
  signingKey: ["20130524", "us-east-1", "s3", "aws4_request"].reduce<string | Buffer>(
    hmac,
    "AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  ) as Buffer,
  seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  scope: "20130524/us-east-1/s3/aws4_request",
  timestamp: "20130524T000000Z",
};
const example = (letter: string) =>
  [
    `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${letter.repeat(65_536)}\r\n`,
    `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${"a".repeat(1_024)}\r\n`,
    "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
  ].join("");

describe("aws-chunked", () => {
  it("verifies the documented example's chunk signatures", async () => {
    expect((await decode(example("a"), signer, 50_000)).text).toBe("a".repeat(66_560));
  });

  it("refuses changed octets and missing signatures", async () => {
    await expect(decode(example("b"), signer, 50_000)).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
    await expect(decode("1\r\na\r\n0\r\n\r\n", signer)).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
  });

  it.each([1, 2, 3, 1_000])("reads chunks and trailers however they are cut (%i)", async (cut) => {
    const read = await decode("3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", null, cut);
    expect(read).toEqual({ text: "abc0123456789", trailers: { "x-amz-checksum-crc32": "AAAAAA==" } });
  });

  it.each([
    "",
    "5\r\nabc",
    "zz\r\nabc\r\n",
    "3\r\nabcd\r\n0\r\n\r\n",
    `${"1".repeat(13)}\r\n`,
    "x".repeat(10_000),
    `0\r\n${"a:b\r\n".repeat(20)}\r\n`,
  ])("refuses broken framing %#", async (framed) => {
    await expect(decode(framed)).rejects.toMatchObject({ code: "IncompleteBody" });
  });
});
