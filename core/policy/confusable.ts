/**
 * Look-alike names (Unicode TR39, reduced to what domains and display names need): letters that are taken for Latin ones,
 * and labels that mix alphabets. Whole-word tables are not carried: a few dozen letters make nearly all known cases.
 */
import { toUnicode } from "nodemailer/lib/punycode";

/** Letter by letter: what a reader takes each for. */
const lookAlikes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: "аɑαａ",
    b: "Ьƅｂ",
    c: "сϲⅽｃ",
    d: "ԁⅾɗｄ",
    e: "еҽєｅ",
    f: "ƒｆ",
    g: "ɡցｇ",
    h: "һհｈ",
    i: "іıɩιⅰｉ",
    j: "јϳｊ",
    k: "κкｋ",
    l: "ӏⅼｌǀ",
    m: "ⅿｍм",
    n: "ոпηｎ",
    o: "оοօσｏ०",
    p: "рρｐ",
    q: "ԛգｑ",
    r: "гｒᴦ",
    s: "ѕꜱｓ",
    t: "тτｔ",
    u: "υսцｕᴜ",
    v: "ѵνⅴｖ",
    w: "ԝшωｗѡ",
    x: "хχⅹｘ",
    y: "уүγｙ",
    z: "ᴢｚ",
    "-": "‐‑‒–—−ｰ",
    ".": "。．｡․",
    "@": "＠﹫",
  }).flatMap(([latin, others]) => [...others].map((other): [string, string] => [other, latin])),
);

/** What a hasty reader sees: look-alikes replaced, accents removed, and the Latin letters that are mistaken for each other made one. */
const skeletonOf = (text: string): string =>
  [...text.normalize("NFKD").toLowerCase()]
    .map((char) => lookAlikes.get(char) ?? char)
    .join("")
    .replace(/\p{M}/gu, "")
    .replace(/rn/g, "m")
    .replace(/vv/g, "w")
    .replace(/cl/g, "d")
    .replace(/[1|]/g, "l")
    .replace(/i/g, "l")
    .replace(/0/g, "o");

/** Scripts that may stand together in one label (TR39 §5.1: the East Asian sets), beside digits and signs. */
const together: readonly RegExp[] = [
  /^[\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]*$/u,
  /^[\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Common}\p{Script=Inherited}]*$/u,
  /^[\p{Script=Latin}\p{Script=Han}\p{Script=Hangul}\p{Script=Common}\p{Script=Inherited}]*$/u,
  /^[\p{Script=Latin}\p{Script=Han}\p{Script=Bopomofo}\p{Script=Common}\p{Script=Inherited}]*$/u,
  ...["Cyrillic", "Greek", "Arabic", "Hebrew", "Armenian", "Georgian", "Devanagari", "Bengali", "Thai", "Tamil", "Ethiopic"].map(
    (script) => new RegExp(`^[\\p{Script=${script}}\\p{Script=Common}\\p{Script=Inherited}]*$`, "u"),
  ),
];

const isOneScript = (label: string): boolean => together.some((set) => set.test(label));

const unicodeOf = (asciiDomain: string): string => {
  try {
    return toUnicode(asciiDomain);
  } catch {
    return asciiDomain;
  }
};

/** A label of mixed alphabets, or of one other alphabet whose every letter looks Latin ("аррӏе"). `domain` in ASCII form. */
export const isDeceptiveDomain = (domain: string): boolean => {
  if (!domain.includes("xn--")) return false;
  return unicodeOf(domain)
    .split(".")
    .some((label) => /[^\0-\x7f]/.test(label) && (!isOneScript(label) || looksLatin(label)));
};

const looksLatin = (label: string): boolean => !/\p{Script=Latin}/u.test(label) && /^[a-z0-9-]*$/.test(skeletonOf(label));

/** True when `domain`, which is none of `ownDomains`, would be taken for one of them or for a name below one. */
export const imitates = (domain: string, ownDomains: readonly string[]): boolean => {
  const shown = skeletonOf(unicodeOf(domain));
  return ownDomains.some((own) => {
    if (domain === own || domain.endsWith(`.${own}`)) return false;
    const skeleton = skeletonOf(own);
    return shown === skeleton || shown.endsWith(`.${skeleton}`);
  });
};

/** How a domain is shown: in Unicode where that deceives nobody, else in its ASCII form. */
export const displayDomain = (domain: string): string => (isDeceptiveDomain(domain) ? domain : unicodeOf(domain));

/** Controls, direction changes and invisible characters. */
const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;

export const hasInvisible = (text: string): boolean => text.search(INVISIBLE) >= 0;

/** Text that cannot change how what follows it is shown. Joiners inside emoji and some scripts go too: only names are treated so. */
export const displayText = (text: string): string => text.replace(/\s+/g, " ").replace(INVISIBLE, "").trim();
