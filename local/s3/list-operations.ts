import type { ObjectRecord } from "./object-record.ts";
import type { OperationInput, S3Operations } from "./operation.ts";
import { S3Error } from "./s3-error.ts";
import { element, xmlDocument } from "./xml.ts";

const MAXIMUM_KEYS = 1_000;
/** Sorts after every key that begins with the prefix before it. */
const AFTER_ALL = "\u{10ffff}";

interface Listing {
  records: ObjectRecord[];
  commonPrefixes: string[];
  /** Where the next page begins (exclusive); null at the end. */
  next: string | null;
}

/** Walks the keys in order, jumping over each common prefix instead of reading what it holds. */
function listKeys(input: OperationInput, prefix: string, delimiter: string, after: string, maximum: number): Listing {
  const listing: Listing = { records: [], commonPrefixes: [], next: null };
  let position = after;
  for (;;) {
    const left = maximum - listing.records.length - listing.commonPrefixes.length;
    const page = input.store.index.list(input.bucket.name, prefix, position, delimiter === "" ? left + 1 : Math.min(left + 1, 64));
    for (const record of page) {
      if (!record.key.startsWith(prefix)) return listing;
      if (listing.records.length + listing.commonPrefixes.length >= maximum) {
        listing.next = position;
        return listing;
      }
      const cut = delimiter === "" ? -1 : record.key.indexOf(delimiter, prefix.length);
      if (cut >= 0) {
        const common = record.key.slice(0, cut + delimiter.length);
        position = common + AFTER_ALL;
        listing.commonPrefixes.push(common);
        break;
      }
      listing.records.push(record);
      position = record.key;
    }
    if (page.length === 0) return listing;
  }
}

const listObjectsV2: S3Operations["ListObjectsV2"] = async (input) => {
  const { call, bucket, answer } = input;
  const { query } = call;
  if (query.get("list-type") !== "2")
    throw new S3Error("NotImplemented", "ListObjects (version 1) is not served; use ListObjectsV2 (list-type=2)");
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const maximum = Math.min(Number(query.get("max-keys") ?? MAXIMUM_KEYS), MAXIMUM_KEYS);
  if (!Number.isInteger(maximum) || maximum < 0)
    throw new S3Error("InvalidArgument", "Provided max-keys not an integer or within integer range");
  const token = query.get("continuation-token");
  const after = token === null ? (query.get("start-after") ?? "") : Buffer.from(token, "base64url").toString("utf8");
  const { records, commonPrefixes, next } =
    maximum === 0 ? { records: [], commonPrefixes: [], next: null } : listKeys(input, prefix, delimiter, after, maximum);
  const encode =
    query.get("encoding-type") === "url" ? (text: string) => encodeURIComponent(text).replaceAll("%2F", "/") : (text: string) => text;
  const contents = records.map((record) => {
    const owner = query.get("fetch-owner") === "true" ? "<Owner><ID>local</ID></Owner>" : "";
    const sum = record.checksum
      ? element("ChecksumAlgorithm", record.checksum.algorithm) + element("ChecksumType", record.checksum.type)
      : "";
    return `<Contents>${element("Key", encode(record.key))}${element("LastModified", new Date(record.modifiedMs).toISOString())}${element("ETag", `"${record.etag}"`)}${sum}${element("Size", record.sizeOctets)}${owner}<StorageClass>STANDARD</StorageClass></Contents>`;
  });
  const prefixes = commonPrefixes.map((common) => `<CommonPrefixes>${element("Prefix", encode(common))}</CommonPrefixes>`);
  answer.xml(
    200,
    xmlDocument(
      "ListBucketResult",
      [
        element("Name", bucket.name),
        element("Prefix", encode(prefix)),
        element("Delimiter", delimiter === "" ? undefined : encode(delimiter)),
        element("MaxKeys", maximum),
        element("KeyCount", records.length + commonPrefixes.length),
        element("IsTruncated", next !== null),
        element("ContinuationToken", token ?? undefined),
        element("StartAfter", query.get("start-after") ?? undefined),
        element("NextContinuationToken", next === null ? undefined : Buffer.from(next).toString("base64url")),
        element("EncodingType", query.get("encoding-type") ?? undefined),
        ...contents,
        ...prefixes,
      ].join(""),
    ),
  );
};

const listObjectVersions: S3Operations["ListObjectVersions"] = async ({ call, bucket, store, answer }) => {
  const prefix = call.query.get("prefix") ?? "";
  const all = store.index.listVersions(bucket.name, prefix, call.query.get("key-marker") ?? "", MAXIMUM_KEYS * 4);
  const versions = all.filter((version) => version.key.startsWith(prefix));
  const lastWholeKey = versions.length >= MAXIMUM_KEYS * 4 ? versions[versions.length - 1]!.key : null;
  const shown = versions.filter((version) => version.key !== lastWholeKey);
  const body = shown.map((version) => {
    const head = `${element("Key", version.key)}${element("VersionId", version.versionId)}${element("IsLatest", version.latest)}${element("LastModified", new Date(version.modifiedMs).toISOString())}`;
    if (version.deleteMarker) return `<DeleteMarker>${head}</DeleteMarker>`;
    return `<Version>${head}${element("ETag", `"${version.etag}"`)}${element("Size", version.sizeOctets)}<StorageClass>STANDARD</StorageClass></Version>`;
  });
  const marker = lastWholeKey === null ? "" : element("NextKeyMarker", shown[shown.length - 1]?.key);
  answer.xml(
    200,
    xmlDocument(
      "ListVersionsResult",
      `${element("Name", bucket.name)}${element("Prefix", prefix)}${element("IsTruncated", lastWholeKey !== null)}${marker}${body.join("")}`,
    ),
  );
};

const listBuckets: S3Operations["ListBuckets"] = async ({ allBuckets, answer }) => {
  const buckets = allBuckets().map(
    (bucket) => `<Bucket>${element("Name", bucket.name)}${element("CreationDate", new Date(bucket.createdMs).toISOString())}</Bucket>`,
  );
  answer.xml(200, xmlDocument("ListAllMyBucketsResult", `<Owner><ID>local</ID></Owner><Buckets>${buckets.join("")}</Buckets>`));
};

export const listOperations = {
  ListBuckets: listBuckets,
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listObjectVersions,
  HeadBucket: async ({ answer, region }) => answer.empty(200, { "x-amz-bucket-region": region }),
  GetBucketLocation: async ({ answer, region }) =>
    answer.xml(
      200,
      `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${region === "us-east-1" ? "" : region}</LocationConstraint>`,
    ),
  GetBucketVersioning: async ({ bucket, answer }) => {
    const status = { off: undefined, enabled: "Enabled", suspended: "Suspended" }[bucket.versioning];
    answer.xml(200, xmlDocument("VersioningConfiguration", element("Status", status)));
  },
} satisfies Partial<S3Operations>;
