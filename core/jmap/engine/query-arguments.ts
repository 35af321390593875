/** The filter and sort of Foo/query and Foo/queryChanges (RFC 8620 §5.5), checked. */
import { limits } from "../../limits.ts";
import { COLLATIONS } from "../capabilities.ts";
import { invalidArguments, type MethodError, methodError, type Outcome, ok } from "../errors.ts";
import type { Comparator, Filter, QueryDefinition } from "./definition.ts";
import { isObject } from "./kinds.ts";

const FILTER_CONDITIONS = 1_000;

export const readFilter = (value: unknown, definition: QueryDefinition): Outcome<Filter | null, MethodError> => {
  if (value === null || value === undefined) return ok(null);
  const budget = { conditions: FILTER_CONDITIONS };
  return readNode(value, definition, 1, budget);
};

const readNode = (
  value: unknown,
  definition: QueryDefinition,
  depth: number,
  budget: { conditions: number },
): Outcome<Filter, MethodError> => {
  if (!isObject(value)) return invalidArguments("A filter must be an object.", ["filter"]);
  if (depth > limits.jmap.filterDepth || budget.conditions-- <= 0)
    return methodError("unsupportedFilter", `A filter may be ${limits.jmap.filterDepth} deep and hold ${FILTER_CONDITIONS} conditions.`);
  if (!Object.hasOwn(value, "operator")) return readCondition(value, definition);
  const { operator, conditions } = value;
  if (operator !== "AND" && operator !== "OR" && operator !== "NOT")
    return invalidArguments("A filter's operator must be AND, OR or NOT.", ["filter"]);
  if (!Array.isArray(conditions)) return invalidArguments("A filter operator must have a list of conditions.", ["filter"]);
  if (Object.keys(value).length !== 2) return invalidArguments("A filter operator has only operator and conditions.", ["filter"]);
  const read: Filter[] = [];
  for (const condition of conditions) {
    const node = readNode(condition, definition, depth + 1, budget);
    if (!node.ok) return node;
    read.push(node.value);
  }
  return ok({ operator, conditions: read });
};

const readCondition = (value: Record<string, unknown>, definition: QueryDefinition): Outcome<Filter, MethodError> => {
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(definition.filters, name)) return methodError("unsupportedFilter", `"${name.slice(0, 60)}" cannot be filtered by.`);
    const fault = definition.filters[name]!(value[name]);
    if (fault) return invalidArguments(`The filter's "${name}" must be ${fault}.`, ["filter"]);
  }
  return ok({ condition: value });
};

export const readSort = (value: unknown, definition: QueryDefinition): Outcome<Comparator[], MethodError> => {
  if (value === null || value === undefined) return ok([]);
  if (!Array.isArray(value)) return invalidArguments('"sort" must be a list or null.', ["sort"]);
  const comparators: Comparator[] = [];
  for (const item of value) {
    if (!isObject(item) || typeof item.property !== "string") return invalidArguments("A comparator must name a property.", ["sort"]);
    const { property, isAscending = true, collation = null, keyword } = item;
    if (typeof isAscending !== "boolean") return invalidArguments('"isAscending" must be a Boolean.', ["sort"]);
    if (collation !== null && typeof collation !== "string") return invalidArguments('"collation" must be a String.', ["sort"]);
    if (collation !== null && !(COLLATIONS as readonly string[]).includes(collation))
      return methodError("unsupportedSort", `The collation "${collation.slice(0, 60)}" is not known.`);
    if (!definition.sorts.includes(property)) return methodError("unsupportedSort", `"${property.slice(0, 60)}" cannot be sorted by.`);
    const needsKeyword = definition.keywordSorts?.includes(property) ?? false;
    if (needsKeyword && typeof keyword !== "string") return invalidArguments(`Sorting by ${property} needs a keyword.`, ["sort"]);
    comparators.push({ property, isAscending, ...(needsKeyword && { keyword: (keyword as string).toLowerCase() }) });
  }
  return ok(comparators);
};
