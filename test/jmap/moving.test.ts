/** Someone goes to another organisation (S06 of the access corpus): nothing of the former one is left to them, nor of them to it. */
import { describe, expect, it } from "vitest";
import { type MovePorts, movePerson, organisationMoveType } from "../../core/flows/move-person.ts";
import { tellReaders } from "../../core/flows/tell-readers.ts";
import { endAccess, giveAccess } from "../../core/flows/whole-access.ts";
import type { AccountId, EntryId } from "../../core/ids.ts";
import type { StoredOrganisationMove } from "../../core/jmap/records.ts";
import type { AccessibleAccount } from "../../core/ports/directory-store.ts";
import { type FaultPlan, faulty, noFaults } from "../support/faults.ts";
import { READ, SharingWorld, WRITE } from "./sharing-world.ts";
import { message } from "./world.ts";

const [ANN, BOB, TEAM] = ["aann", "abob", "ateam"] as [AccountId, AccountId, AccountId];
const SOUTH = "osouth" as EntryId;
const lists = ["ward", "doctors"].map((name) => `l${name}` as EntryId);

/** Bob works at North: he reads a folder of Ann's and opens the team's mailbox, Cat reads a folder of his and covers all of it, and he is on lists. */
const world = async (): Promise<SharingWorld> => {
  const made = await SharingWorld.of("ann", "bob", "cat", "team");
  await made.give("ann", "archive", { bob: WRITE, cat: READ });
  await made.give("bob", "archive", { cat: READ });
  await made.people.grantAccess("ebob" as EntryId, whole(TEAM, "readWrite"));
  await made.people.grantAccess("ecat" as EntryId, whole(BOB, "readOnly"));
  for (const entryId of lists) {
    const list = { entryId, kind: "list", displayName: entryId, mail: `${entryId}@north.example`, status: "active" } as const;
    await made.people.putEntry(list, { members: ["ann@north.example", "bob@north.example"] });
  }
  await made.connections.put({
    connectionId: "socket",
    accountIds: [BOB, TEAM, ANN],
    sharedAccountIds: [ANN],
    subject: "sbob",
    pushTypes: null,
    pushEnabled: true,
    expiresAt: Number.MAX_SAFE_INTEGER,
  });
  return made;
};

const whole = (accountId: AccountId, rights: AccessibleAccount["rights"]): AccessibleAccount => ({
  accountId,
  name: accountId,
  mail: "",
  isPersonal: false,
  rights,
});

const portsOf = (made: SharingWorld, faults: FaultPlan = noFaults()): MovePorts => ({
  log: faulty(made.log, faults),
  directory: faulty(made.people, faults),
  connections: faulty(made.connections, faults),
  subscriptions: faulty(made.subscriptions, faults),
  now: () => made.now,
  randomOctets: made.ports.randomOctets,
});

const move = async (made: SharingWorld, faults?: FaultPlan): Promise<StoredOrganisationMove> =>
  movePerson(portsOf(made, faults), (await made.people.getEntry("ebob" as EntryId))!, SOUTH, "system:test");

const expectApart = async (made: SharingWorld): Promise<void> => {
  for (const accountId of [ANN, BOB]) await made.tell(accountId);
  const bob = await made.as("bob");
  expect(bob.organisationId).toBe(SOUTH);
  expect(bob.accounts.map(({ accountId }) => accountId)).toEqual([BOB]);
  expect((await made.as("cat")).accounts.map(({ accountId }) => accountId)).toEqual(["acat", ANN]);
  for (const accountId of [ANN, TEAM]) expect((await made.does("bob", "Mailbox/get", {}, accountId)).type).toBe("accountNotFound");
  expect((await made.does("cat", "Mailbox/get", {}, BOB)).type).toBe("accountNotFound");
  for (const list of lists) expect(await made.people.listMembers(list, 10)).toEqual(["ann@north.example"]);
  for (const accountId of [ANN, TEAM])
    expect((await made.connections.listeners(accountId)).connections.map(({ connectionId }) => connectionId)).toEqual([]);
  expect((await made.connections.listeners(BOB)).connections).toHaveLength(1);
};

describe("an account that is opened to someone as a whole", () => {
  it("is heard of by what they have open already, and no more once it is closed to them", async () => {
    const made = await world();
    const cat = (await made.people.getEntry("ecat" as EntryId))!;
    const socket = {
      accountIds: [cat.accountId!],
      subject: "scat",
      pushTypes: null,
      pushEnabled: true,
      expiresAt: Number.MAX_SAFE_INTEGER,
    };
    await made.connections.put({ connectionId: "cats", ...socket });
    const ports = { directory: made.people, connections: made.connections, subscriptions: made.subscriptions };
    const listeners = async () => (await made.connections.listeners(TEAM)).connections.map(({ connectionId }) => connectionId).sort();
    await giveAccess(ports, cat, whole(TEAM, "readOnly"));
    expect([await listeners(), (await made.as("cat")).accounts.some(({ accountId }) => accountId === TEAM)]).toEqual([
      ["cats", "socket"],
      true,
    ]);
    const delivered = await made.deliver(TEAM, message({ subject: "For the ward" }));
    await tellReaders(made.sharePorts, { accountId: TEAM, after: { epoch: 1, seq: 1 }, deliveredTo: ["inbox"] });
    expect(made.posts.map(({ connectionId, changed }) => [connectionId, Object.keys(changed[TEAM]!)])).toContainEqual([
      "cats",
      expect.arrayContaining(["Email", "EmailDelivery", "Mailbox"]),
    ]);
    expect((await made.does("cat", "Email/get", { ids: [delivered], properties: ["id"] }, TEAM)).list).toHaveLength(1);
    await endAccess(ports, cat, TEAM);
    expect([await listeners(), (await made.as("cat")).accounts.some(({ accountId }) => accountId === TEAM)]).toEqual([["socket"], false]);
  });
});

describe("S06: someone who goes to another organisation", () => {
  it("takes nothing along, leaves nothing open behind, and keeps their own mail", async () => {
    const made = await world();
    const kept = await made.deliver(BOB, message({ subject: "Mine" }));
    const told = await move(made);
    await expectApart(made);
    expect((await made.does("bob", "Email/get", { ids: [kept], properties: ["id"] })).list).toHaveLength(1);
    expect(told).toEqual({
      at: made.now,
      from: "onorth",
      to: SOUTH,
      accountIds: [TEAM, ANN],
      entryIds: ["ecat"],
      listIds: lists,
    });
    const log = (await made.log.load(BOB))!;
    expect([...log.records(organisationMoveType).values()]).toEqual([told]);
    // What was shared with Cat by Ann is Ann's matter, and the colleague who lost something is told.
    const { list } = await made.does("cat", "ShareNotification/get", {});
    expect(list).toContainEqual(expect.objectContaining({ objectAccountId: BOB, newRights: null }));
    const [entry] = (await made.store.entriesAfter(ANN, { epoch: 0, seq: 0 })).slice(-1);
    expect(entry).toMatchObject({ actor: "system:test", shares: [{ principalId: "ebob", newRights: null }] });
  });

  it("is gone all the same when it takes several tries, whatever the first one died at", async () => {
    const counted = noFaults();
    await move(await world(), counted);
    expect(counted.calls).toBeGreaterThan(10);
    for (const side of ["before", "after"] as const) {
      for (let call = 0; call < counted.calls; call++) {
        const made = await world();
        await expect(move(made, { calls: 0, crashes: new Map([[call, side]]) })).rejects.toThrow(/was not carried out|died after/);
        await move(made);
        await expectApart(made);
      }
    }
  });

  it("may leave for none, and one who shares nothing and is on no list just goes", async () => {
    const made = await SharingWorld.of("bob");
    const told = await movePerson(portsOf(made), (await made.people.getEntry("ebob" as EntryId))!, null, "system:test");
    expect(told).toMatchObject({ from: "onorth", to: null, accountIds: [], entryIds: [], listIds: [] });
    expect((await made.people.getEntry("ebob" as EntryId))!.organisationId).toBeUndefined();
  });
});
