import type { AccountId } from "../../core/ids.ts";
import type { RuleMemory } from "../../core/ports/rule-memory.ts";

export class MemoryRuleMemory implements RuleMemory {
  readonly items = new Map<string, { value: object; until: number }>();

  private there(accountId: AccountId, key: string, now: number): object | null {
    const item = this.items.get(`${accountId} ${key}`);
    return item && item.until > now ? structuredClone(item.value) : null;
  }

  async get(accountId: AccountId, key: string, now: number): Promise<object | null> {
    return this.there(accountId, key, now);
  }

  async keep(...[accountId, key, value, { now, until }]: Parameters<RuleMemory["keep"]>): Promise<object> {
    const there = this.there(accountId, key, now);
    if (!there) this.items.set(`${accountId} ${key}`, { value: structuredClone(value), until });
    return there ?? value;
  }

  async put(accountId: AccountId, key: string, value: object, until: number): Promise<void> {
    this.items.set(`${accountId} ${key}`, { value: structuredClone(value), until });
  }
}
