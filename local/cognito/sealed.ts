import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from "node:crypto";

/**
 * What the client carries for the server between calls (SECRET_BLOCK, Session, refresh token): AES-256-GCM under the pool's own secret,
 * so that a sign-in that was begun goes on after a restart and nothing in it can be read or changed.
 */
export type SealPurpose = "secret-block" | "session" | "refresh";

export class Sealer {
  readonly #secret: Buffer;
  readonly #now: () => number;
  /** Ids of tokens that may be opened only once, until they expire. */
  readonly #spent = new Map<string, number>();

  constructor(secret: Buffer, now: () => number) {
    this.#secret = secret;
    this.#now = now;
  }

  seal(purpose: SealPurpose, content: object, validForMs: number): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key(purpose), nonce);
    const text = JSON.stringify({ id: randomUUID(), until: this.#now() + validForMs, content });
    const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return sealed.toString(purpose === "secret-block" ? "base64" : "base64url");
  }

  /** Null when forged, of another purpose, expired or spent. */
  open<T>(purpose: SealPurpose, token: string): { id: string; until: number; content: T } | null {
    const octets = Buffer.from(token, purpose === "secret-block" ? "base64" : "base64url");
    if (octets.length < 29) return null;
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#key(purpose), octets.subarray(0, 12));
      decipher.setAuthTag(octets.subarray(-16));
      const text = Buffer.concat([decipher.update(octets.subarray(12, -16)), decipher.final()]).toString("utf8");
      const opened = JSON.parse(text) as { id: string; until: number; content: T };
      return opened.until >= this.#now() && !this.#spent.has(opened.id) ? opened : null;
    } catch {
      return null;
    }
  }

  spend(token: { id: string; until: number }): void {
    for (const [id, until] of this.#spent) if (until < this.#now()) this.#spent.delete(id);
    this.#spent.set(token.id, token.until);
  }

  #key(purpose: SealPurpose): Buffer {
    return createHash("sha256").update(this.#secret).update(purpose).digest();
  }
}
