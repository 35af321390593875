import type { Checksum } from "./checksums.ts";

/** Version id of objects written while versioning is off or suspended (S3 User Guide, "Using versioning"). */
export const NULL_VERSION = "null";

/** Headers kept with an object and given back as they came. */
export interface ObjectHeaders {
  contentType: string;
  cacheControl?: string;
  contentDisposition?: string;
  contentEncoding?: string;
  contentLanguage?: string;
  expires?: string;
  /** `x-amz-meta-*`, names without the prefix, in lower case. */
  user: Record<string, string>;
}

export interface ObjectRecord {
  bucket: string;
  key: string;
  versionId: string;
  deleteMarker: boolean;
  /** File below `blobs/`; null for a delete marker. */
  blob: string | null;
  sizeOctets: number;
  /** Without the quotes. */
  etag: string;
  modifiedMs: number;
  headers: ObjectHeaders;
  tags: Record<string, string>;
  checksum: Checksum | null;
  /** Key that SSE-KMS would use; null for SSE-S3. */
  kmsKeyArn: string | null;
  /** Sizes of the parts of a multipart upload, for GET ?partNumber=. */
  partSizes: number[] | null;
}

export interface UploadRecord {
  uploadId: string;
  bucket: string;
  key: string;
  initiatedMs: number;
  headers: ObjectHeaders;
  tags: Record<string, string>;
  checksumAlgorithm: Checksum["algorithm"] | null;
  checksumType: Checksum["type"] | null;
}

export interface PartRecord {
  uploadId: string;
  partNumber: number;
  blob: string;
  sizeOctets: number;
  etag: string;
  modifiedMs: number;
  checksum: Checksum | null;
}
