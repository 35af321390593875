import type { ServerResponse } from "node:http";
import type { ApiCall } from "../service.ts";
import type { Bucket } from "./bucket.ts";
import type { MultipartUploads } from "./multipart-uploads.ts";
import type { ObjectRecord } from "./object-record.ts";
import type { Asker, ObjectStore } from "./object-store.ts";
import type { S3Operation, S3Request } from "./s3-request.ts";

/** What an operation is given. */
export interface OperationInput {
  request: S3Request;
  call: ApiCall;
  response: ServerResponse;
  bucket: Bucket;
  bucketNamed(name: string): Bucket;
  allBuckets(): Bucket[];
  store: ObjectStore;
  uploads: MultipartUploads;
  asker: Asker;
  region: string;
  answer: Answer;
}

export interface Answer {
  xml(status: number, body: string, record?: ObjectRecord): void;
  empty(status: number, headers?: Record<string, string | number | string[] | undefined>): void;
}

export type S3Operations = Record<Exclude<S3Operation, "Preflight">, (input: OperationInput) => Promise<void>>;
