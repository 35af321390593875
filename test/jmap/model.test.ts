import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Model, type ModelQuery, queries } from "./model.ts";
import { type Any, bob, message, person, START, TEAM, World } from "./world.ts";

/**
 * Two people share an account; each keeps a cache by /changes and /queryChanges only (RFC 8620 §5.2, §5.6, RFC 8621 §4.3, §4.5), and
 * threads are collapsed as RFC 8621 §4.4.3 has it.
 */
const clients = [
  bob,
  person("acat" as never, { accountId: TEAM, name: "team", mail: "team@north.example", isPersonal: false, rights: "readWrite" }),
];

const KEYWORDS = ["$seen", "$flagged", "$draft"] as const;
const MAILBOXES = ["inbox", "archive", "trash"] as const;
const SUBJECTS = ["rota", "ward", "shift"] as const;

type Step =
  | { kind: "deliver"; subject: number; reply: number; size: number }
  | { kind: "keyword"; picks: number[]; keyword: number; set: boolean }
  | { kind: "move"; pick: number; to: number; keep: boolean }
  | { kind: "destroy"; picks: number[] }
  | { kind: "sync"; max: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("deliver" as const), subject: fc.nat(2), reply: fc.nat(20), size: fc.nat(40) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("keyword" as const),
      picks: fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
      keyword: fc.nat(2),
      set: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("move" as const), pick: fc.nat(20), to: fc.nat(2), keep: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("destroy" as const), picks: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sync" as const), max: fc.integer({ min: 1, max: 5 }) }) },
);

/** A client that never reads a whole list twice. */
class Client {
  readonly results = new Map<ModelQuery, { ids: string[]; state: string }>();
  readonly emails = new Map<string, Any>();
  emailState = "";
  readonly #world: World;
  readonly #principal: typeof bob;

  constructor(world: World, principal: typeof bob) {
    this.#world = world;
    this.#principal = principal;
  }

  async call(name: string, args: object): Promise<Any> {
    const [[reply, answer]] = await this.#world.request(this.#principal, [[name, { accountId: TEAM, ...args }]]);
    if (reply === "error") throw new Error(`${name}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async start(): Promise<void> {
    this.emailState = (await this.call("Email/get", { ids: [] })).state;
    for (const query of queries) {
      const { ids, queryState } = await this.call("Email/query", query.args);
      this.results.set(query, { ids, state: queryState });
    }
  }

  async syncQueries(): Promise<void> {
    for (const [query, { ids, state }] of this.results) {
      const changes = await this.call("Email/queryChanges", {
        ...query.args,
        limit: undefined,
        sinceQueryState: state,
        calculateTotal: true,
      });
      const next = ids.filter((id) => !changes.removed.includes(id));
      for (const { id, index } of changes.added) next.splice(index, 0, id);
      expect(changes.total).toBe(next.length);
      this.results.set(query, { ids: next, state: changes.newQueryState });
    }
  }

  async syncEmails(maxChanges: number): Promise<void> {
    for (let more = true; more; ) {
      const changes = await this.call("Email/changes", { sinceState: this.emailState, maxChanges });
      for (const id of changes.destroyed) this.emails.delete(id);
      const { list, notFound } = await this.call("Email/get", {
        ids: [...changes.created, ...changes.updated],
        properties: ["keywords", "mailboxIds"],
      });
      // What a later change destroyed is told by a later page.
      if (!changes.hasMoreChanges) expect(notFound).toEqual([]);
      for (const email of list) this.emails.set(email.id, email);
      this.emailState = changes.newState;
      more = changes.hasMoreChanges;
    }
  }
}

class Run {
  /** What each client sees: alike but for `$seen`, which is each reader's own. */
  readonly models = clients.map(() => new Model());
  get model(): Model {
    return this.models[0]!;
  }
  readonly #world: World;
  readonly clients: Client[];
  #count = 0;

  constructor(world: World) {
    this.#world = world;
    this.clients = clients.map((principal) => new Client(world, principal));
  }

  pick(index: number): string | undefined {
    const ids = [...this.model.emails.keys()];
    return ids[index % Math.max(1, ids.length)];
  }

  async perform(step: Step, client: Client): Promise<void> {
    switch (step.kind) {
      case "deliver":
        return this.deliver(step.subject, step.reply, step.size);
      case "sync":
        await client.syncQueries();
        await client.syncEmails(step.max);
        return this.compare(client);
      default:
        return this.change(step, client);
    }
  }

  async deliver(subject: number, reply: number, size: number): Promise<void> {
    const count = ++this.#count;
    const answered = [...this.model.emails.values()].find((email) => email.subject === SUBJECTS[subject] && reply % 2 === 0);
    const raw = message({
      id: `${count}@x`,
      subject: SUBJECTS[subject],
      replyTo: answered && `${this.numbers.get(answered.id)}@x`,
      body: `body ${"1".repeat(size + 1)}`,
    });
    const receivedAt = START + ((reply * 7919) % 1000) * 60_000 + count;
    const id = await this.#world.deliver(TEAM, raw, { receivedAt });
    this.numbers.set(id, count);
    const [email] = (await this.clients[0]!.call("Email/get", { ids: [id], properties: ["threadId", "size"] })).list;
    if (answered) expect(email.threadId).toBe(answered.threadId);
    for (const model of this.models) {
      model.emails.set(id, {
        id,
        threadId: email.threadId,
        receivedAt,
        size: email.size,
        subject: SUBJECTS[subject]!,
        mailboxIds: new Set(["inbox"]),
        keywords: new Set(),
      });
    }
  }

  readonly numbers = new Map<string, number>();

  async change(step: Exclude<Step, { kind: "deliver" | "sync" }>, client: Client): Promise<void> {
    if (this.model.emails.size === 0) return;
    const own = this.models[this.clients.indexOf(client)]!;
    if (step.kind === "keyword") {
      const ids = new Set(step.picks.map((pick) => this.pick(pick)!));
      const keyword = KEYWORDS[step.keyword]!;
      await client.call("Email/set", {
        update: Object.fromEntries([...ids].map((id) => [id, { [`keywords/${keyword}`]: step.set || null }])),
      });
      for (const { emails } of keyword === "$seen" ? [own] : this.models)
        for (const id of ids) step.set ? emails.get(id)!.keywords.add(keyword) : emails.get(id)!.keywords.delete(keyword);
    } else if (step.kind === "move") {
      const id = this.pick(step.pick)!;
      const to = MAILBOXES[step.to]!;
      for (const { emails } of this.models) {
        const email = emails.get(id)!;
        email.mailboxIds = step.keep ? new Set([...email.mailboxIds, to]) : new Set([to]);
      }
      await client.call("Email/set", {
        update: { [id]: step.keep ? { [`mailboxIds/${to}`]: true } : { mailboxIds: { [to]: true } } },
      });
    } else {
      const ids = [...new Set(step.picks.map((pick) => this.pick(pick)!))];
      expect((await client.call("Email/set", { destroy: [...ids, ids[0]] })).destroyed).toEqual(ids);
      for (const { emails } of this.models) for (const id of ids) emails.delete(id);
    }
  }

  async compare(client: Client): Promise<void> {
    const model = this.models[this.clients.indexOf(client)]!;
    for (const query of queries) {
      const expected = model.query(query);
      const fresh = await client.call("Email/query", { ...query.args, calculateTotal: true });
      expect(fresh.ids, query.name).toEqual(expected);
      expect(fresh.total, query.name).toBe(expected.length);
      const page = await client.call("Email/query", { ...query.args, position: 1, limit: 2, calculateTotal: true });
      expect([page.ids, page.total], query.name).toEqual([expected.slice(1, 3), expected.length]);
      expect(client.results.get(query)!.ids, `cache of ${query.name}`).toEqual(expected);
    }
    const cached = Object.fromEntries(
      [...client.emails].map(([id, email]) => [id, [Object.keys(email.keywords).sort(), Object.keys(email.mailboxIds).sort()]]),
    );
    expect(cached).toEqual(
      Object.fromEntries([...model.emails.values()].map((email) => [email.id, [[...email.keywords].sort(), [...email.mailboxIds].sort()]])),
    );
    const { list } = await client.call("Mailbox/get", {});
    for (const mailbox of list) expect(mailbox, mailbox.id).toMatchObject(model.counts(mailbox.id));
    expect(this.#world.failures).toEqual([]);
  }
}

describe("two clients and a plain model", () => {
  it("agree after any sequence of methods", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), step), { minLength: 5, maxLength: 40 }), async (steps) => {
        const run = new Run(await World.make());
        for (const client of run.clients) await client.start();
        for (const [who, one] of steps) await run.perform(one, run.clients[who]!);
        for (const client of run.clients) await run.perform({ kind: "sync", max: 3 }, client);
      }),
      { numRuns: Number(process.env.JMAP_RUNS ?? 60) },
    );
  }, 120_000);
});
