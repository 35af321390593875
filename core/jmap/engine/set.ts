/** Foo/set (RFC 8620 §5.3): one plan, one commit, however many objects. */
import { limits } from "../../limits.ts";
import { idFromOctets } from "../../log/id-words.ts";
import type { AccessRight } from "../access.ts";
import { methodError, ok, refuse, setError } from "../errors.ts";
import { type Arguments, accountIdArgument, checkArguments } from "./arguments.ts";
import { commitCall } from "./commit.ts";
import type { Method, Reply, RequestContext } from "./context.ts";
import type { SetCall, SetDefinition, SetResult, TypeDefinition, Wire } from "./definition.ts";
import { id, listOf, mapOf, nullable, object, string } from "./kinds.ts";
import { completeCreate, createOrder, patched, resolveProperties } from "./set-objects.ts";
import type { Transaction } from "./transaction.ts";

const setArguments: Arguments = {
  ...accountIdArgument,
  ifInState: { kind: nullable(string) },
  create: { kind: nullable(mapOf(id, object)) },
  update: { kind: nullable(mapOf(string, object)) },
  destroy: { kind: nullable(listOf(string)) },
};

export const setMethod = (type: TypeDefinition, set: SetDefinition): Method => {
  const shape = { ...setArguments, ...set.arguments };
  return async ({ context, args }) => {
    const checked = checkArguments(args, shape);
    if (!checked.ok) return checked;
    const create = entriesOf(args.create);
    const update = entriesOf(args.update);
    const destroy = [...new Set((args.destroy as string[] | null | undefined) ?? [])];
    if (create.size + update.size + destroy.length > limits.jmap.maxObjectsInSet)
      return methodError("requestTooLarge", `At most ${limits.jmap.maxObjectsInSet} objects in one call.`);
    const loaded = await context.account(args.accountId as string, rightFor(set, args), type.capability);
    if (!loaded.ok) return loaded;
    const newIds = mintIds(context, type.name, create.keys());
    const local = new Map<string, string>();
    const resolve = (value: string): string | null =>
      value.startsWith("#") ? (local.get(value.slice(1)) ?? context.createdIds.get(value.slice(1)) ?? null) : value;
    const call: SetCall = { account: loaded.value, context, args, create, update, destroy, newIds, resolve, now: context.ports.now() };
    const prepared = set.prepare ? await set.prepare(call) : ok(undefined);
    if (!prepared.ok) return prepared;
    const committed = await commitCall(context, loaded.value.accountId, type, args.ifInState, (tx) => {
      local.clear();
      return planObjects(type, set, tx, call, local, prepared.value);
    });
    if (!committed.ok) return committed;
    const { result, tx, oldState, newState } = committed.value;
    for (const [creationId, wire] of result.created) context.createdIds.set(creationId, wire.id as string);
    await afterCommit(type, set, call, result, prepared.value, tx);
    const replies: Reply[] = [[`${type.name}/set`, response(loaded.value.accountId, oldState, newState, result)]];
    for (const [name, reply] of (await set.after?.(call, result, prepared.value)) ?? []) replies.push([name, reply]);
    return ok(replies);
  };
};

const rightFor = ({ right = "write" }: SetDefinition, args: Record<string, unknown>): AccessRight =>
  typeof right === "function" ? right(args) : right;

const entriesOf = (map: unknown): Map<string, Wire> => new Map(Object.entries((map as Record<string, Wire> | null | undefined) ?? {}));

/** First letters of minted ids. */
const LETTERS: Readonly<Record<string, string>> = { Email: "E", Mailbox: "M", Identity: "I", EmailSubmission: "S", PushSubscription: "P" };

export const mintIds = (context: RequestContext, typeName: string, creationIds: Iterable<string>): Map<string, string> => {
  const minted = new Map<string, string>();
  for (const creationId of creationIds) minted.set(creationId, idFromOctets(LETTERS[typeName] ?? "X", context.ports.randomOctets(12)));
  return minted;
};

/** What follows a commit may be lost in a crash without harm, so its failure is recorded and does not undo the answer. */
const afterCommit = async (
  type: TypeDefinition,
  set: SetDefinition,
  call: SetCall,
  result: SetResult,
  prepared: unknown,
  tx: Transaction,
): Promise<void> => {
  try {
    await set.committed?.(call, result, prepared, tx);
  } catch (error) {
    call.context.ports.failed(error, `${type.name}/set`);
  }
};

const planObjects = (
  type: TypeDefinition,
  set: SetDefinition,
  tx: Transaction,
  call: SetCall,
  local: Map<string, string>,
  prepared: unknown,
): SetResult => {
  const result: SetResult = {
    created: new Map(),
    updated: new Map(),
    destroyed: [],
    notCreated: new Map(),
    notUpdated: new Map(),
    notDestroyed: new Map(),
  };
  for (const creationId of createOrder(call.create, type.properties)) {
    const outcome = planCreate(type, set, tx, call, creationId, prepared);
    if (!outcome.ok) result.notCreated.set(creationId, outcome.error);
    else {
      result.created.set(creationId, outcome.value);
      local.set(creationId, outcome.value.id as string);
    }
  }
  const doomed = new Set(call.destroy.map((wanted) => call.resolve(wanted)));
  for (const [key, patch] of call.update) {
    const outcome = planUpdate(type, set, tx, call, key, patch, doomed, prepared);
    if (outcome.ok) result.updated.set(call.resolve(key)!, outcome.value);
    else result.notUpdated.set(key, outcome.error);
  }
  planDestroys(set, tx, call, result, prepared);
  if (set.settled) settle(type, set, tx, call, local, result);
  set.finish?.(tx, call, result);
  return result;
};

const planCreate = (
  type: TypeDefinition,
  set: SetDefinition,
  tx: Transaction,
  call: SetCall,
  creationId: string,
  prepared: unknown,
): ReturnType<SetDefinition["create"]> => {
  if (set.singleton) return refuse(setError("singleton"));
  const sent = call.create.get(creationId)!;
  const whole = set.complete ? set.complete(sent) : completeCreate(sent, type.properties);
  if (!whole.ok) return whole;
  const resolved = resolveProperties(whole.value, type.properties, call.resolve);
  if (!resolved.ok) return resolved;
  const newId = call.newIds.get(creationId)!;
  const outcome = set.create(tx, call, { creationId, id: newId, wire: resolved.value, sent }, prepared);
  return outcome.ok ? ok({ id: newId, ...outcome.value }) : outcome;
};

const planUpdate = (
  type: TypeDefinition,
  set: SetDefinition,
  tx: Transaction,
  call: SetCall,
  key: string,
  patch: Wire,
  doomed: ReadonlySet<string | null>,
  prepared: unknown,
): ReturnType<SetDefinition["update"]> => {
  const target = call.resolve(key);
  if (target === null || !set.exists(tx, target)) return refuse(setError("notFound"));
  if (doomed.has(target) && !set.singleton) return refuse(setError("willDestroy"));
  if (!set.wire) return set.update(tx, call, { id: target, before: {}, after: {}, patch }, prepared);
  const before = set.wire(tx, target, call);
  const after = patched(target, before, patch, type.properties, call.resolve);
  return after.ok ? set.update(tx, call, { id: target, before, after: after.value, patch }, prepared) : after;
};

const planDestroys = (set: SetDefinition, tx: Transaction, call: SetCall, result: SetResult, prepared: unknown): void => {
  const targets = new Map<string, string>();
  for (const key of call.destroy) {
    const target = call.resolve(key);
    if (target === null || !set.exists(tx, target)) result.notDestroyed.set(key, setError("notFound"));
    else if (set.singleton) result.notDestroyed.set(key, setError("singleton"));
    else if (!targets.has(target)) targets.set(target, key);
  }
  const ids = [...targets.keys()];
  for (const target of set.destroyOrder?.(tx, ids) ?? ids) {
    const fault = set.destroy(tx, call, target, prepared);
    if (fault) result.notDestroyed.set(targets.get(target)!, fault);
    else result.destroyed.push(target);
  }
};

/** Rolls back whatever leaves the final state invalid, the latest first, until the rest is valid. */
const settle = (
  type: TypeDefinition,
  set: SetDefinition,
  tx: Transaction,
  call: SetCall,
  local: Map<string, string>,
  result: SetResult,
): void => {
  for (let again = true; again; ) {
    again = false;
    for (const updated of [...result.updated.keys()].reverse()) {
      const fault = set.settled!(tx, call, updated);
      if (!fault) continue;
      tx.revertRecord(type.name, updated);
      result.updated.delete(updated);
      result.notUpdated.set(updated, fault);
      again = true;
    }
    for (const [creationId, wire] of [...result.created].reverse()) {
      const fault = set.settled!(tx, call, wire.id as string);
      if (!fault) continue;
      tx.revertRecord(type.name, wire.id as string);
      result.created.delete(creationId);
      result.notCreated.set(creationId, fault);
      local.delete(creationId);
      again = true;
    }
  }
};

const orNull = <Value>(map: ReadonlyMap<string, Value>): Record<string, Value> | null => (map.size > 0 ? Object.fromEntries(map) : null);

const response = (accountId: string, oldState: string, newState: string, result: SetResult): Record<string, unknown> => ({
  accountId,
  oldState,
  newState,
  created: orNull(result.created),
  updated: orNull(result.updated),
  destroyed: result.destroyed.length > 0 ? result.destroyed : null,
  notCreated: orNull(result.notCreated),
  notUpdated: orNull(result.notUpdated),
  notDestroyed: orNull(result.notDestroyed),
});
