/** Octets in one S3 bucket, on the AWS SDK's client. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import type { BlobStore, MalwareVerdict } from "../core/ports/blob-store.ts";
import { malwareVerdictOf } from "./malware-tag.ts";
import type { Meter } from "./meter.ts";
import { sorted } from "./sdk-errors.ts";

const isAbsent = (error: unknown) => error instanceof Error && (error.name === "NoSuchKey" || error.name === "NotFound");
const isPastEnd = (error: unknown) => error instanceof Error && error.name === "InvalidRange";

export class SdkBlobStore implements BlobStore {
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly meter: Meter | undefined;

  constructor(bucket: string, options: { client?: S3Client; meter?: Meter } = {}) {
    this.bucket = bucket;
    this.client = options.client ?? newS3Client();
    this.meter = options.meter;
  }

  static of(bucket: string, config: S3ClientConfig): SdkBlobStore {
    return new SdkBlobStore(bucket, { client: new S3Client(config) });
  }

  async get(key: string, range?: { offset: number; length: number }): Promise<Uint8Array | null> {
    if (range?.length === 0) return new Uint8Array();
    this.meter?.count("s3:GetObject");
    try {
      const Range = range && `bytes=${range.offset}-${range.offset + range.length - 1}`;
      const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, Range }));
      return (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    } catch (error) {
      if (isAbsent(error)) return null;
      if (isPastEnd(error)) return new Uint8Array();
      throw sorted(error);
    }
  }

  async put(key: string, octets: Uint8Array, options?: { contentType?: string }): Promise<void> {
    this.meter?.count("s3:PutObject");
    try {
      const ContentType = options?.contentType ?? "application/octet-stream";
      await this.client.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: octets, ContentType }));
    } catch (error) {
      throw sorted(error);
    }
  }

  async delete(key: string): Promise<void> {
    this.meter?.count("s3:DeleteObject");
    try {
      await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
    } catch (error) {
      if (!isAbsent(error)) throw sorted(error);
    }
  }

  async presignGet(key: string, options: { seconds: number; contentType: string; disposition: string }): Promise<string> {
    // Loaded on first use: only large downloads need it.
    const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
    const command = new GetObjectCommand({
      Bucket: this.bucket,
      Key: key,
      ResponseContentType: options.contentType,
      ResponseContentDisposition: options.disposition,
      ResponseCacheControl: "no-store",
    });
    return getSignedUrl(this.client, command, { expiresIn: options.seconds });
  }

  async malwareVerdict(key: string): Promise<MalwareVerdict> {
    this.meter?.count("s3:GetObjectTagging");
    try {
      const { TagSet } = await this.client.send(new GetObjectTaggingCommand({ Bucket: this.bucket, Key: key }));
      return malwareVerdictOf(new Map((TagSet ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""])));
    } catch (error) {
      throw sorted(error);
    }
  }
}

/** Path style when an endpoint is given: a loopback endpoint has no bucket host names. */
export const newS3Client = (): S3Client =>
  new S3Client({ maxAttempts: 4, forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL ?? process.env.AWS_ENDPOINT_URL_S3) });
