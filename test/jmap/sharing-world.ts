/** The small JMAP world with a real directory in memory and the share stage, for tests of sharing: what a person does reaches the others as it would. */
import type { PushJob } from "../../core/flows/jobs.ts";
import { type SharePorts, share } from "../../core/flows/share.ts";
import type { TellReadersPorts } from "../../core/flows/tell-readers.ts";
import type { AccountId, EntryId } from "../../core/ids.ts";
import type { JmapPorts } from "../../core/jmap/api.ts";
import { createJmap } from "../../core/jmap/jmap.ts";
import { planNewAccount } from "../../core/jmap/new-account.ts";
import type { Principal } from "../../core/ports/directory-store.ts";
import { MemoryConnectionStore } from "../support/memory-connection-store.ts";
import { MemoryDirectoryStore } from "../support/memory-directory-store.ts";
import { MemoryPushSubscriptionStore } from "../support/memory-push-subscription-store.ts";
import { MemoryQueue } from "../support/memory-queue.ts";
import { ALL, type Any, World } from "./world.ts";

export const USING = [...ALL, "urn:ietf:params:jmap:principals", "urn:ietf:params:jmap:mail:share"];

export const READ = { mayReadItems: true };
export const WRITE = { mayReadItems: true, mayAddItems: true, mayRemoveItems: true, maySetSeen: true, maySetKeywords: true };

export class SharingWorld extends World {
  readonly people = new MemoryDirectoryStore();
  readonly connections = new MemoryConnectionStore();
  readonly subscriptions = new MemoryPushSubscriptionStore();
  readonly pushQueue = new MemoryQueue<PushJob>();
  /** What went to WebSockets. */
  readonly posts: Any[] = [];
  override readonly ports: JmapPorts;
  override readonly jmap;
  #shared = new Map<AccountId, number>();

  constructor() {
    super();
    this.ports = portsOn(this);
    this.jmap = createJmap(this.ports);
  }

  /** People by name: account `a<name>`, entry `e<name>`. */
  static async of(...names: string[]): Promise<SharingWorld> {
    const world = new SharingWorld();
    for (const name of names) await world.add(name);
    return world;
  }

  async add(name: string, organisationId = "onorth" as EntryId): Promise<void> {
    const [entryId, accountId, mail] = [`e${name}` as EntryId, `a${name}` as AccountId, `${name}@north.example`];
    const displayName = `${name[0]!.toUpperCase()}${name.slice(1)} Fern`;
    await this.people.putEntry({
      entryId,
      kind: "person",
      displayName,
      mail,
      accountId,
      organisationId,
      subject: `s${name}`,
      status: "active",
      jobTitle: "Nurse",
    });
    const plan = planNewAccount({ name: displayName, mail, actor: "system:test", randomOctets: this.ports.randomOctets });
    await this.log.create(accountId, plan);
  }

  /** Someone as they sign in now. */
  async as(name: string): Promise<Principal> {
    return (await this.people.principalOf(`s${name}`))!;
  }

  /** One method of a person in an account, default their own; an error response has its `type`. */
  async does(name: string, method: string, args: object, accountId = `a${name}`): Promise<Any> {
    const [[, answer]] = await this.request(await this.as(name), [[method, { accountId, ...args }]], USING);
    return answer;
  }

  /** Shares a Mailbox of `owner` with people, and lets the share stage tell them. */
  async give(owner: string, mailboxId: string, rights: Readonly<Record<string, object | null>>): Promise<void> {
    const patch = Object.fromEntries(Object.entries(rights).map(([name, held]) => [`shareWith/e${name}`, held]));
    const answer = await this.does(owner, "Mailbox/set", { update: { [mailboxId]: patch } });
    if (answer.notUpdated) throw new Error(JSON.stringify(answer.notUpdated));
    await this.tell(`a${owner}` as AccountId);
  }

  get sharePorts(): SharePorts & TellReadersPorts {
    const { log, store, people: directory, connections, subscriptions, pushQueue, posts } = this;
    return {
      ...{ log, store, directory, connections, subscriptions, pushQueue },
      push: {
        post: async (connectionId, payload) => {
          posts.push({ connectionId, ...JSON.parse(payload) });
          return "posted";
        },
      },
      now: () => this.now,
      pushFailed: (error) => this.failures.push(error),
    };
  }

  /** What the stream and the share stage make of an account's new entries. */
  async tell(accountId: AccountId): Promise<void> {
    const entries = await this.store.entriesAfter(accountId, { epoch: 0, seq: this.#shared.get(accountId) ?? 0 });
    for (const entry of entries) {
      await share(this.sharePorts, { accountId, entry: { epoch: entry.epoch, seq: entry.seq } });
      this.#shared.set(accountId, entry.seq);
    }
  }
}

/** What World has, on the directory of people. */
const portsOn = (world: SharingWorld): JmapPorts => {
  let random = 1_000;
  return {
    log: world.log,
    store: world.store,
    blobs: world.blobs,
    directory: world.people,
    now: () => world.now,
    randomOctets: (count) => {
      random++;
      const octets = new Uint8Array(count);
      new DataView(octets.buffer).setUint32(Math.max(0, count - 4), random);
      return octets;
    },
    failed: (error) => world.failures.push(error),
    answersVacations: true,
    publicUrl: "https://mail.example",
    socketUrl: "wss://mail.example/jmap/ws",
  };
};
