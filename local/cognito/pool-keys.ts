import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

type TokenUse = "access" | "id";

/** A pool signs ID and access tokens with different keys, both in its JWKS. Made once and kept (mode 0600). */
export class PoolKeys {
  readonly jwks: { keys: readonly object[] };
  /** For Sealer and decoys. */
  readonly secret: Buffer;
  readonly #keys: Record<TokenUse, { kid: string; privateKey: KeyObject; publicKey: KeyObject }>;

  constructor(folder: string, poolId: string) {
    const kept = keptKeys(join(folder, `${poolId}.keys.json`));
    this.secret = Buffer.from(kept.secret, "hex");
    this.#keys = { access: keyOf(kept.access), id: keyOf(kept.id) };
    this.jwks = {
      keys: [this.#keys.id, this.#keys.access].map(({ kid, publicKey }) => {
        const { e, n } = publicKey.export({ format: "jwk" });
        return { alg: "RS256", e, kid, kty: "RSA", n, use: "sig" };
      }),
    };
  }

  signToken(use: TokenUse, claims: object): string {
    const { kid, privateKey } = this.#keys[use];
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ kid, alg: "RS256" })}.${part(claims)}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
  }

  /** Claims of an access token of this pool whose signature holds; its times are the caller's to check. */
  readAccessToken(token: string): Record<string, unknown> | null {
    const [header = "", payload = "", signature = ""] = token.split(".");
    const { kid, publicKey } = this.#keys.access;
    try {
      const head = JSON.parse(Buffer.from(header, "base64url").toString("utf8")) as { kid?: string; alg?: string };
      if (head.kid !== kid || head.alg !== "RS256") return null;
      const holds = verify("sha256", Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, "base64url"));
      return holds ? (JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Record<string, unknown>) : null;
    } catch {
      return null;
    }
  }
}

interface KeptKeys {
  access: string;
  id: string;
  secret: string;
}

function keptKeys(file: string): KeptKeys {
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as KeptKeys;
  const pem = () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const made = { access: pem(), id: pem(), secret: randomBytes(32).toString("hex") };
  writeFileSync(`${file}.new`, JSON.stringify(made), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return made;
}

function keyOf(pem: string) {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const kid = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
  return { kid, privateKey, publicKey };
}
