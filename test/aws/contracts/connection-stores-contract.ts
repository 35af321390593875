import { describe, expect, it } from "vitest";
import type { AccountId } from "../../../core/ids.ts";
import type { HoldStore } from "../../../core/ports/hold-store.ts";
import type { Connection, ConnectionStore } from "../../../core/ports/push-channel.ts";

let number = 0;
const unique = () => `${Date.now().toString(36)}x${number++}`;

export const connectionStoresContract = (name: string, factory: () => { connections: ConnectionStore; holds: HoldStore }): void => {
  describe(`ConnectionStore: ${name}`, () => {
    it("finds the connections of an account until they are removed", async () => {
      const { connections } = factory();
      const [mine, shared] = [`A${unique()}`, `A${unique()}`] as [AccountId, AccountId];
      const connection: Connection = {
        connectionId: unique(),
        accountIds: [mine, shared],
        subject: "sub",
        pushTypes: ["Email"],
        pushEnabled: true,
        expiresAt: Date.now() + 60_000,
      };
      await connections.put(connection);
      await connections.put({ ...connection, accountIds: [mine], connectionId: `${connection.connectionId}b` });
      expect(await connections.get(connection.connectionId)).toEqual(connection);
      expect((await connections.ofAccount(mine)).map(({ connectionId }) => connectionId).sort()).toEqual([
        connection.connectionId,
        `${connection.connectionId}b`,
      ]);
      expect(await connections.ofAccount(shared)).toEqual([{ ...connection, isShared: false }]);
      await connections.put({ ...connection, accountIds: [mine] });
      expect(await connections.ofAccount(shared)).toEqual([]);
      await connections.remove(connection.connectionId);
      expect(await connections.get(connection.connectionId)).toBeNull();
      expect(await connections.ofAccount(mine)).toHaveLength(1);
      await connections.remove("never-there");
    });

    it("has an open connection hear of a shared account, until it no longer may (RFC 9670 §1.4)", async () => {
      const { connections } = factory();
      const [mine, theirs] = [`A${unique()}`, `A${unique()}`] as [AccountId, AccountId];
      const connection: Connection = {
        connectionId: unique(),
        accountIds: [mine],
        subject: "sub",
        pushTypes: null,
        pushEnabled: true,
        expiresAt: Date.now() + 60_000,
      };
      await connections.put(connection);
      await connections.startListening(connection, theirs);
      expect((await connections.listeners(theirs)).connections).toEqual([{ ...connection, isShared: true }]);
      await connections.stopListening(connection, theirs);
      expect((await connections.listeners(theirs)).connections).toEqual([]);
      await connections.put({ ...connection, accountIds: [mine, theirs], sharedAccountIds: [theirs] });
      expect((await connections.listeners(theirs)).connections).toMatchObject([{ isShared: true }]);
      expect((await connections.listeners(mine)).connections).toMatchObject([{ isShared: false }]);
    });

    it("takes a ticket once, and not when it has expired", async () => {
      const { connections } = factory();
      const ticket = unique();
      await connections.putTicket(ticket, "sub", 2_000, 9_000);
      expect(await connections.takeTicket(ticket, 1_000)).toEqual({ subject: "sub", tokenExpiresAt: 9_000 });
      expect(await connections.takeTicket(ticket, 1_000)).toBeNull();
      await connections.putTicket(ticket, "sub", 2_000, 9_000);
      expect(await connections.takeTicket(ticket, 3_000)).toBeNull();
    });
  });

  describe(`HoldStore: ${name}`, () => {
    it("gives the holds that end within a time, over hours, until they are removed", async () => {
      const { holds } = factory();
      const base = Date.UTC(2030 + number++, 1, 1, 10, 59, 0);
      const at = (minutes: number) => ({
        accountId: `A${unique()}` as AccountId,
        submissionId: `S-${minutes}`,
        entry: { epoch: 1, seq: 7 },
        releaseAt: base + minutes * 60_000,
      });
      const all = [at(0), at(5), at(130), at(200)];
      for (const hold of [...all, all[0]!]) await holds.put(hold);
      const due = async () => (await holds.due(base, base + 131 * 60_000)).sort((a, b) => a.releaseAt - b.releaseAt);
      expect(await due()).toEqual(all.slice(0, 3));
      await holds.remove(all[1]!);
      expect(await due()).toEqual([all[0], all[2]]);
    });
  });
};
