/** Reads Email items, remembering the latest: an item never changes, so a remembered one is right for as long as its Email lives. */
import type { AccountId, EmailId } from "../../ids.ts";
import type { EmailItem } from "../../mail/email-item.ts";
import type { AccountLogStore } from "../../ports/account-log-store.ts";

/** About 1.5 KB each in memory. */
const ITEMS_REMEMBERED = 5_000;

export class ItemReader {
  readonly #store: Pick<AccountLogStore, "getEmails">;
  readonly #items = new Map<string, EmailItem>();

  constructor(store: Pick<AccountLogStore, "getEmails">) {
    this.#store = store;
  }

  /** Items by id, absent ones left out. Callers have seen the ids in the account's state. */
  async get(accountId: AccountId, ids: readonly EmailId[]): Promise<Map<EmailId, EmailItem>> {
    const found = new Map<EmailId, EmailItem>();
    const missing: EmailId[] = [];
    for (const id of ids) {
      const item = this.#items.get(`${accountId}/${id}`);
      if (item) found.set(id, item);
      else missing.push(id);
    }
    if (missing.length > 0) {
      for (const item of await this.#store.getEmails(accountId, missing)) {
        found.set(item.id, item);
        this.#remember(item);
      }
    }
    return found;
  }

  #remember(item: EmailItem): void {
    this.#items.set(`${item.accountId}/${item.id}`, item);
    if (this.#items.size > ITEMS_REMEMBERED) this.#items.delete(this.#items.keys().next().value!);
  }
}

const readers = new WeakMap<object, ItemReader>();

/** The reader of a store, one for all requests of a process. */
export const itemReaderOf = (store: AccountLogStore): ItemReader => {
  let reader = readers.get(store);
  if (!reader) readers.set(store, (reader = new ItemReader(store)));
  return reader;
};
