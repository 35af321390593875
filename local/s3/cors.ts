import type { IncomingHttpHeaders } from "node:http";
import type { Bucket, CorsRule } from "./bucket.ts";

const matches = (pattern: string, value: string): boolean => {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === value;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return value.length >= head.length + tail.length && value.startsWith(head) && value.endsWith(tail);
};

/** First rule that fits origin, method and the asked headers (S3 User Guide, "How does Amazon S3 evaluate the CORS configuration"). */
function ruleFor(bucket: Bucket, origin: string, method: string, asked: string[]): CorsRule | undefined {
  return bucket.cors.find(
    (rule) =>
      rule.allowedOrigins.some((pattern) => matches(pattern, origin)) &&
      rule.allowedMethods.includes(method) &&
      asked.every((header) => rule.allowedHeaders.some((pattern) => matches(pattern.toLowerCase(), header))),
  );
}

export function corsHeaders(
  bucket: Bucket | undefined,
  method: string,
  headers: IncomingHttpHeaders,
): Record<string, string | number> | null {
  const origin = headers.origin;
  if (!bucket || origin === undefined) return null;
  const preflight = method === "OPTIONS";
  const wanted = preflight ? String(headers["access-control-request-method"] ?? "") : method;
  const asked = preflight
    ? String(headers["access-control-request-headers"] ?? "")
        .split(",")
        .map((name) => name.trim().toLowerCase())
        .filter((name) => name !== "")
    : [];
  const rule = ruleFor(bucket, origin, wanted, asked);
  if (!rule) return null;
  const any = rule.allowedOrigins.includes("*");
  return {
    "access-control-allow-origin": any ? "*" : origin,
    "access-control-allow-methods": rule.allowedMethods.join(", "),
    ...(any ? {} : { "access-control-allow-credentials": "true" }),
    ...(asked.length > 0 ? { "access-control-allow-headers": asked.join(", ") } : {}),
    ...(rule.exposedHeaders.length > 0 ? { "access-control-expose-headers": rule.exposedHeaders.join(", ") } : {}),
    ...(preflight && rule.maxAgeSeconds !== null ? { "access-control-max-age": rule.maxAgeSeconds } : {}),
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
}
