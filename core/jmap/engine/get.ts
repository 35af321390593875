/** Foo/get (RFC 8620 §5.1). */

import { limits } from "../../limits.ts";
import type { AccountState } from "../../log/api.ts";
import { formatState } from "../../log/entry.ts";
import { invalidArguments, methodError, ok } from "../errors.ts";
import { type Arguments, accountIdArgument, checkArguments } from "./arguments.ts";
import type { Method } from "./context.ts";
import type { GetDefinition, TypeDefinition } from "./definition.ts";
import { listOf, nullable, string } from "./kinds.ts";

const getArguments: Arguments = {
  ...accountIdArgument,
  ids: { kind: nullable(listOf(string)) },
  properties: { kind: nullable(listOf(string)) },
};

/** The state string that Foo/get gives: that of the newest change to the type. */
export const stateOf = (type: Pick<TypeDefinition, "name" | "logType" | "state">, state: AccountState): string =>
  type.state?.(state) ?? formatState(state.typePosition(type.logType ?? type.name));

/** Properties to answer with: a set of names, or the name at fault. */
const chosenProperties = (type: TypeDefinition, get: GetDefinition, wanted: readonly string[] | null): ReadonlySet<string> | string => {
  if (wanted === null) return new Set(get.defaultProperties ?? Object.keys(type.properties));
  const chosen = new Set<string>();
  for (const name of wanted) {
    if (name !== "id" && !Object.hasOwn(type.properties, name) && !get.dynamicProperty?.(name)) return name;
    chosen.add(name);
  }
  return chosen;
};

export const getMethod = (type: TypeDefinition, get: GetDefinition): Method => {
  const shape = { ...getArguments, ...get.arguments };
  return async ({ context, args }) => {
    const checked = checkArguments(args, shape);
    if (!checked.ok) return checked;
    const fault = get.check?.(args);
    if (fault) return { ok: false, error: fault };
    const properties = chosenProperties(type, get, (args.properties as string[] | null) ?? null);
    if (typeof properties === "string")
      return invalidArguments(`"${properties.slice(0, 100)}" is not a property of ${type.name}.`, ["properties"]);
    const wanted = (args.ids as string[] | null | undefined) ?? null;
    if (wanted && wanted.length > limits.jmap.maxObjectsInGet)
      return methodError("requestTooLarge", `At most ${limits.jmap.maxObjectsInGet} ids.`);
    const loaded = await context.account(args.accountId as string, "read", type.capability);
    if (!loaded.ok) return loaded;
    const account = loaded.value;
    const reading = { account, context, args };
    const ids = wanted ? [...new Set(wanted)] : await get.allIds(reading);
    if (ids === null || ids.length > limits.jmap.maxObjectsInGet)
      return methodError("requestTooLarge", `There are more than ${limits.jmap.maxObjectsInGet}: name the ids.`);
    const resolved = ids.map((id) => context.resolveId(id) ?? id);
    const tooLarge = await get.admit?.(reading, resolved, properties);
    if (tooLarge) return { ok: false, error: tooLarge };
    // Taken before items are read: the account's fold may move on meanwhile.
    const state = (await type.outsideState?.(reading)) ?? stateOf(type, account.state);
    const found = await get.read(reading, resolved, properties);
    const list: Record<string, unknown>[] = [];
    const notFound: string[] = [];
    for (const id of ids) {
      const wire = found.get(context.resolveId(id) ?? id);
      if (wire) list.push({ id: context.resolveId(id) ?? id, ...wire });
      else notFound.push(id);
    }
    return ok([[`${type.name}/get`, { accountId: account.accountId, state, list, notFound }]]);
  };
};

/** Of a complete wire object, the properties asked for. */
export const pick = (wire: Record<string, unknown>, properties: ReadonlySet<string>): Record<string, unknown> => {
  const picked: Record<string, unknown> = {};
  for (const name of properties) if (name !== "id" && Object.hasOwn(wire, name)) picked[name] = wire[name];
  return picked;
};
