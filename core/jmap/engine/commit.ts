/** One commit of a method call: `ifInState` is checked against the very state that the plan is made on, so of two racing writers one loses. */
import { deflateRawSync } from "node:zlib";
import type { AccountId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { AccountState, Plan } from "../../log/api.ts";
import { formatState, type LogEntry } from "../../log/entry.ts";
import { type MethodError, methodError, type Outcome, ok } from "../errors.ts";
import { rightsOn } from "../mailbox-rights.ts";
import type { RequestContext } from "./context.ts";
import type { TypeDefinition } from "./definition.ts";
import { stateOf } from "./get.ts";
import { Transaction } from "./transaction.ts";

export interface Committed<Result> {
  readonly result: Result;
  readonly tx: Transaction;
  readonly oldState: string;
  readonly newState: string;
}

/** Room for what the log adds to a plan. */
const PLAN_OCTETS = limits.log.entryOctets - 8 * 1024;

/** Whether the plan would not fit one log entry, which is written compressed. A call changes all or nothing, so it is refused whole. */
const isTooLarge = (plan: Plan): boolean => {
  const text = JSON.stringify(plan);
  return Buffer.byteLength(text) > PLAN_OCTETS && deflateRawSync(text).byteLength > PLAN_OCTETS;
};

/** `apply` is pure and may be called again: a lost race plans anew on the newer state. */
export const commitCall = async <Result>(
  context: RequestContext,
  accountId: AccountId,
  type: Pick<TypeDefinition, "name" | "logType" | "state">,
  ifInState: unknown,
  apply: (tx: Transaction) => Result,
): Promise<Outcome<Committed<Result>, MethodError>> => {
  const planner = (whole: AccountState): { plan: Plan | null; result: Outcome<Omit<Committed<Result>, "newState">, MethodError> } => {
    // Rights are those of the very state that the plan is made on: what was taken back meanwhile is not used.
    const seen = context.viewOf(whole);
    if (!seen) return { plan: null, result: methodError("accountNotFound") };
    const { account, view } = seen;
    const oldState = stateOf(type, view);
    if (typeof ifInState === "string" && ifInState !== oldState) return { plan: null, result: methodError("stateMismatch") };
    const tx = new Transaction(whole, view, (stored) => rightsOn(account, context.principal.entryId, stored));
    const result = apply(tx);
    const plan = tx.plan(context.actor);
    if (plan && isTooLarge(plan)) return { plan: null, result: methodError("requestTooLarge", "The changes are too large for one call.") };
    return { plan, result: ok({ result, tx, oldState }) };
  };
  const { result, state, entry } = await context.ports.log.commit(accountId, planner);
  context.remember(state);
  if (!result.ok) return result;
  // Not that of `state`: another commit may have followed already, and the client would take its changes for its own.
  const isTouched = entry !== null && touches(entry, type.logType ?? type.name);
  return ok({ ...result.value, newState: isTouched ? stateAfter(context, type, entry, state) : result.value.oldState });
};

/** To someone who sees a part of the account, its states are those of the part (a commit may even have changed what the part is). */
const stateAfter = (
  context: RequestContext,
  type: Pick<TypeDefinition, "name" | "logType" | "state">,
  entry: LogEntry,
  whole: AccountState,
) => {
  const view = context.viewOf(whole)?.view ?? whole;
  const { view: tag } = view.typePosition(type.logType ?? type.name);
  if (tag === undefined) return formatState(entry);
  return whole.position.seq === entry.seq ? stateOf(type, view) : formatState({ epoch: entry.epoch, seq: entry.seq, view: tag });
};

const touches = (entry: LogEntry, logType: string): boolean =>
  logType === "Email" ? entry.email !== undefined : (entry.records?.some((change) => change.type === logType) ?? false);
