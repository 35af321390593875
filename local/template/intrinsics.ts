import { UnknownInTemplate } from "../service.ts";

/** Where an expression stands and what it can see. */
export interface Scope {
  readonly where: { stack: string; logicalId: string; type: string };
  /** Ref of a resource, parameter or pseudo parameter; undefined when there is none of that name. */
  ref(name: string): unknown;
  /** Fn::GetAtt; undefined when the resource has no such attribute. */
  attribute(logicalId: string, attribute: string): string | undefined;
  condition(name: string): boolean;
  importValue(name: string): unknown;
  mapping(map: string, first: string, second: string): unknown;
}

/** What Ref of AWS::NoValue gives: removed from the object or list that holds it. */
const noValue = Symbol("AWS::NoValue");

/** Resolves every intrinsic of a template value. An intrinsic that is not known stops with a sentence. */
export function resolveValue(value: unknown, scope: Scope): unknown {
  if (typeof value === "string") return plainString(value, scope);
  if (Array.isArray(value)) return value.map((item) => resolveValue(item, scope)).filter((item) => item !== noValue);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  const only = entries.length === 1 ? entries[0] : undefined;
  if (only && (only[0] === "Ref" || only[0].startsWith("Fn::"))) return intrinsic(only[0], only[1], scope);
  const result: Record<string, unknown> = {};
  for (const [key, item] of entries) {
    const resolved = resolveValue(item, scope);
    if (resolved !== noValue) result[key] = resolved;
  }
  return result;
}

function plainString(value: string, scope: Scope): string {
  if (value.includes("{{resolve:")) throw unknown(scope, `the dynamic reference ${value} is not known to the laptop cloud`);
  return value;
}

function intrinsic(name: string, argument: unknown, scope: Scope): unknown {
  const known = intrinsics[name];
  if (!known) throw unknown(scope, `the intrinsic ${name} is not known to the laptop cloud`);
  return known(argument, scope);
}

const intrinsics: Readonly<Record<string, (argument: unknown, scope: Scope) => unknown>> = {
  Ref: (argument, scope) => refer(String(argument), scope),
  "Fn::GetAtt": (argument, scope) => {
    const [logicalId, attribute] = Array.isArray(argument)
      ? [String(argument[0]), String(resolveValue(argument[1], scope))]
      : splitOnce(String(argument), ".");
    return getAttribute(logicalId, attribute, scope);
  },
  "Fn::Join": (argument, scope) => {
    const [separator, items] = argument as [string, unknown];
    return loopbackHasNoTls((resolveValue(items, scope) as unknown[]).map((item) => text(item, scope)).join(separator));
  },
  "Fn::Sub": (argument, scope) => substitute(argument, scope),
  "Fn::Select": (argument, scope) => {
    const [index, list] = resolveValue(argument, scope) as [unknown, unknown[]];
    const item = list[Number(index)];
    if (item === undefined) throw unknown(scope, `Fn::Select has no item ${index} in a list of ${list.length}`);
    return item;
  },
  "Fn::Split": (argument, scope) => {
    const [separator, source] = resolveValue(argument, scope) as [string, unknown];
    return text(source, scope).split(separator);
  },
  "Fn::ImportValue": (argument, scope) => scope.importValue(text(resolveValue(argument, scope), scope)),
  "Fn::If": (argument, scope) => {
    const [condition, yes, no] = argument as [string, unknown, unknown];
    return resolveValue(scope.condition(condition) ? yes : no, scope);
  },
  "Fn::Base64": (argument, scope) => Buffer.from(text(resolveValue(argument, scope), scope)).toString("base64"),
  "Fn::FindInMap": (argument, scope) => {
    const [map, first, second] = (resolveValue(argument, scope) as unknown[]).map(String) as [string, string, string];
    const found = scope.mapping(map, first, second);
    if (found === undefined) throw unknown(scope, `Fn::FindInMap finds nothing at ${map}.${first}.${second}`);
    return found;
  },
  "Fn::GetAZs": (argument, scope) => {
    const region = text(resolveValue(argument, scope), scope) || text(scope.ref("AWS::Region"), scope);
    return ["a", "b", "c"].map((zone) => `${region}${zone}`);
  },
  "Fn::Equals": (argument, scope) => {
    const [left, right] = resolveValue(argument, scope) as [unknown, unknown];
    return JSON.stringify(left) === JSON.stringify(right);
  },
  "Fn::And": (argument, scope) => (argument as unknown[]).every((item) => isTrue(item, scope)),
  "Fn::Or": (argument, scope) => (argument as unknown[]).some((item) => isTrue(item, scope)),
  "Fn::Not": (argument, scope) => !isTrue((argument as unknown[])[0], scope),
};

/** A member of the Conditions section: an intrinsic or {"Condition": name}. */
export function isTrue(expression: unknown, scope: Scope): boolean {
  if (expression !== null && typeof expression === "object" && "Condition" in expression)
    return scope.condition(String(expression.Condition));
  return resolveValue(expression, scope) === true;
}

function refer(name: string, scope: Scope): unknown {
  if (name === "AWS::NoValue") return noValue;
  const value = scope.ref(name);
  if (value === undefined)
    throw unknown(scope, `Ref names "${name}", which is neither a resource, a parameter nor a known pseudo parameter`);
  return value;
}

function getAttribute(logicalId: string, attribute: string, scope: Scope): string {
  const value = scope.attribute(logicalId, attribute);
  if (value === undefined)
    throw unknown(scope, `Fn::GetAtt asks ${logicalId} for "${attribute}", an attribute that the laptop cloud does not give`);
  return value;
}

function substitute(argument: unknown, scope: Scope): string {
  const [pattern, variables] = Array.isArray(argument) ? (argument as [string, Record<string, unknown>]) : [String(argument), {}];
  const replaced = pattern.replace(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (Object.hasOwn(variables, name)) return text(resolveValue(variables[name], scope), scope);
    if (name.includes(".")) return getAttribute(...splitOnce(name, "."), scope);
    return text(refer(name, scope), scope);
  });
  return loopbackHasNoTls(replaced);
}

/**
 * Templates write `https://${domain}`; where the domain is this laptop's own loopback address there is no TLS to speak,
 * so the scheme that really answers is put in its place.
 */
function loopbackHasNoTls(value: string): string {
  return value.replace(/\b(http|ws)s(:\/\/(?:127\.0\.0\.1|localhost):\d+)/g, "$1$2");
}

function text(value: unknown, scope: Scope): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw unknown(scope, `a string is needed where ${JSON.stringify(value) ?? String(value)} stands`);
}

function splitOnce(value: string, separator: string): [string, string] {
  const at = value.indexOf(separator);
  return at < 0 ? [value, ""] : [value.slice(0, at), value.slice(at + 1)];
}

function unknown(scope: Scope, what: string): UnknownInTemplate {
  return new UnknownInTemplate(scope.where, what);
}
