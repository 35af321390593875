/** Reads what the operator typed: required options, sizes, times, addresses; says in one sentence what is wrong. */
import { normaliseAddress } from "../../core/directory/address.ts";
import { Refusal } from "./refusal.ts";

export interface Given {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
}

export const option = (given: Given, name: string): string | undefined => {
  const value = given.values[name];
  return typeof value === "string" ? value : undefined;
};

export const required = (given: Given, name: string): string => {
  const value = option(given, name);
  if (!value) throw new Refusal(`Say --${name}.`);
  return value;
};

export const repeated = (given: Given, name: string): string[] => {
  const value = given.values[name];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
};

export const positional = (given: Given, index: number, what: string): string => {
  const value = given.positionals[index];
  if (!value) throw new Refusal(`Say which ${what}.`);
  return value;
};

export const address = (text: string): string => {
  const normal = normaliseAddress(text);
  if (normal === null) throw new Refusal(`"${text}" is not an address.`);
  return normal;
};

const units: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** 500M, 4G, 1073741824 */
export const octets = (text: string): number => {
  const match = /^(\d{1,15})([KMGT]?)B?$/i.exec(text);
  if (!match) throw new Refusal(`"${text}" is not a size: write for example 4G or 500M.`);
  return Number(match[1]) * units[match[2]!.toUpperCase()]!;
};

const spans: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** 30m, 12h, 7d before now, or an ISO date. */
export const instant = (text: string, now: number): number => {
  const match = /^(\d{1,6})([mhd])$/.exec(text);
  if (match) return now - Number(match[1]) * spans[match[2]!]!;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Refusal(`"${text}" is not a time: write for example 12h, 7d or 2026-11-22.`);
  return at;
};

export const count = (text: string | undefined, otherwise: number): number => {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000) throw new Refusal("--limit must be a whole number from 1 to 1000.");
  return value;
};
