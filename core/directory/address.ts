/**
 * Addresses as the directory knows them (RFC 5321 §4.1.2, RFC 6531): one spelling for each mailbox.
 * Envelope addresses only: display forms are read by core/mime/address-list.ts.
 */
/** RFC 5321 §4.5.3.1: octets of the local part, the domain and the whole. */
const LOCAL_OCTETS = 64;
const DOMAIN_OCTETS = 255;

const ATOM = /^[^\s"(),:;<>@[\]\\\p{Cc}]+$/u;
const QUOTED = /^"((?:[^"\\\p{Cc}]|\\[^\p{Cc}])*)"$/u;

/** A quoted local part that need not be quoted is the same mailbox as the bare one. */
const unquoteLocal = (local: string): string | null => {
  const quoted = QUOTED.exec(local);
  if (!quoted) return ATOM.test(local) && !/^\.|\.\.|\.$/.test(local) ? local : null;
  const content = quoted[1]!.replace(/\\(.)/gu, "$1");
  return ATOM.test(content) && !/^\.|\.\.|\.$/.test(content) ? content : local;
};

/** IDNA: the domain in its ASCII form, "" when it has none. */
const domainToAscii = (domain: string): string => {
  if (/[/?#:@%\\\s]/.test(domain)) return "";
  const url = URL.parse(`https://${domain}`);
  // The URL parser reads numbers as IPv4 addresses: no domain of mail is one.
  return url && !/^[\d.]+$/.test(url.hostname) ? url.hostname : "";
};

const normaliseDomain = (domain: string): string | null => {
  if (/^\[[0-9A-Za-z:.]{2,64}\]$/.test(domain)) return domain.toLowerCase();
  const ascii = domainToAscii(domain.replace(/\.$/, ""));
  const labels = ascii.split(".");
  const wellFormed = labels.every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/.test(label));
  return ascii !== "" && ascii.length <= DOMAIN_OCTETS && wellFormed ? ascii : null;
};

/**
 * The form used as a key: lower case, NFC, the domain in its ASCII form, no angle brackets; null when it is no mailbox address.
 * RFC 5321 lets a host treat the local part as case-sensitive; this one does not, as nobody's does.
 */
export const normaliseAddress = (address: string): string | null => {
  if (address.length > 1000) return null;
  const bare = address
    .trim()
    .replace(/^<(.*)>$/s, "$1")
    .normalize("NFC");
  const at = bare.lastIndexOf("@");
  if (at <= 0) return null;
  const local = unquoteLocal(bare.slice(0, at));
  const domain = normaliseDomain(bare.slice(at + 1));
  if (local === null || domain === null || Buffer.byteLength(local) > LOCAL_OCTETS) return null;
  return `${local.toLowerCase()}@${domain}`;
};

/** Domain of a normalised address. */
export const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);

/**
 * Plus-addressing (RFC 5233 subaddress): the address without its detail and the detail, or null when there is none.
 * The address is looked up whole first, so that a mailbox may have a plus in its name.
 */
export const splitPlusAddress = (address: string): { base: string; detail: string } | null => {
  const at = address.lastIndexOf("@");
  const plus = address.indexOf("+");
  if (plus <= 0 || plus > at || address.startsWith('"')) return null;
  return { base: address.slice(0, plus) + address.slice(at), detail: address.slice(plus + 1, at) };
};
