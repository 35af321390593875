import { describe, expect, it } from "vitest";
import { presignQuery, signHeaders } from "../../aws/signed/sign.ts";

/** Keys and expected signatures are those of AWS's published examples and its Signature Version 4 test suite. */
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const suite = { region: "us-east-1", service: "service" };
const suiteTime = Date.UTC(2015, 7, 30, 12, 36, 0);
const s3Credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const s3Time = Date.UTC(2013, 4, 24);
const s3 = { region: "us-east-1", service: "s3" };

describe("Signature Version 4", () => {
  it("signs get-vanilla as the test suite does", () => {
    const headers = signHeaders(
      { method: "GET", host: "example.amazonaws.com", path: "/", headers: {}, body: "" },
      suite,
      credentials,
      suiteTime,
    );
    expect(headers.authorization).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, " +
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    );
  });

  it("signs a ranged GET of an object as S3's documentation does", () => {
    const request = { method: "GET", host: "examplebucket.s3.amazonaws.com", path: "/test.txt", headers: { range: "bytes=0-9" }, body: "" };
    const headers = signHeaders(request, s3, s3Credentials, s3Time);
    expect(headers.authorization).toContain("SignedHeaders=host;range;x-amz-content-sha256;x-amz-date");
    expect(headers.authorization).toContain("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  });

  it("presigns a GET as S3's documentation does", () => {
    const request = { host: "examplebucket.s3.amazonaws.com", path: "/test.txt" };
    expect(presignQuery(request, s3, s3Credentials, { now: s3Time, seconds: 86_400 })).toMatch(
      /X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404$/,
    );
  });
});
