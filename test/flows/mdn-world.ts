/** The pipeline with people who use JMAP: they write, receive and send read receipts, in processes that may die. */
import type { AccountId, EntryId } from "../../core/ids.ts";
import { createJmap } from "../../core/jmap/jmap.ts";
import type { StoredSubmission } from "../../core/jmap/records.ts";
import type { Principal } from "../../core/ports/directory-store.ts";
import { faulty } from "../support/faults.ts";
import { World } from "./world.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are read freely in tests
type Any = any;

const using = ["core", "mail", "submission", "mdn"].map((name) => `urn:ietf:params:jmap:${name}`);
export const disposition = { actionMode: "manual-action", sendingMode: "mdn-sent-manually", type: "displayed" };

const principalOf = (name: string): Principal => {
  const accountId = `A${name}` as AccountId;
  const mail = `${name}@care.example`;
  return {
    entryId: `n${name}` as EntryId,
    displayName: name,
    mail,
    organisationId: "o1" as EntryId,
    accountId,
    accounts: [{ accountId, name, mail, isPersonal: true, rights: "owner" }],
  };
};

export class MdnWorld extends World {
  #random = 0;
  readonly #noticed = new Map<string, number>();

  static async make(...names: string[]): Promise<MdnWorld> {
    const world = new MdnWorld();
    for (const name of names) {
      const accountId = await world.addPerson(name);
      const identity = {
        name,
        email: `${name}@care.example`,
        replyTo: null,
        bcc: null,
        textSignature: "",
        htmlSignature: "",
        mayDelete: false,
      };
      await world.newLog().commit(accountId, () => ({
        plan: { actor: "system:test", records: [{ type: "Identity", created: { I1: identity } }] },
        result: null,
      }));
    }
    return world;
  }

  /** One request to a process of its own. A method that died in it answers serverFail. */
  async request(name: string, calls: readonly (readonly [string, object])[]): Promise<Any[]> {
    const jmap = createJmap({
      log: this.newLog(),
      store: faulty(this.store, this.faults),
      blobs: faulty(this.blobs, this.faults),
      directory: this.directory,
      now: this.now,
      randomOctets: (count) => Uint8Array.from({ length: count }, (_, index) => (index === 0 ? 1 : (++this.#random >> (index % 3)) & 255)),
      failed: () => undefined,
      publicUrl: "https://mail.example",
      socketUrl: "",
    });
    const methodCalls = calls.map(([method, args], index) => [method, { accountId: `A${name}`, ...args }, `c${index}`]);
    const answer = await jmap.api(principalOf(name), JSON.stringify({ using, methodCalls }), null);
    if (answer.outcome !== "answered") throw new Error(JSON.stringify(answer.problem));
    return JSON.parse(JSON.stringify(answer.json.methodResponses)) as Any[];
  }

  async call(name: string, method: string, args: object): Promise<Any> {
    return (await this.request(name, [[method, args]]))[0][1];
  }

  /** Asks again until a process lives long enough to answer, as a client does. */
  async sendMdn(name: string, mdn: { forEmailId: string }): Promise<Any> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const answer = await this.call(name, "MDN/send", {
        identityId: "I1",
        send: { k: { disposition, ...mdn } },
        onSuccessUpdateEmail: { "#k": { "keywords/$mdnsent": true } },
      });
      if (answer.type !== "serverFail") return answer;
    }
    throw new Error("no answer");
  }

  /** Works until nothing is left to do, the accounts' streams included. */
  async settle(names: readonly string[], options: Parameters<World["run"]>[0] = {}): Promise<void> {
    for (let round = 0; round < 4; round++) {
      for (const name of names) this.#noticed.set(name, await this.notify(`A${name}` as AccountId, this.#noticed.get(name) ?? 0));
      // Past the undo window of what was submitted.
      this.clock += 20_000;
      await this.run(options);
    }
  }

  async submissions(name: string): Promise<StoredSubmission[]> {
    return [...(await this.newLog().load(`A${name}` as AccountId))!.records("EmailSubmission").values()] as StoredSubmission[];
  }

  /** Ids of a person's Emails of a mailbox, newest first. */
  async emailsIn(name: string, mailboxId: string): Promise<string[]> {
    return (await this.call(name, "Email/query", { filter: { inMailbox: mailboxId } })).ids;
  }

  /** Writes to others and asks for a receipt; the id of what is in Sent. */
  async write(name: string, to: readonly string[], asks: boolean, subject = "Rota: week 3"): Promise<string> {
    const responses = await this.request(name, [
      [
        "Email/set",
        {
          create: {
            e: {
              mailboxIds: { sent: true },
              from: [{ email: `${name}@care.example` }],
              to: to.map((email) => ({ email })),
              subject,
              ...(asks && { "header:Disposition-Notification-To:asAddresses": [{ email: `${name}@care.example` }] }),
            },
          },
        },
      ],
      ["EmailSubmission/set", { create: { s: { identityId: "I1", emailId: "#e" } } }],
    ]);
    return responses[0][1].created.e.id;
  }

  /** A message from outside that asks for a receipt. */
  acceptAsking(id: string, to: string, askers: string): void {
    this.accept(id, [to]);
    const raw = Buffer.from(this.blobs.objects.get(`inbound/${id}`)!).toString();
    this.blobs.objects.set(`inbound/${id}`, Buffer.from(`Disposition-Notification-To: ${askers}\r\n${raw}`));
  }
}
