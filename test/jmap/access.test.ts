/**
 * Who may reach an account, for every method: method × relation. Cases A01, A03, A05 and A07 of the access corpus, and the sharing cases
 * S02 and S04. Rights within a shared account are in sharing-rights.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccountId, EntryId } from "../../core/ids.ts";
import { methods } from "../../core/jmap/types/types.ts";
import { READ, SharingWorld, USING } from "./sharing-world.ts";
import { type Any, message } from "./world.ts";

/** Arguments that pass every check, for the account given. */
const argumentsOf = (name: string, accountId: string): object => {
  const [, verb] = name.split("/");
  const extra: Record<string, object> = {
    get: name.startsWith("SearchSnippet") ? { emailIds: [] } : name.startsWith("Blob") ? { ids: [] } : {},
    changes: { sinceState: "1.1" },
    queryChanges: { sinceQueryState: "1.1" },
    copy: name.startsWith("Blob") ? { fromAccountId: "aann", blobIds: [] } : { fromAccountId: "aann", create: {} },
    import: { emails: {} },
    parse: { blobIds: [] },
    send: { identityId, send: {} },
    upload: { create: {} },
    lookup: { typeNames: [], ids: [] },
    validate: { blobId: "GUnone" },
  };
  return { accountId, ...extra[verb!] };
};

const WRITES = new Set(["set", "import", "copy", "upload", "send"]);
/** Those that name an account: push subscriptions belong to a person. */
const names = [...methods.keys()].filter((name) => name !== "Core/echo" && !name.startsWith("PushSubscription/"));

/** Accounts that Ann has nothing to do with, whatever else she may be. */
const strangers: Readonly<Record<string, string>> = {
  "a colleague's": "abob",
  "another organisation's": "azoe",
  "one whose share was taken back": "acat",
  "one that was deleted": "adan",
  "one that never was": "anobody",
  "a malformed id's": "a",
};

/** RFC 9007 §2.1 has a word of its own for an account that is not there. */
const absence = (name: string): object =>
  name.startsWith("MDN/")
    ? { type: "invalidArguments", description: "There is no such account.", arguments: ["accountId"] }
    : { type: "accountNotFound" };

let world: SharingWorld;
let identityId: string;
let checked = 0;

beforeAll(async () => {
  world = await SharingWorld.of("ann", "bob", "cat", "dan");
  await world.add("zoe", "osouth" as EntryId);
  await world.add("team");
  identityId = (await world.does("ann", "Identity/get", {})).list[0].id;
  await world.people.grantAccess("eann" as EntryId, {
    accountId: "ateam" as AccountId,
    name: "Team",
    mail: "team@north.example",
    isPersonal: false,
    rights: "readOnly",
    ownerId: "eteam" as EntryId,
  });
  await world.give("cat", "archive", { ann: READ });
  // Taken back, and not yet forgotten by whoever was told of it: the worst moment.
  await world.does("cat", "Mailbox/set", { update: { archive: { shareWith: null } } });
  const dan = (await world.people.getEntry("edan" as EntryId))!;
  await world.people.putEntry({ ...dan, status: "deleted" });
});

afterAll(() => {
  console.log(`access matrix: ${names.length} methods × ${Object.keys(strangers).length + 3} relations, ${checked} answers compared`);
});

const answerOf = async (name: string, accountId: string): Promise<Any> => {
  checked++;
  return (await world.request(await world.as("ann"), [[name, argumentsOf(name, accountId)]], USING))[0];
};

// RFC 8621 §9.5, RFC 9404 §5, RFC 9425 §8: what is not one's own is as if it were not there.
describe("the gate", () => {
  describe.each(Object.entries(strangers))("A01 of %s account", (_whose, accountId) => {
    it.each(names)("%s says the same octets as of none", async (name) => {
      expect(JSON.stringify(await answerOf(name, accountId))).toBe(JSON.stringify(["error", absence(name), "c0"]));
    });
  });

  it.each(names)("%s works in one's own account", async (name) => {
    const own = await answerOf(name, "aann");
    const refusal = own[1].type ?? "none";
    if (name.endsWith("/copy")) expect(refusal).toMatch(name.startsWith("Blob") ? /none/ : /invalidArguments/);
    else if (name === "Principal/changes" || name === "Principal/queryChanges") expect(refusal).toBe("cannotCalculateChanges");
    else expect(own[0]).toBe(name);
    expect(world.failures).toEqual([]);
  });

  it.each(names.filter((name) => WRITES.has(name.split("/")[1]!)))("%s refuses a read-only account", async (name) => {
    expect((await answerOf(name, "ateam"))[1].type).toMatch(/^accountReadOnly$|^accountNotSupportedByMethod$/);
  });

  it.each(names.filter((name) => !WRITES.has(name.split("/")[1]!)))(
    "%s reads a read-only account, or does not know its data",
    async (name) => {
      const [said, { type }] = await answerOf(name, "ateam");
      if (said === "error") expect(type).toMatch(/^accountNotSupportedByMethod$|^cannotCalculateChanges$/);
    },
  );

  it.each(["Email/copy", "Blob/copy"])("A05 %s refuses every foreign source", async (name) => {
    for (const accountId of Object.values(strangers)) {
      const args = { ...argumentsOf(name, "aann"), fromAccountId: accountId };
      const [, answer] = (await world.request(await world.as("ann"), [[name, args]], USING))[0];
      expect(answer).toEqual({ type: "fromAccountNotFound" });
    }
  });

  it("A03 never resolves a blob id of another account", async () => {
    const ann = await world.as("ann");
    const theirs = await world.deliver("abob" as AccountId, message({ subject: "secret" }));
    for (const blobId of [`GM${theirs}`, `GM${theirs}-1`]) {
      expect(await world.jmap.download(ann, "aann", blobId)).toEqual(await world.jmap.download(ann, "aann", "GMnothing"));
      for (const accountId of Object.values(strangers))
        expect(await world.jmap.download(ann, accountId, blobId)).toEqual(await world.jmap.download(ann, "anobody", "GMnothing"));
      const parsed = await world.does("ann", "Email/parse", { blobIds: [blobId] });
      expect(parsed).toMatchObject({ parsed: null, notFound: [blobId] });
    }
  });

  it("A07 gives the same octets uploaded twice different ids, to another person as well, and takes no upload for another's account", async () => {
    const ann = await world.as("ann");
    const uploads = [
      await world.jmap.upload(ann, "aann", Buffer.from("x"), null),
      await world.jmap.upload(ann, "aann", Buffer.from("x"), null),
      await world.jmap.upload(await world.as("bob"), "abob", Buffer.from("x"), null),
    ];
    expect(new Set(uploads.map((answer) => answer.outcome === "stored" && answer.json.blobId)).size).toBe(3);
    expect(await world.jmap.upload(ann, "ateam", Buffer.from("x"), null)).toMatchObject({ outcome: "refused", problem: { status: 403 } });
    for (const accountId of Object.values(strangers))
      expect(await world.jmap.upload(ann, accountId, Buffer.from("x"), null)).toMatchObject({
        outcome: "refused",
        problem: { status: 404 },
      });
  });

  it("A09 leaves the copy of one recipient as it is, whatever another does with theirs", async () => {
    const raw = message({ id: "both@x", subject: "Both" });
    const [mine, theirs] = [await world.deliver("aann" as AccountId, raw), await world.deliver("abob" as AccountId, raw)];
    const before = await world.does("bob", "Email/get", { ids: [theirs], properties: ["keywords", "mailboxIds", "size"] });
    const quota = (await world.does("bob", "Quota/get", {})).list;
    await world.does("ann", "Email/set", { update: { [mine]: { "keywords/$seen": true } } });
    await world.does("ann", "Email/set", { destroy: [mine] });
    expect((await world.does("bob", "Email/get", { ids: [theirs], properties: ["keywords", "mailboxIds", "size"] })).list).toEqual(
      before.list,
    );
    expect((await world.does("bob", "Quota/get", {})).list).toEqual(quota);
    expect((await world.jmap.download(await world.as("bob"), "abob", `GM${theirs}`)).outcome).toBe("found");
  });

  it("R01 resolves no reference to a call that was refused", async () => {
    const calls = [
      ["Email/query", { accountId: "abob" }],
      ["Email/get", { accountId: "aann", "#ids": { resultOf: "c0", name: "Email/query", path: "/ids" } }],
    ] as const;
    const [first, second] = await world.request(await world.as("ann"), calls, USING);
    expect(first).toEqual(["error", { type: "accountNotFound" }, "c0"]);
    expect(second[1].type).toBe("invalidResultReference");
  });
});
