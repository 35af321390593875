/** RFC 5229 §3, §3.1, §3.2: variables, and the strings that name them; encoded characters are decoded first. */
import { limits } from "../limits.ts";
import { decodeCharacters, expandVariables, LAST_MATCH_VARIABLE } from "./strings.ts";

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
    if (this.isEnabled) this.numbered = taken.slice(0, LAST_MATCH_VARIABLE + 1).map(bounded);
  }

  /** RFC 5229 §4, §6: names without regard to case; a value past the bound is cut, one variable too many is not kept. */
  set(name: string, value: string): void {
    const key = name.toLowerCase();
    if (this.named.size < limits.sieve.variables || this.named.has(key)) this.named.set(key, bounded(value));
  }

  get(name: string): string {
    return /^\d+$/.test(name) ? (this.numbered[Number(name)] ?? "") : (this.named.get(name.toLowerCase()) ?? "");
  }

  /** The text with its encoded characters and variables put in. */
  expand(text: string): string {
    const decoded = this.decodesCharacters ? decodeCharacters(text) : text;
    if (!this.isEnabled) return decoded;
    return expandVariables(decoded, (name) => this.get(name));
  }
}

const bounded = (value: string): string =>
  value.length > limits.sieve.variableOctets ? value.slice(0, limits.sieve.variableOctets) : value;

const MODIFIERS: readonly (readonly [name: string, apply: (value: string) => string])[] = [
  ["lower", (value) => value.toLowerCase()],
  ["upper", (value) => value.toUpperCase()],
  ["lowerfirst", (value) => value.charAt(0).toLowerCase() + value.slice(1)],
  ["upperfirst", (value) => value.charAt(0).toUpperCase() + value.slice(1)],
  ["quotewildcard", (value) => value.replace(/[*?\\]/g, "\\$&")],
  ["length", (value) => String([...value].length)],
];

/** RFC 5229 §4.1, §4.1.1, §4.1.2, §4.1.3: modifiers in order of their precedence, highest first. */
export const modify = (value: string, has: (modifier: string) => boolean): string =>
  MODIFIERS.reduce((changed, [name, apply]) => (has(name) ? apply(changed) : changed), value);
