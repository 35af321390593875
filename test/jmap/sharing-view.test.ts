/**
 * What someone sees of an account of which some Mailboxes are shared with them, and that nothing else of it shows (case S04; faults of others:
 * "Thread/get or changes revealing what an ACL hides", "a shared mailbox showing the owner's unread count").
 */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { AccountId, EmailId } from "../../core/ids.ts";
import { readSnapshot, writeSnapshot } from "../../core/log/snapshot.ts";
import { READ, SharingWorld, WRITE } from "./sharing-world.ts";
import { type Any, message, START } from "./world.ts";

const ANN = "aann" as AccountId;

let world: SharingWorld;
let ward: string;
const bob = (method: string, args: object): Promise<Any> => world.does("bob", method, args, ANN);
const ann = (method: string, args: object): Promise<Any> => world.does("ann", method, args);

const fileIn = async (mailboxId: string, fields: Parameters<typeof message>[0] = {}): Promise<EmailId> => {
  const id = await world.deliver(ANN, message(fields));
  if (mailboxId !== "inbox") await ann("Email/set", { update: { [id]: { mailboxIds: { [mailboxId]: true } } } });
  return id;
};

beforeEach(async () => {
  world = await SharingWorld.of("ann", "bob", "cat");
  ward = (await ann("Mailbox/set", { create: { w: { name: "Ward" } } })).created.w.id;
});

/** The answer with one id put for another: what is hidden must answer like what never was. */
const same = (answer: Any, id: string, other: string): Any => JSON.parse(JSON.stringify(answer).replaceAll(id, other));

// RFC 8621 §9.5
describe("what is not shared", () => {
  let shown: EmailId;
  let hidden: EmailId;
  const NOWHERE = "Eaaaaaaaaaaaaaaaaaaaa";
  beforeEach(async () => {
    shown = await fileIn(ward, { id: "q@x", subject: "Theatre list", body: "common word" });
    hidden = await fileIn("inbox", { id: "a@x", replyTo: "q@x", subject: "Re: Theatre list", body: "common secretword" });
    await world.give("ann", ward, { bob: WRITE });
  });

  it.each([
    ["Email/get", (id: string) => ({ ids: [id] })],
    ["Email/set", (id: string) => ({ update: { [id]: { "keywords/$flagged": true } } })],
    ["Email/set", (id: string) => ({ destroy: [id] })],
    ["Email/parse", (id: string) => ({ blobIds: [`GM${id}`] })],
    ["Blob/get", (id: string) => ({ ids: [`GM${id}`], properties: ["size"] })],
    ["Blob/lookup", (id: string) => ({ ids: [`GM${id}`], typeNames: ["Email"] })],
    ["SearchSnippet/get", (id: string) => ({ emailIds: [id], filter: { text: "secretword" } })],
  ])("%s answers about its mail as about none", async (method, args) => {
    const [told, nothing] = [await bob(method, args(hidden)), await bob(method, args(NOWHERE))];
    expect(same(told, hidden, NOWHERE)).toEqual(nothing);
  });

  it.each([
    ["Mailbox/get", (id: string) => ({ ids: [id] })],
    ["Mailbox/set", (id: string) => ({ update: { [id]: { name: "Mine" } } })],
    ["Mailbox/set", (id: string) => ({ destroy: [id] })],
    ["Mailbox/set", (id: string) => ({ update: { [ward]: { parentId: id } } })],
    ["Email/query", (id: string) => ({ filter: { inMailbox: id }, calculateTotal: true })],
    ["Email/set", (id: string) => ({ update: { [shown]: { [`mailboxIds/${id}`]: true } } })],
    ["Email/import", (id: string) => ({ emails: { a: { blobId: "GUnone", mailboxIds: { [id]: true } } } })],
  ])("%s answers about its Mailboxes as about none", async (method, args) => {
    const [told, nothing] = [await bob(method, args("archive")), await bob(method, args("Maaaaaaaaaaaaaaaaaaaa"))];
    expect(same(told, "archive", "Maaaaaaaaaaaaaaaaaaaa")).toEqual(nothing);
  });

  it("does not count, match, thread or add up", async () => {
    const threadId = (await bob("Email/get", { ids: [shown], properties: ["threadId"] })).list[0].threadId;
    expect((await ann("Thread/get", { ids: [threadId] })).list[0].emailIds).toEqual([shown, hidden]);
    expect((await bob("Thread/get", { ids: [threadId] })).list[0].emailIds).toEqual([shown]);
    for (const filter of [
      {},
      { text: "common" },
      { inMailboxOtherThan: ["trash"] },
      { inMailboxOtherThan: ["inbox"] },
      { notKeyword: "$flagged" },
    ])
      expect((await bob("Email/query", { filter, calculateTotal: true })) as object).toMatchObject({ ids: [shown], total: 1 });
    expect(await bob("Email/query", { filter: { text: "secretword" }, calculateTotal: true })).toMatchObject({ ids: [], total: 0 });
    expect(await bob("Email/query", { filter: { operator: "NOT", conditions: [{ inMailbox: ward }] } })).toMatchObject({ ids: [] });
    await ann("Email/set", { update: { [hidden]: { "keywords/$flagged": true } } });
    expect((await bob("Email/query", { filter: { someInThreadHaveKeyword: "$flagged" } })).ids).toEqual([]);
    expect((await bob("Mailbox/get", {})).list).toMatchObject([{ totalEmails: 1, totalThreads: 1, unreadThreads: 1 }]);
    expect((await bob("Email/get", { ids: null })).list.map(({ id }: Any) => id)).toEqual([shown]);
    for (const accountMethod of ["Identity/get", "EmailSubmission/get", "Quota/get", "SieveScript/get", "VacationResponse/get"])
      expect((await bob(accountMethod, {})).type).toBe("accountNotSupportedByMethod");
  });

  it("does not move states or changes: neither its mail, nor the rest of the account", async () => {
    const states = async () => [
      (await bob("Email/get", { ids: [] })).state,
      (await bob("Thread/get", { ids: [] })).state,
      (await bob("Mailbox/get", { ids: [] })).state,
    ];
    const before = await states();
    await fileIn("inbox", { subject: "More" });
    await ann("Email/set", { update: { [hidden]: { "keywords/$seen": true } } });
    await ann("Email/set", { destroy: [hidden] });
    await ann("Mailbox/set", { create: { p: { name: "Private" } } });
    expect(await states()).toEqual(before);
    const [emails, threads] = before;
    expect(await bob("Email/changes", { sinceState: emails })).toMatchObject({ created: [], updated: [], destroyed: [], newState: emails });
    expect(await bob("Thread/changes", { sinceState: threads })).toMatchObject({ created: [], updated: [], destroyed: [] });
    const { queryState } = await bob("Email/query", {});
    expect(await bob("Email/queryChanges", { sinceQueryState: queryState })).toMatchObject({ removed: [], added: [] });
  });

  it("keeps what is also elsewhere when it is destroyed here, and tells no more of it", async () => {
    await ann("Email/set", { update: { [shown]: { "mailboxIds/archive": true } } });
    expect((await bob("Email/get", { ids: [shown], properties: ["mailboxIds"] })).list[0].mailboxIds).toEqual({ [ward]: true });
    expect((await bob("Email/set", { destroy: [shown] })).destroyed).toEqual([shown]);
    expect((await bob("Email/get", { ids: [shown] })).notFound).toEqual([shown]);
    expect((await ann("Email/get", { ids: [shown], properties: ["mailboxIds"] })).list[0].mailboxIds).toEqual({ archive: true });
  });

  it("is not taken along when a Mailbox above or below it goes", async () => {
    const secret = (await ann("Mailbox/set", { create: { s: { name: "Secret", parentId: ward } } })).created.s.id;
    await world.give("ann", ward, { bob: { ...WRITE, mayDelete: true, mayCreateChild: true } });
    const answer = await bob("Mailbox/set", { destroy: [ward], onDestroyRemoveEmails: true });
    expect(answer.notDestroyed[ward].type).toBe("forbidden");
    expect(JSON.stringify(await bob("Mailbox/get", {}))).not.toContain(secret);
    const clash = (await bob("Mailbox/set", { create: { a: { name: "Secret", parentId: ward } } })).notCreated.a;
    expect(JSON.stringify(clash)).not.toContain(secret);
  });
});

// RFC 8621 §4.1.1
describe("$seen", () => {
  it("is each reader's own: nobody's reading makes a message look read to another", async () => {
    const [old, fresh] = [await fileIn(ward, { subject: "Old" }), await fileIn(ward, { subject: "Fresh" })];
    await ann("Email/set", { update: { [old]: { "keywords/$seen": true } } });
    await world.give("ann", ward, { bob: WRITE, cat: WRITE });
    const unread = async (name: string) =>
      (await world.does(name, "Mailbox/get", { ids: [ward], properties: ["unreadEmails", "unreadThreads"] }, ANN)).list[0];
    // What Ann had read when she shared it counts as read: nobody begins with ten thousand unread letters.
    expect(await unread("bob")).toMatchObject({ unreadEmails: 1, unreadThreads: 1 });
    await ann("Email/set", { update: { [fresh]: { "keywords/$seen": true } } });
    expect(await unread("ann")).toMatchObject({ unreadEmails: 0 });
    expect(await unread("bob")).toMatchObject({ unreadEmails: 1 });
    expect((await bob("Email/query", { filter: { notKeyword: "$seen" } })).ids).toEqual([fresh]);
    await bob("Email/set", { update: { [fresh]: { "keywords/$seen": true, "keywords/$flagged": true } } });
    expect([await unread("bob"), await unread("cat")]).toMatchObject([{ unreadEmails: 0 }, { unreadEmails: 1 }]);
    const keywords = async (name: string) =>
      (await world.does(name, "Email/get", { ids: [fresh], properties: ["keywords"] }, ANN)).list[0].keywords;
    expect(await keywords("cat")).toEqual({ $flagged: true });
    expect(await keywords("bob")).toEqual({ $flagged: true, $seen: true });
    await bob("Email/set", { update: { [fresh]: { "keywords/$seen": null } } });
    expect(await keywords("bob")).toEqual({ $flagged: true });
    expect(await keywords("ann")).toEqual({ $flagged: true, $seen: true });
  });

  it("tells a reader's other devices what was read on one, and outlives a snapshot", async () => {
    const id = await fileIn(ward);
    await world.give("ann", ward, { bob: WRITE });
    const { state } = await bob("Email/get", { ids: [] });
    const mailboxes = (await bob("Mailbox/get", { ids: [] })).state;
    await bob("Email/set", { update: { [id]: { "keywords/$seen": true } } });
    expect((await bob("Email/changes", { sinceState: state })).updated).toEqual([id]);
    expect(await bob("Mailbox/changes", { sinceState: mailboxes })).toMatchObject({
      updated: [ward],
      updatedProperties: expect.any(Array),
    });
    const fold = readSnapshot(ANN, writeSnapshot(await world.log.fold(ANN)));
    const part = { listed: new Set([ward]), readable: new Set([ward]), tag: "x" };
    const seen = (reader: string) => fold.seenAs({ reader, part }).mailboxCounts(ward as never).unreadEmails;
    expect([seen("ebob"), seen("ecat")]).toEqual([0, 1]);
  });

  it("of what a colleague puts in stays the colleague's", async () => {
    await world.give("ann", ward, { bob: WRITE });
    const answer = await bob("Email/set", {
      create: { a: { mailboxIds: { [ward]: true }, subject: "Handover", keywords: { $seen: true } } },
    });
    const { id } = answer.created.a;
    expect((await bob("Email/get", { ids: [id], properties: ["keywords"] })).list[0].keywords).toEqual({ $seen: true });
    expect((await ann("Email/get", { ids: [id], properties: ["keywords"] })).list[0].keywords).toEqual({});
  });

  it("given by the account's filters or by an import is everyone's", async () => {
    await world.give("ann", "inbox", { bob: WRITE });
    const id = await world.deliver(ANN, message({}), { keywords: ["$seen"] });
    expect((await bob("Email/get", { ids: [id], properties: ["keywords"] })).list[0].keywords).toEqual({ $seen: true });
  });
});

type Step =
  | { kind: "deliver"; reply: number }
  | { kind: "move"; pick: number; to: number; keep: boolean }
  | { kind: "destroy"; pick: number }
  | { kind: "flag"; pick: number; byBob: boolean; seen: boolean }
  | { kind: "share"; mailbox: number; rights: boolean }
  | { kind: "restart" }
  | { kind: "sync"; max: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("deliver" as const), reply: fc.nat(9) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("move" as const), pick: fc.nat(20), to: fc.nat(2), keep: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("destroy" as const), pick: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("flag" as const), pick: fc.nat(20), byBob: fc.boolean(), seen: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("share" as const), mailbox: fc.nat(1), rights: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("sync" as const), max: fc.integer({ min: 1, max: 3 }) }) },
);

/** Bob keeps what he sees by /changes alone; Ann's own account, with the shared Mailboxes picked out of it, says what that must be. */
class Sync {
  readonly emails = new Map<string, Any>();
  readonly threads = new Map<string, string[]>();
  state = { Email: "", Thread: "" };

  async restart(): Promise<void> {
    this.emails.clear();
    this.threads.clear();
    for (const email of (await bob("Email/get", { ids: null, properties: ["keywords", "mailboxIds", "threadId"] })).list)
      this.emails.set(email.id, email);
    for (const { id, emailIds } of (await bob("Thread/get", { ids: null })).list) this.threads.set(id, emailIds);
    this.state = { Email: (await bob("Email/get", { ids: [] })).state, Thread: (await bob("Thread/get", { ids: [] })).state };
  }

  async follow(max: number): Promise<void> {
    for (const type of ["Email", "Thread"] as const) {
      const kept: Map<string, Any> = type === "Email" ? this.emails : this.threads;
      for (let more = true; more; ) {
        const changes = await bob(`${type}/changes`, { sinceState: this.state[type], maxChanges: max });
        if (changes.type === "cannotCalculateChanges") return this.restart();
        // Nothing is told twice or about what was never in sight.
        for (const id of changes.destroyed) expect(kept.delete(id), `${type} ${id} was known`).toBe(true);
        for (const id of changes.updated) expect(kept.has(id), `${type} ${id} was known`).toBe(true);
        for (const id of changes.created) expect(kept.has(id), `${type} ${id} was new`).toBe(false);
        const ids = [...changes.created, ...changes.updated];
        const { list } = await bob(`${type}/get`, { ids, ...(type === "Email" && { properties: ["keywords", "mailboxIds", "threadId"] }) });
        for (const one of list) kept.set(one.id, type === "Email" ? one : one.emailIds);
        // What a later page takes away again is known until then.
        for (const id of ids) if (!kept.has(id)) kept.set(id, null);
        this.state[type] = changes.newState;
        more = changes.hasMoreChanges;
      }
    }
  }
}

describe("a client that sees a part of an account, and a plain model of it", () => {
  it("agree after any sequence of moves, shares and restarts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        world = await SharingWorld.of("ann", "bob");
        ward = (await ann("Mailbox/set", { create: { w: { name: "Ward" } } })).created.w.id;
        await world.give("ann", ward, { bob: WRITE });
        const places = [ward, "archive", "inbox"];
        const shared = new Set([ward]);
        const seen = new Map<string, Set<string>>([["bob", new Set()]]);
        const alive: EmailId[] = [];
        const client = new Sync();
        await client.restart();
        let count = 0;
        const check = async (max: number) => {
          await client.follow(max);
          const whole = (await ann("Email/get", { ids: alive, properties: ["keywords", "mailboxIds", "threadId"] })).list;
          const expected = whole.flatMap((email: Any) => {
            const mailboxIds = Object.fromEntries(Object.entries(email.mailboxIds).filter(([id]) => shared.has(id)));
            if (Object.keys(mailboxIds).length === 0) return [];
            const { $seen: _, ...keywords } = email.keywords;
            return [{ ...email, mailboxIds, keywords: { ...keywords, ...(seen.get("bob")!.has(email.id) && { $seen: true }) } }];
          });
          const byId = (a: Any, b: Any) => (a.id < b.id ? -1 : 1);
          expect([...client.emails.values()].sort(byId)).toEqual(expected.sort(byId));
          const threads = Map.groupBy(expected as Any[], ({ threadId }) => threadId as string);
          expect([...client.threads.keys()].sort()).toEqual([...threads.keys()].sort());
          for (const [id, emailIds] of client.threads)
            expect([...emailIds].sort()).toEqual(
              threads
                .get(id)!
                .map((email) => email.id)
                .sort(),
            );
          for (const mailbox of (await bob("Mailbox/get", {})).list) {
            const inside = expected.filter((email: Any) => email.mailboxIds[mailbox.id]);
            expect(mailbox).toMatchObject({
              totalEmails: inside.length,
              unreadEmails: inside.filter((email: Any) => !email.keywords.$seen).length,
              totalThreads: new Set(inside.map((email: Any) => email.threadId)).size,
            });
          }
        };
        for (const one of steps) {
          const id = alive[("pick" in one ? one.pick : 0) % Math.max(1, alive.length)];
          if (one.kind === "deliver") {
            const raw = message({ id: `${++count}@x`, subject: "Rota", ...(one.reply < count - 1 && { replyTo: `${one.reply + 1}@x` }) });
            alive.push(await world.deliver(ANN, raw, { receivedAt: START + count * 1_000 }));
          } else if (one.kind === "sync") await check(one.max);
          else if (one.kind === "restart") world.forgetCaches();
          else if (one.kind === "share") {
            const mailboxId = places[one.mailbox]!;
            const isNew = one.rights && !shared.has(mailboxId);
            // A reader is welcomed once: what Ann had read by then counts as read.
            if (isNew) shared.add(mailboxId);
            else if (!one.rights) shared.delete(mailboxId);
            await world.give("ann", mailboxId, { bob: one.rights ? WRITE : null });
            if (shared.size === 0) {
              shared.add(mailboxId);
              await world.give("ann", mailboxId, { bob: READ });
            }
          } else if (id === undefined) continue;
          else if (one.kind === "move") {
            const to = places[one.to]!;
            await ann("Email/set", { update: { [id]: one.keep ? { [`mailboxIds/${to}`]: true } : { mailboxIds: { [to]: true } } } });
          } else if (one.kind === "destroy") {
            await ann("Email/set", { destroy: [id] });
            alive.splice(alive.indexOf(id), 1);
          } else {
            const patch = { "keywords/$seen": one.seen || null };
            const answer = one.byBob
              ? await bob("Email/set", { update: { [id]: patch } })
              : await ann("Email/set", { update: { [id]: patch } });
            if (one.byBob && answer.updated) one.seen ? seen.get("bob")!.add(id) : seen.get("bob")!.delete(id);
          }
        }
        await check(2);
        expect(world.failures).toEqual([]);
      }),
      { numRuns: Number(process.env.JMAP_RUNS ?? 400) },
    );
  });
});
