/** Where SPF, DKIM and DMARC records come from. Nothing here waits long: a laptop has no DNS to speak of. */
import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";

export type Resolve = (name: string, type: string) => Promise<string[][] | string[]>;

const failure = (code: "ENOTFOUND" | "ENODATA" | "ETIMEOUT", name: string): Error => Object.assign(new Error(`${code} ${name}`), { code });

/** Records by "name TYPE" (lower-case name without the last dot). A value of "TEMPERROR" makes the look-up fail for now. */
export type Zone = Map<string, string[]>;

/** Reads lines of `name TYPE value` (`#` and `;` begin a comment line; quotes round a TXT value are dropped). */
const parseZone = (text: string): Zone => {
  const zone: Zone = new Map();
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const match = /^\s*(\S+)\s+([A-Za-z]+)\s+(.+?)\s*$/.exec(line);
    if (!match) throw new Error(`Line ${index + 1} of the zone file is not "name TYPE value".`);
    const key = `${match[1]!.toLowerCase().replace(/\.$/, "")} ${match[2]!.toUpperCase()}`;
    zone.set(key, [...(zone.get(key) ?? []), match[3]!.replace(/^"(.*)"$/, "$1")]);
  }
  return zone;
};

export const loadZone = (path: string): Zone => parseZone(readFileSync(path, "utf8"));

const fromZone = (zone: Zone, name: string, type: string): string[][] | string[] | null => {
  const lower = name.toLowerCase().replace(/\.$/, "");
  const values = zone.get(`${lower} ${type}`);
  if (!values) return null;
  if (values.includes("TEMPERROR")) throw failure("ETIMEOUT", name);
  if (type === "TXT") return values.map((value) => [value]);
  if (type === "MX")
    return values.map((value) => ({ priority: Number.parseInt(value, 10), exchange: value.replace(/^\d+\s+/, "") })) as unknown as string[];
  return values;
};

/**
 * Answers from the zones in order; then from the machine's resolver when `system` (bounded to two seconds), else "no such name",
 * as if the sender's domain published nothing: SES's verdicts are then GRAY.
 */
export const resolveFrom = (zones: () => readonly Zone[], options: { system: boolean }): Resolve => {
  const system = options.system ? new Resolver({ timeout: 1_000, tries: 2 }) : null;
  return async (name, type) => {
    for (const zone of zones()) {
      const found = fromZone(zone, name, type);
      if (found) return found;
    }
    if (!system) throw failure("ENOTFOUND", name);
    return (await system.resolve(name, type)) as unknown as string[];
  };
};
