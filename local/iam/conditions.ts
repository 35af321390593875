import { matchesPattern } from "./pattern.ts";

export type RequestContext = Readonly<Record<string, string | readonly string[]>>;
type ConditionBlock = Readonly<Record<string, Readonly<Record<string, string | boolean | number | readonly string[]>>>>;

type Comparison = (actual: string, expected: string) => boolean;

const comparisons: Readonly<Record<string, { compare: Comparison; negated?: true }>> = {
  StringEquals: { compare: (a, e) => a === e },
  StringNotEquals: { compare: (a, e) => a === e, negated: true },
  StringEqualsIgnoreCase: { compare: (a, e) => a.toLowerCase() === e.toLowerCase() },
  StringNotEqualsIgnoreCase: { compare: (a, e) => a.toLowerCase() === e.toLowerCase(), negated: true },
  StringLike: { compare: (a, e) => matchesPattern(e, a) },
  StringNotLike: { compare: (a, e) => matchesPattern(e, a), negated: true },
  ArnEquals: { compare: (a, e) => matchesPattern(e, a) },
  ArnLike: { compare: (a, e) => matchesPattern(e, a) },
  ArnNotEquals: { compare: (a, e) => matchesPattern(e, a), negated: true },
  ArnNotLike: { compare: (a, e) => matchesPattern(e, a), negated: true },
  Bool: { compare: (a, e) => a.toLowerCase() === e.toLowerCase() },
  NumericEquals: { compare: (a, e) => Number(a) === Number(e) },
  NumericNotEquals: { compare: (a, e) => Number(a) === Number(e), negated: true },
  NumericLessThan: { compare: (a, e) => Number(a) < Number(e) },
  NumericLessThanEquals: { compare: (a, e) => Number(a) <= Number(e) },
  NumericGreaterThan: { compare: (a, e) => Number(a) > Number(e) },
  NumericGreaterThanEquals: { compare: (a, e) => Number(a) >= Number(e) },
};

/** Operators that a policy may use here; the loader of policies refuses others, so none is passed over in silence. */
export function isKnownOperator(operator: string): boolean {
  const { base } = partsOf(operator);
  return base === "Null" || base in comparisons;
}

/** All operators and all keys must hold (logical AND); the values of one key are alternatives (OR). */
export function conditionsHold(block: ConditionBlock, context: RequestContext): boolean {
  for (const [operator, keys] of Object.entries(block)) {
    for (const [key, expected] of Object.entries(keys)) {
      if (!holds(operator, valuesOf(key, context), [expected].flat().map(String))) return false;
    }
  }
  return true;
}

function holds(operator: string, actual: readonly string[] | undefined, expected: readonly string[]): boolean {
  const { quantifier, base, ifExists } = partsOf(operator);
  const absent = actual === undefined || actual.length === 0;
  if (base === "Null") return expected.some((value) => (value === "true") === absent);
  const { compare, negated } = comparisons[base]!;
  if (absent) return ifExists || quantifier === "ForAllValues" || negated === true;
  const matches = (value: string) => expected.some((candidate) => compare(value, candidate)) !== (negated === true);
  if (quantifier === "ForAllValues") return actual.every(matches);
  return negated === true && quantifier === null ? actual.every(matches) : actual.some(matches);
}

function partsOf(operator: string): { quantifier: "ForAllValues" | "ForAnyValue" | null; base: string; ifExists: boolean } {
  const [, quantifier = null, name = ""] = /^(?:(ForAllValues|ForAnyValue):)?(.*)$/.exec(operator) ?? [];
  const ifExists = name.endsWith("IfExists");
  return { quantifier: quantifier as "ForAllValues" | "ForAnyValue" | null, base: ifExists ? name.slice(0, -8) : name, ifExists };
}

/** Condition keys are matched without regard to case. */
function valuesOf(key: string, context: RequestContext): readonly string[] | undefined {
  const found = context[key] ?? Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
  return found === undefined ? undefined : [found].flat();
}
