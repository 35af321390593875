import { beforeEach, describe, expect, test } from "vitest";
import { indexMail } from "../../core/flows/index-mail.ts";
import { IndexedTextSearch } from "../../core/jmap/email/indexed-text-search.ts";
import { DirectTextSearch } from "../../core/jmap/email/text-search.ts";
import { createJmap } from "../../core/jmap/jmap.ts";
import { limits } from "../../core/limits.ts";
import { ANN, type Any, ann, message, World } from "../jmap/world.ts";
import { MemorySearchIndexStore } from "../support/memory-search-index-store.ts";

let world: World;
let index: MemorySearchIndexStore;
let number: number;
beforeEach(async () => {
  world = await World.make();
  index = new MemorySearchIndexStore();
  number = 0;
});

const call = async (name: string, args: object): Promise<Any> => {
  const direct = new DirectTextSearch({ store: world.store, blobs: world.blobs });
  const search = new IndexedTextSearch({ index, state: world.blobs, direct });
  const methodCalls = [[name, { accountId: ANN, ...args }, "c"]];
  const body = JSON.stringify({ using: ["urn:ietf:params:jmap:mail"], methodCalls });
  return ((await createJmap({ ...world.ports, search }).api(ann, body, null)) as Any).json.methodResponses[0][1];
};

const arrive = () => world.deliver(ANN, message({ id: `${number}@x`, subject: `Rota ${number++}`, body: "the potassium is in" }));

/** One round of the index stage, or as many as there is time for. */
const runIndex = (job: { rebuildAsOf?: number } = {}, rounds = Number.POSITIVE_INFINITY) => {
  const { log, store, blobs } = world;
  const documents = { reads: () => false, read: async () => null };
  const ports = { log, store, index, mail: blobs, state: blobs, documents, now: () => (world.now += 1_000) };
  return indexMail({ ...ports, hasTime: () => --rounds > 0 }, { accountId: ANN, ...job });
};

const query = { filter: { text: "potassium" }, calculateTotal: true };

describe("search is not empty after a rebuild", () => {
  test("of a mailbox too large to be read message by message: while it goes on, when its worker dies, and after it", async () => {
    const count = limits.search.directMessages + limits.search.messagesPerSegment + 100;
    for (let one = 0; one < count; one++) await arrive();
    await runIndex();
    const found = async () => (await call("Email/query", query)).total;
    expect(await found()).toBe(count);
    const asked = { rebuildAsOf: world.now + 1 };
    for (let round = 0; round < 20; round++) {
      const put = world.blobs.put.bind(world.blobs);
      if (round === 1) world.blobs.put = () => Promise.reject(new Error("died"));
      const isDone = await runIndex(asked, 1).catch(() => false);
      world.blobs.put = put;
      expect(await found()).toBe(count);
      if (round === 2) await arrive();
      if (round === 2) expect(await found()).toBe(count + 1);
      if (round === 2) await call("Email/set", { destroy: (await call("Email/query", { ...query, limit: 1 })).ids });
      if (isDone) break;
    }
    expect(await runIndex()).toBe(true);
    expect(index.manifests.get(ANN)).toMatchObject({ former: null, indexedUid: count + 1 });
    expect(await found()).toBe(count);
    const rota = await call("Email/query", { filter: { subject: '"rota 17"' } });
    expect(rota.ids).toHaveLength(1);
  }, 60_000);

  test("although a segment of the former list is lost", async () => {
    for (let one = 0; one < 30; one++) await arrive();
    await runIndex();
    const { segments, ...manifest } = index.manifests.get(ANN)!;
    index.manifests.set(ANN, { ...manifest, segments: [], indexedUid: 0, former: { indexedUid: manifest.indexedUid, segments } });
    expect((await call("Email/query", query)).total).toBe(30);
    await world.blobs.delete(segments[0]!.key);
    expect((await call("Email/query", query)).total).toBe(30);
  });
});

describe("the query state is not ahead of the index, nor the index of it", () => {
  test("mail that no segment holds yet is found at once, and /queryChanges tells of it", async () => {
    for (let one = 0; one < 10; one++) await arrive();
    await runIndex();
    const before = await call("Email/query", query);
    const fresh = await arrive();
    const changes = await call("Email/queryChanges", { ...query, sinceQueryState: before.queryState });
    expect([changes.added, changes.total]).toEqual([[{ id: fresh, index: 0 }], 11]);
    const after = await call("Email/query", query);
    expect([after.queryState, after.ids[0], after.total]).toEqual([changes.newQueryState, fresh, 11]);
    await runIndex();
    const again = await call("Email/query", query);
    expect([again.queryState, again.ids]).toEqual([after.queryState, after.ids]);
    const none = await call("Email/queryChanges", { ...query, sinceQueryState: after.queryState });
    expect([none.added, none.removed]).toEqual([[], []]);
  });

  test("mail that is filed and indexed while a query runs is in no answer of an older state, and is told next time", async () => {
    for (let one = 0; one < 10; one++) await arrive();
    await runIndex();
    const getManifest = index.getManifest.bind(index);
    let late: string | undefined;
    index.getManifest = async (accountId) => {
      if (late === undefined) {
        late = "";
        late = await arrive();
        await runIndex();
      }
      return getManifest(accountId);
    };
    const answer = await call("Email/query", query);
    expect([answer.ids.includes(late), answer.total]).toEqual([false, 10]);
    const { added } = await call("Email/queryChanges", { ...query, sinceQueryState: answer.queryState });
    expect(added).toEqual([{ id: late, index: 0 }]);
  });
});
