/**
 * Content-Type and Content-Disposition values (RFC 2045 §5.1, RFC 2183) with continuations and charsets (RFC 2231 §3, §4, §4.1).
 * Tolerant: semicolons may lack, quotes may stay open. The first of two parameters of one name counts.
 */
import { decodeCharset } from "./charset.ts";
import { withoutComments } from "./comments.ts";
import { decodeEncodedWords } from "./encoded-words.ts";
import { unfold } from "./unfold.ts";

export interface ParameterisedValue {
  /** The value before the parameters in lower case without comments: "text/plain", "attachment", or "". */
  readonly value: string;
  /** Decoded parameters by lower-case name. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** One attribute as written. */
interface Attribute {
  readonly name: string;
  readonly value: string;
  readonly quoted: boolean;
}

const MAX_ATTRIBUTES = 200;

const isSpace = (char: string | undefined): boolean => char === " " || char === "\t";

/** The quoted string whose opening quote is at `open`; an unclosed one runs to the end. */
const readQuoted = (text: string, open: number): { value: string; end: number } => {
  let value = "";
  let copied = open + 1;
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === "\\" && at + 1 < text.length) {
      value += text.slice(copied, at);
      copied = at + 1;
      at += 1;
    } else if (text[at] === '"') return { value: value + text.slice(copied, at), end: at + 1 };
  }
  return { value: value + text.slice(copied), end: text.length };
};

/** An unquoted value: to the next semicolon, or to white space that is followed by what looks like another attribute. */
const readToken = (text: string, start: number): { value: string; end: number } => {
  const semicolon = text.indexOf(";", start);
  const limit = semicolon < 0 ? text.length : semicolon;
  const word = text.slice(start, limit);
  const next = /\s[A-Za-z][A-Za-z0-9_*-]*\s*=(?!\?)/.exec(word);
  const value = next ? word.slice(0, next.index) : word;
  return { value: value.trim(), end: start + value.length };
};

const readAttributes = (text: string, start: number): Attribute[] => {
  const attributes: Attribute[] = [];
  let at = start;
  while (at < text.length && attributes.length < MAX_ATTRIBUTES) {
    while (at < text.length && (text[at] === ";" || isSpace(text[at]))) at += 1;
    let equals = at;
    while (equals < text.length && text[equals] !== "=" && text[equals] !== ";") equals += 1;
    if (text[equals] !== "=") {
      at = equals;
      continue;
    }
    const name = text.slice(at, equals).trim().toLowerCase();
    at = equals + 1;
    while (isSpace(text[at])) at += 1;
    const quoted = text[at] === '"';
    const { value, end } = quoted ? readQuoted(text, at) : readToken(text, at);
    if (name !== "" && name.length <= 100) attributes.push({ name, value, quoted });
    at = Math.max(end, at);
  }
  return attributes;
};

/** Octets of an RFC 2231 §4 percent-encoded text. */
const percentDecode = (text: string): Buffer => {
  const octets = Buffer.from(text, "utf8");
  let length = 0;
  for (let at = 0; at < octets.length; at += 1) {
    let octet = octets[at]!;
    if (octet === 37) {
      const hex = octets.toString("latin1", at + 1, at + 3);
      if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
        octet = Number.parseInt(hex, 16);
        at += 2;
      }
    }
    octets[length++] = octet;
  }
  return octets.subarray(0, length);
};

interface Section {
  readonly index: number;
  readonly extended: boolean;
  readonly value: string;
}

/** "name*0*" → name, section 0, extended. */
const sectionOf = (attribute: Attribute): Section & { base: string } => {
  const match = /^([^*]+)(?:\*(\d{1,4}))?(\*)?$/.exec(attribute.name);
  if (!match || (match[2] === undefined && match[3] === undefined))
    return { base: attribute.name, index: -1, extended: false, value: attribute.value };
  return { base: match[1]!.trim(), index: Number(match[2] ?? 0), extended: match[3] === "*", value: attribute.value };
};

/** Some senders state the charset again in each section. */
const withoutRepeatedCharset = ({ extended, value }: Section, charset: string): string =>
  extended && value.startsWith(`${charset}'`) ? value.slice(charset.length + 1) : value;

/** Joins the sections of one parameter; the charset is stated in the first. */
const joinSections = (sections: Section[]): string => {
  sections.sort((one, other) => one.index - other.index);
  const first = sections[0]!;
  const stated = first.extended ? /^([^']*)'[^']*'(.*)$/s.exec(first.value) : null;
  const charset = stated?.[1] ? stated[1] : "utf-8";
  const pieces = sections.map((section, position) => {
    const text = position === 0 && stated ? stated[2]! : withoutRepeatedCharset(section, charset);
    return section.extended ? percentDecode(text) : Buffer.from(text, "utf8");
  });
  return decodeCharset(Buffer.concat(pieces), sections.some(({ extended }) => extended) ? charset : "utf-8").text;
};

/** RFC 2047 forbids encoded words in parameters; nearly every sender has put file names there all the same. */
const plainValue = (value: string): string => decodeEncodedWords(value, "name");

/** `value` is the Raw form. */
export const parseParameterised = (value: string): ParameterisedValue => {
  const text = withoutComments(unfold(value)).trim();
  const parameters = new Map<string, string>();
  const semicolon = text.indexOf(";");
  // Some senders leave the first semicolon out: the value then ends at white space before an attribute.
  const stray = /\s[A-Za-z][A-Za-z0-9*-]*\s*=/.exec(semicolon < 0 ? text : text.slice(0, semicolon));
  const valueEnd = stray ? stray.index : semicolon < 0 ? text.length : semicolon;
  const main = text.slice(0, valueEnd).replace(/\s+/g, "").toLowerCase();
  if (valueEnd === text.length) return { value: main, parameters };
  const sections = new Map<string, Section[]>();
  for (const attribute of readAttributes(text, valueEnd)) {
    const { base, ...section } = sectionOf(attribute);
    if (section.index < 0) {
      if (!parameters.has(base)) parameters.set(base, plainValue(section.value));
    } else sections.set(base, [...(sections.get(base) ?? []), section]);
  }
  // RFC 2231 §3: the extended form is preferred to the plain one.
  for (const [base, parts] of sections) parameters.set(base, joinSections(parts));
  return { value: main, parameters };
};
