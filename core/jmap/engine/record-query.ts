/** Filter and sort of types that have few records, all in memory (Mailbox, EmailSubmission, Quota). */
import type { Comparator, Filter } from "./definition.ts";

export type Conditions<Row> = Readonly<Record<string, (row: Row, value: never) => boolean>>;
export type Comparisons<Row> = Readonly<Record<string, (left: Row, right: Row) => number>>;

/** RFC 8620 §5.5: AND and NOT of nothing are true, OR of nothing is false. */
export const matches = <Row>(filter: Filter | null, row: Row, conditions: Conditions<Row>): boolean => {
  if (filter === null) return true;
  if ("condition" in filter) {
    for (const [name, value] of Object.entries(filter.condition)) if (!conditions[name]!(row, value as never)) return false;
    return true;
  }
  if (filter.operator === "AND") return filter.conditions.every((inner) => matches(inner, row, conditions));
  if (filter.operator === "OR") return filter.conditions.some((inner) => matches(inner, row, conditions));
  return !filter.conditions.some((inner) => matches(inner, row, conditions));
};

/** One comparison out of the comparators; `last` settles what they leave equal, so that the order is stable. */
export const comparing =
  <Row>(sort: readonly Comparator[], comparisons: Comparisons<Row>, last: (left: Row, right: Row) => number) =>
  (left: Row, right: Row): number => {
    for (const { property, isAscending } of sort) {
      const order = comparisons[property]!(left, right);
      if (order !== 0) return isAscending ? order : -order;
    }
    return last(left, right);
  };
