/** RFC 5229 variables and RFC 5228 §2.4.2.4 encoded characters. */
import { limits } from "../limits.ts";

export class Variables {
  private readonly named = new Map<string, string>();
  private numbered: readonly string[] = [];
  readonly isEnabled: boolean;
  readonly decodesCharacters: boolean;

  constructor(extensions: ReadonlySet<string>) {
    this.isEnabled = extensions.has("variables");
    this.decodesCharacters = extensions.has("encoded-character");
  }

  /** What `:matches` took: ${0} the whole, ${1}… each wildcard. */
  capture(taken: readonly string[]): void {
    if (this.isEnabled) this.numbered = taken.slice(0, 10).map(bounded);
  }

  set(name: string, value: string): void {
    if (this.named.size < limits.sieve.variables || this.named.has(name)) this.named.set(name.toLowerCase(), bounded(value));
  }

  get(name: string): string {
    return /^\d+$/.test(name) ? (this.numbered[Number(name)] ?? "") : (this.named.get(name.toLowerCase()) ?? "");
  }

  /** The text with its encoded characters and variables put in. */
  expand(text: string): string {
    const decoded = this.decodesCharacters ? decodeCharacters(text) : text;
    if (!this.isEnabled) return decoded;
    return decoded.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*|\d{1,4})\}/g, (_, name: string) => this.get(name));
  }
}

const bounded = (value: string): string =>
  value.length > limits.sieve.variableOctets ? value.slice(0, limits.sieve.variableOctets) : value;

const decodeCharacters = (text: string): string =>
  text
    .replace(/\$\{hex:\s*((?:[0-9a-f]{1,2}\s*)+)\}/gi, (_, hex: string) =>
      Buffer.from(
        hex
          .trim()
          .split(/\s+/)
          .map((one) => Number.parseInt(one, 16)),
      ).toString(),
    )
    .replace(/\$\{unicode:\s*((?:[0-9a-f]+\s*)+)\}/gi, (whole, codes: string) => {
      const points = codes
        .trim()
        .split(/\s+/)
        .map((one) => Number.parseInt(one, 16));
      return points.every((point) => point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff)) ? String.fromCodePoint(...points) : whole;
    });

const MODIFIERS: readonly (readonly [name: string, apply: (value: string) => string])[] = [
  ["lower", (value) => value.toLowerCase()],
  ["upper", (value) => value.toUpperCase()],
  ["lowerfirst", (value) => value.charAt(0).toLowerCase() + value.slice(1)],
  ["upperfirst", (value) => value.charAt(0).toUpperCase() + value.slice(1)],
  ["quotewildcard", (value) => value.replace(/[*?\\]/g, "\\$&")],
  ["length", (value) => String([...value].length)],
];

/** RFC 5229 §4.1: modifiers in order of their precedence, highest first. */
export const modify = (value: string, has: (modifier: string) => boolean): string =>
  MODIFIERS.reduce((changed, [name, apply]) => (has(name) ? apply(changed) : changed), value);
