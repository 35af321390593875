import { pipeline } from "node:stream/promises";
import { readRange } from "./blob-files.ts";
import { checkReadConditions } from "./conditions.ts";
import { readAnswerHeaders } from "./object-headers.ts";
import type { ObjectRecord } from "./object-record.ts";
import type { S3Operations } from "./operation.ts";
import { S3Error } from "./s3-error.ts";
import { element, xmlDocument } from "./xml.ts";

interface Span {
  start: number;
  /** Inclusive; start - 1 for an empty object. */
  end: number;
  partial: boolean;
}

/** RFC 9110 §14.1.2, one range. S3 answers several ranges, or one it cannot read, with the whole object. */
function rangeOf(header: string | undefined, sizeOctets: number): Span {
  const whole: Span = { start: 0, end: sizeOctets - 1, partial: false };
  const match = header === undefined ? null : /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (!match || (match[1] === "" && match[2] === "")) return whole;
  const [, first, last] = match;
  const start = first === "" ? Math.max(0, sizeOctets - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeOctets - 1 : Math.min(Number(last), sizeOctets - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return whole;
  if (start >= sizeOctets || (first === "" && Number(last) === 0)) {
    throw new S3Error(
      "InvalidRange",
      "The requested range is not satisfiable",
      { RangeRequested: header!, ActualObjectSize: String(sizeOctets) },
      { "content-range": `bytes */${sizeOctets}` },
    );
  }
  return { start, end, partial: true };
}

function partOf(record: ObjectRecord, partNumber: string): Span {
  const sizes = record.partSizes ?? [record.sizeOctets];
  const index = Number(partNumber) - 1;
  const size = sizes[index];
  if (size === undefined)
    throw new S3Error("InvalidRange", "The requested partnumber is not satisfiable", { PartNumberRequested: partNumber });
  const start = sizes.slice(0, index).reduce((sum, one) => sum + one, 0);
  return { start, end: start + size - 1, partial: true };
}

const getOrHead: S3Operations["GetObject"] = async ({ request, call, response, store, bucket }) => {
  const { record, file } = await store.open(request.bucket, request.key, request.versionId);
  let span: Span;
  try {
    checkReadConditions(call.headers, record);
    const partNumber = call.query.get("partNumber");
    span = partNumber === null ? rangeOf(call.headers.range, record.sizeOctets) : partOf(record, partNumber);
  } catch (error) {
    await file.close();
    throw error;
  }
  const length = span.end - span.start + 1;
  const wantsChecksum = call.headers["x-amz-checksum-mode"] === "ENABLED" && !span.partial;
  response.writeHead(span.partial ? 206 : 200, {
    ...readAnswerHeaders(bucket, record, call.query, wantsChecksum),
    "content-length": length,
    ...(span.partial ? { "content-range": `bytes ${span.start}-${span.end}/${record.sizeOctets}` } : {}),
  });
  if (call.method === "HEAD") {
    await file.close();
    response.end();
    return;
  }
  await pipeline(readRange(file, span.start, span.end), response);
};

export const readOperations = {
  GetObject: getOrHead,
  HeadObject: getOrHead,
  GetObjectTagging: async ({ request, store, answer }) => {
    const record = store.find(request.bucket, request.key, request.versionId);
    const tags = Object.entries(record.tags).map(([key, value]) => `<Tag>${element("Key", key)}${element("Value", value)}</Tag>`);
    answer.xml(200, xmlDocument("Tagging", `<TagSet>${tags.join("")}</TagSet>`), record);
  },
} satisfies Partial<S3Operations>;
