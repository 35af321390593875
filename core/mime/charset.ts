/**
 * Octets to text by charset label. The platform's TextDecoder (ICU) does nearly all of them;
 * the few that mail still uses and the web dropped are added here, and iconv-lite does the rest.
 */
import iconv from "iconv-lite";
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

const byIconv = (label: string): Decode | null => {
  if (!iconv.encodingExists(label)) return null;
  return (octets) => {
    const text = iconv.decode(octets instanceof Buffer ? octets : Buffer.from(octets), label);
    return { text, problem: text.includes("\uFFFD") };
  };
};

const byUtf7: Decode = (octets) => decodeUtf7(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("latin1"));

const cache = new Map<string, Decode | null>();
const CACHED_LABELS = 200;

const decoderFor = (label: string): Decode | null => {
  const known = cache.get(label);
  if (known !== undefined) return known;
  const name = aliases[label] ?? label;
  const decode = name === UNKNOWN || name.length > 64 ? null : /utf-?7$/.test(name) ? byUtf7 : (byTextDecoder(name) ?? byIconv(name));
  // Labels come from strangers: the cache must not grow with them.
  if (cache.size < CACHED_LABELS) cache.set(label, decode);
  return decode;
};

/**
 * Decodes, never throws. `problem` is RFC 8621's isEncodingProblem: malformed octets or an unknown charset.
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
