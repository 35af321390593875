/** RFC 8291: encryption of a Web Push message for one subscription, one `aes128gcm` record (RFC 8188). */
import { createCipheriv, createECDH, hkdfSync } from "node:crypto";

export interface PushKeys {
  /** The subscription's P-256 public key, uncompressed, base64url (65 octets). */
  readonly p256dh: string;
  /** Its authentication secret, base64url (16 octets). */
  readonly auth: string;
}

const PUBLIC_OCTETS = 65;
const AUTH_OCTETS = 16;
const SALT_OCTETS = 16;
const TAG_OCTETS = 16;
const RECORD_OCTETS = 4096;
/** RFC 8291 §4: what a push service must carry, less header, padding delimiter and tag. */
export const PAYLOAD_OCTETS = RECORD_OCTETS - SALT_OCTETS - 5 - PUBLIC_OCTETS - 1 - TAG_OCTETS;

/** RFC 8291 §2.1: true when the keys are of the form that a browser makes: a point on P-256 and sixteen octets. */
export const arePushKeys = ({ p256dh, auth }: PushKeys): boolean => {
  if (!/^[A-Za-z0-9_-]+=*$/.test(p256dh) || !/^[A-Za-z0-9_-]+=*$/.test(auth)) return false;
  const point = Buffer.from(p256dh, "base64url");
  if (point.length !== PUBLIC_OCTETS || point[0] !== 4 || Buffer.from(auth, "base64url").length !== AUTH_OCTETS) return false;
  try {
    const own = createECDH("prime256v1");
    own.generateKeys();
    own.computeSecret(point);
    return true;
  } catch {
    return false;
  }
};

const hkdf = (salt: Uint8Array, secret: Uint8Array, info: Uint8Array, octets: number): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, salt, info, octets));

/**
 * The body of the push request (Content-Encoding: aes128gcm). `privateKey` (32 octets) and `salt` (16) must be fresh and unpredictable.
 * RangeError when the payload is longer than PAYLOAD_OCTETS.
 */
export const encryptPush = (payload: Uint8Array, keys: PushKeys, fresh: { privateKey: Uint8Array; salt: Uint8Array }): Buffer => {
  if (payload.length > PAYLOAD_OCTETS) throw new RangeError(`a push message holds at most ${PAYLOAD_OCTETS} octets, not ${payload.length}`);
  const own = createECDH("prime256v1");
  own.setPrivateKey(fresh.privateKey);
  const ownPublic = own.getPublicKey();
  const theirPublic = Buffer.from(keys.p256dh, "base64url");
  // RFC 8291 §3.1 to §3.4: the shared secret and the authentication secret together give key and nonce.
  const shared = own.computeSecret(theirPublic);
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), theirPublic, ownPublic]);
  const inputKey = hkdf(Buffer.from(keys.auth, "base64url"), shared, info, 32);
  const contentKey = hkdf(fresh.salt, inputKey, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
  const nonce = hkdf(fresh.salt, inputKey, Buffer.from("Content-Encoding: nonce\0"), 12);
  const cipher = createCipheriv("aes-128-gcm", contentKey, nonce);
  // RFC 8188 §2: the last record ends in a delimiter octet of 2.
  const record = Buffer.concat([cipher.update(payload), cipher.update(Buffer.of(2)), cipher.final(), cipher.getAuthTag()]);
  const head = Buffer.alloc(SALT_OCTETS + 5);
  head.set(fresh.salt);
  head.writeUInt32BE(RECORD_OCTETS, SALT_OCTETS);
  head[SALT_OCTETS + 4] = ownPublic.length;
  return Buffer.concat([head, ownPublic, record]);
};
