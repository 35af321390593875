/** The value types of RFC 8620 §1.1 to §1.4 as checks: null when the value is of the kind, else what was wanted. */
import { isId } from "../../ids.ts";

export type Kind = (value: unknown) => string | null;

export const boolean: Kind = (value) => (typeof value === "boolean" ? null : "a Boolean");
export const string: Kind = (value) => (typeof value === "string" ? null : "a String");
/** RFC 8620 §1.3. */
export const int: Kind = (value) => (Number.isSafeInteger(value) ? null : "an Int");
export const unsignedInt: Kind = (value) => (Number.isSafeInteger(value) && (value as number) >= 0 ? null : "an UnsignedInt");
export const unsignedIntBelow =
  (bound: number): Kind =>
  (value) =>
    unsignedInt(value) === null && (value as number) < bound ? null : `an UnsignedInt below ${bound}`;
/** RFC 8620 §1.2. */
export const id: Kind = (value) => (isId(value) ? null : "an Id");

const CREATION_REFERENCE = /^#[A-Za-z0-9_-]{1,255}$/;
/** An Id, or `#` and a creation id of this request (RFC 8620 §5.3). */
export const idOrReference: Kind = (value) =>
  isId(value) || (typeof value === "string" && CREATION_REFERENCE.test(value)) ? null : "an Id or a creation reference";

const UTC_DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.(?!0+Z)\d+)?Z$/;
const isDay = (text: string) => {
  const date = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return date.getUTCDate() === Number(text.slice(8, 10));
};
/** RFC 8620 §1.4: upper-case T and Z, no zero fraction. */
export const utcDate: Kind = (value) => (typeof value === "string" && UTC_DATE.test(value) && isDay(value) ? null : "a UTCDate");

export const anything: Kind = () => null;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const object: Kind = (value) => (isObject(value) ? null : "an object");

export const nullable =
  (kind: Kind): Kind =>
  (value) => {
    const fault = value === null ? null : kind(value);
    return fault === null ? null : `${fault} or null`;
  };

export const listOf =
  (kind: Kind): Kind =>
  (value) => {
    if (!Array.isArray(value)) return "a list";
    for (const item of value) {
      const fault = kind(item);
      if (fault) return `a list in which each item is ${fault}`;
    }
    return null;
  };

/** `X[Y]` of RFC 8620 §1.1. */
export const mapOf =
  (key: Kind, kind: Kind): Kind =>
  (value) => {
    if (!isObject(value)) return "a map";
    for (const name of Object.keys(value)) {
      const fault = key(name) ?? kind(value[name]);
      if (fault) return `a map in which each key or value is ${fault}`;
    }
    return null;
  };

export const oneOf =
  (...values: readonly string[]): Kind =>
  (value) =>
    typeof value === "string" && values.includes(value) ? null : `one of ${values.join(", ")}`;

export const stringOf =
  (options: { minOctets?: number; maxOctets: number }): Kind =>
  (value) => {
    if (typeof value !== "string") return "a String";
    const octets = Buffer.byteLength(value);
    return octets >= (options.minOctets ?? 0) && octets <= options.maxOctets
      ? null
      : `a String of ${options.minOctets ?? 0} to ${options.maxOctets} octets`;
  };

/** An object with exactly these properties, those in `optional` being dispensable. */
export const objectOf =
  (properties: Readonly<Record<string, Kind>>, optional: readonly string[] = []): Kind =>
  (value) => {
    if (!isObject(value)) return "an object";
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(properties, name)) return `an object without "${name.slice(0, 60)}"`;
      const fault = properties[name]!(value[name]);
      if (fault) return `an object whose ${name} is ${fault}`;
    }
    for (const name of Object.keys(properties)) {
      if (!Object.hasOwn(value, name) && !optional.includes(name)) return `an object with ${name}`;
    }
    return null;
  };
