/** PatchObject (RFC 8620 §5.3): JSON pointers over own properties, never into an array. */
import { invalidProperties, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import { pointerTokens, setOwn } from "../references.ts";
import type { Property, Wire } from "./definition.ts";
import { isObject } from "./kinds.ts";

const invalidPatch = (description: string) => refuse<SetError>(setError("invalidPatch", description));

interface Step {
  readonly tokens: readonly string[];
  readonly value: unknown;
}

/** The whole object after the patch. `known` tells a property of the type from anything else. */
export const applyPatch = (before: Wire, patch: Wire, properties: Readonly<Record<string, Property>>): Outcome<Wire, SetError> => {
  const steps: Step[] = [];
  for (const path of Object.keys(patch)) {
    const tokens = pointerTokens(`/${path}`);
    if (!tokens) return invalidPatch(`"${path.slice(0, 100)}" is not a JSON pointer.`);
    steps.push({ tokens, value: patch[path] });
  }
  const overlap = overlapping(Object.keys(patch));
  if (overlap) return invalidPatch(`"${overlap}" lies inside another path of the patch.`);
  const unknown = steps.map((step) => step.tokens[0]!).filter((name) => name !== "id" && !Object.hasOwn(properties, name));
  if (unknown.length > 0) return refuse(invalidProperties([...new Set(unknown)], "There is no such property."));
  const after: Wire = { ...before };
  const copied = new Set<object>();
  for (const { tokens, value } of steps) {
    if (tokens.length === 1) {
      const name = tokens[0]!;
      after[name] = value === null && properties[name]?.default !== undefined ? properties[name].default : value;
      continue;
    }
    const fault = setInside(after, tokens, value, copied);
    if (fault) return invalidPatch(fault);
  }
  return ok(after);
};

/** A path that has another one as its parent. Sorted, a parent is found among the prefixes of each path. */
const overlapping = (paths: readonly string[]): string | null => {
  const all = new Set(paths);
  for (const path of paths) {
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      if (all.has(path.slice(0, slash))) return path.slice(0, 100);
    }
  }
  return null;
};

const setInside = (root: Wire, tokens: readonly string[], value: unknown, copied: Set<object>): string | null => {
  let holder: Record<string, unknown> = root;
  for (let at = 0; at < tokens.length - 1; at++) {
    const token = tokens[at]!;
    const inner = Object.hasOwn(holder, token) ? holder[token] : undefined;
    if (!isObject(inner))
      return `"${tokens
        .slice(0, at + 1)
        .join("/")
        .slice(0, 100)}" is not an object that can be patched.`;
    const own = copied.has(inner) ? inner : { ...inner };
    copied.add(own);
    holder[token] = own;
    holder = own;
  }
  const last = tokens.at(-1)!;
  if (value === null) delete holder[last];
  else setOwn(holder, last, value);
  return null;
};
