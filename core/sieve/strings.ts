/** What strings of a script stand for: RFC 5228 §2.4.2.4 encoded characters, RFC 5229 §3 references to variables. */

const ENCODED = /\$\{(?:hex:\s*([0-9a-f]{1,2}(?:\s+[0-9a-f]{1,2})*)|unicode:\s*([0-9a-f]+(?:\s+[0-9a-f]+)*))\s*\}/gi;
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*|\d{1,9})\}/g;
const NAMESPACE = /\$\{[A-Za-z_][A-Za-z0-9_]*\.(?:[A-Za-z0-9_]+\.)*[A-Za-z0-9_]+\}/;

/** RFC 5229 §6: match variables that are kept, ${0} to this. */
export const LAST_MATCH_VARIABLE = 9;

const numbersIn = (list: string): number[] => list.split(/\s+/).map((one) => Number.parseInt(one, 16));
const isCharacter = (point: number): boolean => point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);

export const decodeCharacters = (text: string): string =>
  text.replace(ENCODED, (whole, hex: string | undefined, codes: string | undefined) => {
    if (hex !== undefined) return Buffer.from(numbersIn(hex)).toString();
    const points = numbersIn(codes ?? "");
    return points.every(isCharacter) ? String.fromCodePoint(...points) : whole;
  });

/** One pass: what a variable holds is not looked into again. */
export const expandVariables = (text: string, lookUp: (name: string) => string): string =>
  text.replace(REFERENCE, (_, name: string) => lookUp(name));

/** What is wrong with a string in a script that requires these extensions; null when nothing is. */
export const stringFault = (text: string, extensions: ReadonlySet<string>): string | null => {
  const decodes = extensions.has("encoded-character");
  if (decodes) {
    for (const [whole, , codes] of text.matchAll(ENCODED))
      if (codes !== undefined && !numbersIn(codes).every(isCharacter)) return `${whole} is no character`;
  }
  if (!extensions.has("variables")) return null;
  const decoded = decodes ? decodeCharacters(text) : text;
  const namespaced = NAMESPACE.exec(decoded);
  if (namespaced) return `${namespaced[0]} is of a namespace that is not known`;
  for (const [whole, name] of decoded.matchAll(REFERENCE))
    if (/^\d/.test(name!) && Number(name) > LAST_MATCH_VARIABLE) return `${whole} is past the last match variable, ${LAST_MATCH_VARIABLE}`;
  return null;
};
