import type { ServerResponse } from "node:http";
import { join } from "node:path";
import type { Ports } from "../ports.ts";
import {
  type ApiCall,
  type IamCheck,
  type LocalService,
  type RequestHead,
  type ResourceProvider,
  type ServiceContext,
  ServiceError,
} from "../service.ts";
import { BlobFiles, readRange } from "./blob-files.ts";
import { type Bucket, bucketArn, objectArn } from "./bucket.ts";
import { bucketDeploymentProperties, deployToBucket } from "./bucket-deployment.ts";
import { applyBucketNotifications, bucketFromTemplate, bucketProperties, policyOf } from "./bucket-template.ts";
import { bufferSource } from "./buffer-source.ts";
import { corsHeaders } from "./cors.ts";
import { listOperations } from "./list-operations.ts";
import { multipartOperations } from "./multipart-operations.ts";
import { MultipartUploads } from "./multipart-uploads.ts";
import { ObjectEvents } from "./object-events.ts";
import { keptHeaders, versionHeader } from "./object-headers.ts";
import { ObjectIndex } from "./object-index.ts";
import { ObjectStore } from "./object-store.ts";
import type { Answer, S3Operations } from "./operation.ts";
import { readOperations } from "./read-operations.ts";
import { S3Error } from "./s3-error.ts";
import { checksOf } from "./s3-iam.ts";
import { parseS3Request, type S3Request } from "./s3-request.ts";
import { writeOperations } from "./write-operations.ts";
import { element, escapeXml } from "./xml.ts";

const operations: S3Operations = { ...readOperations, ...writeOperations, ...listOperations, ...multipartOperations };

/** Amazon S3 on the file system: see README.md. */
export class S3Service implements LocalService {
  readonly name = "s3";
  readonly signingNames = ["s3"];
  readonly protocol = "s3";
  readonly body = "streamed";
  readonly resources: Readonly<Record<string, ResourceProvider>>;
  readonly #buckets = new Map<string, Bucket>();
  #context!: ServiceContext;
  #index?: ObjectIndex;
  #store!: ObjectStore;
  #events?: ObjectEvents;
  #uploads!: MultipartUploads;

  constructor() {
    this.resources = this.#providers();
  }

  async start(context: ServiceContext): Promise<void> {
    this.#context = context;
    this.#index = new ObjectIndex(join(context.dataDir, "index.sqlite"));
    const blobs = new BlobFiles(join(context.dataDir, "blobs"));
    const swept = await blobs.sweep(this.#index.referencedBlobs());
    if (swept > 0) context.log.info("Removed bodies of writes that did not finish in the last run", { files: swept });
    this.#events = new ObjectEvents(this.#index, context, (name) => this.#buckets.get(name));
    this.#store = new ObjectStore(this.#index, blobs, this.#events, () => context.clock.now());
    this.#uploads = new MultipartUploads(this.#store, () => context.clock.now());
    context.provide("objects", this.#port());
  }

  async opened(): Promise<void> {
    void this.#events!.redeliver();
  }

  async stop(): Promise<void> {
    await this.#events?.settled();
    this.#index?.close();
  }

  /** Browsers send preflights without a signature. */
  claimsUnsigned(head: RequestHead): boolean {
    if (head.method !== "OPTIONS" || head.headers["access-control-request-method"] === undefined) return false;
    return this.#buckets.has(parseS3Request(head).bucket);
  }

  async iamOf(call: ApiCall): Promise<IamCheck[]> {
    return checksOf(parseS3Request(call), call, (name) => this.#buckets.get(name), this.#index!);
  }

  async handle(call: ApiCall, response: ServerResponse): Promise<void> {
    try {
      const request = parseS3Request(call);
      const cors = corsHeaders(this.#buckets.get(request.bucket), call.method, call.headers);
      for (const [name, value] of Object.entries(cors ?? {})) response.setHeader(name, value!);
      response.setHeader("x-amz-request-id", call.requestId);
      response.setHeader("x-amz-id-2", call.requestId);
      if (request.operation === "Preflight") {
        if (!cors) throw new S3Error("AccessDenied", "CORSResponse: This CORS request is not allowed.");
        response.writeHead(200).end();
        return;
      }
      await this.#run(request, call, response);
    } catch (error) {
      this.#fail(error, call, response);
    }
  }

  async #run(request: S3Request, call: ApiCall, response: ServerResponse): Promise<void> {
    const bucketNamed = (name: string): Bucket => {
      const bucket = this.#buckets.get(name);
      if (!bucket) throw new S3Error("NoSuchBucket", "The specified bucket does not exist", { BucketName: name });
      return bucket;
    };
    await operations[request.operation as keyof S3Operations]({
      request,
      call,
      response,
      bucket: request.operation === "ListBuckets" ? (undefined as never) : bucketNamed(request.bucket),
      bucketNamed,
      allBuckets: () => [...this.#buckets.values()],
      store: this.#store,
      uploads: this.#uploads,
      asker: { requestId: call.requestId, principal: call.identity.arn },
      region: this.#context.region,
      answer: answerTo(response),
    });
  }

  #fail(error: unknown, call: ApiCall, response: ServerResponse): void {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    if (!(error instanceof ServiceError)) {
      if (call.request.destroyed && !call.request.complete) return;
      throw error;
    }
    const told = this.#hideMissing(error, call);
    if (told instanceof S3Error) for (const [name, value] of Object.entries(told.headers)) response.setHeader(name, value);
    if (call.method === "HEAD" || told.status === 304) {
      response.writeHead(told.status).end();
      return;
    }
    const details = Object.entries(told.details).map(([name, value]) => element(name, String(value)));
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${told.code}</Code><Message>${escapeXml(told.message)}</Message>${details.join("")}<RequestId>${call.requestId}</RequestId><HostId>${call.requestId}</HostId></Error>`;
    response.writeHead(told.status, { "content-type": "application/xml", "content-length": Buffer.byteLength(body) }).end(body);
  }

  /** Who may not list the bucket is told 403 for a key that is not there (S3 API reference, GetObject "Permissions"). */
  #hideMissing(error: ServiceError, call: ApiCall): ServiceError {
    if (error.code !== "NoSuchKey" || call.identity.kind !== "role") return error;
    const { bucket } = parseS3Request(call);
    const check = { action: "s3:ListBucket", resource: bucketArn(bucket), resourcePolicy: this.#buckets.get(bucket)?.policy ?? null };
    const roleArn = `arn:aws:iam::${this.#context.accountId}:role/${call.identity.roleName}`;
    if (this.#context.allowsRole(roleArn, check)) return error;
    const message = `User: ${call.identity.arn} is not authorized to perform: s3:ListBucket on resource: "${bucketArn(bucket)}" because no identity-based policy allows the s3:ListBucket action`;
    return new S3Error("AccessDenied", message);
  }

  #port(): Ports["objects"] {
    const inside = { requestId: "internal", principal: "internal" };
    const bucketOf = (name: string): Bucket => {
      const bucket = this.#buckets.get(name);
      if (!bucket) throw new S3Error("NoSuchBucket", "The specified bucket does not exist", { BucketName: name });
      return bucket;
    };
    return {
      put: async (name, key, body, { contentType, metadata, caller }) => {
        const bucket = bucketOf(name);
        const check = { action: "s3:PutObject", resource: objectArn(name, key), resourcePolicy: bucket.policy };
        if (caller && !this.#context.allowsService(caller, check)) {
          throw new S3Error("AccessDenied", `The policy of bucket ${name} does not let ${caller.service} put objects`);
        }
        const headers = { contentType: contentType ?? "binary/octet-stream", user: { ...metadata } };
        const asker = { ...inside, principal: caller?.service ?? "internal" };
        const record = await this.#store.put(bucket, { key, headers, tags: {}, condition: null }, bufferSource(body), asker);
        return { etag: record.etag, sizeOctets: record.sizeOctets };
      },
      get: async (name, key, caller) => {
        const bucket = bucketOf(name);
        const may = (action: string, resource: string) =>
          !caller || this.#context.allowsService(caller, { action: `s3:${action}`, resource, resourcePolicy: bucket.policy });
        const latest = this.#index!.latest(bucket.name, key);
        const found = latest !== null && !latest.deleteMarker;
        if (!may("GetObject", objectArn(name, key)) || (!found && !may("ListBucket", bucketArn(name)))) {
          throw new S3Error("AccessDenied", `The policy of bucket ${name} does not let ${caller?.service} read ${key}`);
        }
        if (!found) return null;
        const { record, file } = await this.#store.open(name, key, null);
        const body = readRange(file, 0, record.sizeOctets - 1);
        const { etag, modifiedMs, sizeOctets, kmsKeyArn, tags } = record;
        return {
          body,
          sizeOctets,
          etag,
          modifiedMs,
          kmsKeyArn,
          tags,
          contentType: record.headers.contentType,
          metadata: record.headers.user,
          headers: keptHeaders(record.headers),
        };
      },
      setTags: async (name, key, tags) => {
        await this.#store.setTags(bucketOf(name).name, key, null, { ...tags }, inside);
      },
      onCreated: (listener) => this.#events!.onCreated(listener),
    };
  }

  #providers(): Record<string, ResourceProvider> {
    const known = (resource: Parameters<ResourceProvider["create"]>[0], property: string): Bucket => {
      const bucket = this.#buckets.get(String(resource.properties[property]));
      if (!bucket)
        throw new ServiceError(
          404,
          "NoSuchBucket",
          `${resource.logicalId} names the bucket ${String(resource.properties[property])}, which no stack makes`,
        );
      return bucket;
    };
    return {
      "AWS::S3::Bucket": {
        properties: bucketProperties,
        create: async (resource) => {
          const bucket = bucketFromTemplate(resource, this.#context.clock.now());
          this.#buckets.set(bucket.name, bucket);
          return { ref: bucket.name, attributes: bucketAttributes(bucket.name, this.#context.region) };
        },
      },
      "AWS::S3::BucketPolicy": {
        properties: { Bucket: "used", PolicyDocument: "used" },
        create: async (resource) => {
          const bucket = known(resource, "Bucket");
          bucket.policy = policyOf(resource.properties);
          return { ref: bucket.name, attributes: {} };
        },
      },
      "Custom::S3BucketNotifications": {
        properties: {
          ServiceToken: { inert: "done natively" },
          BucketName: "used",
          NotificationConfiguration: "used",
          Managed: { inert: "the template is the only source of notifications" },
          SkipDestinationValidation: { inert: "destinations are checked when an event is sent" },
        },
        create: async (resource) => {
          applyBucketNotifications(known(resource, "BucketName"), resource.properties);
          return { ref: resource.physicalName(), attributes: {} };
        },
      },
      "Custom::CDKBucketDeployment": {
        properties: bucketDeploymentProperties,
        create: async (resource) => {
          const bucket = known(resource, "DestinationBucketName");
          const keys = await deployToBucket(resource, bucket, this.#store, this.#context);
          return {
            ref: resource.physicalName(),
            attributes: { DestinationBucketArn: bucketArn(bucket.name), SourceObjectKeys: keys.join(",") },
          };
        },
      },
    };
  }
}

function bucketAttributes(name: string, region: string): Record<string, string> {
  return {
    Arn: bucketArn(name),
    DomainName: `${name}.s3.amazonaws.com`,
    RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
    DualStackDomainName: `${name}.s3.dualstack.${region}.amazonaws.com`,
    WebsiteURL: `http://${name}.s3-website.${region}.amazonaws.com`,
  };
}

function answerTo(response: ServerResponse): Answer {
  return {
    xml: (status, body, record) => {
      for (const [name, value] of Object.entries(record ? versionHeader(record) : {})) response.setHeader(name, value!);
      response.writeHead(status, { "content-type": "application/xml", "content-length": Buffer.byteLength(body) }).end(body);
    },
    empty: (status, headers = {}) => {
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
      response.writeHead(status, status === 204 ? {} : { "content-length": 0 }).end();
    },
  };
}
