/**
 * A client that reads no list and no object twice: what it knows it keeps up to date by /changes and /queryChanges alone
 * (RFC 8620 §5.2, RFC 8620 §5.6, RFC 8621 §4.3, RFC 8621 §4.5).
 */
import { expect } from "vitest";
import type { Principal } from "../../../core/ports/directory-store.ts";
import type { Any } from "../world.ts";
import { emailQueries, mailboxQueries } from "./kept-queries.ts";
import type { Process, StateWatch } from "./process.ts";

const PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  Email: ["keywords", "mailboxIds", "threadId"],
  Thread: ["emailIds"],
  Mailbox: ["name", "parentId", "role", "sortOrder", "totalEmails", "unreadEmails", "totalThreads", "unreadThreads"],
};

export class Client {
  readonly process: Process;
  readonly principal: Principal;
  readonly #watch: StateWatch;
  readonly objects: Readonly<Record<string, Map<string, Any>>> = { Email: new Map(), Thread: new Map(), Mailbox: new Map() };
  readonly lists = new Map<object, { type: string; args: object; ids: string[]; state: string }>();
  readonly states: Record<string, string> = {};

  constructor(process: Process, principal: Principal, watch: StateWatch) {
    this.process = process;
    this.principal = principal;
    this.#watch = watch;
  }

  /** The arguments of the answer; an error has its `type`. */
  async ask(name: string, args: object): Promise<Any> {
    const [[reply, answer]] = (await this.process.request(this.principal, [[name, args]])) as [[string, Any]];
    if (reply !== "error") this.#watch.see(reply, answer);
    return answer;
  }

  /** Whose `$seen` it is. */
  get reader(): string {
    return this.principal.entryId;
  }

  async call(name: string, args: object): Promise<Any> {
    const answer = await this.ask(name, args);
    if (answer.type) throw new Error(`${name}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async start(): Promise<void> {
    for (const [type, known] of Object.entries(this.objects)) {
      const { list, state } = await this.call(`${type}/get`, { ids: type === "Mailbox" ? null : [], properties: PROPERTIES[type] });
      for (const object of list) known.set(object.id, object);
      this.states[type] = state;
    }
    for (const [type, queries] of [["Email", emailQueries] as const, ["Mailbox", mailboxQueries] as const]) {
      for (const args of queries) {
        const { ids, queryState } = await this.call(`${type}/query`, args);
        this.lists.set(args, { type, args, ids, state: queryState });
      }
    }
  }

  /** `maxChanges` ids at most a page. */
  async sync(maxChanges: number): Promise<void> {
    for (const type of Object.keys(this.objects)) await this.#syncObjects(type, maxChanges);
    for (const list of this.lists.values()) await this.#syncList(list);
  }

  async #syncObjects(type: string, maxChanges: number): Promise<void> {
    const known = this.objects[type]!;
    const destroyed = new Set<string>();
    for (let more = true; more; ) {
      const changes = await this.call(`${type}/changes`, { sinceState: this.states[type], maxChanges });
      expect(changes.created.length + changes.updated.length + changes.destroyed.length).toBeLessThanOrEqual(maxChanges);
      for (const id of changes.destroyed) {
        expect(destroyed.has(id), `${id} is destroyed a second time`).toBe(false);
        destroyed.add(id);
        known.delete(id);
      }
      const partly: string[] | null = changes.updatedProperties ?? null;
      await this.#fetch(type, changes.created, PROPERTIES[type]!, changes.hasMoreChanges);
      await this.#fetch(type, changes.updated, partly ?? PROPERTIES[type]!, changes.hasMoreChanges);
      this.states[type] = changes.newState;
      more = changes.hasMoreChanges;
    }
  }

  async #fetch(type: string, ids: readonly string[], properties: readonly string[], isMoreToCome: boolean): Promise<void> {
    if (ids.length === 0) return;
    const { list, notFound } = await this.call(`${type}/get`, { ids, properties });
    // What a later change destroyed is told by a later page.
    if (!isMoreToCome) expect(notFound).toEqual([]);
    for (const object of list) this.objects[type]!.set(object.id, { ...this.objects[type]!.get(object.id), ...object });
  }

  async #syncList(list: { type: string; args: object; ids: string[]; state: string }): Promise<void> {
    const { type, args, ids, state } = list;
    const changes = await this.call(`${type}/queryChanges`, { ...args, sinceQueryState: state, calculateTotal: true });
    const next = ids.filter((id) => !changes.removed.includes(id));
    for (const { id, index } of changes.added) next.splice(index, 0, id);
    expect(changes.total).toBe(next.length);
    list.ids = next;
    list.state = changes.newQueryState;
  }
}
