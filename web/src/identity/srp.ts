/**
 * The client half of Secure Remote Password (RFC 5054 group, 3072 bit) as Amazon Cognito speaks it: the password never leaves the
 * browser. Written on BigInt and WebCrypto because Amazon's own small library is no longer developed and keeps tokens in localStorage.
 */
const primeHex =
  "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF";
const prime = BigInt(`0x${primeHex}`);
const generator = 2n;
const utf8 = new TextEncoder();

export interface SrpSecret {
  readonly privateValue: bigint;
  /** A of RFC 5054 in hexadecimal, sent as SRP_A. */
  readonly publicHex: string;
}

export interface SrpChallenge {
  readonly userId: string;
  readonly saltHex: string;
  readonly serverPublicHex: string;
  readonly secretBlock: string;
}

/**
 * Hexadecimal of a non-negative number as the shortest two's-complement octet string: even length, first bit clear. Cognito hashes numbers,
 * never their digits as they were sent, so leading zeros of a salt or of B do not count.
 */
function padHex(value: bigint): string {
  let hex = value.toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  return /^[89a-f]/.test(hex) ? `00${hex}` : hex;
}

const numberOf = (hex: string): bigint => BigInt(`0x${hex}`);

export function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let factor = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
}

const octetsOf = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hexOf = (octets: Uint8Array): string => Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");

async function hash(octets: Uint8Array<ArrayBuffer>): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", octets)));
}

async function hmac(key: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}

function join(...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

export function newSrpSecret(random: Uint8Array = crypto.getRandomValues(new Uint8Array(128))): SrpSecret {
  const privateValue = numberOf(hexOf(random)) % prime;
  return { privateValue, publicHex: powerModulo(generator, privateValue, prime).toString(16) };
}

/** RFC 5054 §2.6 premaster secret, then Cognito's HKDF to 16 octets. */
async function sessionKey(secret: SrpSecret, challenge: SrpChallenge, poolName: string, password: string) {
  const serverPublic = numberOf(challenge.serverPublicHex);
  if (serverPublic % prime === 0n) throw new Error("The sign-in service sent an unusable value");
  const multiplier = numberOf(await hash(octetsOf(padHex(prime) + padHex(generator))));
  const scramble = numberOf(await hash(octetsOf(padHex(numberOf(secret.publicHex)) + padHex(serverPublic))));
  if (scramble === 0n) throw new Error("The sign-in service sent an unusable value");
  const inner = await hash(utf8.encode(`${poolName}${challenge.userId}:${password}`));
  const x = numberOf(await hash(octetsOf(padHex(numberOf(challenge.saltHex)) + inner)));
  const base = (serverPublic - ((multiplier * powerModulo(generator, x, prime)) % prime) + prime) % prime;
  const shared = powerModulo(base, secret.privateValue + scramble * x, prime);
  const extracted = await hmac(octetsOf(padHex(scramble)), octetsOf(padHex(shared)));
  return (await hmac(extracted, utf8.encode("Caldera Derived Key\u0001"))).slice(0, 16);
}

/** `Mon Jan 5 09:08:07 UTC 2026`: English, day of month without a leading zero. */
export function srpTimestamp(now: Date): string {
  const [weekday, day, month, year, time] = now.toUTCString().replace(",", "").split(" ");
  return `${weekday} ${month} ${Number(day)} ${time} UTC ${year}`;
}

/** PASSWORD_CLAIM_SIGNATURE: proof of the password without the password. */
export async function srpSignature(secret: SrpSecret, challenge: SrpChallenge, poolId: string, password: string, timestamp: string) {
  const poolName = poolId.split("_")[1] ?? "";
  const key = await sessionKey(secret, challenge, poolName, password);
  const block = Uint8Array.from(atob(challenge.secretBlock), (character) => character.charCodeAt(0));
  const proof = await hmac(key, join(utf8.encode(poolName), utf8.encode(challenge.userId), block, utf8.encode(timestamp)));
  return btoa(String.fromCharCode(...proof));
}
