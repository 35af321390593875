/**
 * Single-byte charsets that the platform lacks (DOS and old Macintosh code pages, VISCII…), from iconv-lite's tables alone:
 * its whole is 480 KB in a bundle, these are 30.
 */

import manual from "iconv-lite/encodings/sbcs-data.js";
import generated from "iconv-lite/encodings/sbcs-data-generated.js";

type Table = string | { readonly type: string; readonly chars: string };

const tables: Readonly<Record<string, Table>> = { ...(generated as Record<string, Table>), ...(manual as Record<string, Table>) };

/** The 256 characters of a charset, or null when it is none of these. */
const charactersOf = (label: string): string | null => {
  let name = label.replace(/[^a-z0-9]/g, "");
  // Aliases name each other at most this deep.
  for (let hop = 0; hop < 4; hop += 1) {
    const table = Object.hasOwn(tables, name) ? tables[name]! : null;
    if (table === null) return null;
    if (typeof table !== "string")
      return table.chars.length === 128 ? ASCII + table.chars : table.chars.length === 256 ? table.chars : null;
    name = table;
  }
  return null;
};

const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join("");

/** A decoder for the charset, or null. */
export const singleByteDecoder = (label: string): ((octets: Uint8Array) => { text: string; problem: boolean }) | null => {
  const characters = charactersOf(label);
  if (!characters) return null;
  return (octets) => {
    const text = Array.from(octets, (octet) => characters[octet]).join("");
    return { text, problem: text.includes("\uFFFD") };
  };
};
