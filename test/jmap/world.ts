/** A small world for JMAP tests: two people, a shared mailbox, all of it in memory behind the real log. */
import { createHash } from "node:crypto";
import type { AccountId, EmailId, EntryId, ReceiptId } from "../../core/ids.ts";
import type { Jmap, JmapPorts } from "../../core/jmap/api.ts";
import { createJmap } from "../../core/jmap/jmap.ts";
import { planNewAccount } from "../../core/jmap/new-account.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import { deliver } from "../../core/log/delivery.ts";
import { readMessage } from "../../core/mime/read-message.ts";
import { threadKeys } from "../../core/mime/thread-keys.ts";
import type { AccessibleAccount, DirectoryStore, Principal } from "../../core/ports/directory-store.ts";
import { MemoryAccountLogStore } from "../support/memory-account-log-store.ts";
import { MemoryBlobStore } from "../support/memory-blob-store.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are read freely in tests
export type Any = any;

export const ANN = "aann" as AccountId;
export const BOB = "abob" as AccountId;
export const TEAM = "ateam" as AccountId;
export const START = Date.UTC(2026, 0, 5, 9);

const access = (accountId: AccountId, rights: AccessibleAccount["rights"], isPersonal = true): AccessibleAccount => ({
  accountId,
  name: accountId,
  mail: `${accountId.slice(1)}@north.example`,
  isPersonal,
  rights,
});

export const person = (accountId: AccountId, ...shared: AccessibleAccount[]): Principal => ({
  entryId: `e${accountId}` as EntryId,
  displayName: accountId,
  mail: `${accountId.slice(1)}@north.example`,
  organisationId: "o1" as EntryId,
  accountId,
  accounts: [access(accountId, "owner"), ...shared],
});

export const ann = person(ANN, access(TEAM, "readOnly", false));
export const bob = person(BOB, access(TEAM, "readWrite", false));

export const ALL = [
  "urn:ietf:params:jmap:core",
  "urn:ietf:params:jmap:mail",
  "urn:ietf:params:jmap:submission",
  "urn:ietf:params:jmap:vacationresponse",
  "urn:ietf:params:jmap:blob",
  "urn:ietf:params:jmap:quota",
  "urn:ietf:params:jmap:sieve",
  "urn:ietf:params:jmap:mdn",
];

export class World {
  readonly store = new MemoryAccountLogStore();
  readonly blobs = new MemoryBlobStore();
  readonly failures: unknown[] = [];
  now = START;
  #random = 0;
  readonly log = new StoredAccountLog({ store: this.store, blobs: this.blobs, epoch: 1, now: () => this.now });

  /** As a fresh process would: the log is folded anew. */
  forgetCaches(): void {
    const fresh = new StoredAccountLog({ store: this.store, blobs: this.blobs, epoch: 1, now: () => this.now });
    for (const method of ["load", "commit", "create", "fold"] as const) Object.assign(this.log, { [method]: fresh[method].bind(fresh) });
  }

  readonly directory = {
    sendingAddresses: async (accountId: AccountId) => [`${accountId.slice(1)}@north.example`, `${accountId.slice(1)}.alias@north.example`],
  } as unknown as DirectoryStore;
  readonly ports: JmapPorts = {
    log: this.log,
    store: this.store,
    blobs: this.blobs,
    directory: this.directory,
    now: () => this.now,
    // Spread out as real ones are: a thread's place among changes is made of the first octets of its id.
    randomOctets: (count) => {
      this.#random++;
      return createHash("sha256").update(`${this.#random}`).digest().subarray(0, count);
    },
    failed: (error) => {
      this.failures.push(error);
    },
    answersVacations: true,
    publicUrl: "https://mail.example",
    socketUrl: "wss://mail.example/jmap/ws",
  };
  readonly jmap: Jmap = createJmap(this.ports);

  static async make(options: { quotaOctets?: number } = {}): Promise<World> {
    const world = new World();
    for (const accountId of [ANN, BOB, TEAM]) {
      const mail = `${accountId.slice(1)}@north.example`;
      const plan = planNewAccount({ name: mail, mail, actor: "system:test", randomOctets: world.ports.randomOctets, ...options });
      await world.log.create(accountId, plan);
    }
    return world;
  }

  /** Files a raw message as the pipeline would. */
  async deliver(
    accountId: AccountId,
    raw: string,
    options: { receivedAt?: number; keywords?: string[]; marks?: string[] } = {},
  ): Promise<EmailId> {
    const octets = Buffer.from(raw.replaceAll(/\r?\n/g, "\r\n"));
    const outcome = readMessage(octets);
    if (outcome.outcome !== "parsed") throw new Error("fixture cannot be read");
    const receiptId = `r${++this.#random}` as ReceiptId;
    const rawKey = `inbound/${receiptId}`;
    await this.blobs.put(rawKey, octets);
    const filed = await deliver(
      { store: this.store, epoch: 1, now: () => this.now },
      {
        accountId,
        receiptId,
        rawKey,
        message: outcome.message,
        reversePath: "",
        receivedAt: options.receivedAt ?? this.now,
        role: "inbox",
        keywords: options.keywords,
        marks: options.marks ?? [],
        threadKeys: threadKeys(outcome.message),
      },
    );
    if (filed.outcome !== "filed") throw new Error(filed.outcome);
    return filed.emailId;
  }

  /** One request of any calls; [name, args] pairs get call ids c0, c1… */
  async request(principal: Principal, calls: readonly (readonly [string, object])[], using: readonly string[] = ALL): Promise<Any[]> {
    const body = JSON.stringify({ using, methodCalls: calls.map(([name, args], index) => [name, args, `c${index}`]) });
    const answer = await this.jmap.api(principal, body, "application/json");
    if (answer.outcome !== "answered") throw new Error(JSON.stringify(answer.problem));
    return JSON.parse(JSON.stringify(answer.json.methodResponses)) as Any[];
  }

  /** The arguments of the only response; an error response has its `type`. */
  async call(name: string, args: object, principal: Principal = ann): Promise<Any> {
    const responses = await this.request(principal, [[name, { accountId: principal.accountId, ...args }]]);
    return responses[0][1];
  }
}

export const message = (fields: {
  from?: string;
  to?: string;
  subject?: string;
  id?: string;
  replyTo?: string;
  body?: string;
  date?: string;
  extra?: string;
}): string =>
  [
    `From: ${fields.from ?? "Zoe Outside <zoe@south.example>"}`,
    `To: ${fields.to ?? "ann@north.example"}`,
    `Subject: ${fields.subject ?? "Rota"}`,
    `Date: ${fields.date ?? "Mon, 05 Jan 2026 08:59:00 +0100"}`,
    `Message-ID: <${fields.id ?? `${Math.random()}@south.example`}>`,
    ...(fields.replyTo ? [`In-Reply-To: <${fields.replyTo}>`] : []),
    ...(fields.extra ? [fields.extra] : []),
    "Content-Type: text/plain; charset=utf-8",
    "",
    fields.body ?? "See you on the ward.",
    "",
  ].join("\n");
