import { createHash } from "node:crypto";
import type { ApiCall } from "../service.ts";
import { AwsChunkedDecoder } from "./aws-chunked.ts";
import type { BlobFiles } from "./blob-files.ts";
import { type Checksum, checksumHeader, createChecksum, type DeclaredChecksum, declaredChecksum } from "./checksums.ts";
import { S3Error } from "./s3-error.ts";

/** A body on disk, everything that the client said about it verified. */
export interface ReceivedBody {
  blob: string;
  sizeOctets: number;
  md5: Buffer | null;
  checksum: Checksum;
}

export interface BodySource {
  octets: AsyncIterable<Uint8Array>;
  declared: DeclaredChecksum | undefined;
  trailers: ReadonlyMap<string, string>;
  /** Hex digest that the signature covers, if any. */
  sha256: string | null;
  contentMd5: string | null;
  expectedOctets: number | null;
}

/** How the body of this call is framed and what is claimed about it. */
export function bodySourceOf(call: ApiCall): BodySource {
  const { headers, request, payloadHash } = call;
  const declared = declaredChecksum(headers);
  const contentMd5 = headers["content-md5"];
  if (contentMd5 !== undefined && Buffer.from(String(contentMd5), "base64").length !== 16) {
    throw new S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.");
  }
  const chunked = payloadHash.startsWith("STREAMING-") || /(^|,)\s*aws-chunked\s*(,|$)/i.test(headers["content-encoding"] ?? "");
  const lengthHeader = chunked ? headers["x-amz-decoded-content-length"] : headers["content-length"];
  if (lengthHeader === undefined) throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.");
  const expectedOctets = Number(lengthHeader);
  if (!Number.isSafeInteger(expectedOctets) || expectedOctets < 0) throw new S3Error("InvalidArgument", "Invalid content length");
  const common = { declared, contentMd5: contentMd5 === undefined ? null : String(contentMd5), expectedOctets };
  if (!chunked) {
    const sha256 = /^[0-9a-f]{64}$/.test(payloadHash) ? payloadHash : null;
    return { ...common, octets: request, trailers: new Map(), sha256 };
  }
  const signed = payloadHash.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  if (signed && !call.signature) throw new S3Error("InvalidRequest", "Signed chunks need a signed request");
  const decoder = new AwsChunkedDecoder(signed ? call.signature : null);
  return { ...common, octets: decoder.decode(request), trailers: decoder.trailers, sha256: null };
}

/** Writes the body to a blob; on any disagreement with the claims the blob is removed and S3's error thrown. */
export async function receiveBody(blobs: BlobFiles, source: BodySource, wantMd5: boolean): Promise<ReceivedBody> {
  const algorithm = source.declared?.algorithm ?? "CRC64NVME";
  const running = createChecksum(algorithm);
  const md5 = wantMd5 || source.contentMd5 !== null ? createHash("md5") : null;
  const sha256 = source.sha256 !== null && algorithm !== "SHA256" ? createHash("sha256") : null;
  const { blob, sizeOctets } = await blobs.write(source.octets, (chunk) => {
    running.update(chunk);
    md5?.update(chunk);
    sha256?.update(chunk);
  });
  try {
    const digest = running.digest();
    const value = digest.toString("base64");
    if (source.expectedOctets !== null && sizeOctets !== source.expectedOctets) {
      throw new S3Error("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header");
    }
    const claimed = source.declared?.inTrailer ? source.trailers.get(checksumHeader(algorithm)) : source.declared?.value;
    if (source.declared?.inTrailer && claimed === undefined) throw new S3Error("IncompleteBody", "The announced trailer is missing");
    if (claimed !== undefined && claimed !== value) {
      throw new S3Error("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`);
    }
    const md5Digest = md5?.digest() ?? null;
    if (source.contentMd5 !== null && source.contentMd5 !== md5Digest?.toString("base64")) {
      throw new S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.");
    }
    const actualSha256 = source.sha256 === null ? null : (sha256?.digest("hex") ?? digest.toString("hex"));
    if (actualSha256 !== source.sha256) {
      throw new S3Error("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
    }
    return { blob, sizeOctets, md5: md5Digest, checksum: { algorithm, value, type: "FULL_OBJECT" } };
  } catch (error) {
    await blobs.remove([blob]);
    throw error;
  }
}

/** Small XML bodies (DeleteObjects, tagging …): verified like an object's, kept in memory. */
export async function readSmallBody(call: ApiCall, maximumOctets = 4 * 1024 * 1024): Promise<string> {
  const source = bodySourceOf(call);
  const chunks: Uint8Array[] = [];
  let sizeOctets = 0;
  for await (const chunk of source.octets) {
    sizeOctets += chunk.length;
    if (sizeOctets > maximumOctets) throw new S3Error("MalformedXML", "The XML you provided is too long");
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const { declared, trailers, sha256, contentMd5 } = source;
  const claimed = declared?.inTrailer ? trailers.get(checksumHeader(declared.algorithm)) : declared?.value;
  if (declared && claimed !== undefined) {
    const running = createChecksum(declared.algorithm);
    running.update(body);
    if (running.digest().toString("base64") !== claimed) throw new S3Error("BadDigest", "The checksum you specified did not match.");
  }
  if (contentMd5 !== null && createHash("md5").update(body).digest("base64") !== contentMd5) {
    throw new S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.");
  }
  if (sha256 !== null && createHash("sha256").update(body).digest("hex") !== sha256) {
    throw new S3Error("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  return body.toString("utf8");
}
