/** From an HTTP API event (payload 2.0) to what a route sees, and from its answer to what API Gateway sends. Nothing is cached anywhere. */
import { gzipSync } from "node:zlib";
import type { APIGatewayProxyEventV2WithJWTAuthorizer, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { ProblemDocument } from "../../core/jmap/api.ts";
import { limits } from "../../core/limits.ts";

export type HttpEvent = APIGatewayProxyEventV2WithJWTAuthorizer;
export type HttpAnswer = APIGatewayProxyStructuredResultV2;

const always = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
};

export const bodyOf = (event: HttpEvent): Buffer => Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");

export const octetAnswer = (statusCode: number, headers: Record<string, string>, octets: Uint8Array): HttpAnswer => ({
  statusCode,
  headers: { ...always, ...headers },
  body: Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("base64"),
  isBase64Encoded: true,
});

export const emptyAnswer = (statusCode: number, headers: Record<string, string> = {}): HttpAnswer => ({
  statusCode,
  headers: { ...always, ...headers },
  body: "",
});

/** JSON, compressed when the client takes that and it pays (level 1: 100 KB of JMAP in about 1 ms). */
export const jsonAnswer = (event: HttpEvent, statusCode: number, value: object, type = "application/json"): HttpAnswer => {
  const text = JSON.stringify(value);
  const headers = { ...always, "content-type": type };
  const takesGzip = /(^|[ ,])gzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(event.headers["accept-encoding"] ?? "");
  if (text.length > limits.edge.gzipAboveOctets && takesGzip) {
    const zipped = gzipSync(text, { level: 1 });
    if (Math.ceil(zipped.length / 3) * 4 > limits.edge.answerOctets) return tooLargeAnswer(event);
    return octetAnswer(statusCode, { ...headers, "content-encoding": "gzip", vary: "accept-encoding" }, zipped);
  }
  if (Buffer.byteLength(text) > limits.edge.answerOctets) return tooLargeAnswer(event);
  return { statusCode, headers, body: text };
};

export const problemAnswer = (event: HttpEvent, problem: ProblemDocument): HttpAnswer =>
  jsonAnswer(event, problem.status, problem, "application/problem+json");

const tooLargeAnswer = (event: HttpEvent): HttpAnswer =>
  problemAnswer(event, {
    type: "urn:ietf:params:jmap:error:limit",
    status: 400,
    limit: "maxSizeResponse",
    detail: "The answer would be larger than the service can send. Ask for fewer objects or body values at once.",
  });
