import type { PolicyDocument } from "../service.ts";

/** What the template says about a bucket, as far as it changes behaviour. */
export interface Bucket {
  name: string;
  versioning: "off" | "enabled" | "suspended";
  /** Default encryption key: objects get opaque ETags and each call also needs rights on the key, as in AWS. */
  kmsKeyArn: string | null;
  bucketKeyEnabled: boolean;
  cors: CorsRule[];
  notifications: NotificationTarget[];
  eventBridge: boolean;
  policy: PolicyDocument | null;
  createdMs: number;
}

export interface CorsRule {
  allowedOrigins: string[];
  allowedMethods: string[];
  allowedHeaders: string[];
  exposedHeaders: string[];
  maxAgeSeconds: number | null;
}

export interface NotificationTarget {
  id: string;
  kind: "topic" | "queue" | "function";
  arn: string;
  /** e.g. "s3:ObjectCreated:*". */
  events: string[];
  prefix: string;
  suffix: string;
}

export const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;
export const objectArn = (bucket: string, key: string): string => `arn:aws:s3:::${bucket}/${key}`;
