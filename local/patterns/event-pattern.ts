/**
 * Matching of values against filters, one language shared by SNS filter policies, EventBridge patterns and Lambda event filters:
 * "Comparison operators for use in event patterns" of the EventBridge user guide.
 */
export type Filter = { readonly [key: string]: Filter | readonly unknown[] };

/** True when every key of the filter finds a value that one of its alternatives accepts. */
export function matchesFilter(filter: Filter, value: unknown): boolean {
  return Object.entries(filter).every(([key, expected]) => {
    if (key === "$or") return (expected as readonly Filter[]).some((alternative) => matchesFilter(alternative, value));
    const actual = value !== null && typeof value === "object" ? (value as Record<string, unknown>)[key] : undefined;
    if (!Array.isArray(expected)) return actual !== undefined && matchesFilter(expected as Filter, actual);
    return expected.some((alternative) => acceptsAny(alternative, actual));
  });
}

/** A filter that uses an operator outside this language gets a sentence; null when it is sound. */
export function unknownOperatorIn(filter: unknown): string | null {
  if (filter === null || typeof filter !== "object" || Array.isArray(filter)) return "a filter must be an object";
  for (const [key, expected] of Object.entries(filter)) {
    const found = key === "$or" ? (expected as unknown[]).map(unknownOperatorIn).find((sentence) => sentence) : unknownIn(key, expected);
    if (found) return found;
  }
  return null;
}

function unknownIn(key: string, expected: unknown): string | null {
  if (!Array.isArray(expected)) return unknownOperatorIn(expected);
  for (const alternative of expected) {
    if (alternative === null || typeof alternative !== "object") continue;
    const operator = Object.keys(alternative)[0] ?? "";
    if (!(operator in operators)) return `the filter operator "${operator}" at "${key}" is not known to the laptop cloud`;
  }
  return null;
}

/** An array value matches when any of its members does. */
function acceptsAny(alternative: unknown, actual: unknown): boolean {
  if (Array.isArray(actual)) {
    if (isOperator(alternative, "exists")) return accepts(alternative, actual);
    return actual.some((item) => accepts(alternative, item));
  }
  return accepts(alternative, actual);
}

function accepts(alternative: unknown, actual: unknown): boolean {
  if (alternative === null || typeof alternative !== "object") return actual === alternative;
  const [operator, operand] = Object.entries(alternative)[0] ?? ["", null];
  return operators[operator]?.(operand, actual) ?? false;
}

const operators: Readonly<Record<string, (operand: unknown, actual: unknown) => boolean>> = {
  exists: (operand, actual) => (actual !== undefined) === operand,
  prefix: (operand, actual) => withCase(operand, actual, (text, part) => text.startsWith(part)),
  suffix: (operand, actual) => withCase(operand, actual, (text, part) => text.endsWith(part)),
  "equals-ignore-case": (operand, actual) => typeof actual === "string" && actual.toLowerCase() === String(operand).toLowerCase(),
  wildcard: (operand, actual) => typeof actual === "string" && wildcard(String(operand)).test(actual),
  numeric: (operand, actual) => typeof actual === "number" && numeric(operand as unknown[], actual),
  "anything-but": (operand, actual) => {
    if (actual === undefined) return false;
    if (operand !== null && typeof operand === "object" && !Array.isArray(operand)) {
      const [inner, values] = Object.entries(operand)[0] ?? ["", null];
      return ![values].flat().some((value) => accepts({ [inner]: value }, actual));
    }
    return ![operand].flat().some((value) => value === actual);
  },
};

function withCase(operand: unknown, actual: unknown, test: (text: string, part: string) => boolean): boolean {
  if (typeof actual !== "string") return false;
  const folded = (operand as { "equals-ignore-case"?: string } | null)?.["equals-ignore-case"];
  return folded === undefined ? test(actual, String(operand)) : test(actual.toLowerCase(), folded.toLowerCase());
}

function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\?]/g, "\\$&").replaceAll("*", ".*")}$`, "s");
}

/** ["<", 3] or [">=", 0, "<", 10]. */
function numeric(operand: readonly unknown[], actual: number): boolean {
  for (let at = 0; at + 1 < operand.length; at += 2) {
    const bound = Number(operand[at + 1]);
    const holds = { "=": actual === bound, "<": actual < bound, "<=": actual <= bound, ">": actual > bound, ">=": actual >= bound }[
      String(operand[at])
    ];
    if (!holds) return false;
  }
  return true;
}

function isOperator(alternative: unknown, name: string): boolean {
  return alternative !== null && typeof alternative === "object" && name in alternative;
}
