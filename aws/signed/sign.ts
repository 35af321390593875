/** AWS Signature Version 4 (AWS documentation: "Create a signed AWS API request"). Pure: the clock is handed in. */
import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Scope {
  readonly region: string;
  /** Signing name: dynamodb, s3, sqs, execute-api. */
  readonly service: string;
}

export interface Unsigned {
  readonly method: string;
  /** With port where it is not the scheme's own. */
  readonly host: string;
  /** As sent: already percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

const algorithm = "AWS4-HMAC-SHA256";
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** RFC 3986: everything but unreserved characters. */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** S3 signs the path as sent; every other service signs it encoded once more. */
const canonicalPath = (path: string, service: string): string => (service === "s3" ? path : path.split("/").map(percentEncode).join("/"));

const canonicalQuery = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join("&");

/** 20261122T174500Z; the last one is kept. */
const stampOf = (now: number): string => {
  const second = Math.floor(now / 1000);
  if (lastStamp.second !== second) lastStamp = { second, stamp: new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, "") };
  return lastStamp.stamp;
};
let lastStamp = { second: Number.NaN, stamp: "" };

/** The day's key of each secret and scope; a process has few. */
const signingKeys = new Map<string, KeyObject>();
const signingKey = (secret: string, day: string, { region, service }: Scope): KeyObject => {
  const name = `${day}/${region}/${service}/${secret}`;
  let key = signingKeys.get(name);
  if (!key) {
    if (signingKeys.size > 50) signingKeys.clear();
    // As a key object: making one of octets on each call would cost more than the signature.
    key = createSecretKey(hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), "aws4_request"));
    signingKeys.set(name, key);
  }
  return key;
};

const signatureOf = (canonical: string, stamp: string, scope: Scope, credentials: Credentials): string => {
  const day = stamp.slice(0, 8);
  const text = `${algorithm}\n${stamp}\n${day}/${scope.region}/${scope.service}/aws4_request\n${hash("sha256", canonical)}`;
  return createHmac("sha256", signingKey(credentials.secretAccessKey, day, scope))
    .update(text)
    .digest("hex");
};

/** The request's headers with its signature among them. */
export const signHeaders = (request: Unsigned, scope: Scope, credentials: Credentials, now: number): Record<string, string> => {
  const stamp = stampOf(now);
  const digest = hash("sha256", request.body as string | NodeJS.ArrayBufferView);
  const headers: Record<string, string> = { ...request.headers, host: request.host, "x-amz-date": stamp };
  if (credentials.sessionToken) headers["x-amz-security-token"] = credentials.sessionToken;
  if (scope.service === "s3") headers["x-amz-content-sha256"] = digest;
  const names = Object.keys(headers).sort();
  const signed = names.join(";");
  const canonical = [
    request.method,
    canonicalPath(request.path, scope.service),
    canonicalQuery(request.query ?? {}),
    ...names.map((name) => `${name}:${headers[name]!.trim().replace(/ +/g, " ")}`),
    "",
    signed,
    digest,
  ].join("\n");
  const credential = `${credentials.accessKeyId}/${stamp.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`;
  headers.authorization = `${algorithm} Credential=${credential}, SignedHeaders=${signed}, Signature=${signatureOf(canonical, stamp, scope, credentials)}`;
  return headers;
};

/** The query of a presigned GET: who has the URL may read until it ends. */
export const presignQuery = (
  request: Pick<Unsigned, "host" | "path" | "query">,
  scope: Scope,
  credentials: Credentials,
  options: { readonly now: number; readonly seconds: number },
): string => {
  const stamp = stampOf(options.now);
  const query = {
    ...request.query,
    "X-Amz-Algorithm": algorithm,
    "X-Amz-Credential": `${credentials.accessKeyId}/${stamp.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`,
    "X-Amz-Date": stamp,
    "X-Amz-Expires": String(options.seconds),
    "X-Amz-SignedHeaders": "host",
    ...(credentials.sessionToken && { "X-Amz-Security-Token": credentials.sessionToken }),
  };
  const canonical = [
    "GET",
    canonicalPath(request.path, scope.service),
    canonicalQuery(query),
    `host:${request.host}`,
    "",
    "host",
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  return `${canonicalQuery(query)}&X-Amz-Signature=${signatureOf(canonical, stamp, scope, credentials)}`;
};
