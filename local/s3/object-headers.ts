import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { Bucket } from "./bucket.ts";
import { checksumHeader } from "./checksums.ts";
import { NULL_VERSION, type ObjectHeaders, type ObjectRecord } from "./object-record.ts";
import { S3Error } from "./s3-error.ts";

const MAXIMUM_METADATA_OCTETS = 2_048;
const MAXIMUM_TAGS = 10;
const TAG_KEY_CHARACTERS = 128;
const TAG_VALUE_CHARACTERS = 256;
const USER_PREFIX = "x-amz-meta-";

const one = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : value;
};

/** The headers of a PUT that are kept and given back. `aws-chunked` is framing, not content. */
export function objectHeadersOf(headers: IncomingHttpHeaders): ObjectHeaders {
  const user: Record<string, string> = {};
  let userOctets = 0;
  for (const name of Object.keys(headers)) {
    if (!name.startsWith(USER_PREFIX)) continue;
    const value = one(headers, name) ?? "";
    user[name.slice(USER_PREFIX.length)] = value;
    userOctets += name.length - USER_PREFIX.length + Buffer.byteLength(value);
  }
  if (userOctets > MAXIMUM_METADATA_OCTETS) {
    throw new S3Error("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size", {
      Size: String(userOctets),
      MaxSizeAllowed: String(MAXIMUM_METADATA_OCTETS),
    });
  }
  const encoding = (one(headers, "content-encoding") ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "" && part.toLowerCase() !== "aws-chunked")
    .join(",");
  return {
    contentType: one(headers, "content-type") ?? "binary/octet-stream",
    cacheControl: one(headers, "cache-control"),
    contentDisposition: one(headers, "content-disposition"),
    contentEncoding: encoding === "" ? undefined : encoding,
    contentLanguage: one(headers, "content-language"),
    expires: one(headers, "expires"),
    user,
  };
}

/** `x-amz-tagging: a=b&c=d`. */
export function tagsOfHeader(headers: IncomingHttpHeaders): Record<string, string> {
  const header = one(headers, "x-amz-tagging");
  return header === undefined ? {} : checkTags([...new URLSearchParams(header)]);
}

export function checkTags(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  if (pairs.length > MAXIMUM_TAGS) throw new S3Error("InvalidTag", "Object tags cannot be greater than 10");
  const tags: Record<string, string> = {};
  for (const [key, value] of pairs) {
    if (key === "" || key.length > TAG_KEY_CHARACTERS) throw new S3Error("InvalidTag", "The TagKey you have provided is invalid");
    if (value.length > TAG_VALUE_CHARACTERS) throw new S3Error("InvalidTag", "The TagValue you have provided is invalid");
    if (Object.hasOwn(tags, key)) throw new S3Error("InvalidTag", "Cannot provide multiple Tags with the same key");
    tags[key] = value;
  }
  return tags;
}

/** What a write answers with about encryption and version. */
export function writeAnswerHeaders(bucket: Bucket, record: ObjectRecord): OutgoingHttpHeaders {
  return {
    etag: `"${record.etag}"`,
    ...encryptionHeaders(record.kmsKeyArn, bucket.bucketKeyEnabled),
    ...versionHeader(record),
    ...(record.checksum
      ? { [checksumHeader(record.checksum.algorithm)]: record.checksum.value, "x-amz-checksum-type": record.checksum.type }
      : {}),
  };
}

export function encryptionHeaders(kmsKeyArn: string | null, bucketKeyEnabled: boolean): OutgoingHttpHeaders {
  if (kmsKeyArn === null) return { "x-amz-server-side-encryption": "AES256" };
  return {
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": kmsKeyArn,
    ...(bucketKeyEnabled ? { "x-amz-server-side-encryption-bucket-key-enabled": "true" } : {}),
  };
}

export const versionHeader = (record: { versionId: string }): OutgoingHttpHeaders =>
  record.versionId === NULL_VERSION ? {} : { "x-amz-version-id": record.versionId };

const overridable = ["cache-control", "content-disposition", "content-encoding", "content-language", "expires"] as const;

/** The standard headers that the object was stored with, beside its type. */
export function keptHeaders(kept: ObjectHeaders): Record<string, string> {
  const values = [kept.cacheControl, kept.contentDisposition, kept.contentEncoding, kept.contentLanguage, kept.expires];
  return Object.fromEntries(overridable.flatMap((name, index) => (values[index] === undefined ? [] : [[name, values[index]]])));
}

/** Headers of GET and HEAD, `response-*` overrides of the query applied. */
export function readAnswerHeaders(
  bucket: Bucket,
  record: ObjectRecord,
  query: URLSearchParams,
  wantsChecksum: boolean,
): OutgoingHttpHeaders {
  const kept = record.headers;
  const out: OutgoingHttpHeaders = {
    "accept-ranges": "bytes",
    "last-modified": new Date(record.modifiedMs).toUTCString(),
    etag: `"${record.etag}"`,
    "content-type": query.get("response-content-type") ?? kept.contentType,
    ...encryptionHeaders(record.kmsKeyArn, bucket.bucketKeyEnabled),
    ...versionHeader(record),
  };
  Object.assign(out, keptHeaders(kept));
  for (const name of overridable) {
    const chosen = query.get(`response-${name}`);
    if (chosen !== null) out[name] = chosen;
  }
  for (const [name, value] of Object.entries(kept.user)) out[USER_PREFIX + name] = value;
  const tagCount = Object.keys(record.tags).length;
  if (tagCount > 0) out["x-amz-tagging-count"] = tagCount;
  if (record.partSizes) out["x-amz-mp-parts-count"] = record.partSizes.length;
  if (wantsChecksum && record.checksum) {
    out[checksumHeader(record.checksum.algorithm)] = record.checksum.value;
    out["x-amz-checksum-type"] = record.checksum.type;
  }
  return out;
}
