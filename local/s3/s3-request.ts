import type { RequestHead } from "../service.ts";
import { S3Error } from "./s3-error.ts";

/** The operations served, told apart as S3 does: by method, presence of bucket and key, sub-resource in the query, and copy source. */
export type S3Operation =
  | "ListBuckets"
  | "HeadBucket"
  | "GetBucketLocation"
  | "GetBucketVersioning"
  | "ListObjectsV2"
  | "ListObjectVersions"
  | "ListMultipartUploads"
  | "DeleteObjects"
  | "PutObject"
  | "CopyObject"
  | "GetObject"
  | "HeadObject"
  | "DeleteObject"
  | "GetObjectTagging"
  | "PutObjectTagging"
  | "DeleteObjectTagging"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "UploadPartCopy"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "ListParts"
  | "Preflight";

export interface S3Request {
  operation: S3Operation;
  bucket: string;
  key: string;
  versionId: string | null;
  copySource: { bucket: string; key: string; versionId: string | null } | null;
}

/** Sub-resources of the S3 API that are not served: saying so beats treating `?acl` as an object. */
const unserved = [
  "accelerate",
  "acl",
  "analytics",
  "attributes",
  "cors",
  "encryption",
  "inventory",
  "intelligent-tiering",
  "legal-hold",
  "lifecycle",
  "logging",
  "metrics",
  "notification",
  "object-lock",
  "ownershipControls",
  "policy",
  "policyStatus",
  "publicAccessBlock",
  "renameObject",
  "replication",
  "requestPayment",
  "restore",
  "retention",
  "select",
  "session",
  "torrent",
  "website",
] as const;

const MAXIMUM_KEY_OCTETS = 1_024;

/** Path style, `<bucket>.localhost`, and `<bucket>.s3[.<region>].amazonaws.com`. */
function bucketAndKey(head: RequestHead): { bucket: string; key: string } {
  const host = (head.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  const virtual = /^(.+?)\.(?:localhost|s3(?:[.-][a-z0-9-]+)?\.(?:amazonaws\.com|localhost))$/.exec(host)?.[1];
  let path: string;
  try {
    path = decodeURIComponent(head.path.replace(/^\//, ""));
  } catch {
    throw new S3Error("InvalidArgument", "Couldn't parse the specified URI.");
  }
  if (virtual && virtual !== "s3" && !virtual.startsWith("s3.")) return { bucket: virtual, key: path };
  const slash = path.indexOf("/");
  return slash < 0 ? { bucket: path, key: "" } : { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}

function copySourceOf(head: RequestHead): S3Request["copySource"] {
  const header = head.headers["x-amz-copy-source"];
  if (typeof header !== "string") return null;
  const [path = "", query = ""] = header.split("?");
  let decoded: string;
  try {
    decoded = decodeURIComponent(path).replace(/^\//, "");
  } catch {
    decoded = "";
  }
  const slash = decoded.indexOf("/");
  if (slash < 1 || slash === decoded.length - 1) {
    throw new S3Error("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", {
      ArgumentName: "x-amz-copy-source",
    });
  }
  return { bucket: decoded.slice(0, slash), key: decoded.slice(slash + 1), versionId: new URLSearchParams(query).get("versionId") };
}

export function parseS3Request(head: RequestHead): S3Request {
  const { bucket, key } = bucketAndKey(head);
  if (Buffer.byteLength(key) > MAXIMUM_KEY_OCTETS) throw new S3Error("KeyTooLongError", "Your key is too long");
  const missing = unserved.find((name) => head.query.has(name));
  if (missing)
    throw new S3Error("NotImplemented", `A header or query you provided implies functionality that is not implemented: ?${missing}`);
  const copySource = copySourceOf(head);
  const operation = operationOf(head, bucket, key, copySource !== null);
  if (!operation) throw new S3Error("MethodNotAllowed", "The specified method is not allowed against this resource.");
  return { operation, bucket, key, versionId: head.query.get("versionId"), copySource };
}

function operationOf(head: RequestHead, bucket: string, key: string, copies: boolean): S3Operation | null {
  const { method, query } = head;
  if (method === "OPTIONS") return "Preflight";
  if (bucket === "") return method === "GET" ? "ListBuckets" : null;
  if (key === "") return bucketOperation(method, query);
  const tagging = query.has("tagging");
  const upload = query.has("uploadId");
  switch (method) {
    case "GET":
      return tagging ? "GetObjectTagging" : upload ? "ListParts" : "GetObject";
    case "HEAD":
      return "HeadObject";
    case "PUT":
      if (tagging) return "PutObjectTagging";
      if (upload) return copies ? "UploadPartCopy" : "UploadPart";
      return copies ? "CopyObject" : "PutObject";
    case "DELETE":
      return tagging ? "DeleteObjectTagging" : upload ? "AbortMultipartUpload" : "DeleteObject";
    case "POST":
      return query.has("uploads") ? "CreateMultipartUpload" : upload ? "CompleteMultipartUpload" : null;
    default:
      return null;
  }
}

function bucketOperation(method: string, query: URLSearchParams): S3Operation | null {
  if (method === "HEAD") return "HeadBucket";
  if (method === "POST") return query.has("delete") ? "DeleteObjects" : null;
  if (method !== "GET") return null;
  if (query.has("location")) return "GetBucketLocation";
  if (query.has("versioning")) return "GetBucketVersioning";
  if (query.has("versions")) return "ListObjectVersions";
  if (query.has("uploads")) return "ListMultipartUploads";
  return "ListObjectsV2";
}
