/** One Web Push request (RFC 8620 §7.2, §8.7, RFC 8030 §5, RFC 9749 §4): JSON, encrypted when the subscription has keys, signed with the service's key. */
import { encryptPush, PAYLOAD_OCTETS, type PushKeys } from "./encrypt.ts";
import { type VapidKey, vapidAuthorization } from "./vapid.ts";

export interface PushSigner {
  readonly key: VapidKey;
  /** mailto: or https: URI of the operator. */
  readonly contact: string;
}

export interface PushRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export const pushRequest = (
  to: { readonly url: string; readonly keys: PushKeys | null },
  json: object,
  how: {
    readonly signer: PushSigner;
    readonly now: number;
    readonly ttlSeconds: number;
    readonly randomOctets: (count: number) => Uint8Array;
  },
): PushRequest => {
  const plain = Buffer.from(JSON.stringify(json));
  const body = to.keys ? encryptPush(plain, to.keys, { privateKey: how.randomOctets(32), salt: how.randomOctets(16) }) : plain;
  return {
    url: to.url,
    headers: {
      "content-type": "application/json",
      ...(to.keys && { "content-encoding": "aes128gcm" }),
      ttl: String(how.ttlSeconds),
      urgency: "normal",
      authorization: vapidAuthorization(new URL(to.url), how.signer.key, how.signer.contact, how.now),
    },
    body,
  };
};

type Changed = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** StateChange objects that each fit one encrypted push: accounts are divided, never one account's states. */
export const inPushes = (changed: Changed): { "@type": "StateChange"; changed: Changed }[] => {
  const pushes: Record<string, Readonly<Record<string, string>>>[] = [];
  const fits = (accounts: object): boolean =>
    Buffer.byteLength(JSON.stringify({ "@type": "StateChange", changed: accounts })) <= PAYLOAD_OCTETS;
  for (const [accountId, states] of Object.entries(changed)) {
    const last = pushes.at(-1);
    if (last && fits({ ...last, [accountId]: states })) last[accountId] = states;
    else pushes.push({ [accountId]: states });
  }
  return pushes.map((accounts) => ({ "@type": "StateChange", changed: accounts }));
};
