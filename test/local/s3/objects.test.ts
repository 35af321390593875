import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { S3Service } from "../../../local/s3/s3-service.ts";
import { region, type ServiceRig, startRig } from "../service-rig.ts";

let rig: ServiceRig;
let s3: S3Client;
let Bucket: string;
let versioned: string;

beforeAll(async () => {
  rig = await startRig([new S3Service()]);
  Bucket = (await rig.make("AWS::S3::Bucket", "Plain", {})).ref;
  versioned = (await rig.make("AWS::S3::Bucket", "Versioned", { VersioningConfiguration: { Status: "Enabled" } })).ref;
  s3 = new S3Client({ region, endpoint: rig.url, credentials: rig.operator });
});
afterAll(async () => {
  s3.destroy();
  await rig.stop();
});

const octetsOf = async (Key: string, extra: object = {}) => {
  const answer = await s3.send(new GetObjectCommand({ Bucket, Key, ...extra }));
  return { answer, octets: Buffer.from(await answer.Body!.transformToByteArray()) };
};
const refused = (error: { name: string; $metadata: { httpStatusCode?: number } }) => `${error.$metadata.httpStatusCode} ${error.name}`;
const failure = (promise: Promise<unknown>) => promise.then(() => "done", refused);

describe("PutObject and GetObject", () => {
  it.each([0, 1, 70_000, 3_000_000])("round trip of %i octets, ETag is the MD5", async (size) => {
    const Body = randomBytes(size);
    const put = await s3.send(
      new PutObjectCommand({ Bucket, Key: `sizes/${size}`, Body, ContentType: "message/rfc822", Metadata: { origin: "test" } }),
    );
    expect(put.ETag).toBe(`"${createHash("md5").update(Body).digest("hex")}"`);
    const { answer, octets } = await octetsOf(`sizes/${size}`);
    expect(octets.equals(Body)).toBe(true);
    expect(answer.ContentType).toBe("message/rfc822");
    expect(answer.Metadata).toEqual({ origin: "test" });
    expect(answer.ETag).toBe(put.ETag);
  });

  it("stores a stream sent in aws-chunked framing with a trailing checksum, without the framing", async () => {
    const Body = randomBytes(1_500_000);
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: "stream",
        Body: Readable.from([Body.subarray(0, 7), Body.subarray(7)]),
        ContentLength: Body.length,
        ContentEncoding: "br",
      }),
    );
    const { answer, octets } = await octetsOf("stream");
    expect(octets.equals(Body)).toBe(true);
    expect(answer.ContentEncoding).toBe("br");
    expect(answer.ChecksumCRC32).toBeDefined();
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)("computes, verifies and returns %s", async (ChecksumAlgorithm) => {
    const Body = randomBytes(100_003);
    for (const body of [Body, Readable.from([Body])]) {
      const put = await s3.send(new PutObjectCommand({ Bucket, Key: "summed", Body: body, ContentLength: Body.length, ChecksumAlgorithm }));
      const field = `Checksum${ChecksumAlgorithm}` as const;
      expect(put[field]).toBeDefined();
      const { answer } = await octetsOf("summed", { ChecksumMode: "ENABLED" });
      expect(answer[field]).toBe(put[field]);
    }
  });

  it("refuses a body that disagrees with its checksum, MD5 or digest, and leaves nothing behind", async () => {
    const wrong = createHash("sha256").update("other").digest("base64");
    expect(await failure(s3.send(new PutObjectCommand({ Bucket, Key: "bad", Body: "x", ChecksumSHA256: wrong })))).toBe("400 BadDigest");
    const md5 = createHash("md5").update("other").digest("base64");
    expect(await failure(s3.send(new PutObjectCommand({ Bucket, Key: "bad", Body: "x", ContentMD5: md5 })))).toBe("400 BadDigest");
    expect(await failure(s3.send(new HeadObjectCommand({ Bucket, Key: "bad" })))).toBe("404 NotFound");
  });

  it("answers 404 for missing keys and buckets", async () => {
    expect(await failure(octetsOf("missing"))).toBe("404 NoSuchKey");
    expect(await failure(s3.send(new GetObjectCommand({ Bucket: "no-such-bucket", Key: "x" })))).toBe("404 NoSuchBucket");
  });

  it("keeps keys that look like paths apart", async () => {
    for (const Key of ["a", "a/b", "a/../b", "ünï/☃ +&?#%2F", "x\u0001y"])
      await s3.send(new PutObjectCommand({ Bucket, Key: `odd/${Key}`, Body: Key }));
    for (const Key of ["a", "a/b", "a/../b", "ünï/☃ +&?#%2F", "x\u0001y"])
      expect((await octetsOf(`odd/${Key}`)).octets.toString()).toBe(Key);
  });

  it.each([
    ["bytes=0-3", "0123", "bytes 0-3/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
  ])("range %s", async (Range, expected, contentRange) => {
    await s3.send(new PutObjectCommand({ Bucket, Key: "ranged", Body: "0123456789" }));
    const { answer, octets } = await octetsOf("ranged", { Range });
    expect(octets.toString()).toBe(expected);
    expect(answer.ContentRange).toBe(contentRange);
    expect(answer.$metadata.httpStatusCode).toBe(206);
  });

  it("answers 416 past the end", async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: "ranged", Body: "0123456789" }));
    expect(await failure(octetsOf("ranged", { Range: "bytes=10-" }))).toBe("416 InvalidRange");
  });

  it("honours read conditions", async () => {
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: "conditional", Body: "x" }));
    expect(await failure(octetsOf("conditional", { IfMatch: '"other"' }))).toBe("412 PreconditionFailed");
    expect(await failure(octetsOf("conditional", { IfNoneMatch: ETag }))).toMatch(/^304 /);
    expect(await failure(octetsOf("conditional", { IfMatch: ETag }))).toBe("done");
    expect(await failure(octetsOf("conditional", { IfUnmodifiedSince: new Date(0) }))).toBe("412 PreconditionFailed");
    expect(await failure(octetsOf("conditional", { IfModifiedSince: new Date(Date.now() + 60_000) }))).toMatch(/^304 /);
  });
});

describe("conditional writes", () => {
  it("If-None-Match: * lets exactly one of many racing writers in", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        failure(s3.send(new PutObjectCommand({ Bucket, Key: "once", Body: `writer ${n}`, IfNoneMatch: "*" }))),
      ),
    );
    expect(outcomes.filter((one) => one === "done")).toHaveLength(1);
    expect(outcomes.filter((one) => one === "412 PreconditionFailed")).toHaveLength(19);
  });

  it("If-Match replaces only what was read", async () => {
    const first = await s3.send(new PutObjectCommand({ Bucket, Key: "swap", Body: "1" }));
    expect(await failure(s3.send(new PutObjectCommand({ Bucket, Key: "swap", Body: "2", IfMatch: first.ETag })))).toBe("done");
    expect(await failure(s3.send(new PutObjectCommand({ Bucket, Key: "swap", Body: "3", IfMatch: first.ETag })))).toBe(
      "412 PreconditionFailed",
    );
    expect(await failure(s3.send(new PutObjectCommand({ Bucket, Key: "swap-none", Body: "3", IfMatch: first.ETag })))).toBe(
      "404 NoSuchKey",
    );
  });
});

describe("delete, copy, list, tags", () => {
  it("deletes, one and many, whether there or not", async () => {
    for (const Key of ["d/1", "d/2", "d/3"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    expect((await s3.send(new DeleteObjectCommand({ Bucket, Key: "d/1" }))).$metadata.httpStatusCode).toBe(204);
    const many = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "d/2" }, { Key: "d/3" }, { Key: "d/none" }] } }),
    );
    expect(many.Deleted?.map((one) => one.Key)).toEqual(["d/2", "d/3", "d/none"]);
    expect((await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "d/" }))).KeyCount).toBe(0);
  });

  it("copies octets, headers and tags, or replaces them", async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: "from é", Body: "copied", Metadata: { a: "1" }, Tagging: "t=1" }));
    const CopySource = `${Bucket}/${encodeURIComponent("from é")}`;
    await s3.send(new CopyObjectCommand({ Bucket, Key: "to", CopySource }));
    const { answer, octets } = await octetsOf("to");
    expect([octets.toString(), answer.Metadata?.a, answer.TagCount]).toEqual(["copied", "1", 1]);
    await s3.send(new CopyObjectCommand({ Bucket, Key: "to", CopySource, MetadataDirective: "REPLACE", Metadata: { b: "2" } }));
    expect((await octetsOf("to")).answer.Metadata).toEqual({ b: "2" });
    expect(await failure(s3.send(new CopyObjectCommand({ Bucket, Key: "to", CopySource, CopySourceIfMatch: '"x"' })))).toBe(
      "412 PreconditionFailed",
    );
  });

  it("lists in UTF-8 order, by prefix, delimiter and pages", async () => {
    const keys = ["l/b/1", "l/a", "l/b/2", "l/c", "l/é", "l/\u{1f600}", "l/\uffee"];
    for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "" }));
    const expected = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const all = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "l/" }));
    expect(all.Contents?.map((one) => one.Key)).toEqual(expected);
    const folded = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "l/", Delimiter: "/" }));
    expect(folded.CommonPrefixes).toEqual([{ Prefix: "l/b/" }]);
    expect(folded.Contents).toHaveLength(5);
    const seen: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "l/", Delimiter: "/", MaxKeys: 2, ContinuationToken }));
      seen.push(...(page.Contents ?? []).map((one) => one.Key), ...(page.CommonPrefixes ?? []).map((one) => one.Prefix));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    expect(seen.sort()).toEqual(["l/b/", ...expected.filter((key) => !key.startsWith("l/b/"))].sort());
  });

  it("keeps tags", async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: "tagged", Body: "x", Tagging: "a=1&b=%26" }));
    expect((await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "tagged" }))).TagSet).toEqual([
      { Key: "a", Value: "1" },
      { Key: "b", Value: "&" },
    ]);
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: "tagged", Tagging: { TagSet: [{ Key: "only <one>", Value: "" }] } }));
    expect((await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "tagged" }))).TagSet).toEqual([{ Key: "only <one>", Value: "" }]);
    const eleven = Array.from({ length: 11 }, (_, n) => ({ Key: `k${n}`, Value: "" }));
    expect(await failure(s3.send(new PutObjectTaggingCommand({ Bucket, Key: "tagged", Tagging: { TagSet: eleven } })))).toBe(
      "400 InvalidTag",
    );
  });
});

describe("versioning", () => {
  it("keeps every version, hides the object behind a delete marker, and brings it back", async () => {
    const inVersioned = { Bucket: versioned, Key: "v" };
    const one = await s3.send(new PutObjectCommand({ ...inVersioned, Body: "one" }));
    const two = await s3.send(new PutObjectCommand({ ...inVersioned, Body: "two" }));
    expect(one.VersionId).not.toBe(two.VersionId);
    expect(await (await s3.send(new GetObjectCommand({ ...inVersioned, VersionId: one.VersionId }))).Body!.transformToString()).toBe("one");
    const marker = await s3.send(new DeleteObjectCommand(inVersioned));
    expect(marker.DeleteMarker).toBe(true);
    expect(await failure(s3.send(new GetObjectCommand(inVersioned)))).toBe("404 NoSuchKey");
    await s3.send(new DeleteObjectCommand({ ...inVersioned, VersionId: marker.VersionId }));
    expect(await (await s3.send(new GetObjectCommand(inVersioned))).Body!.transformToString()).toBe("two");
    const versions = await s3.send(new ListObjectVersionsCommand({ Bucket: versioned }));
    expect(versions.Versions?.map((version) => [version.VersionId, version.IsLatest])).toEqual([
      [two.VersionId, true],
      [one.VersionId, false],
    ]);
  });
});

describe("presigned URLs", () => {
  it("give and take an object, until they expire or are changed", async () => {
    const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "presigned" }), { expiresIn: 60 });
    expect((await fetch(put, { method: "PUT", body: "by URL" })).status).toBe(200);
    const get = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "presigned", ResponseContentDisposition: "attachment" }), {
      expiresIn: 60,
    });
    const answer = await fetch(get);
    expect(await answer.text()).toBe("by URL");
    expect(answer.headers.get("content-disposition")).toBe("attachment");
    expect((await fetch(get.replace("/presigned?", "/tagged?"))).status).toBe(403);
    const old = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "presigned" }), {
      expiresIn: 60,
      signingDate: new Date(Date.now() - 120_000),
    });
    expect((await fetch(old)).status).toBe(403);
  });
});
