/**
 * One POST to an address that a client gave (RFC 8620 §8.6): https only, to public addresses only, and what was checked is what is
 * connected to. No redirect is followed, the answer is read no further than it must be, and the whole takes a bounded time.
 */
import { type LookupAddress, lookup as resolveName } from "node:dns";
import { request as httpsRequest } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { limits } from "../core/limits.ts";
import type { WebPush } from "../core/ports/push-subscription-store.ts";

const { push: bounds } = limits;

/** Everything of IANA's special-purpose registries (RFC 6890) that is not globally reachable. */
const notPublic = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  notPublic.addSubnet(network, prefix, "ipv4");
/** Tunnels and documentation inside 2000::/3; they may lead to private IPv4 addresses. */
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  notPublic.addSubnet(network, prefix, "ipv6");
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const isLoopback = (address: string): boolean => loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

export const isPublicAddress = (address: string): boolean => {
  switch (isIP(address)) {
    case 4:
      return !notPublic.check(address, "ipv4");
    case 6:
      return globalUnicast.check(address, "ipv6") && !notPublic.check(address, "ipv6");
    default:
      return false;
  }
};

/** `allowLoopback` is for a laptop: there, and only for loopback, the certificate is not checked either. */
export const createWebPush = (options: { readonly allowLoopback: boolean }): WebPush => {
  const mayCall = (address: string): boolean => isPublicAddress(address) || (options.allowLoopback && isLoopback(address));
  return {
    post: async ({ url, headers, body }) => {
      const target = new URL(url);
      const host = target.hostname.replace(/^\[|\]$/g, "");
      if (target.protocol !== "https:" || (isIP(host) !== 0 && !mayCall(host))) return { outcome: "refused" };
      try {
        const addresses = isIP(host) !== 0 ? [{ address: host, family: isIP(host) }] : await addressesOf(host);
        if (addresses.length === 0 || !addresses.every(({ address }) => mayCall(address))) return { outcome: "refused" };
        const isLocal = addresses.every(({ address }) => isLoopback(address));
        return await send(target, headers, body, { lookup: pinned(addresses), rejectUnauthorized: !isLocal });
      } catch {
        return { outcome: "unreachable" };
      }
    },
  };
};

const addressesOf = (host: string): Promise<LookupAddress[]> =>
  new Promise((found, failed) => resolveName(host, { all: true }, (error, addresses) => (error ? failed(error) : found(addresses))));

/** The connection goes to what was checked, whatever the name resolves to a moment later. */
const pinned =
  (addresses: readonly LookupAddress[]): LookupFunction =>
  (_host, { all }, answer) => {
    if (all) answer(null, [...addresses]);
    else answer(null, addresses[0]!.address, addresses[0]!.family);
  };

type Sent = Awaited<ReturnType<WebPush["post"]>>;

const send = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  how: { readonly lookup: LookupFunction; readonly rejectUnauthorized: boolean },
): Promise<Sent> =>
  new Promise((done, failed) => {
    const signal = AbortSignal.timeout(bounds.timeoutSeconds * 1000);
    const outgoing = httpsRequest(url, {
      method: "POST",
      headers: { ...headers, "content-length": body.length },
      agent: false,
      maxHeaderSize: bounds.answerOctets,
      signal,
      ...how,
    });
    outgoing.once("error", failed);
    outgoing.once("response", (response) => {
      done({ outcome: "answered", status: response.statusCode ?? 0, retryAfterSeconds: secondsOf(response.headers["retry-after"]) });
      response.destroy();
    });
    outgoing.end(body);
  });

/** RFC 9110 §10.2.3, in either form. */
const secondsOf = (header: string | undefined): number | null => {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000));
};
