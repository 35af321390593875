import { createHash, randomBytes } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { S3Service } from "../../../local/s3/s3-service.ts";
import { region, type ServiceRig, startRig } from "../service-rig.ts";

const MEGABYTE = 1024 * 1024;
let rig: ServiceRig;
let s3: S3Client;
let Bucket: string;

beforeAll(async () => {
  rig = await startRig([new S3Service()]);
  Bucket = (await rig.make("AWS::S3::Bucket", "Plain", {})).ref;
  s3 = new S3Client({ region, endpoint: rig.url, credentials: rig.operator });
});
afterAll(async () => {
  s3.destroy();
  await rig.stop();
});

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "done",
    (error: Error) => error.name,
  );
const begin = async (Key: string, extra: object = {}) => ({
  Bucket,
  Key,
  UploadId: (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...extra }))).UploadId!,
});
const complete = (at: { Key: string; UploadId: string }, Parts: object[], extra: object = {}) =>
  s3.send(new CompleteMultipartUploadCommand({ Bucket, ...at, MultipartUpload: { Parts }, ...extra }));

describe("multipart uploads", () => {
  it("joins uploaded and copied parts in order, with the documented ETag", async () => {
    const [one, two] = [randomBytes(5 * MEGABYTE), randomBytes(1_000)];
    await s3.send(new PutObjectCommand({ Bucket, Key: "source", Body: randomBytes(6 * MEGABYTE) }));
    const source = Buffer.from(await (await s3.send(new GetObjectCommand({ Bucket, Key: "source" }))).Body!.transformToByteArray());
    const at = await begin("joined", { ContentType: "message/rfc822", Metadata: { a: "1" } });
    const last = await s3.send(new UploadPartCommand({ ...at, PartNumber: 7, Body: two }));
    const first = await s3.send(new UploadPartCommand({ ...at, PartNumber: 1, Body: one }));
    const copied = await s3.send(
      new UploadPartCopyCommand({ ...at, PartNumber: 2, CopySource: `${Bucket}/source`, CopySourceRange: `bytes=10-${5 * MEGABYTE + 9}` }),
    );
    expect((await s3.send(new ListPartsCommand(at))).Parts?.map((part) => part.PartNumber)).toEqual([1, 2, 7]);
    const Parts = [
      { PartNumber: 1, ETag: first.ETag },
      { PartNumber: 2, ETag: copied.CopyPartResult?.ETag },
      { PartNumber: 7, ETag: last.ETag },
    ];
    const done = await complete(at, Parts);
    const whole = Buffer.concat([one, source.subarray(10, 5 * MEGABYTE + 10), two]);
    const md5 = (octets: Buffer) => createHash("md5").update(octets).digest();
    const joined = md5(Buffer.concat([md5(one), md5(source.subarray(10, 5 * MEGABYTE + 10)), md5(two)])).toString("hex");
    expect(done.ETag).toBe(`"${joined}-3"`);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: "joined" }));
    expect(Buffer.from(await got.Body!.transformToByteArray()).equals(whole)).toBe(true);
    expect([got.ContentType, got.Metadata?.a]).toEqual(["message/rfc822", "1"]);
    const third = await s3.send(new GetObjectCommand({ Bucket, Key: "joined", PartNumber: 3 }));
    expect([third.ContentLength, third.PartsCount]).toEqual([1_000, 3]);
    expect(await failure(s3.send(new ListPartsCommand(at)))).toBe("NoSuchUpload");
  });

  it.each([
    ["CRC32", "COMPOSITE"],
    ["CRC64NVME", "FULL_OBJECT"],
    ["SHA256", "COMPOSITE"],
    ["CRC32C", "FULL_OBJECT"],
  ] as const)("%s as %s", async (ChecksumAlgorithm, ChecksumType) => {
    const at = await begin(`sum-${ChecksumAlgorithm}`, { ChecksumAlgorithm, ChecksumType });
    const part = await s3.send(new UploadPartCommand({ ...at, PartNumber: 1, Body: Buffer.from("only part"), ChecksumAlgorithm }));
    const field = `Checksum${ChecksumAlgorithm}` as const;
    const done = await complete(at, [{ PartNumber: 1, ETag: part.ETag, [field]: part[field] }]);
    expect(done.ChecksumType).toBe(ChecksumType);
    expect(done[field]).toBe(ChecksumType === "FULL_OBJECT" ? part[field] : done[field]);
    expect(done[field]?.endsWith("-1")).toBe(ChecksumType === "COMPOSITE");
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: at.Key, ChecksumMode: "ENABLED" }));
    expect(head[field]).toBe(done[field]);
  });

  it("refuses wrong order, wrong ETags, small parts and a key that is taken", async () => {
    const at = await begin("refused");
    const [a, b] = [
      await s3.send(new UploadPartCommand({ ...at, PartNumber: 1, Body: "small" })),
      await s3.send(new UploadPartCommand({ ...at, PartNumber: 2, Body: "b" })),
    ];
    const part = (PartNumber: number, ETag?: string) => ({ PartNumber, ETag });
    expect(await failure(complete(at, [part(2, b.ETag), part(1, a.ETag)]))).toBe("InvalidPartOrder");
    expect(await failure(complete(at, [part(1, b.ETag)]))).toBe("InvalidPart");
    expect(await failure(complete(at, [part(1, a.ETag), part(2, b.ETag)]))).toBe("EntityTooSmall");
    await s3.send(new PutObjectCommand({ Bucket, Key: "refused", Body: "first" }));
    expect(await failure(complete(at, [part(1, a.ETag)], { IfNoneMatch: "*" }))).toBe("PreconditionFailed");
    expect(await failure(complete(at, [part(1, a.ETag)]))).toBe("done");
  });

  it("forgets what was aborted", async () => {
    const at = await begin("aborted");
    await s3.send(new UploadPartCommand({ ...at, PartNumber: 1, Body: "x" }));
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "aborted" }))).Uploads).toHaveLength(1);
    await s3.send(new AbortMultipartUploadCommand(at));
    expect(await failure(s3.send(new UploadPartCommand({ ...at, PartNumber: 2, Body: "x" })))).toBe("NoSuchUpload");
    expect(await failure(s3.send(new HeadObjectCommand({ Bucket, Key: "aborted" })))).toBe("NotFound");
  });
});
