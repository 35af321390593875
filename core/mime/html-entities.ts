/** Character references of HTML that mail uses: all of Latin-1, punctuation, arrows and Greek; others stay as written. */
const latin1 =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml".split(
    " ",
  );
const greek =
  "Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho _ Sigma Tau Upsilon Phi Chi Psi Omega".split(
    " ",
  );

const named = new Map<string, string>([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ...latin1.map((name, index): [string, string] => [name, String.fromCodePoint(160 + index)]),
  ...greek.flatMap((name, index): [string, string][] => [
    [name, String.fromCodePoint(0x391 + index)],
    [name.toLowerCase(), String.fromCodePoint(0x3b1 + index)],
  ]),
  ...Object.entries({
    OElig: 0x152,
    oelig: 0x153,
    Scaron: 0x160,
    scaron: 0x161,
    Yuml: 0x178,
    fnof: 0x192,
    circ: 0x2c6,
    tilde: 0x2dc,
    ensp: 0x2002,
    emsp: 0x2003,
    thinsp: 0x2009,
    zwnj: 0x200c,
    zwj: 0x200d,
    lrm: 0x200e,
    rlm: 0x200f,
    ndash: 0x2013,
    mdash: 0x2014,
    lsquo: 0x2018,
    rsquo: 0x2019,
    sbquo: 0x201a,
    ldquo: 0x201c,
    rdquo: 0x201d,
    bdquo: 0x201e,
    dagger: 0x2020,
    Dagger: 0x2021,
    bull: 0x2022,
    hellip: 0x2026,
    permil: 0x2030,
    prime: 0x2032,
    Prime: 0x2033,
    lsaquo: 0x2039,
    rsaquo: 0x203a,
    euro: 0x20ac,
    trade: 0x2122,
    larr: 0x2190,
    uarr: 0x2191,
    rarr: 0x2192,
    darr: 0x2193,
    minus: 0x2212,
    le: 0x2264,
    ge: 0x2265,
    ne: 0x2260,
    infin: 0x221e,
    asymp: 0x2248,
    check: 0x2713,
    hearts: 0x2665,
    loz: 0x25ca,
    num: 35,
    excl: 33,
    colon: 58,
    comma: 44,
    period: 46,
    lpar: 40,
    rpar: 41,
    commat: 64,
    sol: 47,
    Tab: 9,
    NewLine: 10,
  }).map(([name, code]): [string, string] => [name, String.fromCodePoint(code)]),
]);

const fromCode = (code: number): string => {
  if (!(code > 0 && code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) return "\uFFFD";
  // HTML reads the C1 range as windows-1252.
  if (code >= 0x80 && code <= 0x9f) return new TextDecoder("windows-1252").decode(Uint8Array.of(code));
  return String.fromCodePoint(code);
};

/** For `String.replace` with a pattern whose first group is the reference between "&" and ";". */
export const decodeEntity = (whole: string, reference: string): string => {
  if (!reference.startsWith("#")) return named.get(reference) ?? whole;
  const hex = reference[1] === "x" || reference[1] === "X";
  const digits = reference.slice(hex ? 2 : 1);
  if (!(hex ? /^[0-9A-Fa-f]{1,8}$/ : /^[0-9]{1,8}$/).test(digits)) return whole;
  return fromCode(Number.parseInt(digits, hex ? 16 : 10));
};
