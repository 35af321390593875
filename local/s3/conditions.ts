import type { IncomingHttpHeaders } from "node:http";
import type { ObjectRecord } from "./object-record.ts";
import { S3Error } from "./s3-error.ts";

/** `"etag"`, `etag` or a list of them, or `*`; S3 takes them with and without quotes. */
function matchesEtag(header: string, etag: string): boolean {
  return header.split(",").some((one) => {
    const bare = one
      .trim()
      .replace(/^W\//, "")
      .replace(/^"(.*)"$/, "$1");
    return bare === "*" || bare === etag;
  });
}

const secondsOf = (header: string): number => Math.floor(Date.parse(header) / 1000);

/** RFC 9110 §13.2.2 order. `prefix` is "x-amz-copy-source-" for the source of a copy, where a match refused is always 412. */
export function checkReadConditions(headers: IncomingHttpHeaders, record: ObjectRecord, prefix = ""): void {
  const read = (name: string): string | undefined => headers[`${prefix}${name}`] as string | undefined;
  const modified = Math.floor(record.modifiedMs / 1000);
  const failed = (condition: string) =>
    new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { Condition: condition });
  const ifMatch = read("if-match");
  const ifNoneMatch = read("if-none-match");
  const unmodifiedSince = read("if-unmodified-since");
  const modifiedSince = read("if-modified-since");
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, record.etag)) throw failed("If-Match");
  } else if (unmodifiedSince !== undefined && modified > secondsOf(unmodifiedSince)) throw failed("If-Unmodified-Since");
  const unchanged =
    ifNoneMatch !== undefined
      ? matchesEtag(ifNoneMatch, record.etag)
      : modifiedSince !== undefined && modified <= secondsOf(modifiedSince) && prefix === "";
  if (!unchanged) return;
  if (prefix) throw failed("If-None-Match");
  throw new S3Error(
    "NotModified",
    "Not Modified",
    {},
    { etag: `"${record.etag}"`, "last-modified": new Date(record.modifiedMs).toUTCString() },
  );
}

/** Conditional writes (S3 User Guide, "How to prevent object overwrites with conditional writes"). */
export interface WriteCondition {
  ifNoneMatch: boolean;
  ifMatch: string | null;
  /** Whether the object was there when the request came: a delete in between is a conflict, not a missing key. */
  existedAtStart: boolean;
}

export function writeConditionOf(headers: IncomingHttpHeaders, current: ObjectRecord | null): WriteCondition | null {
  const ifNoneMatch = headers["if-none-match"];
  const ifMatch = headers["if-match"];
  if (ifNoneMatch === undefined && ifMatch === undefined) return null;
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== "*") {
    throw new S3Error("NotImplemented", "A header you provided implies functionality that is not implemented", { Header: "If-None-Match" });
  }
  const present = current !== null && !current.deleteMarker;
  return { ifNoneMatch: ifNoneMatch !== undefined, ifMatch: ifMatch ?? null, existedAtStart: present };
}

/** Throws 412, 404 or 409 as S3 documents. Called before the body is read and again inside the commit. */
export function checkWriteCondition(condition: WriteCondition | null, current: ObjectRecord | null, key: string): void {
  if (!condition) return;
  const present = current !== null && !current.deleteMarker;
  const failed = (name: string) =>
    new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { Condition: name });
  if (condition.ifNoneMatch && present) throw failed("If-None-Match");
  if (condition.ifMatch === null) return;
  if (!present) {
    if (!condition.existedAtStart) throw new S3Error("NoSuchKey", "The specified key does not exist.", { Key: key });
    throw new S3Error(
      "ConditionalRequestConflict",
      "The conditional request cannot succeed due to a conflicting operation against this resource.",
      {
        Condition: "If-Match",
        Key: key,
      },
    );
  }
  if (!matchesEtag(condition.ifMatch, current.etag)) throw failed("If-Match");
}
