import type { ApiCall, IamCheck } from "../service.ts";
import { type Bucket, bucketArn, objectArn } from "./bucket.ts";
import type { ObjectIndex } from "./object-index.ts";
import { S3Error } from "./s3-error.ts";
import type { S3Operation, S3Request } from "./s3-request.ts";
import { deleteRequestOf } from "./write-operations.ts";

/** Operations on the bucket itself and the one right that each needs. */
const bucketActions: Partial<Record<S3Operation, string>> = {
  HeadBucket: "ListBucket",
  ListObjectsV2: "ListBucket",
  ListObjectVersions: "ListBucketVersions",
  GetBucketLocation: "GetBucketLocation",
  GetBucketVersioning: "GetBucketVersioning",
  ListMultipartUploads: "ListBucketMultipartUploads",
};

/** Operations on one object that need one right on it; with a version id, `Version` comes where the `*` stands. */
const objectActions: Partial<Record<S3Operation, string>> = {
  AbortMultipartUpload: "AbortMultipartUpload",
  ListParts: "ListMultipartUploadParts",
  DeleteObject: "DeleteObject*",
  GetObjectTagging: "GetObject*Tagging",
  PutObjectTagging: "PutObject*Tagging",
  DeleteObjectTagging: "DeleteObject*Tagging",
};

/**
 * The rights that each operation needs: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3",
 * and for SSE-KMS buckets the rights on the key (S3 User Guide, "Using server-side encryption with AWS KMS").
 */
export async function checksOf(
  request: S3Request,
  call: ApiCall,
  bucketOf: (name: string) => Bucket | undefined,
  index: ObjectIndex,
): Promise<IamCheck[]> {
  const bucket = bucketOf(request.bucket);
  const onBucket = bucketActions[request.operation];
  if (onBucket) {
    const resource = bucketArn(request.bucket);
    return [{ action: `s3:${onBucket}`, resource, resourcePolicy: bucket?.policy ?? null, context: listContext(call) }];
  }
  const onObject = (action: string, name = request.bucket, key = request.key): IamCheck => ({
    action: `s3:${action}`,
    resource: objectArn(name, key),
    resourcePolicy: bucketOf(name)?.policy ?? null,
  });
  const version = request.versionId === null ? "" : "Version";
  const single = objectActions[request.operation];
  if (single) return [onObject(single.replace("*", version))];
  const toRead = (name: string, key: string, versionId: string | null): IamCheck[] => {
    const record = versionId === null ? index.latest(name, key) : index.version(name, key, versionId);
    const action = versionId === null ? "GetObject" : "GetObjectVersion";
    return [onObject(action, name, key), ...keyChecks("kms:Decrypt", record?.kmsKeyArn ?? null, bucketOf(name), key, call)];
  };
  const toWrite = (): IamCheck[] => [
    onObject("PutObject"),
    ...(call.headers["x-amz-tagging"] === undefined ? [] : [onObject("PutObjectTagging")]),
    ...keyChecks("kms:GenerateDataKey", bucket?.kmsKeyArn ?? null, bucket, request.key, call),
  ];
  switch (request.operation) {
    case "ListBuckets":
      return [{ action: "s3:ListAllMyBuckets", resource: "*" }];
    case "GetObject":
    case "HeadObject":
      return toRead(request.bucket, request.key, request.versionId);
    case "PutObject":
    case "CreateMultipartUpload":
      return toWrite();
    case "UploadPart":
    case "CompleteMultipartUpload":
      return [...toWrite(), ...keyChecks("kms:Decrypt", bucket?.kmsKeyArn ?? null, bucket, request.key, call)];
    case "CopyObject":
    case "UploadPartCopy": {
      const from = request.copySource!;
      return [...toRead(from.bucket, from.key, from.versionId), ...toWrite()];
    }
    case "DeleteObjects": {
      const { objects } = await deleteRequestOf(call);
      return objects.map((one) => onObject(one.versionId === null ? "DeleteObject" : "DeleteObjectVersion", request.bucket, one.key));
    }
    case "Preflight":
      return [];
    default:
      throw new S3Error("NotImplemented", `The rights for ${request.operation} are not known`);
  }
}

function listContext(call: ApiCall): IamCheck["context"] {
  return { "s3:prefix": call.query.get("prefix") ?? "", "s3:delimiter": call.query.get("delimiter") ?? "" };
}

/** With a bucket key the encryption context is the bucket, else the object. */
function keyChecks(action: string, keyArn: string | null, bucket: Bucket | undefined, key: string, call: ApiCall): IamCheck[] {
  if (keyArn === null || !bucket || !keyArn.startsWith("arn:") || call.identity.kind === "anonymous") return [];
  const region = keyArn.split(":")[3] ?? "";
  const encrypted = bucket.bucketKeyEnabled ? bucketArn(bucket.name) : objectArn(bucket.name, key);
  const context = { "kms:ViaService": `s3.${region}.amazonaws.com`, "kms:EncryptionContext:aws:s3:arn": encrypted };
  return [{ action, resource: keyArn, context }];
}
