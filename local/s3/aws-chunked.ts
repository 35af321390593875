import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { S3Error } from "./s3-error.ts";

/**
 * Decodes the `aws-chunked` framing of S3 uploads (S3 API reference, "Signature calculations: transferring payload in multiple chunks"):
 * `<hex size>[;chunk-signature=<hex>]\r\n<octets>\r\n` … `0[;chunk-signature=…]\r\n` `[trailer: value\r\n]*` `\r\n`.
 * Chunk and trailer signatures are verified when a signer is given.
 */
export interface ChunkSigner {
  signingKey: Buffer;
  /** Signature of the request head: the seed of the chain. */
  seed: string;
  scope: string;
  timestamp: string;
}

const MAXIMUM_LINE_OCTETS = 4_096;
const MAXIMUM_TRAILERS = 16;
const EMPTY_SHA256 = createHash("sha256").update("").digest("hex");

const broken = (what: string) => new S3Error("IncompleteBody", `The request body terminated unexpectedly: ${what}`);

export class AwsChunkedDecoder {
  /** Filled when the last chunk was read; names in lower case. */
  readonly trailers = new Map<string, string>();
  readonly #signer: ChunkSigner | null;
  #previousSignature: string;

  constructor(signer: ChunkSigner | null) {
    this.#signer = signer;
    this.#previousSignature = signer?.seed ?? "";
  }

  async *decode(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const reader = new OctetReader(source);
    for (;;) {
      const line = await reader.line();
      const [size = "", ...extensions] = line.split(";");
      if (!/^[0-9a-fA-F]{1,12}$/.test(size.trim())) throw broken("chunk size");
      const length = Number.parseInt(size, 16);
      const signature = extensions
        .map((e) => e.trim())
        .find((e) => e.startsWith("chunk-signature="))
        ?.slice(16);
      const hash = this.#signer ? createHash("sha256") : null;
      for (let left = length; left > 0; ) {
        const piece = await reader.upTo(left);
        hash?.update(piece);
        left -= piece.length;
        yield piece;
      }
      if (this.#signer) this.#verify("AWS4-HMAC-SHA256-PAYLOAD", [EMPTY_SHA256, hash!.digest("hex")], signature);
      if (length === 0) break;
      if ((await reader.line()) !== "") throw broken("chunk end");
    }
    await this.#readTrailers(reader);
  }

  async #readTrailers(reader: OctetReader): Promise<void> {
    let signed = "";
    for (let count = 0; ; count++) {
      const line = await reader.lineOrEnd();
      if (!line) break;
      if (count >= MAXIMUM_TRAILERS) throw broken("too many trailers");
      const colon = line.indexOf(":");
      if (colon < 1) throw broken("trailer");
      const name = line.slice(0, colon).trim().toLowerCase();
      const value = line.slice(colon + 1).trim();
      this.trailers.set(name, value);
      if (name !== "x-amz-trailer-signature") signed += `${name}:${value}\n`;
    }
    if (this.#signer && this.trailers.size > 0) {
      const hash = createHash("sha256").update(signed).digest("hex");
      this.#verify("AWS4-HMAC-SHA256-TRAILER", [hash], this.trailers.get("x-amz-trailer-signature"));
    }
  }

  #verify(algorithm: string, hashes: string[], given: string | undefined): void {
    const { signingKey, scope, timestamp } = this.#signer!;
    const text = [algorithm, timestamp, scope, this.#previousSignature, ...hashes].join("\n");
    const expected = createHmac("sha256", signingKey).update(text).digest("hex");
    const same = given !== undefined && given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
    if (!same) {
      throw new S3Error(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      );
    }
    this.#previousSignature = expected;
  }
}

class OctetReader {
  readonly #iterator: AsyncIterator<Buffer>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  async #fill(): Promise<boolean> {
    const next = await this.#iterator.next();
    if (next.done) return false;
    this.#buffer = this.#buffer.length === 0 ? next.value : Buffer.concat([this.#buffer, next.value]);
    return true;
  }

  async upTo(length: number): Promise<Buffer> {
    while (this.#buffer.length === 0) if (!(await this.#fill())) throw broken("chunk data");
    const piece = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(piece.length);
    return piece;
  }

  async line(): Promise<string> {
    const line = await this.lineOrEnd();
    if (line === null) throw broken("line");
    return line;
  }

  /** Null at the end of the body: some clients leave out the last empty line. */
  async lineOrEnd(): Promise<string | null> {
    for (;;) {
      const end = this.#buffer.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#buffer.toString("latin1", 0, end);
        this.#buffer = this.#buffer.subarray(end + 2);
        return line;
      }
      if (this.#buffer.length > MAXIMUM_LINE_OCTETS) throw broken("line too long");
      if (!(await this.#fill())) {
        if (this.#buffer.length > 0) throw broken("line");
        return null;
      }
    }
  }
}
