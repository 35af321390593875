import { createDiffieHellman, createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Cognito's SRP-6a (USER_SRP_AUTH): RFC 5054's protocol over the 3072-bit group of RFC 3526 §4 with SHA-256, the key by HKDF with the
 * info "Caldera Derived Key", and numbers hashed in Java's BigInteger form (a zero octet before a set top bit).
 */
const PRIME_HEX = [
  "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD",
  "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED",
  "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F",
  "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B",
  "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510",
  "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7",
  "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C",
  "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
].join("");
const N = BigInt(`0x${PRIME_HEX}`);
const G = 2n;
const KEY_INFO = "Caldera Derived Key";
const KEY_OCTETS = 16;
const SALT_OCTETS = 16;
const PRIVATE_OCTETS = 32;

const sha256 = (...parts: (string | Buffer)[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const toBig = (octets: Buffer): bigint => BigInt(`0x${octets.toString("hex") || "0"}`);

/** Two's-complement octets of a positive number. */
function padded(value: bigint): Buffer {
  let hex = value.toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`;
  return Buffer.from(hex, "hex");
}

const K = toBig(sha256(padded(N), padded(G)));
const exponentiator = createDiffieHellman(PRIME_HEX, "hex", 2);

/** base^exponent mod N in OpenSSL: 3 ms, where BigInt takes 60. */
function power(base: bigint, exponent: bigint): bigint {
  exponentiator.setPrivateKey(padded(exponent));
  return toBig(exponentiator.computeSecret(padded(base)));
}

/** All that is kept of a password. */
export interface SrpVerifier {
  saltHex: string;
  verifierHex: string;
}

const secretExponent = (poolName: string, userId: string, password: string, saltHex: string): bigint =>
  toBig(sha256(padded(BigInt(`0x${saltHex}`)), sha256(`${poolName}${userId}:${password}`)));

/** `poolName` is the part of the pool id after the underscore; `userId` what USER_ID_FOR_SRP tells the client. */
export function createVerifier(
  poolName: string,
  userId: string,
  password: string,
  saltHex = randomBytes(SALT_OCTETS).toString("hex"),
): SrpVerifier {
  return { saltHex, verifierHex: power(G, secretExponent(poolName, userId, password, saltHex)).toString(16) };
}

/** For flows that send the password itself (admin and password flows, ChangePassword). */
export function passwordMatches(poolName: string, userId: string, password: string, kept: SrpVerifier): boolean {
  const claimed = createVerifier(poolName, userId, password, kept.saltHex);
  return constantTimeEqual(Buffer.from(claimed.verifierHex), Buffer.from(kept.verifierHex));
}

/** A salt and verifier that look the same at each try for a user who does not exist. */
export function decoyVerifier(secret: Buffer, userId: string): SrpVerifier {
  const digest = (purpose: string) => createHmac("sha256", secret).update(`${purpose}/${userId}`).digest();
  return {
    saltHex: digest("salt").subarray(0, SALT_OCTETS).toString("hex"),
    verifierHex: power(G, toBig(digest("verifier"))).toString(16),
  };
}

/** Step one: the server's public value for the client's. Null when A is a multiple of N, which would give the key away. */
export function serverChallenge(clientPublicHex: string, kept: SrpVerifier): { privateHex: string; publicHex: string } | null {
  if (!/^[0-9a-fA-F]{1,800}$/.test(clientPublicHex) || BigInt(`0x${clientPublicHex}`) % N === 0n) return null;
  const b = toBig(randomBytes(PRIVATE_OCTETS));
  const publicValue = (K * BigInt(`0x${kept.verifierHex}`) + power(G, b)) % N;
  return { privateHex: b.toString(16), publicHex: publicValue.toString(16) };
}

export interface SrpClaim {
  poolName: string;
  userId: string;
  clientPublicHex: string;
  serverPrivateHex: string;
  serverPublicHex: string;
  secretBlock: Buffer;
  timestamp: string;
  signature: string;
}

/** Step two: does the signature prove knowledge of the password? */
export function claimProves(claim: SrpClaim, kept: SrpVerifier): boolean {
  const A = BigInt(`0x${claim.clientPublicHex}`);
  const u = toBig(sha256(padded(A), padded(BigInt(`0x${claim.serverPublicHex}`))));
  if (u === 0n) return false;
  const base = (A * power(BigInt(`0x${kept.verifierHex}`), u)) % N;
  const S = power(base, BigInt(`0x${claim.serverPrivateHex}`));
  const key = Buffer.from(hkdfSync("sha256", padded(S), padded(u), KEY_INFO, KEY_OCTETS));
  const mac = createHmac("sha256", key);
  for (const part of [claim.poolName, claim.userId, claim.secretBlock, claim.timestamp]) mac.update(part);
  return constantTimeEqual(mac.digest(), Buffer.from(claim.signature, "base64"));
}

const constantTimeEqual = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
