import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { createCrc32c, createCrc64Nvme } from "./crc.ts";
import { S3Error } from "./s3-error.ts";

/** The algorithms of S3's "additional checksums". */
export const checksumAlgorithms = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];
/** COMPOSITE: a checksum of the parts' checksums with `-<parts>`; FULL_OBJECT: of the octets. */
export type ChecksumType = "COMPOSITE" | "FULL_OBJECT";

export interface Checksum {
  algorithm: ChecksumAlgorithm;
  /** Base64, and `-<parts>` behind it when composite. */
  value: string;
  type: ChecksumType;
}

export interface RunningChecksum {
  update(chunk: Uint8Array): void;
  digest(): Buffer;
}

export function createChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  switch (algorithm) {
    case "CRC32": {
      let value = 0;
      return {
        update: (chunk) => {
          value = crc32(chunk, value);
        },
        digest: () => {
          const out = Buffer.alloc(4);
          out.writeUInt32BE(value);
          return out;
        },
      };
    }
    case "CRC32C":
      return createCrc32c();
    case "CRC64NVME":
      return createCrc64Nvme();
    case "SHA1":
      return createHash("sha1");
    case "SHA256":
      return createHash("sha256");
  }
}

export const checksumHeader = (algorithm: ChecksumAlgorithm): string => `x-amz-checksum-${algorithm.toLowerCase()}`;

export function parseAlgorithm(name: string): ChecksumAlgorithm {
  const found = checksumAlgorithms.find((algorithm) => algorithm === name.toUpperCase());
  if (!found) throw new S3Error("InvalidRequest", `Checksum algorithm provided is unsupported: ${name}`);
  return found;
}

/** What the client says about the checksum of this body: sent in a header, announced as a trailer, or only named. */
export interface DeclaredChecksum {
  algorithm: ChecksumAlgorithm;
  value?: string;
  inTrailer: boolean;
}

export function declaredChecksum(headers: NodeJS.Dict<string | string[]>): DeclaredChecksum | undefined {
  const sent = checksumAlgorithms.filter((algorithm) => typeof headers[checksumHeader(algorithm)] === "string");
  if (sent.length > 1)
    throw new S3Error("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  const trailer = headers["x-amz-trailer"];
  if (sent[0]) return { algorithm: sent[0], value: headers[checksumHeader(sent[0])] as string, inTrailer: false };
  if (typeof trailer === "string") {
    const algorithm = checksumAlgorithms.find((candidate) => checksumHeader(candidate) === trailer.trim().toLowerCase());
    if (!algorithm) throw new S3Error("InvalidRequest", "The value specified in the x-amz-trailer header is not supported");
    return { algorithm, inTrailer: true };
  }
  const named = headers["x-amz-sdk-checksum-algorithm"];
  return typeof named === "string" && named !== "" ? { algorithm: parseAlgorithm(named), inTrailer: false } : undefined;
}

/** S3 User Guide, "Checking object integrity": checksum of checksums for composite multipart uploads. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): string {
  const running = createChecksum(algorithm);
  for (const part of parts) running.update(Buffer.from(part, "base64"));
  return `${running.digest().toString("base64")}-${parts.length}`;
}
