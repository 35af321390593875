/** Foo/changes (RFC 8620 §5.2): exact, because the log is the change list. */

import { limits } from "../../limits.ts";
import { formatState, parseState } from "../../log/entry.ts";
import { invalidArguments, methodError, ok } from "../errors.ts";
import { type Arguments, accountIdArgument, checkArguments } from "./arguments.ts";
import type { Method, MethodResult } from "./context.ts";
import type { ChangesDefinition, TypeDefinition } from "./definition.ts";
import { stateOf } from "./get.ts";
import { nullable, string, unsignedInt } from "./kinds.ts";

const changesArguments: Arguments = {
  ...accountIdArgument,
  sinceState: { kind: string, required: true },
  maxChanges: { kind: nullable(unsignedInt) },
};

export const changesMethod =
  (type: TypeDefinition, changes: ChangesDefinition): Method =>
  async ({ context, args }) => {
    const checked = checkArguments(args, changesArguments);
    if (!checked.ok) return checked;
    const maxChanges = (args.maxChanges as number | null | undefined) ?? null;
    if (maxChanges === 0) return invalidArguments('"maxChanges" must be above 0.', ["maxChanges"]);
    const loaded = await context.account(args.accountId as string, "read", type.capability);
    if (!loaded.ok) return loaded;
    const { accountId, state } = loaded.value;
    if (type.outsideState) return unchanged(type, accountId, args, await type.outsideState({ account: loaded.value, context, args }));
    const since = parseState(args.sinceState as string);
    const most = Math.min(maxChanges ?? Number.MAX_SAFE_INTEGER, limits.jmap.maxChanges);
    const found = since && state.changesSince(type.logType ?? type.name, since, most);
    if (!since || !found) return methodError("cannotCalculateChanges");
    const changed = changes.translate?.(found, state, since) ?? found;
    return ok([
      [
        `${type.name}/changes`,
        {
          accountId,
          oldState: args.sinceState,
          newState: changed.hasMoreChanges ? formatState(changed.upTo) : stateOf(type, state),
          hasMoreChanges: changed.hasMoreChanges,
          created: changed.created,
          updated: changed.updated,
          destroyed: changed.destroyed,
          ...changes.extra?.(state, since),
        },
      ],
    ]);
  };

/** RFC 9670 §2.2: of what a directory outside holds it can be said that nothing changed, not what did. */
const unchanged = (type: TypeDefinition, accountId: string, { sinceState }: Record<string, unknown>, present: string): MethodResult => {
  if (sinceState !== present) return methodError("cannotCalculateChanges");
  const nothing = { hasMoreChanges: false, created: [], updated: [], destroyed: [] };
  return ok([[`${type.name}/changes`, { accountId, oldState: present, newState: present, ...nothing }]]);
};
