import { beforeEach, describe, expect, test } from "vitest";
import { createJmap } from "../../core/jmap/jmap.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import { ANN, type Any, ann, message, World } from "../jmap/world.ts";

let world: World;
beforeEach(async () => {
  world = await World.make();
});

const octetsOf = async () => (await world.log.load(ANN))!.totals;

describe("the same id is not destroyed twice", () => {
  test("by one call that names it twice, also by its creation id, nor by a later call", async () => {
    const kept = await world.deliver(ANN, message({ id: "kept@x" }));
    const before = await octetsOf();
    const [[, first], [, second]] = await world.request(ann, [
      ["Email/set", { accountId: ANN, create: { d: { mailboxIds: { drafts: true }, subject: "x" } } }],
      ["Email/set", { accountId: ANN, destroy: ["#d", "#d"] }],
    ]);
    const { id } = first.created.d;
    expect(second.destroyed).toEqual([id]);
    const again = await world.call("Email/set", { destroy: [id, id] });
    expect(again).toMatchObject({ destroyed: null, notDestroyed: { [id]: { type: "notFound" } } });
    expect(again.newState).toBe(again.oldState);
    expect(await octetsOf()).toEqual({ ...before, nextUid: before.nextUid + 1 });
    expect((await world.call("Email/get", { ids: null, properties: ["id"] })).list).toEqual([{ id: kept }]);
  });

  test("by two clients at once: one destroys it, the other does not find it, and it is subtracted once", async () => {
    const log = new StoredAccountLog({ store: world.store, blobs: world.blobs, epoch: 1, now: () => world.now });
    const elsewhere = createJmap({ ...world.ports, log });
    await world.deliver(ANN, message({ id: "kept@x" }));
    const before = await octetsOf();
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push(await world.deliver(ANN, message({ id: `${count}@x` })));
    const methodCalls = [["Email/set", { accountId: ANN, destroy: ids }, "c"]];
    const body = JSON.stringify({ using: ["urn:ietf:params:jmap:mail"], methodCalls });
    const answers = await Promise.all([world.jmap, elsewhere].map((jmap) => jmap.api(ann, body, null)));
    const sets = answers.map((answer) => (answer as Any).json.methodResponses[0][1]);
    expect(sets.map(({ destroyed }) => destroyed?.length ?? 0).sort()).toEqual([0, 5]);
    const loser = sets.find(({ destroyed }) => destroyed === null);
    expect(Object.values(loser.notDestroyed).map((error) => (error as Any).type)).toEqual(Array(5).fill("notFound"));
    expect(await octetsOf()).toMatchObject({ octets: before.octets, messages: before.messages });
  });

  test("by the end of two of its Mailboxes at once, and /changes tells of each id once over all pages", async () => {
    const { created } = await world.call("Mailbox/set", { create: { a: { name: "A" }, b: { name: "B" } } });
    const mailboxIds = { [created.a.id]: true, [created.b.id]: true };
    const ids: string[] = [];
    for (let count = 0; count < 9; count++) ids.push(await world.deliver(ANN, message({ id: `${count}@x` })));
    await world.call("Email/set", { update: Object.fromEntries(ids.map((id) => [id, { mailboxIds }])) });
    const { state } = await world.call("Email/get", { ids: [] });
    const answer = await world.call("Mailbox/set", { destroy: [created.a.id, created.b.id], onDestroyRemoveEmails: true });
    expect(answer.destroyed.length).toBe(2);
    await world.deliver(ANN, message({ id: "after@x" }));
    const told: string[] = [];
    for (let sinceState = state, more = true; more; ) {
      const page: Any = await world.call("Email/changes", { sinceState, maxChanges: 2 });
      told.push(...page.destroyed);
      [sinceState, more] = [page.newState, page.hasMoreChanges];
    }
    expect(told.sort()).toEqual(ids.sort());
    expect((await octetsOf()).messages).toBe(1);
  });
});
