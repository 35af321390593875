/** All types, and the methods that the engine makes of them. */
import { CORE } from "../capabilities.ts";
import { changesMethod } from "../engine/changes.ts";
import type { Method } from "../engine/context.ts";
import type { TypeDefinition } from "../engine/definition.ts";
import { getMethod } from "../engine/get.ts";
import { queryMethod } from "../engine/query.ts";
import { queryChangesMethod } from "../engine/query-changes.ts";
import { setMethod } from "../engine/set.ts";
import { ok } from "../errors.ts";
import type { MethodTable } from "../request.ts";
import { email } from "./email.ts";
import { identity } from "./identity.ts";
import { mailbox } from "./mailbox.ts";
import { thread } from "./thread.ts";

export const types: readonly TypeDefinition[] = [mailbox, thread, email, identity];

/** RFC 8620 §4: the arguments come back as they are. */
const echo: Method = async ({ args }) => ok([["Core/echo", args]]);

const methodsOf = (type: TypeDefinition): [string, Method][] => {
  const methods: [string, Method][] = Object.entries(type.methods ?? {});
  if (type.get) methods.push([`${type.name}/get`, getMethod(type, type.get)]);
  if (type.changes) methods.push([`${type.name}/changes`, changesMethod(type, type.changes)]);
  if (type.set) methods.push([`${type.name}/set`, setMethod(type, type.set)]);
  if (type.query) {
    methods.push([`${type.name}/query`, queryMethod(type, type.query)]);
    methods.push([`${type.name}/queryChanges`, queryChangesMethod(type, type.query)]);
  }
  return methods;
};

export const methods: MethodTable = new Map([
  ["Core/echo", { capability: CORE, method: echo }],
  ...types.flatMap((type) => methodsOf(type).map(([name, method]) => [name, { capability: type.capability, method }] as const)),
]);
