import { createHash, randomBytes } from "node:crypto";
import { type BodySource, receiveBody } from "./body-intake.ts";
import type { Bucket } from "./bucket.ts";
import { type Checksum, type ChecksumAlgorithm, type ChecksumType, compositeChecksum, createChecksum } from "./checksums.ts";
import type { WriteCondition } from "./conditions.ts";
import type { ObjectHeaders, ObjectRecord, PartRecord, UploadRecord } from "./object-record.ts";
import { type Asker, type ObjectStore, opaqueEtag } from "./object-store.ts";
import { S3Error } from "./s3-error.ts";

const MINIMUM_PART_OCTETS = 5 * 1024 * 1024;
const MAXIMUM_PARTS = 10_000;

export interface CompletedPart {
  partNumber: number;
  etag: string;
  checksum: string | null;
}

/** S3 User Guide, "Uploading and copying objects using multipart upload". */
export class MultipartUploads {
  readonly #store: ObjectStore;
  readonly #now: () => number;

  constructor(store: ObjectStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  create(
    bucket: Bucket,
    upload: { key: string; headers: ObjectHeaders; tags: Record<string, string> },
    algorithm: ChecksumAlgorithm | null,
    type: ChecksumType | null,
  ) {
    const record: UploadRecord = {
      ...upload,
      uploadId: randomBytes(48).toString("base64url"),
      bucket: bucket.name,
      initiatedMs: this.#now(),
      checksumAlgorithm: algorithm,
      checksumType: chooseType(algorithm, type),
    };
    this.#store.index.insertUpload(record);
    return record;
  }

  find(bucket: string, key: string, uploadId: string): UploadRecord {
    const upload = this.#store.index.upload(bucket, key, uploadId);
    if (upload) return upload;
    throw new S3Error(
      "NoSuchUpload",
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      {
        UploadId: uploadId,
      },
    );
  }

  async putPart(bucket: Bucket, upload: UploadRecord, partNumber: number, source: BodySource): Promise<PartRecord> {
    if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > MAXIMUM_PARTS) {
      throw new S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive", { ArgumentName: "partNumber" });
    }
    const declared = source.declared ?? (upload.checksumAlgorithm ? { algorithm: upload.checksumAlgorithm, inTrailer: false } : undefined);
    if (upload.checksumAlgorithm && declared?.algorithm !== upload.checksumAlgorithm) {
      throw new S3Error(
        "InvalidRequest",
        `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksumAlgorithm.toLowerCase()}`,
      );
    }
    const received = await receiveBody(this.#store.blobs, { ...source, declared }, bucket.kmsKeyArn === null);
    const part: PartRecord = {
      uploadId: upload.uploadId,
      partNumber,
      blob: received.blob,
      sizeOctets: received.sizeOctets,
      etag: bucket.kmsKeyArn === null ? received.md5!.toString("hex") : opaqueEtag(),
      modifiedMs: this.#now(),
      checksum: received.checksum,
    };
    const freed = this.#store.index.atomically(() => {
      this.find(upload.bucket, upload.key, upload.uploadId);
      return this.#store.index.putPart(part);
    });
    await this.#store.blobs.remove(freed);
    return part;
  }

  async complete(
    bucket: Bucket,
    upload: UploadRecord,
    wanted: CompletedPart[],
    condition: WriteCondition | null,
    asker: Asker,
  ): Promise<ObjectRecord> {
    const parts = chooseParts(this.#store.index.parts(upload.uploadId), wanted);
    const algorithm = upload.checksumAlgorithm ?? "CRC64NVME";
    const running = createChecksum(algorithm);
    const joined = await this.#store.blobs.write(this.#octetsOf(parts), (chunk) => running.update(chunk));
    const object = { key: upload.key, headers: upload.headers, tags: upload.tags, condition };
    const stored = {
      ...joined,
      etag: multipartEtag(bucket, parts),
      checksum: this.#checksumOf(upload, parts, { algorithm, value: running.digest().toString("base64"), type: "FULL_OBJECT" }),
      partSizes: parts.map((part) => part.sizeOctets),
    };
    return this.#store.commit(bucket, object, stored, "ObjectCreated:CompleteMultipartUpload", asker, () => {
      this.find(upload.bucket, upload.key, upload.uploadId);
      return this.#store.index.removeUpload(upload.uploadId);
    });
  }

  async abort(upload: UploadRecord): Promise<void> {
    await this.#store.blobs.remove(this.#store.index.atomically(() => this.#store.index.removeUpload(upload.uploadId)));
  }

  async *#octetsOf(parts: PartRecord[]): AsyncGenerator<Buffer> {
    for (const part of parts) yield* this.#store.blobs.read(part.blob);
  }

  #checksumOf(upload: UploadRecord, parts: PartRecord[], whole: Checksum): Checksum {
    if (upload.checksumType !== "COMPOSITE") return whole;
    const values = parts.map((part) => part.checksum!.value);
    return { algorithm: whole.algorithm, value: compositeChecksum(whole.algorithm, values), type: "COMPOSITE" };
  }
}

/** SHA checksums of parts cannot be joined and CRC64NVME only exists for whole objects; CRC32 and CRC32C are composite unless asked otherwise. */
function chooseType(algorithm: ChecksumAlgorithm | null, asked: ChecksumType | null): ChecksumType | null {
  if (algorithm === null) return null;
  const only = algorithm === "CRC64NVME" ? "FULL_OBJECT" : algorithm.startsWith("SHA") ? "COMPOSITE" : null;
  if (only && asked && asked !== only) {
    throw new S3Error(
      "InvalidRequest",
      `The ${asked} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return only ?? asked ?? "COMPOSITE";
}

function chooseParts(uploaded: PartRecord[], wanted: CompletedPart[]): PartRecord[] {
  const byNumber = new Map(uploaded.map((part) => [part.partNumber, part]));
  if (wanted.length === 0)
    throw new S3Error("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
  if (wanted.some((want, position) => position > 0 && want.partNumber <= wanted[position - 1]!.partNumber)) {
    throw new S3Error("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.");
  }
  return wanted.map((want, position) => {
    const part = byNumber.get(want.partNumber);
    const same = part && part.etag === want.etag.replaceAll('"', "") && (want.checksum === null || want.checksum === part.checksum?.value);
    if (!same) {
      throw new S3Error(
        "InvalidPart",
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        { PartNumber: String(want.partNumber) },
      );
    }
    if (position < wanted.length - 1 && part.sizeOctets < MINIMUM_PART_OCTETS) {
      throw new S3Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", {
        PartNumber: String(want.partNumber),
      });
    }
    return part;
  });
}

function multipartEtag(bucket: Bucket, parts: PartRecord[]): string {
  if (bucket.kmsKeyArn !== null) return `${opaqueEtag()}-${parts.length}`;
  const hash = createHash("md5");
  for (const part of parts) hash.update(Buffer.from(part.etag, "hex"));
  return `${hash.digest("hex")}-${parts.length}`;
}
