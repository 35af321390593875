/** Filters, sorts and windows of RFC 8620 §5.5 and RFC 8621 §2.3, §4.4, §4.4.3 (collapsed threads), read anew on plain objects. */
import type { Model, ModelEmail, ModelMailbox } from "./model.ts";

export type Filter = { operator: "AND" | "OR" | "NOT"; conditions: readonly Filter[] } | { readonly [condition: string]: unknown };

export interface Sort {
  readonly property: string;
  readonly isAscending?: boolean;
  readonly keyword?: string;
}

export interface EmailQuery {
  readonly filter?: Filter | null;
  readonly sort?: readonly Sort[];
  readonly collapseThreads?: boolean;
}

export interface MailboxQuery {
  readonly filter?: Filter | null;
  readonly sort?: readonly Sort[];
  readonly sortAsTree?: boolean;
}

export interface Window {
  readonly position?: number;
  readonly anchor?: string;
  readonly anchorOffset?: number;
  readonly limit?: number;
}

const holds = (filter: Filter | null | undefined, condition: (name: string, value: unknown) => boolean): boolean => {
  if (!filter) return true;
  if (!Array.isArray(filter.conditions)) return Object.entries(filter).every(([name, value]) => condition(name, value));
  const each = (filter.conditions as Filter[]).map((inner) => holds(inner, condition));
  if (filter.operator === "AND") return !each.includes(false);
  return filter.operator === "OR" ? each.includes(true) : !each.includes(true);
};

const lower = (value: unknown): string => String(value).toLowerCase();

const emailHolds = (model: Model, email: ModelEmail, name: string, value: unknown): boolean => {
  const mates = model.thread(email.threadId);
  const has = (one: ModelEmail) => one.keywords.has(lower(value));
  switch (name) {
    case "inMailbox":
      return email.mailboxIds.has(String(value));
    case "inMailboxOtherThan":
      return [...email.mailboxIds].some((mailboxId) => !(value as string[]).includes(mailboxId));
    case "hasKeyword":
      return has(email);
    case "notKeyword":
      return !has(email);
    case "allInThreadHaveKeyword":
      return mates.every(has);
    case "someInThreadHaveKeyword":
      return mates.some(has);
    case "noneInThreadHaveKeyword":
      return !mates.some(has);
    case "minSize":
      return email.size >= Number(value);
    case "before":
      return email.receivedAt < Date.parse(String(value));
    case "subject":
      return email.subject === lower(value);
    case "body":
      return email.word === lower(value);
    case "text":
      return email.subject === lower(value) || email.word === lower(value);
    default:
      throw new Error(`the model knows no condition ${name}`);
  }
};

const emailKey = (model: Model, email: ModelEmail, { property, keyword = "" }: Sort): number | string => {
  const has = (one: ModelEmail) => one.keywords.has(lower(keyword));
  if (property === "hasKeyword") return Number(has(email));
  if (property === "allInThreadHaveKeyword") return Number(model.thread(email.threadId).every(has));
  if (property === "someInThreadHaveKeyword") return Number(model.thread(email.threadId).some(has));
  return email[property as "receivedAt" | "size" | "subject"];
};

const inOrder = (left: number | string, right: number | string, isAscending = true): number =>
  left === right ? 0 : left < right === isAscending ? -1 : 1;

/** Whether ties of a query come oldest first: so they do when the list is simply that of the dates upwards. */
const isDatesUpwards = ({ sort = [] }: EmailQuery): boolean =>
  sort.length === 1 && sort[0]!.property === "receivedAt" && sort[0]!.isAscending !== false;

export const queryEmails = (model: Model, query: EmailQuery): string[] => {
  const newestFirst = [...model.emails.values()].sort((left, right) => right.receivedAt - left.receivedAt || right.order - left.order);
  if (isDatesUpwards(query)) newestFirst.reverse();
  const found = newestFirst.filter((email) => holds(query.filter, (name, value) => emailHolds(model, email, name, value)));
  const keys = new Map(found.map((email) => [email, (query.sort ?? []).map((one) => emailKey(model, email, one))]));
  found.sort((left, right) => {
    for (const [at, { isAscending }] of (query.sort ?? []).entries()) {
      const order = inOrder(keys.get(left)![at]!, keys.get(right)![at]!, isAscending);
      if (order !== 0) return order;
    }
    return 0;
  });
  const threads = new Set<string>();
  const stands = ({ threadId }: ModelEmail) => !query.collapseThreads || (!threads.has(threadId) && threads.add(threadId).size > 0);
  return found.filter(stands).map(({ id }) => id);
};

const mailboxHolds = (mailbox: ModelMailbox, name: string, value: unknown): boolean => {
  if (name === "parentId") return mailbox.parentId === value;
  if (name === "name") return lower(mailbox.name).includes(lower(value));
  if (name === "hasAnyRole") return (mailbox.role !== null) === value;
  if (name === "role") return mailbox.role === value;
  throw new Error(`the model knows no condition ${name}`);
};

export const queryMailboxes = (model: Model, { filter, sort = [], sortAsTree }: MailboxQuery): string[] => {
  const compare = (left: ModelMailbox, right: ModelMailbox): number => {
    for (const { property, isAscending } of sort) {
      const key = (one: ModelMailbox) => (property === "name" ? lower(one.name) : one.sortOrder);
      const order = inOrder(key(left), key(right), isAscending);
      if (order !== 0) return order;
    }
    return inOrder(lower(left.name), lower(right.name)) || inOrder(left.id, right.id);
  };
  const sorted = [...model.mailboxes.values()].sort(compare);
  const below = (parentId: string | null): ModelMailbox[] =>
    sorted.filter((one) => one.parentId === parentId).flatMap((one) => [one, ...below(one.id)]);
  const ordered = sortAsTree ? below(null) : sorted;
  return ordered.filter((mailbox) => holds(filter, (name, value) => mailboxHolds(mailbox, name, value))).map(({ id }) => id);
};

/** The page of a list; null: the anchor is not in it. */
export const pageOf = (ids: readonly string[], { position = 0, anchor, anchorOffset = 0, limit }: Window): string[] | null => {
  const at = anchor === undefined ? -1 : ids.indexOf(anchor);
  if (anchor !== undefined && at < 0) return null;
  const start = anchor === undefined ? (position < 0 ? Math.max(0, ids.length + position) : position) : Math.max(0, at + anchorOffset);
  return ids.slice(start, limit === undefined ? undefined : start + limit);
};
