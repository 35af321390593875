/** Foo/query (RFC 8620 §5.5). */
import { limits } from "../../limits.ts";
import { invalidArguments, methodError, ok } from "../errors.ts";
import { type Arguments, accountIdArgument, checkArguments } from "./arguments.ts";
import type { Method } from "./context.ts";
import type { QueryDefinition, TypeDefinition } from "./definition.ts";
import { stateOf } from "./get.ts";
import { anything, boolean, id, int, nullable } from "./kinds.ts";
import { readFilter, readSort } from "./query-arguments.ts";

const queryArguments: Arguments = {
  ...accountIdArgument,
  filter: { kind: anything },
  sort: { kind: anything },
  position: { kind: int },
  anchor: { kind: nullable(id) },
  anchorOffset: { kind: int },
  limit: { kind: nullable(int) },
  calculateTotal: { kind: boolean },
};

export const queryMethod = (type: TypeDefinition, query: QueryDefinition): Method => {
  const shape = { ...queryArguments, ...query.arguments };
  return async ({ context, args }) => {
    const checked = checkArguments(args, shape);
    if (!checked.ok) return checked;
    const asked = (args.limit as number | null | undefined) ?? null;
    if (asked !== null && asked < 0) return invalidArguments('"limit" must not be negative.', ["limit"]);
    const filter = readFilter(args.filter, query);
    if (!filter.ok) return filter;
    const sort = readSort(args.sort, query);
    if (!sort.ok) return sort;
    const loaded = await context.account(args.accountId as string, "read", type.capability);
    if (!loaded.ok) return loaded;
    const account = loaded.value;
    const limit = Math.min(asked ?? limits.jmap.queryResults, limits.jmap.queryResults);
    const position = (args.position as number | undefined) ?? 0;
    const anchor = (args.anchor as string | null | undefined) ?? null;
    const wantsTotal = args.calculateTotal === true;
    const upTo = anchor === null && position >= 0 ? position + limit : null;
    const outside = await type.outsideState?.({ account, context, args });
    const queryState = outside ?? stateOf(type, account.state);
    const outcome = await query.run({ account, context, args }, { filter: filter.value, sort: sort.value, upTo, wantsTotal });
    if (!outcome.ok) return outcome;
    const { ids, total } = outcome.value;
    let start = position >= 0 ? position : Math.max(0, ids.length + position);
    if (anchor !== null) {
      const found = ids.indexOf(context.resolveId(anchor) ?? anchor);
      if (found < 0) return methodError("anchorNotFound");
      start = Math.max(0, found + ((args.anchorOffset as number | undefined) ?? 0));
    }
    return ok([
      [
        `${type.name}/query`,
        {
          accountId: account.accountId,
          queryState,
          canCalculateChanges: outside === undefined,
          position: start,
          ids: ids.slice(start, start + limit),
          ...(wantsTotal && { total: total ?? ids.length }),
          ...(asked === null || asked > limit ? { limit } : {}),
        },
      ],
    ]);
  };
};
