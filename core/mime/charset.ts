/**
 * Octets to text by charset label. The platform's TextDecoder (ICU) does nearly all of them;
 * the few that mail still uses and the web dropped are added here, and iconv-lite has the tables of the rest.
 */
import { singleByteDecoder } from "./single-byte.ts";
import { decodeUtf7 } from "./utf7.ts";

type Decode = (octets: Uint8Array) => { text: string; problem: boolean };

const UNKNOWN = "unknown";

/** Labels seen in mail that the Encoding standard lacks. */
const aliases: Readonly<Record<string, string>> = {
  cp936: "gbk",
  ms936: "gbk",
  "x-gbk": "gbk",
  cp932: "shift_jis",
  "iso-2022-jp-1": "iso-2022-jp",
  "iso-2022-jp-2": "iso-2022-jp",
  "iso-2022-jp-3": "iso-2022-jp",
  cp949: "euc-kr",
  cp950: "big5",
  "utf-8-mac": "utf-8",
  "unicode-1-1-utf-8": "utf-8",
  "iso-10646-ucs-2": "utf-16be",
  ansi: "windows-1252",
  "8bit": "windows-1252",
  "iso-8859-12": "windows-1252",
};

const cleanLabel = (label: string): string =>
  label
    .slice(0, 100)
    .trim()
    .toLowerCase()
    .replace(/^["']+|["']+$/g, "")
    .replace(/^x-unknown.*|^unknown.*/, UNKNOWN);

const byTextDecoder = (label: string): Decode | null => {
  let lenient: InstanceType<typeof TextDecoder>;
  try {
    lenient = new TextDecoder(label);
  } catch {
    return null;
  }
  const strict = new TextDecoder(label, { fatal: true });
  return (octets) => {
    try {
      return { text: strict.decode(octets), problem: false };
    } catch {
      return { text: lenient.decode(octets), problem: true };
    }
  };
};

/** UTF-32 (Unicode §3.10), big-endian unless a byte order mark or the label says otherwise. */
const byUtf32 =
  (label: string): Decode =>
  (octets) => {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    const marked = octets.length >= 4 && view.getUint32(0) === 0xfffe0000;
    const little = marked || label.endsWith("le");
    const characters: string[] = [];
    for (let at = 0; at + 4 <= octets.length; at += 4) {
      const code = view.getUint32(at, little);
      const valid = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      if (code !== 0xfeff) characters.push(valid ? String.fromCodePoint(code) : "\uFFFD");
    }
    const text = characters.join("");
    return { text, problem: octets.length % 4 !== 0 || text.includes("\uFFFD") };
  };

const byUtf7: Decode = (octets) => decodeUtf7(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("latin1"));

const cache = new Map<string, Decode | null>();
const CACHED_LABELS = 200;

const chooseDecoder = (name: string): Decode | null => {
  if (name === UNKNOWN || name.length > 64) return null;
  if (/utf-?7$/.test(name)) return byUtf7;
  if (/^utf-?32(?:be|le)?$/.test(name)) return byUtf32(name);
  return byTextDecoder(name) ?? singleByteDecoder(name);
};

const decoderFor = (label: string): Decode | null => {
  const known = cache.get(label);
  if (known !== undefined) return known;
  const name = aliases[label] ?? label;
  const decode = chooseDecoder(name);
  // Labels come from strangers: the cache must not grow with them.
  if (cache.size < CACHED_LABELS) cache.set(label, decode);
  return decode;
};

/**
 * RFC 2046 §4.1.2. Decodes, never throws. `problem` is RFC 8621's isEncodingProblem: malformed octets or an unknown charset.
 * us-ascii with high octets, and unknown charsets, are read as UTF-8 where they are valid UTF-8, else as windows-1252.
 */
export const decodeCharset = (octets: Uint8Array, charset: string | null): { text: string; problem: boolean } => {
  const label = charset === null ? "us-ascii" : cleanLabel(charset);
  if (label === "us-ascii" || label === "ascii" || label === "") {
    const ascii = decoderFor("utf-8")!(octets);
    if (!ascii.problem) return { text: ascii.text, problem: false };
    return { text: decoderFor("windows-1252")!(octets).text, problem: true };
  }
  const decode = decoderFor(label);
  if (decode) return decode(octets);
  const utf8 = decoderFor("utf-8")!(octets);
  return { text: utf8.problem ? decoderFor("windows-1252")!(octets).text : utf8.text, problem: true };
};
