/** "Easy DKIM": a key of each domain, kept with the laptop's data, named by three selectors as SES does. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DkimKey } from "../model.ts";

export interface DkimKeys {
  of(domain: string): DkimKey;
}

export const dkimKeysIn = (folder: string): DkimKeys => {
  mkdirSync(folder, { recursive: true });
  return {
    of: (domain) => {
      const path = join(folder, `${createHash("sha256").update(domain).digest("hex").slice(0, 32)}.json`);
      if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as DkimKey;
      const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const publicKeyBase64 = publicKey.export({ type: "spki", format: "der" }).toString("base64");
      const token = (index: number): string =>
        createHash("sha256")
          .update(`${index} ${publicKeyBase64}`)
          .digest("hex")
          .slice(0, 32)
          .replace(/\d/g, (digit) => "ghijklmnop"[Number(digit)]!);
      const key: DkimKey = {
        selectors: [1, 2, 3].map(token),
        privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
        publicKeyBase64,
      };
      writeFileSync(`${path}.tmp`, JSON.stringify(key), { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
      return key;
    },
  };
};
