import type { AccountId } from "../ids.ts";

/**
 * What an account's delivery rules remember from message to message: decisions taken, people answered, ids seen. Each is forgotten
 * after its time. Instants in ms since 1970 UTC.
 */
export interface RuleMemory {
  get(accountId: AccountId, key: string, now: number): Promise<object | null>;
  /** Writes unless something not yet forgotten is there; gives what is there afterwards. */
  keep(accountId: AccountId, key: string, value: object, time: { readonly now: number; readonly until: number }): Promise<object>;
  /** Writes in any case. */
  put(accountId: AccountId, key: string, value: object, until: number): Promise<void>;
}
