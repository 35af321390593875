/** Addresses as people type and paste them (RFC 5322 §3.4, leniently): `Name <a@b>`, `"B, A" <a@b>`, `a@b`, separated by comma, semicolon or line. */
import type { Address } from "../jmap/types.ts";

export interface ParsedAddresses {
  readonly addresses: readonly Address[];
  readonly invalid: readonly string[];
}

const mailbox = /^[^\s@<>()[\]\\,;:"]+@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}][\p{L}\p{N}-]*[\p{L}\p{N}]$/u;

export const isAddress = (text: string): boolean => text.length <= 254 && mailbox.test(text) && text.indexOf("@") <= 64;

/** Splits at separators that are not inside quotes or angle brackets. */
function pieces(text: string): readonly string[] {
  const found: string[] = [];
  let quoted = false;
  let angled = false;
  let piece = "";
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === "<") angled = true;
    else if (!quoted && character === ">") angled = false;
    if (!quoted && !angled && /[,;\n\r\t]/.test(character)) {
      found.push(piece);
      piece = "";
    } else piece += character;
  }
  found.push(piece);
  return found.map((each) => each.trim()).filter((each) => each !== "");
}

export function parseAddresses(text: string): ParsedAddresses {
  const addresses: Address[] = [];
  const invalid: string[] = [];
  for (const piece of pieces(text)) {
    const angled = /^(.*)<([^<>]*)>$/s.exec(piece);
    const email = (angled?.[2] ?? piece).trim();
    const name =
      angled?.[1]
        ?.trim()
        .replace(/^"(.*)"$/s, "$1")
        .replace(/\\(.)/g, "$1")
        .trim() || null;
    if (isAddress(email)) addresses.push({ name, email });
    else invalid.push(piece);
  }
  return { addresses, invalid };
}

export function withoutDuplicates(addresses: readonly Address[], except: readonly string[] = []): readonly Address[] {
  const seen = new Set(except.map((email) => email.toLowerCase()));
  return addresses.filter((address) => {
    const key = address.email.toLowerCase();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
