import { readSmallBody } from "./body-intake.ts";
import { checksumAlgorithms, parseAlgorithm } from "./checksums.ts";
import { checkWriteCondition, writeConditionOf } from "./conditions.ts";
import { encryptionHeaders, objectHeadersOf, tagsOfHeader, writeAnswerHeaders } from "./object-headers.ts";
import type { S3Operations } from "./operation.ts";
import { childrenOf, element, parseXml, textOf, xmlDocument } from "./xml.ts";

const MAXIMUM_LISTED = 1_000;

const createMultipartUpload: S3Operations["CreateMultipartUpload"] = async ({ request, call, bucket, uploads, response, answer }) => {
  const named = call.headers["x-amz-checksum-algorithm"];
  const type = call.headers["x-amz-checksum-type"];
  const upload = uploads.create(
    bucket,
    { key: request.key, headers: objectHeadersOf(call.headers), tags: tagsOfHeader(call.headers) },
    typeof named === "string" ? parseAlgorithm(named) : null,
    type === "COMPOSITE" || type === "FULL_OBJECT" ? type : null,
  );
  const headers = {
    ...encryptionHeaders(bucket.kmsKeyArn, bucket.bucketKeyEnabled),
    ...(upload.checksumAlgorithm
      ? { "x-amz-checksum-algorithm": upload.checksumAlgorithm, "x-amz-checksum-type": upload.checksumType! }
      : {}),
  };
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
  answer.xml(
    200,
    xmlDocument(
      "InitiateMultipartUploadResult",
      element("Bucket", request.bucket) + element("Key", request.key) + element("UploadId", upload.uploadId),
    ),
  );
};

const completeMultipartUpload: S3Operations["CompleteMultipartUpload"] = async (input) => {
  const { request, call, bucket, uploads, store, asker, response, answer } = input;
  const upload = uploads.find(request.bucket, request.key, call.query.get("uploadId")!);
  const wanted = childrenOf(parseXml(await readSmallBody(call)), "Part").map((part) => ({
    partNumber: Number(textOf(part, "PartNumber")),
    etag: textOf(part, "ETag") ?? "",
    checksum: checksumAlgorithms.map((algorithm) => textOf(part, `Checksum${algorithm}`)).find((value) => value !== undefined) ?? null,
  }));
  const current = store.index.latest(request.bucket, request.key);
  const condition = writeConditionOf(call.headers, current);
  checkWriteCondition(condition, current, request.key);
  const record = await uploads.complete(bucket, upload, wanted, condition, asker);
  for (const [name, value] of Object.entries(writeAnswerHeaders(bucket, record))) {
    if (value !== undefined && name !== "etag" && !name.startsWith("x-amz-checksum")) response.setHeader(name, value);
  }
  answer.xml(
    200,
    xmlDocument(
      "CompleteMultipartUploadResult",
      [
        element("Location", `http://${call.headers.host}/${request.bucket}/${encodeURIComponent(request.key)}`),
        element("Bucket", request.bucket),
        element("Key", request.key),
        element("ETag", `"${record.etag}"`),
        record.checksum ? element(`Checksum${record.checksum.algorithm}`, record.checksum.value) : "",
        record.checksum ? element("ChecksumType", record.checksum.type) : "",
      ].join(""),
    ),
  );
};

const listParts: S3Operations["ListParts"] = async ({ request, call, uploads, store, answer }) => {
  const upload = uploads.find(request.bucket, request.key, call.query.get("uploadId")!);
  const marker = Number(call.query.get("part-number-marker") ?? 0);
  const left = store.index.parts(upload.uploadId).filter((part) => part.partNumber > marker);
  const shown = left.slice(0, Math.min(Number(call.query.get("max-parts") ?? MAXIMUM_LISTED), MAXIMUM_LISTED));
  const parts = shown.map(
    (part) =>
      `<Part>${element("PartNumber", part.partNumber)}${element("LastModified", new Date(part.modifiedMs).toISOString())}${element("ETag", `"${part.etag}"`)}${element("Size", part.sizeOctets)}${part.checksum ? element(`Checksum${part.checksum.algorithm}`, part.checksum.value) : ""}</Part>`,
  );
  const next = element("NextPartNumberMarker", shown[shown.length - 1]?.partNumber);
  answer.xml(
    200,
    xmlDocument(
      "ListPartsResult",
      `${element("Bucket", request.bucket)}${element("Key", request.key)}${element("UploadId", upload.uploadId)}${element("IsTruncated", shown.length < left.length)}${next}${parts.join("")}`,
    ),
  );
};

const listMultipartUploads: S3Operations["ListMultipartUploads"] = async ({ request, call, store, answer }) => {
  const uploads = store.index
    .uploads(request.bucket, call.query.get("prefix") ?? "")
    .map(
      (upload) =>
        `<Upload>${element("Key", upload.key)}${element("UploadId", upload.uploadId)}${element("Initiated", new Date(upload.initiatedMs).toISOString())}</Upload>`,
    );
  answer.xml(
    200,
    xmlDocument("ListMultipartUploadsResult", `${element("Bucket", request.bucket)}<IsTruncated>false</IsTruncated>${uploads.join("")}`),
  );
};

export const multipartOperations = {
  CreateMultipartUpload: createMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: async ({ request, call, uploads, answer }) => {
    await uploads.abort(uploads.find(request.bucket, request.key, call.query.get("uploadId")!));
    answer.empty(204);
  },
  ListParts: listParts,
  ListMultipartUploads: listMultipartUploads,
} satisfies Partial<S3Operations>;
