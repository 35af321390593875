import { beforeAll, describe, expect, it } from "vitest";
import { methods } from "../../core/jmap/types/types.ts";
import { ANN, type Any, ann, BOB, bob, message, TEAM, World } from "./world.ts";

/** Arguments that pass every check, for the account given. */
const argumentsOf = (name: string, accountId: string): object => {
  const [, verb] = name.split("/");
  const extra: Record<string, object> = {
    get: name.startsWith("SearchSnippet") ? { emailIds: [] } : name.startsWith("Blob") ? { ids: [] } : {},
    changes: { sinceState: "1.1" },
    queryChanges: { sinceQueryState: "1.1" },
    copy: name.startsWith("Blob") ? { fromAccountId: ANN, blobIds: [] } : { fromAccountId: ANN, create: {} },
    import: { emails: {} },
    parse: { blobIds: [] },
    upload: { create: {} },
    lookup: { typeNames: [], ids: [] },
    validate: { blobId: "GUnone" },
  };
  return { accountId, ...extra[verb!] };
};

const WRITES = new Set(["set", "import", "copy", "upload"]);
/** Those that name an account: push subscriptions belong to a person. */
const names = [...methods.keys()].filter((name) => name !== "Core/echo" && !name.startsWith("PushSubscription/"));

let world: World;
beforeAll(async () => {
  world = await World.make();
});

const answerOf = async (name: string, accountId: string): Promise<Any> =>
  (await world.request(ann, [[name, argumentsOf(name, accountId)]]))[0];

describe("the gate", () => {
  it.each(names)("%s answers a foreign account and one that does not exist alike", async (name) => {
    const foreign = await answerOf(name, BOB);
    const absent = await answerOf(name, "anobody");
    expect(foreign).toEqual(["error", { type: "accountNotFound" }, "c0"]);
    expect(JSON.stringify(absent)).toBe(JSON.stringify(foreign));
  });

  it.each(names)("%s works in one's own account", async (name) => {
    const own = await answerOf(name, ANN);
    if (name.endsWith("/copy")) expect(own[1].type ?? "fine").toMatch(name.startsWith("Blob") ? /fine/ : /invalidArguments/);
    else expect(own[0]).toBe(name);
    expect(world.failures).toEqual([]);
  });

  it.each(names.filter((name) => WRITES.has(name.split("/")[1]!)))("%s refuses a read-only account", async (name) => {
    expect((await answerOf(name, TEAM))[1].type).toMatch(/^accountReadOnly$|^accountNotSupportedByMethod$/);
  });

  it.each(["Email/copy", "Blob/copy"])("A05: %s refuses a foreign source, and one that does not exist, alike", async (name) => {
    const [, answer] = (await world.request(ann, [[name, { ...argumentsOf(name, ANN), fromAccountId: BOB }]]))[0];
    expect(answer).toEqual({ type: "fromAccountNotFound" });
    const [, absent] = (await world.request(ann, [[name, { ...argumentsOf(name, ANN), fromAccountId: "anobody" }]]))[0];
    expect(absent).toEqual(answer);
  });

  it("A03: never resolves a blob id of another account", async () => {
    const theirs = await world.deliver(BOB, message({ subject: "secret" }));
    for (const blobId of [`GM${theirs}`, `GM${theirs}-1`]) {
      expect(await world.jmap.download(ann, ANN, blobId)).toEqual(await world.jmap.download(ann, ANN, "GMnothing"));
      expect(await world.jmap.download(ann, BOB, blobId)).toEqual(await world.jmap.download(ann, "anobody", "GMnothing"));
      const parsed = await world.call("Email/parse", { blobIds: [blobId] });
      expect(parsed).toMatchObject({ parsed: null, notFound: [blobId] });
    }
  });

  it("A07: gives the same octets uploaded twice different ids, here and to another person, so that no id tells of content", async () => {
    const [one, two] = [
      await world.jmap.upload(ann, ANN, Buffer.from("x"), null),
      await world.jmap.upload(ann, ANN, Buffer.from("x"), null),
    ];
    const theirs = await world.jmap.upload(bob, BOB, Buffer.from("x"), null);
    const ids = [one, two, theirs].map((answer) => answer.outcome === "stored" && answer.json.blobId);
    expect(new Set(ids).size).toBe(3);
    expect(await world.jmap.upload(ann, TEAM, Buffer.from("x"), null)).toMatchObject({ outcome: "refused", problem: { status: 403 } });
    expect(await world.jmap.upload(ann, BOB, Buffer.from("x"), null)).toMatchObject({ outcome: "refused", problem: { status: 404 } });
  });
});
