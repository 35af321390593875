import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { StoredObject } from "../ports.ts";
import { type ServiceContext, ServiceError } from "../service.ts";
import { forBrowsers } from "./browser-addresses.ts";
import type { Distribution, Origin } from "./distribution.ts";

type BucketOrigin = Extract<Origin, { kind: "bucket" }>;
const MAXIMUM_REWRITTEN_OCTETS = 1024 * 1024;

/** Reads as the distribution (origin access control): the bucket's policy decides. */
async function read(
  context: ServiceContext,
  distribution: Distribution,
  origin: BucketOrigin,
  path: string,
): Promise<StoredObject | 403 | 404> {
  const key = decodeURIComponent(`${origin.path}${path}`.replace(/^\//, ""));
  const caller = { service: "cloudfront.amazonaws.com", sourceArn: distribution.arn };
  try {
    return (await context.port("objects").get(origin.bucket, key, caller)) ?? 404;
  } catch (error) {
    if (error instanceof ServiceError && error.status === 403) return 403;
    throw error;
  }
}

export async function serveFromBucket(
  context: ServiceContext,
  distribution: Distribution,
  origin: BucketOrigin,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let status = 200;
  let found = await read(context, distribution, origin, path === "/" ? `/${distribution.defaultRootObject}` : path);
  if (typeof found === "number") {
    const page = distribution.errorPages.get(found);
    if (!page) return refuse(response, found);
    status = page.status;
    found = await read(context, distribution, origin, page.path);
    if (typeof found === "number") return refuse(response, found);
  }
  const etag = `"${found.etag}"`;
  const headers = {
    ...found.headers,
    "content-type": found.contentType,
    etag,
    "last-modified": new Date(found.modifiedMs).toUTCString(),
    "x-cache": "Miss from cloudfront",
  };
  if (status === 200 && String(request.headers["if-none-match"] ?? "").includes(etag)) {
    found.body.destroy();
    response.writeHead(304, headers).end();
    return;
  }
  await send(context, found, status, headers, request, response);
}

async function send(
  context: ServiceContext,
  found: StoredObject,
  status: number,
  headers: Record<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const rewritten = found.contentType.startsWith("application/json") && found.sizeOctets <= MAXIMUM_REWRITTEN_OCTETS;
  const whole = rewritten ? Buffer.from(forBrowsers((await buffer(found.body)).toString("utf8"), context)) : null;
  response.writeHead(status, { ...headers, "content-length": whole?.length ?? found.sizeOctets });
  if (request.method === "HEAD") {
    found.body.destroy();
    response.end();
    return;
  }
  await pipeline(whole ? Readable.from([whole]) : found.body, response);
}

function refuse(response: ServerResponse, status: 403 | 404): void {
  const code = status === 403 ? "AccessDenied" : "NoSuchKey";
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${status === 403 ? "Access Denied" : "The specified key does not exist."}</Message></Error>`;
  response.writeHead(status, { "content-type": "application/xml", "content-length": Buffer.byteLength(body) }).end(body);
}
