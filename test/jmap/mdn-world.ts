/** What tests of MDNs share: a message that asks for one, and what is sent of it. */
import type { EmailId } from "../../core/ids.ts";
import type { StoredSubmission } from "../../core/jmap/records.ts";
import { ANN, type Any, ann, message, World } from "./world.ts";

export const MDN = "urn:ietf:params:jmap:mdn";
export const disposition = { actionMode: "manual-action", sendingMode: "mdn-sent-manually", type: "displayed" };

export const asking = (fields: Parameters<typeof message>[0] & { to?: string; header?: string } = {}): string =>
  message({
    id: "19950919.23456@south.example",
    subject: "World domination",
    ...fields,
    extra: fields.header ?? "Disposition-Notification-To: Zoe <zoe@south.example>",
  });

export class MdnWorld {
  readonly world: World;
  readonly identityId: string;

  private constructor(world: World, identityId: string) {
    this.world = world;
    this.identityId = identityId;
  }

  static async make(): Promise<MdnWorld> {
    const world = await World.make();
    return new MdnWorld(world, (await world.call("Identity/get", {})).list[0].id);
  }

  /** All responses of one MDN/send with MDNs `k0`, `k1`…, each of which sets the keyword. */
  async responses(mdns: readonly object[], args: object = {}): Promise<Any[]> {
    const send = Object.fromEntries(mdns.map((mdn, index) => [`k${index}`, { disposition, ...mdn }]));
    const onSuccessUpdateEmail = Object.fromEntries(mdns.map((_, index) => [`#k${index}`, { "keywords/$mdnsent": true }]));
    return this.world.request(ann, [["MDN/send", { accountId: ANN, identityId: this.identityId, send, onSuccessUpdateEmail, ...args }]]);
  }

  async send(mdn: object, args: object = {}): Promise<Any> {
    return (await this.responses([mdn], args))[0][1];
  }

  async submissions(): Promise<[string, StoredSubmission][]> {
    return [...(await this.world.log.load(ANN))!.records("EmailSubmission")] as [string, StoredSubmission][];
  }

  /** Octets of the only MDN that was sent. */
  async sentMessage(): Promise<string> {
    const submissions = await this.submissions();
    if (submissions.length !== 1) throw new Error(`${submissions.length} were sent`);
    return Buffer.from((await this.world.blobs.get(submissions[0]![1].rawKey))!).toString("latin1");
  }

  async keywords(emailId: EmailId): Promise<string[]> {
    const { emails } = (await this.world.log.load(ANN))!;
    return [...emails.keywords(emails.rowOf(emailId))];
  }

  /** Blob id of octets, as an upload. */
  async upload(octets: string | Uint8Array): Promise<string> {
    const answer = await this.world.jmap.upload(ann, ANN, Buffer.from(octets as string), null);
    if (answer.outcome !== "stored") throw new Error("not stored");
    return answer.json.blobId;
  }

  async parse(octets: string | Uint8Array): Promise<Any> {
    const blobId = await this.upload(typeof octets === "string" ? octets.replaceAll(/\r?\n/g, "\r\n") : octets);
    const answer = await this.world.call("MDN/parse", { blobIds: [blobId] });
    return answer.parsed?.[blobId] ?? (answer.notParsable ? "notParsable" : answer);
  }
}
