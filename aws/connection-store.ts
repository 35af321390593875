/** Open WebSockets and single-use sign-in tickets, in the connections table. Rows expire by themselves. */
import type { AccountId } from "../core/ids.ts";
import type { Connection, ConnectionStore, Listener } from "../core/ports/push-channel.ts";
import type { Subscriber } from "../core/ports/push-subscription-store.ts";
import { batchGet, batchWrite, ConditionFailed, type Dynamo, type Item, queryAll } from "./dynamo.ts";
import { connectionKeys as keys } from "./keys.ts";
import { pack, unpack } from "./packed.ts";

const ttlOf = (at: number) => ({ N: String(Math.ceil(at / 1000) + 60) });

/** The row by which an account's changes find a connection. */
const rowOf = ({ connectionId, expiresAt }: Connection, accountId: AccountId, isShared: boolean): Item => ({
  ...keys.ofAccount(accountId, connectionId),
  ttl: ttlOf(expiresAt),
  ...(isShared && { shared: { BOOL: true } }),
});

export class DynamoConnectionStore implements ConnectionStore {
  private readonly dynamo: Dynamo;
  private readonly table: string;

  constructor(dynamo: Dynamo, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async put(connection: Connection): Promise<void> {
    const ttl = ttlOf(connection.expiresAt);
    const d = pack(connection) as Item[string];
    const before = await this.get(connection.connectionId);
    const gone = (before?.accountIds ?? []).filter((id) => !connection.accountIds.includes(id));
    await batchWrite(this.dynamo, this.table, [
      { PutRequest: { Item: { ...keys.connection(connection.connectionId), d, ttl } } },
      ...connection.accountIds.map((id) => ({
        PutRequest: { Item: rowOf(connection, id, connection.sharedAccountIds?.includes(id) ?? false) },
      })),
      ...gone.map((id) => ({ DeleteRequest: { Key: keys.ofAccount(id, connection.connectionId) } })),
    ]);
  }

  async get(connectionId: string): Promise<Connection | null> {
    const { Item: item } = await this.dynamo.call("GetItem", {
      TableName: this.table,
      Key: keys.connection(connectionId),
      ConsistentRead: true,
    });
    return item ? (unpack(item.d) as Connection) : null;
  }

  async remove(connectionId: string): Promise<void> {
    const connection = await this.get(connectionId);
    await batchWrite(this.dynamo, this.table, [
      { DeleteRequest: { Key: keys.connection(connectionId) } },
      ...(connection?.accountIds ?? []).map((id) => ({ DeleteRequest: { Key: keys.ofAccount(id, connectionId) } })),
    ]);
  }

  async ofAccount(accountId: AccountId): Promise<Connection[]> {
    return (await this.listeners(accountId)).connections;
  }

  async startListening(connection: Connection, accountId: AccountId): Promise<void> {
    await this.dynamo.call("PutItem", { TableName: this.table, Item: rowOf(connection, accountId, true) });
  }

  async stopListening({ connectionId }: Connection, accountId: AccountId): Promise<void> {
    await this.dynamo.call("DeleteItem", { TableName: this.table, Key: keys.ofAccount(accountId, connectionId) });
  }

  async listeners(accountId: AccountId): Promise<{ connections: Listener[]; subscribers: Subscriber[] }> {
    const rows = await queryAll(this.dynamo, {
      TableName: this.table,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: keys.accountPartition(accountId) } },
    });
    const isSubscriber = (row: Item): boolean => row.sk!.S!.startsWith(keys.subscriptionPrefix);
    const subscribers = rows.filter(isSubscriber).map((row) => unpack(row.d) as Subscriber);
    const shared = new Map(rows.filter((row) => !isSubscriber(row)).map((row) => [row.sk!.S!, row.shared?.BOOL === true]));
    const wanted = [...shared.keys()].map((connectionId) => keys.connection(connectionId));
    const items = wanted.length > 0 ? await batchGet(this.dynamo, this.table, wanted) : [];
    const connections = items.map((item) => unpack(item.d) as Connection);
    return { connections: connections.map((one) => ({ ...one, isShared: shared.get(one.connectionId) ?? false })), subscribers };
  }

  async putTicket(ticket: string, subject: string, expiresAt: number, tokenExpiresAt: number): Promise<void> {
    await this.dynamo.call("PutItem", {
      TableName: this.table,
      Item: { ...keys.ticket(ticket), d: pack({ subject, expiresAt, tokenExpiresAt }) as Item[string], ttl: ttlOf(expiresAt) },
    });
  }

  async takeTicket(ticket: string, now: number): Promise<{ subject: string; tokenExpiresAt: number } | null> {
    try {
      const { Attributes } = await this.dynamo.call("DeleteItem", {
        TableName: this.table,
        Key: keys.ticket(ticket),
        ConditionExpression: "attribute_exists(pk)",
        ReturnValues: "ALL_OLD",
      });
      const { subject, expiresAt, tokenExpiresAt } = unpack(Attributes?.d) as {
        subject: string;
        expiresAt: number;
        tokenExpiresAt: number;
      };
      return expiresAt > now ? { subject, tokenExpiresAt } : null;
    } catch (error) {
      if (error instanceof ConditionFailed) return null;
      throw error;
    }
  }
}
