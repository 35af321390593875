/**
 * Foo/queryChanges (RFC 8620 §5.6), exact: every record that changed since the old state is taken out and, if it is in the new
 * results, put back in at its place; all others have kept their order.
 */

import { limits } from "../../limits.ts";
import { parseState } from "../../log/entry.ts";
import { methodError, ok } from "../errors.ts";
import { type Arguments, accountIdArgument, checkArguments } from "./arguments.ts";
import type { Method } from "./context.ts";
import type { QueryDefinition, TypeDefinition } from "./definition.ts";
import { stateOf } from "./get.ts";
import { anything, boolean, id, nullable, string, unsignedInt } from "./kinds.ts";
import { readFilter, readSort } from "./query-arguments.ts";

const queryChangesArguments: Arguments = {
  ...accountIdArgument,
  filter: { kind: anything },
  sort: { kind: anything },
  sinceQueryState: { kind: string, required: true },
  maxChanges: { kind: nullable(unsignedInt) },
  upToId: { kind: nullable(id) },
  calculateTotal: { kind: boolean },
};

export const queryChangesMethod = (type: TypeDefinition, query: QueryDefinition): Method => {
  const shape = { ...queryChangesArguments, ...query.arguments };
  return async ({ context, args }) => {
    const checked = checkArguments(args, shape);
    if (!checked.ok) return checked;
    const filter = readFilter(args.filter, query);
    if (!filter.ok) return filter;
    const sort = readSort(args.sort, query);
    if (!sort.ok) return sort;
    const loaded = await context.account(args.accountId as string, "read", type.capability);
    if (!loaded.ok) return loaded;
    const account = loaded.value;
    // RFC 9670 §2.5
    if (type.outsideState) return methodError("cannotCalculateChanges");
    const newQueryState = stateOf(type, account.state);
    const since = parseState(args.sinceQueryState as string);
    // No list has the state between two pages of /changes.
    const found = since && !since.cut && account.state.changesSince(type.logType ?? type.name, since, null);
    const changed = found && (type.changes?.translate?.(found, account.state, since) ?? found);
    if (!since || !changed) return methodError("cannotCalculateChanges");
    const outcome = await query.run({ account, context, args }, { filter: filter.value, sort: sort.value, upTo: null, wantsTotal: true });
    if (!outcome.ok) return outcome;
    const { ids, mutable, alsoAffected } = outcome.value;
    const gone = [...changed.destroyed];
    const moved = mutable ? changed.updated : [];
    const affected = alsoAffected?.([...changed.created, ...changed.updated], since);
    if (affected === null) return methodError("cannotCalculateChanges");
    const created = new Set(changed.created);
    const removed = new Set([...gone, ...moved]);
    for (const other of affected ?? []) if (!created.has(other)) removed.add(other);
    const added: { id: string; index: number }[] = [];
    const upTo = !mutable && typeof args.upToId === "string" ? ids.indexOf(args.upToId) : -1;
    const last = upTo < 0 ? ids.length : upTo + 1;
    for (let index = 0; index < last; index++) {
      const result = ids[index]!;
      if (created.has(result) || removed.has(result)) added.push({ id: result, index });
    }
    const changes = removed.size + added.length;
    if (changes > ((args.maxChanges as number | null | undefined) ?? Number.MAX_SAFE_INTEGER)) return methodError("tooManyChanges");
    // More than an answer holds: a client that set no bound, or a larger one, is told to read the list anew.
    if (changes > limits.jmap.queryChanges) return methodError("cannotCalculateChanges");
    return ok([
      [
        `${type.name}/queryChanges`,
        {
          accountId: account.accountId,
          oldQueryState: args.sinceQueryState,
          newQueryState,
          ...(args.calculateTotal === true && { total: ids.length }),
          removed: [...removed],
          added,
        },
      ],
    ]);
  };
};
