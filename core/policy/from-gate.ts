/**
 * The strict From gate (RFC 5322 §3.6.2): exactly one From field with exactly one mailbox, written so that every program reads the same address.
 * Evidence of deceit is looked for in this order: the field's name, its number, its octets, its structure, the address itself.
 * Nothing is repaired: RFC 5322 lets all of it be written plainly.
 */
import { normaliseAddress } from "../directory/address.ts";
import { parseGroupedAddresses } from "../mime/address-list.ts";
import { fieldsNamed, type HeaderField } from "../mime/header-fields.ts";
import { unfold } from "../mime/unfold.ts";
import type { Evidence } from "./evidence.ts";

export type FromGate =
  | { readonly outcome: "one"; readonly address: string; readonly name: string | null }
  | { readonly outcome: "problem"; readonly problem: NonNullable<Evidence["fromProblem"]> };

const problem = (code: NonNullable<Evidence["fromProblem"]>): FromGate => ({ outcome: "problem", problem: code });

/** A name that some program might read as "From": with other octets around or between, or white space before the colon. */
const LIKE_FROM = /^[^A-Za-z]*f[^A-Za-z0-9_-]*r[^A-Za-z0-9_-]*o[^A-Za-z0-9_-]*m[^A-Za-z0-9_-]*$/i;

/** Lines of the header that are no fields, and fields whose names only resemble From. */
const hasFalseFrom = (octets: Buffer, fields: readonly HeaderField[], headerEnd: number): boolean => {
  let gapStart = 0;
  const ends = [...fields.map(({ start, end }) => ({ start, end })), { start: headerEnd, end: headerEnd }];
  for (const { start, end } of ends) {
    const lines = octets.toString("latin1", gapStart, start).split("\n");
    if (lines.some((line) => LIKE_FROM.test(line.split(":")[0] ?? ""))) return true;
    gapStart = end;
  }
  return fields.some(({ name, start, valueStart }) => {
    if (name.length <= 40 && name.toLowerCase() !== "from") return LIKE_FROM.test(name);
    // "From :" is obsolete syntax that programs disagree about.
    return name.toLowerCase() === "from" && valueStart - start !== name.length + 1;
  });
};

/** No single mailbox that people write is longer. */
const MAX_VALUE = 2_000;

/** RFC 2047 words, in which senders leave what they should have encoded. */
const WORD = /=\?[^?\s]{1,80}\?[BbQq]\?([^?\s<>"]*)\?=/g;

/** `value` without quoted strings and without one comment at its very end, after white space. */
const skeletonOf = (value: string): string =>
  value
    .replace(WORD, (word, text: string) => (text.includes(",") && text.includes("@") ? word : "W"))
    .replace(/"(?:[^"\\]|\\.)*"/gs, "Q")
    .trim()
    .replace(/(?<=[\s>])\([^()\\<>@"]*\)$/, "")
    .trim();

/** One mailbox in one of two forms, with nothing around it: `addr-spec` or `name <addr-spec>`. */
const isPlainlyWritten = (value: string): boolean => {
  const skeleton = skeletonOf(value);
  const open = skeleton.indexOf("<");
  if (/[();:\\]/.test(open < 0 ? skeleton : skeleton.slice(open))) return false;
  if (open < 0) return !/[\s,>]/.test(skeleton);
  const angle = skeleton.slice(open);
  return /^<[^<>\s,()]+>$/.test(angle) && !/[<>,;:()]/.test(skeleton.slice(0, open).replace(/\([^()<>@]*\)/g, ""));
};

export const examineFrom = (octets: Buffer, fields: readonly HeaderField[], headerEnd: number): FromGate => {
  const named = fieldsNamed(fields, "from");
  if (hasFalseFrom(octets, fields, headerEnd)) return problem("fromMalformed");
  if (named.length === 0) return problem("fromMissing");
  if (named.length > 1) return problem("fromRepeated");
  const raw = octets.toString("utf8", named[0]!.valueStart, named[0]!.end);
  const value = unfold(raw);
  if (raw.length > MAX_VALUE || /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(raw) || /\r(?!\n)|[^\r]\n(?=[^ \t])/.test(raw))
    return problem("fromMalformed");
  const groups = parseGroupedAddresses(raw);
  const addresses = groups.flatMap((group) => group.addresses);
  if (addresses.length === 0 && value.trim() === "") return problem("fromMissing");
  if (addresses.length !== 1 || groups.length !== 1 || groups[0]!.name !== null) return problem("fromSeveral");
  const [author] = addresses;
  const address = normaliseAddress(author!.email);
  const deceives = address === null || author!.email.includes("=?") || author!.email.includes('"') || !isPlainlyWritten(value);
  return deceives ? problem("fromMalformed") : { outcome: "one", address, name: author!.name };
};
