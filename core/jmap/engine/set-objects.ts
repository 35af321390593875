/** Checks of the objects inside a /set (RFC 8620 §5.3): what a create or a patch may say, per property. */
import { invalidProperties, type Outcome, ok, refuse, type SetError } from "../errors.ts";
import type { Property, Wire } from "./definition.ts";
import { isObject } from "./kinds.ts";
import { applyPatch } from "./patch.ts";
import { sameJson } from "./same-json.ts";

type Properties = Readonly<Record<string, Property>>;

/** A create's object with its defaults; refuses unknown, server-set, ill-typed and missing properties, naming all of them. */
export const completeCreate = (sent: Wire, properties: Properties): Outcome<Wire, SetError> => {
  const faults: string[] = [];
  let reason: string | undefined;
  const blame = (name: string, why: string): void => {
    faults.push(name);
    reason ??= why;
  };
  for (const name of Object.keys(sent)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!property) blame(name, `"${name.slice(0, 60)}" is not a property that can be set.`);
    else if (property.setter === "server") blame(name, `"${name}" is set by the server.`);
    else {
      const fault = property.kind(sent[name]);
      if (fault) blame(name, `"${name}" must be ${fault}.`);
    }
  }
  const whole: Wire = {};
  for (const [name, property] of Object.entries(properties)) {
    if (Object.hasOwn(sent, name)) whole[name] = sent[name];
    else if (property.setter === "server") continue;
    else if (property.default === undefined) blame(name, `"${name}" is required.`);
    else whole[name] = property.default;
  }
  return faults.length > 0 ? refuse(invalidProperties(faults, reason)) : ok(whole);
};

/** Puts ids in place of `#creationId` in the properties that refer to records; names those that refer to nothing. */
export const resolveProperties = (
  wire: Wire,
  properties: Properties,
  resolve: (value: string) => string | null,
): Outcome<Wire, SetError> => {
  const resolved: Wire = { ...wire };
  const faults: string[] = [];
  for (const [name, property] of Object.entries(properties)) {
    const value = wire[name];
    if (property.refersTo === "id" && typeof value === "string" && value.startsWith("#")) {
      const id = resolve(value);
      if (id === null) faults.push(name);
      else resolved[name] = id;
    } else if (property.refersTo === "idMap" && isObject(value) && Object.keys(value).some((key) => key.startsWith("#"))) {
      const map = resolveKeys(value, resolve);
      if (map) resolved[name] = map;
      else faults.push(name);
    }
  }
  return faults.length > 0 ? refuse(invalidProperties(faults, "Nothing was created under that creation id.")) : ok(resolved);
};

const resolveKeys = (map: Record<string, unknown>, resolve: (value: string) => string | null): Record<string, unknown> | null => {
  const resolved: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(map)) {
    const id = resolve(key);
    if (id === null) return null;
    resolved[id] = value;
  }
  return resolved;
};

/** The object after a patch; refuses changes to what the client may not change. */
export const patched = (
  id: string,
  before: Wire,
  patch: Wire,
  properties: Properties,
  resolve: (value: string) => string | null,
): Outcome<Wire, SetError> => {
  const applied = applyPatch({ ...before, id }, patch, properties);
  if (!applied.ok) return applied;
  const settled = resolveProperties(applied.value, properties, resolve);
  if (!settled.ok) return settled;
  const after = settled.value;
  const faults: string[] = [];
  let reason: string | undefined;
  const mentioned = new Set(Object.keys(patch).map((path) => path.split("/", 1)[0]!.replaceAll("~1", "/").replaceAll("~0", "~")));
  for (const name of mentioned) {
    const property = properties[name];
    const previous = name === "id" ? id : before[name];
    if (sameJson(after[name], previous)) continue;
    if (property?.setter !== "client") {
      faults.push(name);
      reason ??= `"${name}" cannot be changed.`;
      continue;
    }
    const fault = property.kind(after[name]);
    if (fault) {
      faults.push(name);
      reason ??= `"${name}" must be ${fault}.`;
    }
  }
  const { id: _, ...rest } = after;
  return faults.length > 0 ? refuse(invalidProperties(faults, reason)) : ok(rest);
};

/** Creates in an order in which each comes after those of the same call that it refers to. */
export const createOrder = (create: ReadonlyMap<string, Wire>, properties: Properties): string[] => {
  const order: string[] = [];
  const seen = new Set<string>();
  const placed = new Set<string>();
  for (const first of create.keys()) {
    // Depth first without recursion: an entry is put out once what it refers to is.
    const stack = [first];
    while (stack.length > 0) {
      const creationId = stack.at(-1)!;
      const open = seen.has(creationId)
        ? []
        : references(create.get(creationId)!, properties).filter((id) => create.has(id) && !seen.has(id));
      seen.add(creationId);
      if (open.length > 0) stack.push(...open);
      else {
        stack.pop();
        if (!placed.has(creationId)) order.push(creationId);
        placed.add(creationId);
      }
    }
  }
  return order;
};

const references = (wire: Wire, properties: Properties): string[] => {
  const found: string[] = [];
  for (const [name, property] of Object.entries(properties)) {
    const value = wire[name];
    if (property.refersTo === "id" && typeof value === "string" && value.startsWith("#")) found.push(value.slice(1));
    if (property.refersTo === "idMap" && isObject(value))
      for (const key of Object.keys(value)) if (key.startsWith("#")) found.push(key.slice(1));
  }
  return found;
};
