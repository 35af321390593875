import { createHmac, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Identity } from "../service.ts";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present for a role's key: it must come with each request. */
  readonly sessionToken?: string;
  readonly identity: Identity;
}

/**
 * The access keys of this laptop: one for the operator, one per function. All come from one random secret in the data folder,
 * so that a key printed at the first start still works after a restart.
 */
export class Identities {
  readonly #secret: Buffer;
  readonly #accountId: string;
  readonly #keys = new Map<string, AccessKey>();
  readonly operator: AccessKey;

  constructor(dataDir: string, accountId: string) {
    this.#accountId = accountId;
    this.#secret = keptSecret(join(dataDir, "access-keys.secret"));
    this.operator = this.#add("AKIA", "operator", (accessKeyId) => ({
      kind: "operator",
      accessKeyId,
      arn: `arn:aws:iam::${accountId}:user/operator`,
    }));
  }

  /** The key with which a function acts as its role. */
  forFunction(functionName: string, roleName: string): AccessKey {
    return this.#add("ASIA", `function/${functionName}/${roleName}`, (accessKeyId) => ({
      kind: "role",
      accessKeyId,
      roleName,
      arn: `arn:aws:sts::${this.#accountId}:assumed-role/${roleName}/${functionName}`,
    }));
  }

  find(accessKeyId: string): AccessKey | undefined {
    return this.#keys.get(accessKeyId);
  }

  #add(prefix: "AKIA" | "ASIA", subject: string, identityOf: (accessKeyId: string) => Identity): AccessKey {
    const accessKeyId = prefix + base32(this.#derive(`id/${subject}`)).slice(0, 16);
    const known = this.#keys.get(accessKeyId);
    if (known) return known;
    const secretAccessKey = this.#derive(`secret/${subject}`).toString("base64url").slice(0, 40);
    const sessionToken = prefix === "ASIA" ? this.#derive(`token/${subject}`).toString("base64url") : undefined;
    const key: AccessKey = { accessKeyId, secretAccessKey, identity: identityOf(accessKeyId), ...(sessionToken ? { sessionToken } : {}) };
    this.#keys.set(accessKeyId, key);
    return key;
  }

  #derive(purpose: string): Buffer {
    return createHmac("sha256", this.#secret).update(purpose).digest();
  }
}

function keptSecret(file: string): Buffer {
  if (existsSync(file)) return Buffer.from(readFileSync(file, "utf8").trim(), "hex");
  const secret = randomBytes(32);
  writeFileSync(file, `${secret.toString("hex")}\n`, { mode: 0o600 });
  return secret;
}

function base32(octets: Buffer): string {
  return [...octets].map((octet) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[octet & 31]).join("");
}
