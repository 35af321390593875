/** Writes header fields (RFC 5322 §2.2, RFC 2047): folded, in ASCII, and without a way to begin another field. */
import { encodeWord } from "nodemailer/lib/mime-funcs";

const LINE = 76;
/** RFC 2047 §2: an encoded word has at most 75 characters. */
const WORD = 52;

/** Control characters have no place in a header; line ends become spaces, so that nothing after one is a field of its own. */
const plain = (value: string): string =>
  value
    .replace(/[\r\n]+[ \t]*|\t/g, " ")
    .replace(/[\0-\x1f\x7f]/g, "")
    .toWellFormed();

/** Breaks a field at white space so that lines stay short; white space itself is kept, so that unfolding gives the value back. */
export const foldField = (name: string, value: string): string => {
  const words = `${name}: ${value}`.split(/(?<=[^ \t])(?=[ \t])/);
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    // A line of white space alone would end the header for some readers.
    if (line !== "" && line.length + word.length > LINE && word.trim() !== "" && line.length > name.length + 1) {
      lines.push(line);
      line = word;
    } else line += word;
  }
  return [...lines, line].join("\r\n");
};

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

const encoded = (text: string): string => {
  const high = text.replace(/[\x20-\x7e]/g, "").length;
  return encodeWord(text, high * 3 > text.length ? "B" : "Q", WORD);
};

/** Unstructured text: encoded as a whole when a part of it needs encoding, so that reading gives exactly `value`. */
export const writeText = (value: string): string => {
  const text = plain(value);
  const needsEncoding = !isAscii(text) || text.includes("=?") || /[^ ]{500}/.test(text) || /^ | $/.test(text);
  return needsEncoding && text !== "" ? encoded(text) : text;
};

/** A value that the client wrote in Raw form: kept as it is, but for line ends and characters outside ASCII. */
export const writeRaw = (value: string): string => {
  const text = plain(value).replace(/^ /, "");
  // RFC 5322 §2.1.1: no line may pass 998 octets, and only white space can be folded at.
  if (/\S{900}/.test(text)) return encoded(text);
  return isAscii(text) ? text : text.replace(/[^\s]*[^\x20-\x7e][^\s]*(?: +[^\s]*[^\x20-\x7e][^\s]*)*/g, encoded);
};

const writePhrase = (name: string): string => {
  const text = plain(name).trim();
  if (!isAscii(text) || text.includes("=?") || text.length > 400) return encoded(text);
  return /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+$/.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
};

export interface WrittenAddress {
  readonly name?: string | null;
  readonly email: string;
}

const ADDR_SPEC = /^(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\uffff-]+|"(?:[^"\\]|\\.)*")@[^\s<>@,;:()"\\]+$/;

/** The domain in ASCII, since most hosts take no other; the local part stays as it is (RFC 6531). */
const asciiDomain = (email: string): string => {
  const at = email.lastIndexOf("@");
  const domain = email.slice(at + 1);
  if (at < 0 || isAscii(domain)) return email;
  const url = /[/?#:@%\\]/.test(domain) ? null : URL.parse(`https://${domain}`);
  return url ? `${email.slice(0, at)}@${url.hostname}` : email;
};

const writeAddress = ({ name, email }: WrittenAddress): string => {
  const spec = asciiDomain(plain(email).replace(/[<>]/g, "").trim());
  const wellFormed = ADDR_SPEC.test(spec);
  if (name === null || name === undefined || name.trim() === "") return wellFormed ? spec : `<${spec}>`;
  return `${writePhrase(name)} <${spec}>`;
};

export const writeAddresses = (addresses: readonly WrittenAddress[]): string => addresses.map(writeAddress).join(", ");

export const writeGroups = (groups: readonly { readonly name?: string | null; readonly addresses: readonly WrittenAddress[] }[]): string =>
  groups
    .map(({ name, addresses }, index) => {
      const list = writeAddresses(addresses);
      const last = index === groups.length - 1;
      if (name === null || name === undefined) return list + (last ? "" : ",");
      return `${writePhrase(name)}: ${list};`;
    })
    .join(" ");

/** Ids in angle brackets. */
export const writeMessageIds = (ids: readonly string[]): string => ids.map((id) => `<${plain(id).replace(/[<>\s]/g, "")}>`).join(" ");

export const writeUrls = (urls: readonly string[]): string => urls.map((url) => `<${plain(url).replace(/[<>\s]/g, "")}>`).join(", ");

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (value: number): string => String(value).padStart(2, "0");

/** RFC 5322 §3.3. `at` in ms since 1970 UTC, `offsetMinutes` east of UTC. */
export const writeDate = (at: number, offsetMinutes: number): string => {
  const wall = new Date(at + offsetMinutes * 60_000);
  const zone = `${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offsetMinutes) / 60))}${two(Math.abs(offsetMinutes) % 60)}`;
  const day = `${days[wall.getUTCDay()]}, ${two(wall.getUTCDate())} ${months[wall.getUTCMonth()]} ${String(wall.getUTCFullYear()).padStart(4, "0")}`;
  return `${day} ${two(wall.getUTCHours())}:${two(wall.getUTCMinutes())}:${two(wall.getUTCSeconds())} ${zone}`;
};
