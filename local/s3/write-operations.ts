import { type BodySource, bodySourceOf, readSmallBody } from "./body-intake.ts";
import { checksumHeader } from "./checksums.ts";
import { checkReadConditions, checkWriteCondition, writeConditionOf } from "./conditions.ts";
import { checkTags, objectHeadersOf, tagsOfHeader, versionHeader, writeAnswerHeaders } from "./object-headers.ts";
import type { ObjectRecord } from "./object-record.ts";
import { opaqueEtag } from "./object-store.ts";
import type { OperationInput, S3Operations } from "./operation.ts";
import { S3Error } from "./s3-error.ts";
import { childrenOf, element, parseXml, textOf, xmlDocument } from "./xml.ts";

const MAXIMUM_KEYS_IN_DELETE = 1_000;

const conditionFor = ({ call, store, request }: OperationInput) => {
  const current = store.index.latest(request.bucket, request.key);
  const condition = writeConditionOf(call.headers, current);
  checkWriteCondition(condition, current, request.key);
  return condition;
};

const putObject: S3Operations["PutObject"] = async (input) => {
  const { request, call, bucket, store, asker, answer } = input;
  const condition = conditionFor(input);
  const object = { key: request.key, headers: objectHeadersOf(call.headers), tags: tagsOfHeader(call.headers), condition };
  const record = await store.put(bucket, object, bodySourceOf(call), asker);
  answer.empty(200, writeAnswerHeaders(bucket, record) as Record<string, string>);
};

const copyObject: S3Operations["CopyObject"] = async (input) => {
  const { request, call, bucket, bucketNamed, store, asker, answer } = input;
  const { source } = copySource(input);
  const replaceHeaders = call.headers["x-amz-metadata-directive"] === "REPLACE";
  const replaceTags = call.headers["x-amz-tagging-directive"] === "REPLACE";
  if (source.bucket === request.bucket && source.key === request.key && !replaceHeaders && request.copySource!.versionId === null) {
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  bucketNamed(source.bucket);
  const object = {
    key: request.key,
    headers: replaceHeaders ? objectHeadersOf(call.headers) : source.headers,
    tags: replaceTags ? tagsOfHeader(call.headers) : source.tags,
    condition: conditionFor(input),
  };
  const plainMd5 = source.kmsKeyArn === null && bucket.kmsKeyArn === null && source.partSizes === null;
  const stored = {
    blob: await store.blobs.copy(source.blob!),
    sizeOctets: source.sizeOctets,
    etag: plainMd5 ? source.etag : opaqueEtag(),
    checksum: source.checksum?.type === "FULL_OBJECT" ? source.checksum : null,
    partSizes: null,
  };
  const record = await store.commit(bucket, object, stored, "ObjectCreated:Copy", asker);
  const copied = { "x-amz-copy-source-version-id": versionHeader(source)["x-amz-version-id"] as string | undefined };
  const headers = Object.fromEntries(
    Object.entries(writeAnswerHeaders(bucket, record)).filter(([name]) => !name.startsWith("x-amz-checksum")),
  );
  for (const [name, value] of Object.entries({ ...headers, ...copied }))
    if (value !== undefined && name !== "etag") input.response.setHeader(name, value);
  answer.xml(200, xmlDocument("CopyObjectResult", copyResult(record)));
};

function copyResult(record: Pick<ObjectRecord, "etag" | "modifiedMs" | "checksum">): string {
  const sum = record.checksum;
  return [
    element("LastModified", new Date(record.modifiedMs).toISOString()),
    element("ETag", `"${record.etag}"`),
    sum ? element(`Checksum${sum.algorithm}`, sum.value) : "",
    sum ? element("ChecksumType", sum.type) : "",
  ].join("");
}

/** The source of a copy, its conditions checked, and the octets asked for. */
function copySource({ request, call, store }: OperationInput): { source: ObjectRecord; start: number; end: number } {
  const from = request.copySource!;
  const source = store.find(from.bucket, from.key, from.versionId);
  checkReadConditions(call.headers, source, "x-amz-copy-source-");
  const range = call.headers["x-amz-copy-source-range"];
  if (range === undefined) return { source, start: 0, end: source.sizeOctets - 1 };
  const match = /^bytes=(\d+)-(\d+)$/.exec(String(range));
  const [start, end] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || end < start || end >= source.sizeOctets) {
    throw new S3Error("InvalidArgument", "Range specified is not valid for source object", { ArgumentName: "x-amz-copy-source-range" });
  }
  return { source, start, end };
}

const partNumberOf = (input: OperationInput): number => Number(input.call.query.get("partNumber") ?? Number.NaN);

const uploadPart: S3Operations["UploadPart"] = async (input) => {
  const { request, call, bucket, uploads, answer } = input;
  const upload = uploads.find(request.bucket, request.key, call.query.get("uploadId")!);
  const part = await uploads.putPart(bucket, upload, partNumberOf(input), bodySourceOf(call));
  answer.empty(200, {
    etag: `"${part.etag}"`,
    ...(part.checksum ? { [checksumHeader(part.checksum.algorithm)]: part.checksum.value } : {}),
  });
};

const uploadPartCopy: S3Operations["UploadPartCopy"] = async (input) => {
  const { request, call, bucket, uploads, store, answer } = input;
  const upload = uploads.find(request.bucket, request.key, call.query.get("uploadId")!);
  const { source, start, end } = copySource(input);
  const octets: BodySource = {
    octets: store.blobs.read(source.blob!, start, end),
    declared: undefined,
    trailers: new Map(),
    sha256: null,
    contentMd5: null,
    expectedOctets: end - start + 1,
  };
  const part = await uploads.putPart(bucket, upload, partNumberOf(input), octets);
  answer.xml(200, xmlDocument("CopyPartResult", copyResult(part)));
};

const deleteObject: S3Operations["DeleteObject"] = async (input) => {
  const { request, call, bucket, store, asker, answer } = input;
  const condition = call.headers["if-match"] === undefined ? null : conditionFor(input);
  const removed = await store.remove(bucket, request.key, request.versionId, asker, condition);
  answer.empty(204, {
    ...(removed.versionId ? { "x-amz-version-id": removed.versionId } : {}),
    ...(removed.deleteMarker ? { "x-amz-delete-marker": "true" } : {}),
  });
};

const bodies = new WeakMap<object, Promise<DeleteRequest>>();

interface DeleteRequest {
  quiet: boolean;
  objects: { key: string; versionId: string | null }[];
}

/** Read once: by the IAM question (each key is a resource) and by the operation. */
export function deleteRequestOf(call: OperationInput["call"]): Promise<DeleteRequest> {
  let parsed = bodies.get(call);
  if (!parsed) bodies.set(call, (parsed = readSmallBody(call).then(parseDelete)));
  return parsed;
}

function parseDelete(body: string): DeleteRequest {
  const root = parseXml(body);
  const objects = childrenOf(root, "Object").map((one) => ({ key: textOf(one, "Key") ?? "", versionId: textOf(one, "VersionId") ?? null }));
  if (root.name !== "Delete" || objects.length === 0 || objects.length > MAXIMUM_KEYS_IN_DELETE || objects.some((one) => one.key === "")) {
    throw new S3Error("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
  }
  return { quiet: textOf(root, "Quiet") === "true", objects };
}

const deleteObjects: S3Operations["DeleteObjects"] = async ({ call, bucket, store, asker, answer }) => {
  const { quiet, objects } = await deleteRequestOf(call);
  let body = "";
  for (const { key, versionId } of objects) {
    const removed = await store.remove(bucket, key, versionId, asker);
    if (quiet) continue;
    const marker = removed.deleteMarker
      ? element("DeleteMarker", true) + element("DeleteMarkerVersionId", removed.versionId ?? undefined)
      : "";
    body += `<Deleted>${element("Key", key)}${element("VersionId", versionId ?? undefined)}${marker}</Deleted>`;
  }
  answer.xml(200, xmlDocument("DeleteResult", body));
};

const putTagging: S3Operations["PutObjectTagging"] = async ({ request, call, store, asker, answer }) => {
  const set = childrenOf(parseXml(await readSmallBody(call)), "TagSet")[0];
  if (!set) throw new S3Error("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
  const tags = checkTags(childrenOf(set, "Tag").map((tag) => [textOf(tag, "Key") ?? "", textOf(tag, "Value") ?? ""] as const));
  const record = await store.setTags(request.bucket, request.key, request.versionId, tags, asker);
  answer.empty(200, versionHeader(record) as Record<string, string>);
};

const deleteTagging: S3Operations["DeleteObjectTagging"] = async ({ request, store, asker, answer }) => {
  const record = await store.setTags(request.bucket, request.key, request.versionId, {}, asker);
  answer.empty(204, versionHeader(record) as Record<string, string>);
};

export const writeOperations = {
  PutObject: putObject,
  CopyObject: copyObject,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  PutObjectTagging: putTagging,
  DeleteObjectTagging: deleteTagging,
} satisfies Partial<S3Operations>;
