import { createHmac, randomBytes } from "node:crypto";

/** RFC 6238 with what Cognito uses: SHA-1, six digits, 30 seconds, one step of clock difference either way. */
const STEP_MS = 30_000;
const DIGITS = 6;
const SECRET_OCTETS = 32;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Base32 without padding (RFC 4648 §6), as authenticator programs take it. */
export function newTotpSecret(): string {
  let bits = "";
  for (const octet of randomBytes(SECRET_OCTETS)) bits += octet.toString(2).padStart(8, "0");
  return (bits.match(/.{1,5}/g) ?? []).map((group) => ALPHABET[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
}

function decodeBase32(text: string): Buffer {
  let bits = "";
  for (const letter of text.toUpperCase()) {
    const value = ALPHABET.indexOf(letter);
    if (value >= 0) bits += value.toString(2).padStart(5, "0");
  }
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
}

export const totpStep = (nowMs: number): number => Math.floor(nowMs / STEP_MS);

/** RFC 4226 §5.3 over the step. */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac("sha1", decodeBase32(secret)).update(counter).digest();
  const offset = digest[digest.length - 1]! & 0x0f;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS).padStart(DIGITS, "0");
}

/** The step that the code belongs to, or null. */
export function matchTotp(secret: string, code: string, nowMs: number): number | null {
  if (!/^\d{6}$/.test(code)) return null;
  const now = totpStep(nowMs);
  return [now, now - 1, now + 1].find((step) => totpCode(secret, step) === code) ?? null;
}
