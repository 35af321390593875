/** RFC 8292 §2, §3 (VAPID): the Authorization header of a push request, signed with the service's own P-256 key. */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";

export interface VapidKey {
  readonly privateKey: KeyObject;
  /** Uncompressed point, base64url: `applicationServerKey` of RFC 9749. */
  readonly publicKey: string;
}

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
