/** Checks a method's arguments against their kinds (RFC 8620 §3.5, §3.6.2 invalidArguments). */
import { invalidArguments, type MethodError, type Outcome, ok } from "../errors.ts";
import { id, type Kind } from "./kinds.ts";

interface Argument {
  readonly kind: Kind;
  readonly required?: boolean;
}

export type Arguments = Readonly<Record<string, Argument>>;

export const checkArguments = (args: Record<string, unknown>, shape: Arguments): Outcome<Record<string, unknown>, MethodError> => {
  for (const name of Object.keys(args)) {
    if (!Object.hasOwn(shape, name)) return invalidArguments(`"${name.slice(0, 60)}" is not an argument of this method.`, [name]);
    const fault = args[name] === undefined ? null : shape[name]!.kind(args[name]);
    if (fault) return invalidArguments(`"${name}" must be ${fault}.`, [name]);
  }
  for (const name of Object.keys(shape)) {
    if (shape[name]!.required && !Object.hasOwn(args, name)) return invalidArguments(`"${name}" is required.`, [name]);
  }
  return ok(args);
};

export const accountIdArgument: Arguments = { accountId: { kind: id, required: true } };
