import { describe, expect, it } from "vitest";
import { PoisonError } from "../../../core/errors.ts";
import type { AccountId, EntryId } from "../../../core/ids.ts";
import type { AccessibleAccount, DirectoryEntry, DirectoryStore } from "../../../core/ports/directory-store.ts";

let number = 0;

/** A person with ids and addresses that no other test has. */
const newPerson = (different: Partial<DirectoryEntry> = {}): DirectoryEntry => {
  const unique = `${Date.now().toString(36)}x${number++}`;
  return {
    entryId: `n${unique}` as EntryId,
    kind: "person",
    displayName: "Bea Fern",
    mail: `bea.${unique}@care.example`,
    accountId: `A${unique}` as AccountId,
    subject: `sub-${unique}`,
    organisationId: "org1" as EntryId,
    status: "active",
    ...different,
  };
};

export const directoryStoreContract = (name: string, factory: () => DirectoryStore): void => {
  describe(`DirectoryStore: ${name}`, () => {
    it("resolves addresses and aliases to the account, lists to the list, and leaves out the unknown", async () => {
      const store = factory();
      const person = newPerson();
      const list = newPerson({ kind: "list", accountId: undefined, subject: undefined });
      await store.putEntry(person, { aliases: [`alias.${person.mail}`] });
      await store.putEntry(list, { members: [person.mail!] });
      const target = { kind: "account", entryId: person.entryId, accountId: person.accountId };
      expect(await store.resolve([person.mail!, `alias.${person.mail}`, list.mail!, "nobody@care.example"])).toEqual(
        new Map<string, object>([
          [person.mail!, target],
          [`alias.${person.mail}`, target],
          [list.mail!, { kind: "list", entryId: list.entryId }],
        ]),
      );
      expect(await store.getEntry(person.entryId)).toEqual(person);
      expect(await store.listMembers(list.entryId, 10)).toEqual([person.mail]);
    });

    it("resolves more addresses than one round trip takes", async () => {
      const store = factory();
      const person = newPerson();
      await store.putEntry(person);
      const many = Array.from({ length: 250 }, (_, index) => `nobody${index}@care.example`);
      expect([...(await store.resolve([...many, person.mail!, person.mail!])).keys()]).toEqual([person.mail]);
      expect(await store.resolve([])).toEqual(new Map());
    });

    it("gives an address to one entry only, and frees those an entry gives up", async () => {
      const store = factory();
      const first = newPerson();
      const rival = newPerson({ mail: first.mail });
      await store.putEntry(first, { aliases: [`old.${first.mail}`] });
      expect(await store.putEntry(rival)).toEqual({ outcome: "addressTaken", address: first.mail });
      const moved = { ...first, mail: `moved.${first.mail}` };
      expect(await store.putEntry(moved, { aliases: [] })).toEqual({ outcome: "stored" });
      expect(await store.putEntry(rival)).toEqual({ outcome: "stored" });
      expect((await store.resolve([`old.${first.mail}`])).size).toBe(0);
      expect(await store.sendingAddresses(first.accountId!)).toEqual([moved.mail]);
    });

    it("keeps aliases and members when they are not given again, the primary address first", async () => {
      const store = factory();
      const person = newPerson();
      await store.putEntry(person, { aliases: [`a.${person.mail}`] });
      await store.putEntry({ ...person, displayName: "Bea Moss" });
      expect(await store.sendingAddresses(person.accountId!)).toEqual([person.mail, `a.${person.mail}`]);
      expect((await store.getEntry(person.entryId))?.displayName).toBe("Bea Moss");
    });

    it("knows a principal by subject while active, with the accounts granted", async () => {
      const store = factory();
      const person = newPerson();
      await store.putEntry(person);
      const shared = {
        accountId: `Ashared${person.entryId}` as AccountId,
        name: "Ward 7",
        mail: "ward7@care.example",
        isPersonal: false,
        rights: "readWrite" as const,
      };
      await store.grantAccess(person.entryId, shared);
      const own = { accountId: person.accountId, name: "Bea Fern", mail: person.mail, isPersonal: true, rights: "owner" };
      expect(await store.principalOf(person.subject!)).toEqual({
        entryId: person.entryId,
        displayName: "Bea Fern",
        mail: person.mail,
        organisationId: "org1",
        accountId: person.accountId,
        accounts: [own, shared],
      });
      expect(await store.principalOf("nobody")).toBeNull();
      await store.putEntry({ ...person, status: "disabled" });
      expect(await store.principalOf(person.subject!)).toBeNull();
    });

    it("makes known what is shared with a principal, unless the account is open to them as a whole; a later word wins", async () => {
      const store = factory();
      const person = newPerson();
      await store.putEntry(person);
      const accountId = `Aparts${person.entryId}` as AccountId;
      const share = { accountId, name: "Ann", mail: "ann@care.example", isPersonal: false, rights: "shared" as const, isSubscribed: true };
      const accounts = async () => (await store.principalOf(person.subject!))!.accounts.slice(1);
      await store.putShare(person.entryId, { accountId, account: share, seq: 5 });
      expect(await accounts()).toEqual([share]);
      await store.putShare(person.entryId, { accountId, account: null, seq: 7 });
      expect(await accounts()).toEqual([]);
      await store.putShare(person.entryId, { accountId, account: share, seq: 6 });
      expect(await accounts()).toEqual([]);
      await store.putShare(person.entryId, { accountId, account: share, seq: 7 });
      const whole = { ...share, rights: "readOnly" as const };
      await store.grantAccess(person.entryId, whole);
      expect(await accounts()).toEqual([whole]);
    });

    it("knows who may open an account, and what someone may, even when they may not sign in; what is revoked is gone from both", async () => {
      const store = factory();
      const [bea, cat] = [newPerson(), newPerson({ status: "disabled" })];
      for (const person of [bea, cat]) await store.putEntry(person);
      const account = (accountId: string) =>
        ({ accountId: accountId as AccountId, name: "Ward", mail: "", isPersonal: false, rights: "readOnly" }) as const;
      const [one, two, parts] = ["1", "2", "p"].map((name) => account(`A${name}${bea.entryId}`)) as [
        AccessibleAccount,
        AccessibleAccount,
        AccessibleAccount,
      ];
      expect([await store.holdersOf(one.accountId), await store.reachOf(bea.entryId)]).toEqual([[], { whole: [], shared: [] }]);
      for (const { entryId } of [bea, cat]) await store.grantAccess(entryId, one);
      await store.grantAccess(bea.entryId, two);
      await store.putShare(bea.entryId, { accountId: parts.accountId, account: { ...parts, rights: "shared" }, seq: 3 });
      expect((await store.holdersOf(one.accountId)).sort()).toEqual([bea.entryId, cat.entryId].sort());
      const reach = await store.reachOf(bea.entryId);
      expect([[...reach.whole].sort(), reach.shared]).toEqual([[one.accountId, two.accountId], [parts.accountId]]);
      expect(await store.reachOf(cat.entryId)).toEqual({ whole: [one.accountId], shared: [] });
      for (let time = 0; time < 2; time++) await store.revokeAccess(bea.entryId, one.accountId);
      await store.putShare(bea.entryId, { accountId: parts.accountId, account: null, seq: 4 });
      expect([await store.holdersOf(one.accountId), await store.reachOf(bea.entryId)]).toEqual([
        [cat.entryId],
        { whole: [two.accountId], shared: [] },
      ]);
    });

    it("takes someone out of every list, by each of their addresses, and leaves the others there", async () => {
      const store = factory();
      const [bea, cat] = [newPerson(), newPerson()] as [DirectoryEntry & { mail: string }, DirectoryEntry & { mail: string }];
      const alias = `alias.${bea.mail}`;
      await store.putEntry(bea, { aliases: [alias] });
      await store.putEntry(cat);
      const lists = [newPerson(), newPerson(), newPerson()].map(
        ({ entryId, mail, displayName, status }): DirectoryEntry => ({ entryId, mail, displayName, status, kind: "list" }),
      );
      for (const [index, members] of [[bea.mail, cat.mail], [cat.mail, alias, bea.mail], [cat.mail]].entries())
        await store.putEntry(lists[index]!, { members });
      // A member that was taken out before is none to be found.
      await store.putEntry(lists[2]!, { members: [cat.mail, bea.mail] });
      await store.putEntry(lists[2]!, { members: [cat.mail] });
      expect((await store.leaveLists(bea.entryId)).sort()).toEqual([lists[0]!.entryId, lists[1]!.entryId].sort());
      for (const { entryId } of lists) expect(await store.listMembers(entryId, 10)).toEqual([cat.mail]);
      expect(await store.leaveLists(bea.entryId)).toEqual([]);
      expect((await store.resolve([bea.mail])).size).toBe(1);
    });

    it("lists an organisation's entries, follows them when they move, and counts every change", async () => {
      const store = factory();
      const [from, to] = [newPerson(), newPerson()].map(({ entryId }) => `o${entryId}` as EntryId) as [EntryId, EntryId];
      const people = [newPerson({ organisationId: from }), newPerson({ organisationId: from })];
      for (const person of people) await store.putEntry(person);
      const version = await store.version();
      const listed = async (organisation: EntryId) =>
        (await store.listOrganisation(organisation, 10))?.map(({ entryId }) => entryId).sort();
      expect(await listed(from)).toEqual(people.map(({ entryId }) => entryId).sort());
      expect(await store.listOrganisation(from, 1)).toBeNull();
      await store.putEntry({ ...people[0]!, organisationId: to });
      expect([await listed(from), await listed(to)]).toEqual([[people[1]!.entryId], [people[0]!.entryId]]);
      expect(await store.version()).not.toBe(version);
      expect((await store.getEntries([people[0]!.entryId, "nobody" as EntryId])).map(({ entryId }) => entryId)).toEqual([
        people[0]!.entryId,
      ]);
    });

    it("knows whose an account is", async () => {
      const store = factory();
      const person = newPerson();
      await store.putEntry(person);
      expect((await store.ownerOf(person.accountId!))?.entryId).toBe(person.entryId);
      expect(await store.ownerOf("Anobody" as AccountId)).toBeNull();
    });

    it("replaces a list's members and refuses to expand a list past the limit", async () => {
      const store = factory();
      const list = newPerson({ kind: "list", accountId: undefined, subject: undefined });
      const members = Array.from({ length: 120 }, (_, index) => `m${String(index).padStart(3, "0")}@care.example`);
      await store.putEntry(list, { members });
      expect(await store.listMembers(list.entryId, 120)).toEqual(members);
      await expect(store.listMembers(list.entryId, 119)).rejects.toThrow(PoisonError);
      await store.putEntry(list, { members: members.slice(60) });
      expect(await store.listMembers(list.entryId, 120)).toEqual(members.slice(60));
    });
  });
};
