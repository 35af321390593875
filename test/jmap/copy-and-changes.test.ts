/** /copy and /changes of types that have few tests elsewhere. */
import { beforeEach, describe, expect, it } from "vitest";
import { ANN, type Any, BOB, bob, message, TEAM, World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await World.make();
});

describe("/copy (RFC 8620 §5.4, RFC 8621 §4.7)", () => {
  const copy = async (args: object): Promise<Any[]> =>
    world.request(bob, [["Email/copy", { fromAccountId: BOB, accountId: TEAM, ...args }]]);
  const states = async (): Promise<{ from: string; to: string }> => {
    const [[, from], [, to]] = await world.request(bob, [
      ["Email/get", { accountId: BOB, ids: [] }],
      ["Email/get", { accountId: TEAM, ids: [] }],
    ]);
    return { from: from.state, to: to.state };
  };

  it("keeps keywords and time unless others are given, and tells what /set would", async () => {
    const id = await world.deliver(BOB, message({}), { keywords: ["$seen"], receivedAt: 1_000_000_000_000 });
    const before = await states();
    const [[, answer]] = await copy({
      create: {
        a: { id, mailboxIds: { inbox: true } },
        b: { id, mailboxIds: { archive: true }, keywords: { work: true }, receivedAt: "2026-01-01T00:00:00Z" },
        c: { id },
        d: { id, mailboxIds: { inbox: true }, subject: "x" },
      },
      ifFromInState: before.from,
      ifInState: before.to,
    });
    expect(answer).toMatchObject({ fromAccountId: BOB, accountId: TEAM, oldState: before.to, newState: (await states()).to });
    expect(Object.keys(answer.created.a).sort()).toEqual(["blobId", "id", "size", "threadId"]);
    expect(answer.notCreated).toMatchObject({
      c: { type: "invalidProperties" },
      d: { type: "invalidProperties", properties: ["subject"] },
    });
    const [[, got]] = await world.request(bob, [
      [
        "Email/get",
        { accountId: TEAM, ids: [answer.created.a.id, answer.created.b.id], properties: ["keywords", "receivedAt", "mailboxIds"] },
      ],
    ]);
    expect(got.list).toMatchObject([
      { keywords: { $seen: true }, receivedAt: "2001-09-09T01:46:40Z", mailboxIds: { inbox: true } },
      { keywords: { work: true }, receivedAt: "2026-01-01T00:00:00Z", mailboxIds: { archive: true } },
    ]);
  });

  it("does nothing when a state is not the one expected", async () => {
    const id = await world.deliver(BOB, message({}));
    const create = { a: { id, mailboxIds: { inbox: true } } };
    for (const args of [{ ifFromInState: "9.9" }, { ifInState: "9.9" }])
      expect((await copy({ create, ...args }))[0]).toEqual(["error", { type: "stateMismatch" }, "c0"]);
    const responses = await copy({ create, onSuccessDestroyOriginal: true, destroyFromIfInState: "9.9" });
    expect(responses[0][1].created.a.id).toBeTruthy();
    expect(responses[1]).toEqual(["error", { type: "stateMismatch" }, "c0"]);
    const [[, kept]] = await world.request(bob, [["Email/get", { accountId: BOB, ids: [id], properties: ["id"] }]]);
    expect(kept.notFound).toEqual([]);
  });
});

describe("changes of other types", () => {
  it("threads change as Emails join and leave them, not with keywords (RFC 8621 §3.2)", async () => {
    const first = await world.deliver(ANN, message({ id: "1@x", subject: "Rota" }));
    const [{ threadId }] = (await world.call("Email/get", { ids: [first], properties: ["threadId"] })).list;
    const since = async () => (await world.call("Thread/get", { ids: [] })).state;
    const start = await since();
    await world.call("Email/set", { update: { [first]: { "keywords/$seen": true } } });
    expect(await world.call("Thread/changes", { sinceState: start })).toMatchObject({ created: [], updated: [], destroyed: [] });
    const second = await world.deliver(ANN, message({ id: "2@x", replyTo: "1@x", subject: "Re: Rota" }));
    const joined = await since();
    expect(await world.call("Thread/changes", { sinceState: start })).toMatchObject({ created: [], updated: [threadId], destroyed: [] });
    await world.call("Email/set", { destroy: [first] });
    expect(await world.call("Thread/changes", { sinceState: joined })).toMatchObject({ updated: [threadId] });
    await world.call("Email/set", { destroy: [second] });
    expect(await world.call("Thread/changes", { sinceState: joined })).toMatchObject({ updated: [], destroyed: [threadId] });
  });

  it("mailboxes come into and leave the results of a query (RFC 8621 §2.4)", async () => {
    const args = { filter: { hasAnyRole: false }, sort: [{ property: "name" }] };
    const make = async (name: string, parentId: string | null = null) =>
      (await world.call("Mailbox/set", { create: { a: { name, parentId } } })).created.a.id;
    const [a, c] = [await make("A"), await make("C")];
    const { queryState, ids } = await world.call("Mailbox/query", args);
    expect(ids).toEqual([a, c]);
    const b = await make("B");
    await world.call("Mailbox/set", { update: { [c]: { name: "0" } }, destroy: [a] });
    const changes = await world.call("Mailbox/queryChanges", { ...args, sinceQueryState: queryState, calculateTotal: true });
    const next = ids.filter((id: string) => !changes.removed.includes(id));
    for (const { id, index } of changes.added) next.splice(index, 0, id);
    expect(next).toEqual([c, b]);
    expect(changes.total).toBe(2);
    const tree = { ...args, sortAsTree: true };
    const whole = await world.call("Mailbox/query", tree);
    await make("Z", c);
    await world.call("Mailbox/set", { update: { [c]: { parentId: b } } });
    const moved = await world.call("Mailbox/queryChanges", { ...tree, sinceQueryState: whole.queryState });
    const kept = whole.ids.filter((id: string) => !moved.removed.includes(id));
    for (const { id, index } of moved.added) kept.splice(index, 0, id);
    expect(kept).toEqual((await world.call("Mailbox/query", tree)).ids);
  });

  it("identities and submissions have exact changes (RFC 8621 §6.2, §7.2, §7.4)", async () => {
    const identities = await world.call("Identity/get", {});
    const made = (await world.call("Identity/set", { create: { a: { email: "ann.alias@north.example" } } })).created.a.id;
    expect(await world.call("Identity/changes", { sinceState: identities.state })).toMatchObject({
      created: [made],
      updated: [],
      destroyed: [],
    });

    const { state } = await world.call("EmailSubmission/get", { ids: [] });
    const pending = { filter: { undoStatus: "pending" } };
    const { queryState } = await world.call("EmailSubmission/query", pending);
    const from = [{ email: "ann@north.example" }];
    const draft = await world.call("Email/set", { create: { d: { mailboxIds: { drafts: true }, from, to: [{ email: "a@b.example" }] } } });
    const submit = { identityId: identities.list[0].id, emailId: draft.created.d.id };
    const { id } = (await world.call("EmailSubmission/set", { create: { s: submit } })).created.s;
    expect(await world.call("EmailSubmission/changes", { sinceState: state })).toMatchObject({ created: [id], updated: [], destroyed: [] });
    const added = await world.call("EmailSubmission/queryChanges", { ...pending, sinceQueryState: queryState });
    expect(added).toMatchObject({ removed: [], added: [{ id, index: 0 }] });
    await world.call("EmailSubmission/set", { update: { [id]: { undoStatus: "canceled" } } });
    const gone = await world.call("EmailSubmission/queryChanges", { ...pending, sinceQueryState: added.newQueryState });
    expect(gone).toMatchObject({ removed: [id], added: [] });
  });
});
