/** The arguments by which Email/get and Email/parse choose what to tell of bodies (RFC 8621 §4.2, §4.9). */
import { limits } from "../../limits.ts";
import type { Arguments } from "../engine/arguments.ts";
import { boolean, listOf, nullable, string, unsignedInt } from "../engine/kinds.ts";
import type { MethodError } from "../errors.ts";
import { defaultPartProperties, isPartProperty } from "./properties.ts";

export interface BodyOptions {
  readonly partProperties: readonly string[];
  readonly fetchText: boolean;
  readonly fetchHtml: boolean;
  readonly fetchAll: boolean;
  /** Never above what a response can carry, whatever was asked for. */
  readonly maxBodyValueOctets: number;
}

export const bodyArguments: Arguments = {
  bodyProperties: { kind: nullable(listOf(string)) },
  fetchTextBodyValues: { kind: boolean },
  fetchHTMLBodyValues: { kind: boolean },
  fetchAllBodyValues: { kind: boolean },
  maxBodyValueBytes: { kind: unsignedInt },
};

export const checkBodyArguments = (args: Record<string, unknown>): MethodError | null => {
  const wanted = (args.bodyProperties as string[] | null | undefined) ?? [];
  const unknown = wanted.find((name) => !isPartProperty(name));
  return unknown === undefined
    ? null
    : {
        type: "invalidArguments",
        description: `"${unknown.slice(0, 100)}" is not a property of EmailBodyPart.`,
        arguments: ["bodyProperties"],
      };
};

export const bodyOptions = (args: Record<string, unknown>): BodyOptions => ({
  partProperties: (args.bodyProperties as string[] | null | undefined) ?? defaultPartProperties,
  fetchText: args.fetchTextBodyValues === true,
  fetchHtml: args.fetchHTMLBodyValues === true,
  fetchAll: args.fetchAllBodyValues === true,
  maxBodyValueOctets: Math.min((args.maxBodyValueBytes as number | undefined) || Number.MAX_SAFE_INTEGER, limits.jmap.bodyValueOctets),
});
