import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { RequestHead } from "../service.ts";

/** AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
export interface SignedRequest {
  readonly accessKeyId: string;
  /** 20261122T170000Z */
  readonly timestamp: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly presigned: boolean;
  /** For presigned URLs: seconds of life from `timestamp`. */
  readonly expiresSeconds: number;
  readonly sessionToken: string | undefined;
}

export type ParsedSignature = { kind: "none" } | { kind: "malformed"; reason: string } | ({ kind: "signed" } & SignedRequest);

const algorithm = "AWS4-HMAC-SHA256";
/** Clock difference that AWS tolerates. */
const skewMilliseconds = 15 * 60 * 1000;
const longestPresignedSeconds = 7 * 24 * 3600;

export function parseSignature(head: RequestHead): ParsedSignature {
  const { authorization } = head.headers;
  if (authorization?.startsWith(algorithm)) return parseHeader(head, authorization);
  if (head.query.has("X-Amz-Signature") || head.query.has("X-Amz-Credential")) return parseQuery(head);
  return { kind: "none" };
}

function parseHeader(head: RequestHead, authorization: string): ParsedSignature {
  const fields = new Map(
    authorization
      .slice(algorithm.length)
      .split(",")
      .map((field) => {
        const [name = "", ...value] = field.trim().split("=");
        return [name, value.join("=")];
      }),
  );
  const timestamp = String(head.headers["x-amz-date"] ?? toBasicIso(head.headers.date));
  return assemble({
    credential: fields.get("Credential"),
    signedHeaders: fields.get("SignedHeaders"),
    signature: fields.get("Signature"),
    timestamp,
    presigned: false,
    expiresSeconds: 0,
    sessionToken: head.headers["x-amz-security-token"] as string | undefined,
  });
}

function parseQuery(head: RequestHead): ParsedSignature {
  const { query } = head;
  if (query.get("X-Amz-Algorithm") !== algorithm) return { kind: "malformed", reason: `X-Amz-Algorithm must be ${algorithm}` };
  const expiresSeconds = Number(query.get("X-Amz-Expires"));
  if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > longestPresignedSeconds) {
    return { kind: "malformed", reason: `X-Amz-Expires must be between 1 and ${longestPresignedSeconds} seconds` };
  }
  return assemble({
    credential: query.get("X-Amz-Credential") ?? undefined,
    signedHeaders: query.get("X-Amz-SignedHeaders") ?? undefined,
    signature: query.get("X-Amz-Signature") ?? undefined,
    timestamp: query.get("X-Amz-Date") ?? "",
    presigned: true,
    expiresSeconds,
    sessionToken: query.get("X-Amz-Security-Token") ?? undefined,
  });
}

interface RawSignature {
  credential: string | undefined;
  signedHeaders: string | undefined;
  signature: string | undefined;
  timestamp: string;
  presigned: boolean;
  expiresSeconds: number;
  sessionToken: string | undefined;
}

function assemble(raw: RawSignature): ParsedSignature {
  const scope = raw.credential?.split("/") ?? [];
  const [terminator, service, region, date] = scope.reverse();
  const accessKeyId = scope.slice(4).reverse().join("/");
  if (!raw.signature || !raw.signedHeaders || terminator !== "aws4_request" || !accessKeyId || !date || !region || !service) {
    return { kind: "malformed", reason: "the Credential, SignedHeaders or Signature part is missing or not in its form" };
  }
  if (!/^\d{8}T\d{6}Z$/.test(raw.timestamp) || !raw.timestamp.startsWith(date)) {
    return { kind: "malformed", reason: "the date of the request is missing or differs from the date of the credential scope" };
  }
  const { timestamp, presigned, expiresSeconds, sessionToken, signature } = raw;
  const signedHeaders = raw.signedHeaders.split(";");
  if (!signedHeaders.includes("host")) return { kind: "malformed", reason: "the host header must be signed" };
  return {
    kind: "signed",
    accessKeyId,
    timestamp,
    date,
    region,
    service,
    signedHeaders,
    signature,
    presigned,
    expiresSeconds,
    sessionToken,
  };
}

/** Is the time of the request within what AWS accepts? */
export function timeOutcome(signed: SignedRequest, now: number): "current" | "skewed" | "expired" {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(signed.timestamp)!.map(Number);
  const time = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!);
  if (signed.presigned) {
    if (time - now > skewMilliseconds) return "skewed";
    return now > time + signed.expiresSeconds * 1000 ? "expired" : "current";
  }
  return Math.abs(now - time) > skewMilliseconds ? "skewed" : "current";
}

/** The signature that the holder of `secret` would have made, compared in constant time. */
export function signatureMatches(signed: SignedRequest, head: RequestHead, payloadHash: string, secret: string): boolean {
  const stringToSign = [algorithm, signed.timestamp, scopeOf(signed), sha256(canonicalRequest(signed, head, payloadHash))].join("\n");
  const expected = createHmac("sha256", signingKey(signed, secret)).update(stringToSign).digest();
  const given = Buffer.from(signed.signature, "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export function scopeOf(signed: SignedRequest): string {
  return `${signed.date}/${signed.region}/${signed.service}/aws4_request`;
}

const signingKeys = new Map<string, Buffer>();

export function signingKey(signed: SignedRequest, secret: string): Buffer {
  const id = `${secret}/${scopeOf(signed)}`;
  let key = signingKeys.get(id);
  if (!key) {
    const hmac = (secretPart: string | Buffer, text: string) => createHmac("sha256", secretPart).update(text).digest();
    key = hmac(hmac(hmac(hmac(`AWS4${secret}`, signed.date), signed.region), signed.service), "aws4_request");
    if (signingKeys.size > 1_000) signingKeys.clear();
    signingKeys.set(id, key);
  }
  return key;
}

function canonicalRequest(signed: SignedRequest, head: RequestHead, payloadHash: string): string {
  const headers = signed.signedHeaders.map((name) => `${name}:${headerValue(head, name)}\n`).join("");
  const hash = signed.presigned && signed.service === "s3" ? (head.headers["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD") : payloadHash;
  return [
    head.method,
    canonicalPath(head.path, signed.service),
    canonicalQuery(head.query),
    headers,
    signed.signedHeaders.join(";"),
    hash,
  ].join("\n");
}

/** S3 signs the path as sent; every other service signs it encoded once more. */
function canonicalPath(path: string, service: string): string {
  if (service === "s3") return path || "/";
  return path.split("/").map(encode).join("/") || "/";
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function headerValue(head: RequestHead, name: string): string {
  const value = head.headers[name];
  return (Array.isArray(value) ? value.join(",") : (value ?? "")).trim().replace(/\s+/g, " ");
}

/** RFC 3986 percent-encoding of everything but the unreserved characters. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function toBasicIso(date: string | undefined): string {
  const time = date ? new Date(date) : null;
  return time && !Number.isNaN(time.getTime()) ? time.toISOString().replace(/[-:]|\.\d{3}/g, "") : "";
}

export function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
