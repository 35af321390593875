import type { ApiCall, IamCheck } from "../service.ts";
import { type Bucket, bucketArn, objectArn } from "./bucket.ts";
import type { ObjectIndex } from "./object-index.ts";
import type { S3Request } from "./s3-request.ts";
import { deleteRequestOf } from "./write-operations.ts";

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
  const onObject = (action: string, name = request.bucket, key = request.key): IamCheck => ({
    action: `s3:${action}`,
    resource: objectArn(name, key),
    resourcePolicy: bucketOf(name)?.policy ?? null,
  });
  const onBucket = (action: string, context?: IamCheck["context"]): IamCheck => ({
    action: `s3:${action}`,
    resource: bucketArn(request.bucket),
    resourcePolicy: bucket?.policy ?? null,
    ...(context ? { context } : {}),
  });
  const version = request.versionId === null ? "" : "Version";
  const encrypts = kmsCheck("kms:GenerateDataKey", bucket?.kmsKeyArn ?? null, bucket, request.key, call);
  switch (request.operation) {
    case "Preflight":
      return [];
    case "ListBuckets":
      return [{ action: "s3:ListAllMyBuckets", resource: "*" }];
    case "HeadBucket":
    case "ListObjectsV2":
      return [onBucket("ListBucket", listContext(call))];
    case "ListObjectVersions":
      return [onBucket("ListBucketVersions", listContext(call))];
    case "GetBucketLocation":
      return [onBucket("GetBucketLocation")];
    case "GetBucketVersioning":
      return [onBucket("GetBucketVersioning")];
    case "ListMultipartUploads":
      return [onBucket("ListBucketMultipartUploads")];
    case "GetObject":
    case "HeadObject":
      return [onObject(`GetObject${version}`), ...readKeyCheck(request.bucket, request.key, request.versionId)];
    case "PutObject":
    case "CreateMultipartUpload":
      return [onObject("PutObject"), ...taggingOnPut(), ...encrypts];
    case "UploadPart":
    case "CompleteMultipartUpload":
      return [onObject("PutObject"), ...encrypts, ...kmsCheck("kms:Decrypt", bucket?.kmsKeyArn ?? null, bucket, request.key, call)];
    case "CopyObject":
    case "UploadPartCopy": {
      const from = request.copySource!;
      const source = onObject(from.versionId === null ? "GetObject" : "GetObjectVersion", from.bucket, from.key);
      return [source, ...readKeyCheck(from.bucket, from.key, from.versionId), onObject("PutObject"), ...taggingOnPut(), ...encrypts];
    }
    case "AbortMultipartUpload":
      return [onObject("AbortMultipartUpload")];
    case "ListParts":
      return [onObject("ListMultipartUploadParts")];
    case "DeleteObject":
      return [onObject(`DeleteObject${version}`)];
    case "DeleteObjects": {
      const { objects } = await deleteRequestOf(call);
      return objects.map((one) => onObject(one.versionId === null ? "DeleteObject" : "DeleteObjectVersion", request.bucket, one.key));
    }
    case "GetObjectTagging":
      return [onObject(`GetObject${version}Tagging`)];
    case "PutObjectTagging":
      return [onObject(`PutObject${version}Tagging`)];
    case "DeleteObjectTagging":
      return [onObject(`DeleteObject${version}Tagging`)];
  }

  function taggingOnPut(): IamCheck[] {
    return call.headers["x-amz-tagging"] === undefined ? [] : [onObject("PutObjectTagging")];
  }

  function readKeyCheck(name: string, key: string, versionId: string | null): IamCheck[] {
    const record = versionId === null ? index.latest(name, key) : index.version(name, key, versionId);
    return kmsCheck("kms:Decrypt", record?.kmsKeyArn ?? null, bucketOf(name), key, call);
  }
}

function listContext(call: ApiCall): IamCheck["context"] {
  return { "s3:prefix": call.query.get("prefix") ?? "", "s3:delimiter": call.query.get("delimiter") ?? "" };
}

/** With a bucket key the encryption context is the bucket, else the object. */
function kmsCheck(action: string, keyArn: string | null, bucket: Bucket | undefined, key: string, call: ApiCall): IamCheck[] {
  if (keyArn === null || !bucket || !keyArn.startsWith("arn:")) return [];
  const region = keyArn.split(":")[3] ?? "";
  const encrypted = bucket.bucketKeyEnabled ? bucketArn(bucket.name) : objectArn(bucket.name, key);
  const context = { "kms:ViaService": `s3.${region}.amazonaws.com`, "kms:EncryptionContext:aws:s3:arn": encrypted };
  return call.identity.kind === "anonymous" ? [] : [{ action, resource: keyArn, context }];
}
