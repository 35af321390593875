/** Open WebSockets, tickets and held submissions in memory. */
import type { AccountId } from "../../core/ids.ts";
import type { Hold, HoldStore } from "../../core/ports/hold-store.ts";
import type { Connection, ConnectionStore } from "../../core/ports/push-channel.ts";
import type { Subscriber } from "../../core/ports/push-subscription-store.ts";
import type { MemoryPushSubscriptionStore } from "./memory-push-subscription-store.ts";

export class MemoryConnectionStore implements ConnectionStore {
  private readonly connections = new Map<string, Connection>();
  /** Where push subscriptions are kept, when a test has any. */
  subscriptions?: MemoryPushSubscriptionStore;
  private readonly tickets = new Map<string, { subject: string; expiresAt: number; tokenExpiresAt: number }>();

  async put(connection: Connection): Promise<void> {
    this.connections.set(connection.connectionId, connection);
  }
  async get(connectionId: string): Promise<Connection | null> {
    return this.connections.get(connectionId) ?? null;
  }
  async remove(connectionId: string): Promise<void> {
    this.connections.delete(connectionId);
  }
  async ofAccount(accountId: AccountId): Promise<Connection[]> {
    return [...this.connections.values()].filter((connection) => connection.accountIds.includes(accountId));
  }
  async listeners(accountId: AccountId): Promise<{ connections: Connection[]; subscribers: Subscriber[] }> {
    return { connections: await this.ofAccount(accountId), subscribers: (await this.subscriptions?.subscribersOf(accountId)) ?? [] };
  }
  async putTicket(ticket: string, subject: string, expiresAt: number, tokenExpiresAt: number): Promise<void> {
    this.tickets.set(ticket, { subject, expiresAt, tokenExpiresAt });
  }
  async takeTicket(ticket: string, now: number): Promise<{ subject: string; tokenExpiresAt: number } | null> {
    const known = this.tickets.get(ticket);
    this.tickets.delete(ticket);
    return known && known.expiresAt > now ? { subject: known.subject, tokenExpiresAt: known.tokenExpiresAt } : null;
  }
}

export class MemoryHoldStore implements HoldStore {
  private readonly holds = new Map<string, Hold>();
  async put(hold: Hold): Promise<void> {
    this.holds.set(`${hold.accountId}#${hold.submissionId}`, hold);
  }
  async due(after: number, before: number): Promise<Hold[]> {
    return [...this.holds.values()].filter(({ releaseAt }) => releaseAt >= after && releaseAt < before);
  }
  async remove(hold: Hold): Promise<void> {
    this.holds.delete(`${hold.accountId}#${hold.submissionId}`);
  }
}
