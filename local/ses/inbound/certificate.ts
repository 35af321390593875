/**
 * A self-made certificate for STARTTLS, kept with the laptop's data so that clients can pin it.
 * X.509 v3 (RFC 5280 §4.1) over ECDSA P-256, written in DER by hand: Node makes keys and signatures but no certificates.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const der = (tag: number, ...contents: Uint8Array[]): Buffer => {
  const body = Buffer.concat(contents);
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...contents: Uint8Array[]): Buffer => der(0x30, ...contents);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const commonName = (name: string): Buffer => sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from(name)))));
/** RFC 5280 §4.2.1.6: many clients no longer look at the common name (RFC 9525 §2). */
const alternativeName = (name: string): Buffer => sequence(oid("551d11"), der(0x04, sequence(der(0x82, Buffer.from(name)))));
const time = (at: Date): Buffer => der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`));

const ECDSA_WITH_SHA256 = sequence(oid("2a8648ce3d040302"));

const selfSigned = (name: string, now: number): Certificate => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const years = (count: number): Date => new Date(now + count * 365 * 86_400_000);
  const serial = randomBytes(8);
  serial[0] = (serial[0]! & 0x7f) | 0x01;
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    commonName(name),
    sequence(time(years(-1)), time(years(10))),
    commonName(name),
    createPublicKey(privateKey).export({ type: "spki", format: "der" }),
    der(0xa3, sequence(alternativeName(name))),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const certificate = sequence(toBeSigned, ECDSA_WITH_SHA256, der(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString("base64").match(/.{1,64}/g)!;
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
};

/** The certificate in `folder`, made on first use. */
export const certificateIn = (folder: string, name: string, now: number): Certificate => {
  const path = join(folder, "starttls.pem.json");
  try {
    const kept = JSON.parse(readFileSync(path, "utf8")) as Certificate;
    createPrivateKey(kept.key);
    return kept;
  } catch {
    mkdirSync(folder, { recursive: true });
    const made = selfSigned(name, now);
    writeFileSync(`${path}.tmp`, JSON.stringify(made), { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
    return made;
  }
};
