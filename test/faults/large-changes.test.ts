import { beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../core/limits.ts";
import { emailIdOf, threadIdOf } from "../../core/log/id-words.ts";
import { ANN, type Any, message, START, World } from "../jmap/world.ts";

const MESSAGES = 100_000;

/** An account of very many messages, brought in by commits of 5,000. */
const largeAccount = async (count = MESSAGES): Promise<{ world: World; ids: string[] }> => {
  const world = await World.make();
  const ids: string[] = [];
  for (let from = 0; from < count; from += 5_000) {
    const created = Array.from({ length: Math.min(5_000, count - from) }, (_, index) => {
      const id = emailIdOf(ANN, `large${from + index}` as never);
      ids.push(id);
      const at = START + (from + index) * 1000;
      const email = { id, threadId: threadIdOf(id), receivedAt: at, sentAt: at, sizeOctets: 1_000, hasAttachment: false };
      return { ...email, mailboxIds: ["inbox" as never], keywords: [] };
    });
    await world.log.commit(ANN, () => ({ plan: { actor: "system:import", email: { created } }, result: null }));
  }
  return { world, ids };
};

/** All pages of a /changes, with what the last one leads to. */
const pages = async (world: World, type: string, sinceState: string, maxChanges: number): Promise<Record<string, string[]>> => {
  const told: Record<string, string[]> = { created: [], updated: [], destroyed: [] };
  for (let state = sinceState, more = true, left = 1_000; more; left--) {
    expect(left, "the pages end").toBeGreaterThan(0);
    const page: Any = await world.call(`${type}/changes`, { sinceState: state, maxChanges });
    expect(page.type, JSON.stringify(page)).toBeUndefined();
    for (const [kind, ids] of Object.entries(told)) ids.push(...page[kind]);
    expect(page.newState).not.toBe(state);
    [state, more] = [page.newState, page.hasMoreChanges];
  }
  return told;
};

const setOf = (ids: readonly string[]) => new Set(ids);
const uidsFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);

describe("Email/changes and /queryChanges do not fail after large changes", () => {
  test("100,000 messages changed in one commit and 3,000 in commits of their own are told exactly, whole or in pages", async () => {
    const { world, ids } = await largeAccount();
    const { state } = await world.call("Email/get", { ids: [] });
    const { queryState } = await world.call("Email/query", { filter: { hasKeyword: "$flagged" } });
    const commit = (email: object) => world.log.commit(ANN, () => ({ plan: { actor: "t", email }, result: null }));
    await commit({ updated: [{ uids: uidsFrom(1, MESSAGES), addKeywords: ["$seen"] }] });
    for (let one = 0; one < 3_000; one++) await commit({ updated: [{ uids: [1 + one * 7], addKeywords: ["$flagged"] }] });
    await commit({ destroyedUids: uidsFrom(MESSAGES - 999, 1_000) });

    const told = await pages(world, "Email", state, 15_000);
    expect([told.created!.length, told.updated!.length, told.destroyed!.length]).toEqual([0, MESSAGES - 1_000, 1_000]);
    expect([setOf(told.updated!).size, setOf(told.destroyed!).size]).toEqual([MESSAGES - 1_000, 1_000]);
    expect(setOf(told.destroyed!)).toEqual(setOf(ids.slice(-1_000)));

    // Told to read the list anew, and no list that looks right and is not.
    const tooMany = await world.call("Email/queryChanges", { filter: { hasKeyword: "$flagged" }, sinceQueryState: queryState });
    expect(tooMany.type).toBe("cannotCalculateChanges");
    const bounded = { filter: { hasKeyword: "$flagged" }, sinceQueryState: queryState, maxChanges: 10 };
    expect((await world.call("Email/queryChanges", bounded)).type).toBe("tooManyChanges");
  }, 60_000);

  test("/queryChanges after 40,000 messages were marked turns the old list into the new one, also for a client that sets no bound", async () => {
    const { world } = await largeAccount(40_000);
    const query = { filter: { notKeyword: "$seen" }, sort: [{ property: "receivedAt", isAscending: false }] };
    const before = await world.call("Email/query", query);
    const uids = uidsFrom(1, 40_000).filter((uid) => uid % 3 > 0);
    await world.log.commit(ANN, () => ({ plan: { actor: "t", email: { updated: [{ uids, addKeywords: ["$seen"] }] } }, result: null }));
    const { removed, added, total } = await world.call("Email/queryChanges", {
      ...query,
      sinceQueryState: before.queryState,
      calculateTotal: true,
    });
    const gone = setOf(removed);
    const list = before.ids.filter((id: string) => !gone.has(id));
    for (const { id, index } of added) list.splice(index, 0, id);
    const after = await world.call("Email/query", query);
    expect(total).toBe(40_000 - uids.length);
    // The old page was cut, so is what became of it.
    expect(list).toEqual(after.ids.slice(0, list.length));
    expect(list.length).toBeGreaterThan(1_000);
  });

  test("a state older than the destroyed ids that are remembered is refused, never answered wrongly, and so is one inside the oldest commit", async () => {
    const most = limits.log.tombstones;
    const { world, ids } = await largeAccount(most + 20_000);
    const { state } = await world.call("Email/get", { ids: [] });
    const { queryState } = await world.call("Email/query", {});
    // One commit whose ids are forgotten in part, and small ones until that happens.
    await world.log.commit(ANN, () => ({ plan: { actor: "t", email: { destroyedUids: uidsFrom(1, 20_000) } }, result: null }));
    const cut = await world.call("Email/changes", { sinceState: state, maxChanges: 100 });
    expect([cut.destroyed.length, cut.hasMoreChanges]).toEqual([100, true]);
    for (let from = 20_001; from < most + 15_001; from += 5_000) {
      await world.log.commit(ANN, () => ({ plan: { actor: "t", email: { destroyedUids: uidsFrom(from, 5_000) } }, result: null }));
    }
    const { state: midway } = await world.call("Email/get", { ids: [] });
    await world.call("Email/set", { destroy: [ids.at(-1)] });
    for (const sinceState of [state, cut.newState])
      expect((await world.call("Email/changes", { sinceState })).type).toBe("cannotCalculateChanges");
    expect((await world.call("Thread/changes", { sinceState: state })).type).toBe("cannotCalculateChanges");
    expect((await world.call("Email/queryChanges", { sinceQueryState: queryState })).type).toBe("cannotCalculateChanges");
    expect((await world.call("Email/changes", { sinceState: midway })).destroyed).toEqual([ids.at(-1)]);
  }, 60_000);
});

describe("a cut inside one large commit", () => {
  let world: World;
  beforeEach(async () => {
    world = await World.make();
  });

  test("of hundreds of threads begun at once can be gone on from, page by page", async () => {
    const { state } = await world.call("Thread/get", { ids: [] });
    const mail = { mailboxIds: { inbox: true }, from: [{ email: "ann@north.example" }] };
    const create = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`m${index}`, { ...mail, subject: `s${index}` }]));
    const { created } = await world.call("Email/set", { create });
    const told = await pages(world, "Thread", state, 7);
    expect(setOf(told.created!)).toEqual(setOf(Object.values(created).map((email) => (email as Any).threadId)));
  });

  test("or between two does not hide that a Mailbox was renamed when its counts changed later", async () => {
    const { state } = await world.call("Mailbox/get", {});
    await world.call("Mailbox/set", { update: { inbox: { name: "In-tray" }, junk: { name: "Rubbish" }, archive: { name: "Attic" } } });
    await world.deliver(ANN, message({}));
    for (let sinceState = state, more = true, renamed = new Set<string>(); more; ) {
      const page: Any = await world.call("Mailbox/changes", { sinceState, maxChanges: 1 });
      const properties = page.updatedProperties ?? ["name"];
      for (const id of page.updated) if (properties.includes("name")) renamed.add(id);
      [sinceState, more] = [page.newState, page.hasMoreChanges];
      if (!more) expect(renamed).toEqual(setOf(["inbox", "junk", "archive"]));
    }
  });
});
