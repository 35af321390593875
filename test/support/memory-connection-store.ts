/** Open WebSockets, tickets and held submissions in memory. */
import type { AccountId } from "../../core/ids.ts";
import type { Hold, HoldStore } from "../../core/ports/hold-store.ts";
import type { Connection, ConnectionStore, Listener } from "../../core/ports/push-channel.ts";
import type { Subscriber } from "../../core/ports/push-subscription-store.ts";
import type { MemoryPushSubscriptionStore } from "./memory-push-subscription-store.ts";

export class MemoryConnectionStore implements ConnectionStore {
  private readonly connections = new Map<string, Connection>();
  /** By account, its listeners, and whether each only by a share. */
  private readonly rows = new Map<AccountId, Map<string, boolean>>();
  /** Where push subscriptions are kept, when a test has any. */
  subscriptions?: MemoryPushSubscriptionStore;
  private readonly tickets = new Map<string, { subject: string; expiresAt: number; tokenExpiresAt: number }>();

  async put(connection: Connection): Promise<void> {
    for (const accountId of this.connections.get(connection.connectionId)?.accountIds ?? [])
      await this.stopListening(connection, accountId);
    this.connections.set(connection.connectionId, connection);
    for (const accountId of connection.accountIds)
      this.row(accountId).set(connection.connectionId, connection.sharedAccountIds?.includes(accountId) ?? false);
  }
  async startListening({ connectionId }: Connection, accountId: AccountId): Promise<void> {
    this.row(accountId).set(connectionId, true);
  }
  async stopListening({ connectionId }: Connection, accountId: AccountId): Promise<void> {
    this.row(accountId).delete(connectionId);
  }
  private row(accountId: AccountId): Map<string, boolean> {
    const known = this.rows.get(accountId) ?? new Map<string, boolean>();
    this.rows.set(accountId, known);
    return known;
  }
  async get(connectionId: string): Promise<Connection | null> {
    return this.connections.get(connectionId) ?? null;
  }
  async remove(connectionId: string): Promise<void> {
    this.connections.delete(connectionId);
  }
  async ofAccount(accountId: AccountId): Promise<Connection[]> {
    return (await this.listeners(accountId)).connections;
  }
  async listeners(accountId: AccountId): Promise<{ connections: Listener[]; subscribers: Subscriber[] }> {
    const connections = [...this.row(accountId)].flatMap(([connectionId, isShared]) => {
      const connection = this.connections.get(connectionId);
      return connection ? [{ ...connection, isShared }] : [];
    });
    return { connections, subscribers: (await this.subscriptions?.subscribersOf(accountId)) ?? [] };
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
