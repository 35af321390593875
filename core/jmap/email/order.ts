/** Email/query's sort (RFC 8621 §4.4.2) over rows. */
import type { EmailId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { EmailTable } from "../../log/api.ts";
import type { EmailAddress, EmailItem } from "../../mail/email-item.ts";
import { baseSubject } from "../../mime/thread-keys.ts";
import { casemap } from "../engine/collation.ts";
import type { Comparator, Reading } from "../engine/definition.ts";
import { type MethodError, methodError, type Outcome, ok } from "../errors.ts";
import { threadKeywordCount } from "./filter.ts";
import { itemReaderOf } from "./item-reader.ts";

type Key = (row: number) => number | string;

const FROM_ITEM: ReadonlySet<string> = new Set(["from", "to", "subject"]);
const MUTABLE: ReadonlySet<string> = new Set(["hasKeyword", "allInThreadHaveKeyword", "someInThreadHaveKeyword"]);

export const isMutableSort = (sort: readonly Comparator[]): boolean => sort.some(({ property }) => MUTABLE.has(property));
export const isThreadSort = (sort: readonly Comparator[]): boolean => sort.some(({ property }) => property.endsWith("InThreadHaveKeyword"));

/** Newest first, as rows come, or its reverse: nothing is sorted but what was received at the same instant. */
export const isReceivedOrder = (sort: readonly Comparator[]): boolean => sort.length === 0 || sort[0]!.property === "receivedAt";

export const receivedOrder = (newestFirst: Uint32Array, sort: readonly Comparator[], emails: EmailTable): Iterable<number> => {
  const rows = sort.length > 0 && sort[0]!.isAscending ? newestFirst.toReversed() : newestFirst;
  return sort.length > 1 ? withTiesSorted(rows, sort, emails) : rows;
};

/** Lazily, since a page seldom needs more than the beginning. */
function* withTiesSorted(rows: Uint32Array, sort: readonly Comparator[], emails: EmailTable): Generator<number> {
  const keys = sortKeys(sort, emails, new Map());
  for (let from = 0; from < rows.length; ) {
    let to = from + 1;
    while (to < rows.length && emails.receivedAt(rows[to]!) === emails.receivedAt(rows[from]!)) to++;
    const tied = rows.subarray(from, to);
    yield* tied.length === 1 ? tied : sortRows([...(sort[0]!.isAscending ? tied.toReversed() : tied)], sort, keys);
    from = to;
  }
}

/** Rows in the order of the comparators; newest first settles what they leave equal: rows come so, and sort() is stable. */
export const sortRows = (rows: readonly number[], sort: readonly Comparator[], keys: readonly Key[]): number[] => {
  const columns = keys.map((key) => rows.map(key));
  const ups = sort.map(({ isAscending }) => isAscending);
  const order = rows.map((_, index) => index);
  order.sort((left, right) => {
    for (let column = 0; column < columns.length; column++) {
      const a = columns[column]![left]!;
      const b = columns[column]![right]!;
      if (a !== b) return a < b === ups[column] ? -1 : 1;
    }
    return 0;
  });
  return order.map((index) => rows[index]!);
};

export const sortKeys = (sort: readonly Comparator[], emails: EmailTable, items: ReadonlyMap<EmailId, EmailItem>): Key[] =>
  sort.map(({ property, keyword = "" }): Key => {
    switch (property) {
      case "receivedAt":
        return (row) => emails.receivedAt(row);
      case "sentAt":
        return (row) => emails.sentAt(row) ?? 0;
      case "size":
        return (row) => emails.sizeOctets(row);
      case "hasKeyword":
        return (row) => Number(emails.hasKeyword(row, keyword));
      case "allInThreadHaveKeyword": {
        const count = threadKeywordCount(emails, keyword);
        return (row) => Number(count(row).having === count(row).of);
      }
      case "someInThreadHaveKeyword": {
        const count = threadKeywordCount(emails, keyword);
        return (row) => Number(count(row).having > 0);
      }
      default:
        return (row) => itemKey(property, items.get(emails.id(row)));
    }
  });

const addressKey = (addresses: readonly EmailAddress[] | null): string => {
  const first = addresses?.[0];
  return first ? casemap(first.name || first.email) : "";
};

const itemKey = (property: string, item: EmailItem | undefined): string => {
  if (!item) return "";
  if (property === "from") return addressKey(item.message.from);
  if (property === "to") return addressKey(item.message.to);
  return casemap(baseSubject(item.message.subject ?? ""));
};

/** Whether the sort is by something that only the items hold. */
export const needsItems = (sort: readonly Comparator[]): boolean => sort.some(({ property }) => FROM_ITEM.has(property));

/** Items for sorts on what is not in the columns; bounded, because each is read. */
export const itemsForSort = async (
  { account, context }: Reading,
  ids: readonly EmailId[],
): Promise<Outcome<ReadonlyMap<EmailId, EmailItem>, MethodError>> => {
  if (ids.length > limits.jmap.itemsInSort)
    return methodError("unsupportedSort", `More than ${limits.jmap.itemsInSort} results can be sorted by date, size or keyword only.`);
  return ok(await itemReaderOf(context.ports.store).get(account.accountId, ids));
};
