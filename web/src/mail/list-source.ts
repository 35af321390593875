/** What a message list shows, as a query and as a cache key; and the arithmetic of its windows. */
export type ListSource =
  | { readonly kind: "mailbox"; readonly accountId: string; readonly mailboxId: string }
  | { readonly kind: "search"; readonly accountId: string; readonly text: string; readonly except: readonly string[] };

export interface ListWindow {
  readonly ids: readonly string[];
  readonly total: number;
}

export const windowSize = 50;

export function listKey(source: ListSource): readonly string[] {
  return source.kind === "mailbox"
    ? ["list", source.accountId, "mailbox", source.mailboxId]
    : ["list", source.accountId, "search", source.text];
}

/** RFC 8621 §4.4.1 filter. A search leaves out deleted and junk mail. */
export function listFilter(source: ListSource): Record<string, unknown> {
  if (source.kind === "mailbox") return { inMailbox: source.mailboxId };
  return source.except.length > 0 ? { text: source.text, inMailboxOtherThan: source.except } : { text: source.text };
}

/** Which windows hold rows first…last. */
export function windowsFor(first: number, last: number): readonly number[] {
  const windows: number[] = [];
  for (let index = Math.floor(Math.max(0, first) / windowSize); index <= Math.floor(Math.max(0, last) / windowSize); index += 1)
    windows.push(index);
  return windows;
}

/** The window without some ids, as shown until the service has answered. */
export function withoutIds(window: ListWindow, ids: ReadonlySet<string>): ListWindow {
  return { ids: window.ids.filter((id) => !ids.has(id)), total: window.total };
}
