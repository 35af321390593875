/** Carries steps out on two processes and on the plain model, and compares what the two say. */
import { expect } from "vitest";
import { indexMail } from "../../../core/flows/index-mail.ts";
import { MemorySearchIndexStore } from "../../support/memory-search-index-store.ts";
import { type Any, bob, person, TEAM, type World } from "../world.ts";
import { arrive } from "./arrivals.ts";
import { Client } from "./client.ts";
import { KEYWORDS } from "./kept-queries.ts";
import { changeMailbox, dropMailbox, makeMailbox } from "./mailbox-steps.ts";
import { Model, type ModelEmail } from "./model.ts";
import { pageOf, queryEmails, queryMailboxes } from "./model-query.ts";
import { Process, StateWatch } from "./process.ts";
import type { Step } from "./steps.ts";

const cat = person("acat" as never, { accountId: TEAM, name: "team", mail: "team@north.example", isPersonal: false, rights: "readWrite" });

type StepOf<Kind extends Step["kind"]> = Extract<Step, { kind: Kind }>;

export class Run {
  readonly model = new Model();
  readonly world: World;
  readonly clients: readonly [Client, Client];
  readonly #index = new MemorySearchIndexStore();

  constructor(world: World) {
    this.world = world;
    const watch = new StateWatch();
    const client = (principal: typeof bob) => new Client(new Process(world, this.#index), principal, watch);
    this.clients = [client(bob), client(cat)];
  }

  email(pick: number): ModelEmail | undefined {
    const all = [...this.model.emails.values()];
    return all[pick % Math.max(1, all.length)];
  }

  async perform(step: Step, who: number): Promise<void> {
    const client = this.clients[who]!;
    switch (step.kind) {
      case "arrive":
        return arrive(this, client, step);
      case "keyword":
        return this.#setKeyword(client, step);
      case "move":
        return this.#move(client, step);
      case "destroy":
        return this.#destroy(client, step);
      case "makeMailbox":
        return makeMailbox(this.model, client, step);
      case "changeMailbox":
        return changeMailbox(this.model, client, step);
      case "dropMailbox":
        return dropMailbox(this.model, client, step);
      case "race":
        return this.#race(step);
      case "late":
        return this.#late(client, step);
      case "query":
        return this.#query(client, step);
      case "snapshot":
        return client.process.snapshot();
      case "restart":
        return client.process.restart();
      case "index":
      case "rebuild":
        return this.#indexMail(client, step.kind === "rebuild");
      case "sync":
        await client.sync(step.max);
        return this.#compare(client);
    }
  }

  async #setKeyword(client: Client, { picks, keyword, set }: StepOf<"keyword">): Promise<void> {
    const emails = new Set(picks.flatMap((pick) => this.email(pick) ?? []));
    const name = KEYWORDS[keyword]!;
    const update = Object.fromEntries([...emails].map(({ id }) => [id, { [`keywords/${name.toUpperCase()}`]: set || null }]));
    expect((await client.call("Email/set", { update })).notUpdated).toBeNull();
    for (const email of emails) this.model.setKeyword(email, name, set, client.reader);
  }

  async #move(client: Client, { pick, to, keep }: StepOf<"move">): Promise<void> {
    const email = this.email(pick);
    const mailboxIds = [...this.model.mailboxes.keys()];
    const mailboxId = mailboxIds[to % mailboxIds.length]!;
    if (!email) return;
    const patch = keep ? { [`mailboxIds/${mailboxId}`]: true } : { mailboxIds: { [mailboxId]: true } };
    expect((await client.call("Email/set", { update: { [email.id]: patch } })).notUpdated).toBeNull();
    email.mailboxIds = keep ? new Set([...email.mailboxIds, mailboxId]) : new Set([mailboxId]);
  }

  /** Names one id twice, and one that is gone. */
  async #destroy(client: Client, { picks }: StepOf<"destroy">): Promise<void> {
    const ids = [...new Set(picks.flatMap((pick) => this.email(pick)?.id ?? []))];
    if (ids.length === 0) return;
    const first = await client.call("Email/set", { destroy: [...ids, ids[0]] });
    expect([first.destroyed, first.notDestroyed]).toEqual([ids, null]);
    const second = await client.call("Email/set", { destroy: ids });
    expect(second).toMatchObject({ destroyed: null, notDestroyed: Object.fromEntries(ids.map((id) => [id, { type: "notFound" }])) });
    expect(second.newState).toBe(first.newState);
    for (const id of ids) this.model.emails.delete(id);
  }

  /** Both clients saw the same state and change the same Email at once: one of them wins. */
  async #race({ pick, keywords }: StepOf<"race">): Promise<void> {
    const email = this.email(pick);
    if (!email) return;
    const { state } = await this.clients[0].call("Email/get", { ids: [] });
    const wishes = keywords.map((keyword, at) => {
      const seen = this.model.as(this.clients[at]!.reader).emails.get(email.id)!;
      return seen.keywords.has(KEYWORDS[keyword]!) ? [] : [KEYWORDS[keyword]!];
    });
    const answers = await Promise.all(
      this.clients.map((client, at) => {
        const patch = Object.fromEntries([`race${at}`, ...wishes[at]!].map((name) => [`keywords/${name}`, true]));
        return client.process.request(client.principal, [["Email/set", { ifInState: state, update: { [email.id]: patch } }]]);
      }),
    );
    const outcomes = answers.map(([response]) => response![1].type ?? "done");
    // Whoever finds a keyword of the race there already changes nothing, which loses no race.
    const winners = outcomes.flatMap((outcome, at) => (outcome === "done" ? [at] : []));
    const isIdle = (at: number) => email.keywords.has(`race${at}`) && wishes[at]!.length === 0;
    expect(winners.filter((at) => !isIdle(at)).length).toBe([0, 1].every(isIdle) ? 0 : 1);
    expect(outcomes.every((outcome) => outcome === "done" || outcome === "stateMismatch")).toBe(true);
    for (const at of winners)
      for (const name of [`race${at}`, ...wishes[at]!]) this.model.setKeyword(email, name, true, this.clients[at]!.reader);
  }

  /** A change on a state that has passed is refused whole. */
  async #late(client: Client, { pick, keyword }: StepOf<"late">): Promise<void> {
    const email = this.email(pick);
    if (!email) return;
    const { state } = await client.call("Email/get", { ids: [] });
    const name = KEYWORDS[keyword]!;
    const set = !this.model.as(client.reader).emails.get(email.id)!.keywords.has(name);
    await this.#setKeyword(client, { kind: "keyword", picks: [pick], keyword, set });
    for (const other of this.clients) {
      const answer = await other.ask("Email/set", { ifInState: state, destroy: [email.id] });
      expect(answer.type).toBe("stateMismatch");
    }
  }

  async #query(client: Client, { query, position, anchor, offset, limit }: StepOf<"query">): Promise<void> {
    const all = queryEmails(this.model.as(client.reader), query);
    const anchorId = anchor === null ? undefined : this.email(anchor)?.id;
    const window = { limit, ...(anchorId === undefined ? { position } : { anchor: anchorId, anchorOffset: offset }) };
    const answer = await client.ask("Email/query", { ...query, ...window, calculateTotal: true });
    const expected = pageOf(all, window);
    if (expected === null) expect(answer.type).toBe("anchorNotFound");
    else expect([answer.ids, answer.total], JSON.stringify({ ...query, ...window })).toEqual([expected, all.length]);
  }

  async #indexMail(client: Client, isRebuild: boolean): Promise<void> {
    const { store, blobs } = this.world;
    this.world.now += 1_000;
    const job = { accountId: TEAM as string, ...(isRebuild && { rebuildAsOf: this.world.now }) };
    const documents = { reads: () => false, read: async () => null };
    const ports = { log: client.process.log, store, index: this.#index, mail: blobs, state: blobs, documents, now: () => this.world.now };
    await indexMail({ ...ports, hasTime: () => false }, job);
  }

  async #compare(client: Client): Promise<void> {
    const model = this.model.as(client.reader);
    for (const { type, args, ids } of client.lists.values()) {
      const expected = type === "Email" ? queryEmails(model, args) : queryMailboxes(model, args);
      const fresh = await client.call(`${type}/query`, { ...args, calculateTotal: true });
      expect([fresh.ids, fresh.total], `${type}/query ${JSON.stringify(args)}`).toEqual([expected, expected.length]);
      expect(ids, `kept up to date: ${type}/query ${JSON.stringify(args)}`).toEqual(expected);
    }
    const names = (set: Set<string>) => Object.fromEntries([...set].map((name) => [name, true]));
    const { Email, Thread, Mailbox } = client.objects as Record<"Email" | "Thread" | "Mailbox", Map<string, Any>>;
    const { emails, mailboxes } = model;
    const emailWire = ({ id, threadId, keywords, mailboxIds }: ModelEmail) => ({
      id,
      threadId,
      keywords: names(keywords),
      mailboxIds: names(mailboxIds),
    });
    expect(Object.fromEntries(Email)).toEqual(Object.fromEntries([...emails.values()].map((email) => [email.id, emailWire(email)])));
    const threadWire = (id: string) => ({ id, emailIds: model.thread(id).map((email) => email.id) });
    expect(Object.fromEntries(Thread)).toEqual(Object.fromEntries([...model.threadIds].map((id) => [id, threadWire(id)])));
    const mailboxWire = [...mailboxes.values()].map((mailbox) => [mailbox.id, { ...mailbox, ...model.counts(mailbox.id) }]);
    expect(Object.fromEntries(Mailbox)).toEqual(Object.fromEntries(mailboxWire));
    const { list } = await client.call("Mailbox/get", { properties: ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"] });
    for (const { id, ...counts } of list) expect(counts, id).toEqual(model.counts(id));
    expect(this.world.failures).toEqual([]);
  }
}
