/**
 * Reads along the octets that a WebSocket client sends and tells the length of each frame (RFC 6455 §5.2), without changing them:
 * the `ws` package bounds messages, API Gateway bounds frames as well.
 */
export class FrameWatch {
  readonly #onFrame: (payloadOctets: number) => void;
  #head = Buffer.alloc(0);
  #skip = 0;

  constructor(onFrame: (payloadOctets: number) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, rest.length);
        this.#skip -= skipped;
        rest = rest.subarray(skipped);
        continue;
      }
      this.#head = Buffer.concat([this.#head, rest.subarray(0, 1)]);
      rest = rest.subarray(1);
      this.#readHead();
    }
  }

  #readHead(): void {
    if (this.#head.length < 2) return;
    const short = this.#head[1]! & 0x7f;
    const lengthOctets = short === 126 ? 2 : short === 127 ? 8 : 0;
    const maskOctets = this.#head[1]! & 0x80 ? 4 : 0;
    if (this.#head.length < 2 + lengthOctets + maskOctets) return;
    const length = lengthOctets === 0 ? short : lengthOctets === 2 ? this.#head.readUInt16BE(2) : Number(this.#head.readBigUInt64BE(2));
    this.#head = Buffer.alloc(0);
    this.#skip = length;
    this.#onFrame(length);
  }
}
