/** A process that serves JMAP: caches of its own over stores that all share. Started again, it remembers nothing. */
import { snapshotKey } from "../../../core/flows/snapshot.ts";
import { IndexedTextSearch } from "../../../core/jmap/email/indexed-text-search.ts";
import { DirectTextSearch } from "../../../core/jmap/email/text-search.ts";
import { createJmap } from "../../../core/jmap/jmap.ts";
import { StoredAccountLog } from "../../../core/log/account-log.ts";
import { parseState } from "../../../core/log/entry.ts";
import { writeSnapshot } from "../../../core/log/snapshot.ts";
import type { Principal } from "../../../core/ports/directory-store.ts";
import type { MemorySearchIndexStore } from "../../support/memory-search-index-store.ts";
import { type Any, TEAM, type World } from "../world.ts";

const USING = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];

export class Process {
  readonly #world: World;
  readonly #index: MemorySearchIndexStore;
  #log!: StoredAccountLog;
  #search!: IndexedTextSearch;
  #jmap!: ReturnType<typeof createJmap>;

  constructor(world: World, index: MemorySearchIndexStore) {
    this.#world = world;
    this.#index = index;
    this.restart();
  }

  get log(): StoredAccountLog {
    return this.#log;
  }

  restart(): void {
    const { ports, blobs } = this.#world;
    // An object of its own: caches are kept by it.
    const store = Object.create(this.#world.store) as World["store"];
    this.#log = new StoredAccountLog({ store, blobs, epoch: 1, now: () => this.#world.now });
    const direct = new DirectTextSearch({ store, blobs });
    this.#search = new IndexedTextSearch({ index: this.#index, state: blobs, direct });
    this.#jmap = createJmap({ ...ports, store, log: this.#log, search: this.#search });
  }

  async snapshot(): Promise<void> {
    const fold = await this.#log.fold(TEAM);
    const octets = writeSnapshot(fold);
    await this.#world.blobs.put(snapshotKey(TEAM), octets);
    await this.#world.store.putSnapshot(TEAM, { ...fold.position, key: snapshotKey(TEAM), octets: octets.length });
  }

  /** The blob id of a file in the team's account. */
  async upload(principal: Principal, text: string): Promise<string> {
    const answer = await this.#jmap.upload(principal, TEAM, Buffer.from(text.replaceAll("\n", "\r\n")), "message/rfc822");
    if (answer.outcome !== "stored") throw new Error(JSON.stringify(answer.problem));
    return answer.json.blobId;
  }

  async request(principal: Principal, calls: readonly (readonly [string, object])[]): Promise<[string, Any][]> {
    const methodCalls = calls.map(([name, args], index) => [name, { accountId: TEAM, ...args }, `c${index}`]);
    // As the edge does.
    const ahead = { log: this.#log.ahead(TEAM), search: this.#search.ahead(TEAM) };
    const answer = await this.#jmap.api(principal, JSON.stringify({ using: USING, methodCalls }), "application/json", ahead);
    if (answer.outcome !== "answered") throw new Error(JSON.stringify(answer.problem));
    return JSON.parse(JSON.stringify(answer.json.methodResponses)) as [string, Any][];
  }
}

/** Watches the states that answers tell: of no type does it ever go back, whichever process answers. */
export class StateWatch {
  readonly #newest = new Map<string, number>();

  see(name: string, answer: Any): void {
    const [type] = name.split("/") as [string];
    for (const told of [answer.state, answer.newState, answer.queryState, answer.newQueryState]) {
      if (typeof told !== "string" || answer.hasMoreChanges === true) continue;
      const { seq } = parseState(told)!;
      const before = this.#newest.get(type) ?? 0;
      if (seq < before) throw new Error(`${name}: the state ${told} is older than one told before (${before})`);
      this.#newest.set(type, seq);
    }
  }
}
