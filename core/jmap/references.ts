/** Result references and JSON pointers (RFC 8620 §3.7, RFC 6901), over own properties only. */
import type { Invocation } from "./api.ts";
import { invalidArguments, type MethodError, methodError, type Outcome, ok } from "./errors.ts";

const POINTER_TOKENS = 32;
/** Values one reference may yield; past it the reference fails. */
const RESULT_VALUES = 100_000;

/** Tokens of a JSON Pointer, unescaped; null when it is not one. */
export const pointerTokens = (pointer: string): string[] | null => {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) return null;
  const tokens = pointer.slice(1).split("/");
  return tokens.length > POINTER_TOKENS ? null : tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
};

const MISSING = Symbol("missing");
const INDEX = /^(0|[1-9]\d{0,8})$/;

const evaluate = (value: unknown, tokens: readonly string[], at: number): unknown => {
  if (at === tokens.length) return value;
  const token = tokens[at]!;
  if (Array.isArray(value)) {
    if (token === "*") return mapThrough(value, tokens, at + 1);
    return INDEX.test(token) && Number(token) < value.length ? evaluate(value[Number(token)], tokens, at + 1) : MISSING;
  }
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, token)) return MISSING;
  return evaluate((value as Record<string, unknown>)[token], tokens, at + 1);
};

const mapThrough = (items: readonly unknown[], tokens: readonly string[], at: number): unknown => {
  const found: unknown[] = [];
  for (const item of items) {
    const value = evaluate(item, tokens, at);
    if (value === MISSING) return MISSING;
    if (Array.isArray(value)) {
      if (found.length + value.length > RESULT_VALUES) return MISSING;
      for (const inner of value) found.push(inner);
    } else found.push(value);
  }
  return found.length > RESULT_VALUES ? MISSING : found;
};

const isReference = (value: unknown): value is { resultOf: string; name: string; path: string } => {
  if (typeof value !== "object" || value === null) return false;
  const { resultOf, name, path } = value as Record<string, unknown>;
  return typeof resultOf === "string" && typeof name === "string" && typeof path === "string";
};

/** RFC 8620 §3.7: replaces each `#name` argument by what it refers to among the responses so far. */
export const resolveReferences = (
  args: Record<string, unknown>,
  responses: readonly Invocation[],
): Outcome<Record<string, unknown>, MethodError> => {
  const names = Object.keys(args);
  if (!names.some((name) => name.startsWith("#"))) return ok(args);
  const resolved: Record<string, unknown> = {};
  for (const name of names) {
    if (!name.startsWith("#")) {
      setOwn(resolved, name, args[name]);
      continue;
    }
    const plain = name.slice(1);
    if (Object.hasOwn(args, plain)) return invalidArguments(`"${plain}" is given both as a value and as a reference.`, [plain]);
    const reference = args[name];
    if (!isReference(reference)) return methodError("invalidResultReference", `"${name}" is not a ResultReference.`);
    const response = responses.find(([, , callId]) => callId === reference.resultOf);
    const tokens = pointerTokens(reference.path);
    if (!response || response[0] !== reference.name || !tokens) return failed(name);
    const value = evaluate(response[1], tokens, 0);
    if (value === MISSING) return failed(name);
    setOwn(resolved, plain, value);
  }
  return ok(resolved);
};

const failed = (name: string) => methodError("invalidResultReference", `"${name}" did not resolve.`);

/** Assignment that cannot reach a prototype. */
export const setOwn = (target: Record<string, unknown>, name: string, value: unknown): void => {
  if (name === "__proto__") Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
};
