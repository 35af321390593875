/** Foo/copy (RFC 8620 §5.4). */
import { limits } from "../../limits.ts";
import { invalidArguments, type MethodError, methodError, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import { type Arguments, accountIdArgument, checkArguments } from "./arguments.ts";
import { commitCall } from "./commit.ts";
import type { LoadedAccount, Method, Reply, RequestContext } from "./context.ts";
import type { CopyDefinition, TypeDefinition, Wire } from "./definition.ts";
import { stateOf } from "./get.ts";
import { boolean, id, mapOf, nullable, object, string } from "./kinds.ts";
import { mintIds } from "./set.ts";

const copyArguments: Arguments = {
  ...accountIdArgument,
  fromAccountId: { kind: id, required: true },
  ifFromInState: { kind: nullable(string) },
  ifInState: { kind: nullable(string) },
  create: { kind: mapOf(id, object), required: true },
  onSuccessDestroyOriginal: { kind: boolean },
  destroyFromIfInState: { kind: nullable(string) },
};

/** The account copied from; what is wrong with it is said as such. */
const fromAccount = async (
  context: RequestContext,
  accountId: string,
  right: "read" | "write",
  capability: string,
): Promise<Outcome<LoadedAccount, MethodError>> => {
  const from = await context.account(accountId, right, capability);
  if (from.ok) return from;
  if (from.error.type === "accountNotFound") return methodError("fromAccountNotFound");
  return from.error.type === "accountNotSupportedByMethod" ? methodError("fromAccountNotSupportedByMethod") : from;
};

export const copyMethod =
  <Staged>(type: TypeDefinition, copy: CopyDefinition<Staged>, set: Method): Method =>
  async ({ context, args }) => {
    const checked = checkArguments(args, copyArguments);
    if (!checked.ok) return checked;
    const create = Object.entries(args.create as Record<string, Wire>);
    if (create.length > limits.jmap.maxObjectsInSet) return methodError("requestTooLarge");
    const to = await context.account(args.accountId as string, "write", type.capability);
    if (!to.ok) return to;
    if (args.fromAccountId === args.accountId) return invalidArguments("The two accounts must differ.", ["fromAccountId"]);
    const from = await fromAccount(context, args.fromAccountId as string, "read", type.capability);
    if (!from.ok) return from;
    const { state: fromState } = from.value;
    if (typeof args.ifFromInState === "string" && args.ifFromInState !== stateOf(type, fromState)) return methodError("stateMismatch");
    const copying = { context, from: from.value, to: to.value };
    const newIds = mintIds(
      context,
      type.name,
      create.map(([creationId]) => creationId),
    );
    const staged = new Map<string, Outcome<Staged, SetError>>();
    for (const [creationId, wire] of create) {
      staged.set(
        creationId,
        typeof wire.id === "string" ? await copy.stage(copying, wire, newIds.get(creationId)!) : refuse(setError("notFound")),
      );
    }
    const committed = await commitCall(context, to.value.accountId, type, args.ifInState, (tx) => {
      const created = new Map<string, Wire>();
      const notCreated = new Map<string, SetError>();
      for (const [creationId, one] of staged) {
        const outcome = one.ok ? copy.create(tx, one.value) : one;
        if (outcome.ok) created.set(creationId, outcome.value);
        else notCreated.set(creationId, outcome.error);
      }
      return { created, notCreated };
    });
    if (!committed.ok) return committed;
    const { created, notCreated } = committed.value.result;
    for (const [creationId, wire] of created) context.createdIds.set(creationId, wire.id as string);
    const reply: Reply = [
      `${type.name}/copy`,
      {
        fromAccountId: from.value.accountId,
        accountId: to.value.accountId,
        oldState: committed.value.oldState,
        newState: committed.value.newState,
        created: created.size > 0 ? Object.fromEntries(created) : null,
        notCreated: notCreated.size > 0 ? Object.fromEntries(notCreated) : null,
      },
    ];
    if (args.onSuccessDestroyOriginal !== true || created.size === 0) return ok([reply]);
    const originals = create.filter(([creationId]) => created.has(creationId)).map(([, wire]) => wire.id);
    const destroyed = await set({
      context,
      args: { accountId: from.value.accountId, destroy: originals, ifInState: args.destroyFromIfInState ?? null },
    });
    return ok([reply, ...(destroyed.ok ? destroyed.value : [["error", { ...destroyed.error }] as const satisfies Reply])]);
  };
