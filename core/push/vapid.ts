/** RFC 8292 §2, §3 (VAPID): the Authorization header of a push request, signed with the service's own P-256 key. */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { limits } from "../limits.ts";

export interface VapidKey {
  readonly privateKey: KeyObject;
  /** Uncompressed point, base64url: `applicationServerKey` of RFC 9749. */
  readonly publicKey: string;
}

/** RFC 9749 §5: what was subscribed under the former key is pushed with it for as long as a subscription lives, so that clients can follow. */
export interface VapidKeys {
  readonly current: VapidKey;
  readonly former: VapidKey | null;
  /** ms since 1970 UTC; null for the first key. */
  readonly replacedAt: number | null;
}

const DAY = 86_400_000;

/**
 * The key for a subscription that was made under the public key `serverKey`; null when that is kept no more. Subscriptions from before
 * keys could be replaced do not say: theirs is the first.
 */
export const keyFor = ({ current, former, replacedAt }: VapidKeys, serverKey: string | undefined, now: number): VapidKey | null => {
  if (replacedAt === null) return serverKey === undefined || serverKey === current.publicKey ? current : null;
  if (serverKey === current.publicKey) return current;
  const isKept = former !== null && now < replacedAt + limits.push.lifeDays * DAY;
  return isKept && (serverKey === undefined || serverKey === former.publicKey) ? former : null;
};

/** Longest life that RFC 8292 §2 allows is a day. */
const LIFE_SECONDS = 12 * 3600;

/** From a PKCS #8 PEM; TypeError when it is no P-256 key. */
export const readVapidKey = (pem: string): VapidKey => {
  const privateKey = createPrivateKey(pem);
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: "jwk" });
  if (kty !== "EC" || crv !== "P-256" || !x || !y) throw new TypeError("the VAPID key is to be an EC key on P-256 (prime256v1)");
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  return { privateKey, publicKey: point.toString("base64url") };
};

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** RFC 8292 §2.1, §3.1, §3.2. `contact` is a mailto: or https: URI by which the push service can reach the operator. `now` in ms since 1970 UTC. */
export const vapidAuthorization = (endpoint: URL, key: VapidKey, contact: string, now: number): string => {
  const signed = `${encoded({ typ: "JWT", alg: "ES256" })}.${encoded({ aud: endpoint.origin, exp: Math.floor(now / 1000) + LIFE_SECONDS, sub: contact })}`;
  const signature = sign("sha256", Buffer.from(signed), { key: key.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
  return `vapid t=${signed}.${signature}, k=${key.publicKey}`;
};
