/** What becomes of a message, whoever it is for: seen from outside, by its reader and by an operator's commands. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReceiptId } from "../../core/ids.ts";
import { type Ended, endingsOf } from "./support/endings.ts";
import { type Answer, eventually, type JmapSession } from "./support/jmap-session.ts";
import { outboxOf } from "./support/outbox.ts";
import { subscribePushes } from "./support/push-receiver.ts";
import { accountOf, at, bootSmallService, OUTSIDE, type SmallService, textMessage } from "./support/small-service.ts";
import { deliveryOf, submit } from "./support/submit.ts";

const nia = at("nia.hart");
const owen = at("owen.reid");
const ada = at("ada.low");
const full = at("full.box");
const referrals = at("referrals");
/** A domain that publishes who may send for it: this machine. Nobody vouches for `OUTSIDE`. */
const proven = "clerk@proven-clinic.example";
const PATIENCE = 30_000;

let service: SmallService;
const sessions = new Map<string, JmapSession>();
const sessionOf = (mail: string): JmapSession => sessions.get(mail)!;
let undone: { readonly submissionId: string; readonly at: number };

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "penfold-zone-"));
  const zone = join(folder, "zone");
  writeFileSync(zone, 'proven-clinic.example TXT "v=spf1 ip4:127.0.0.1 -all"\n');
  process.env.PENFOLD_DNS_ZONE = zone;
  service = await bootSmallService(
    {
      people: { "nia.hart": ["n.hart", "nia.former"], "owen.reid": [], "ada.low": [], "full.box": [] },
      mailboxes: [
        {
          mail: referrals,
          access: [
            { mail: owen, rights: "readWrite" },
            { mail: ada, rights: "readOnly" },
          ],
        },
      ],
      lists: [
        { mail: at("team"), members: [nia, owen] },
        { mail: at("everyone"), members: [at("team"), ada, at("n.hart")] },
        { mail: at("ring.a"), members: [at("ring.b"), nia] },
        { mail: at("ring.b"), members: [at("ring.a"), owen] },
        { mail: at("empty"), members: [] },
        { mail: at("mixed"), members: [ada, "someone@elsewhere.example"] },
      ],
    },
    { retryAfterSeconds: 1 },
  );
  rmSync(folder, { recursive: true });
  for (const mail of [nia, owen, ada]) sessions.set(mail, await service.signIn(mail));
  await service.penfold("quota", "set", "--mail", full, "--quota", "100");
  const submissionId = await submit(sessionOf(nia), { from: nia, to: [owen], subject: "Too early" }, { atOnce: false });
  const { updated } = await sessionOf(nia).call("EmailSubmission/set", { update: { [submissionId]: { undoStatus: "canceled" } } });
  expect(updated).toHaveProperty(submissionId);
  undone = { submissionId, at: Date.now() };
});
afterAll(async () => {
  delete process.env.PENFOLD_DNS_ZONE;
  await service?.stop();
});

/** Sends and gives the receipt. */
const receive = async (subject: string, to: string | readonly string[], from = OUTSIDE, more: readonly string[] = [], text?: string) => {
  const outcome = await service.send(textMessage({ subject, to: [to].flat().join(", "), from, more, text }), to, from);
  if (outcome.outcome !== "accepted") throw new Error(outcome.reply);
  return outcome.receiptId;
};

const filedTo = (ended: readonly Ended[]) => ended.map(({ stage, recipient }) => `${stage} ${recipient}`).sort();
const arrived = (mail: string, subject: string, accountId?: string): Promise<Answer> =>
  eventually(async () => (await sessionOf(mail).withSubject(subject, accountId))[0], PATIENCE, `"${subject}" for ${mail}`);
const textOf = (email: Answer): string => email.textBody.map(({ partId }: Answer) => email.bodyValues[partId].value).join("");

describe("recipients", () => {
  it("an alias and a plus address lead to their person, once", async () => {
    const receipt = await receive("Alias", [at("n.hart"), at("nia.former"), at("NIA.Hart+ward7"), nia]);
    expect((await endingsOf(service, receipt, 4)).map(({ stage }) => stage)).toEqual(["filed", "filed", "filed", "filed"]);
    await arrived(nia, "Alias");
    expect(await sessionOf(nia).withSubject("Alias")).toHaveLength(1);
  });

  it("a nested list reaches each member once, whatever To says", async () => {
    const receipt = await receive("Nested", at("everyone"));
    const members = [ada, at("n.hart"), nia, owen];
    expect(filedTo(await endingsOf(service, receipt, members.length))).toEqual(members.map((mail) => `filed ${mail}`));
    for (const mail of [ada, nia, owen]) {
      await arrived(mail, "Nested");
      expect(await sessionOf(mail).withSubject("Nested")).toHaveLength(1);
    }
  });

  it("lists that name one another end", async () => {
    expect(filedTo(await endingsOf(service, await receive("Ring", at("ring.a")), 2))).toEqual([`filed ${nia}`, `filed ${owen}`]);
  });

  it("a list's members inside are reached although it names someone outside, and it is on record", async () => {
    const ended = await endingsOf(service, await receive("Mixed", at("mixed")), 2);
    expect(filedTo(ended)).toEqual(["dropped someone@elsewhere.example", `filed ${ada}`]);
    expect(ended.find(({ stage }) => stage === "dropped")?.reasons).toContain("outsideMember");
  });

  it("a shared mailbox is read by those who may and changed only by those who may write", async () => {
    const subject = "Referral letter";
    await receive(subject, referrals);
    const accountId = accountOf(referrals);
    const email = await arrived(owen, subject, accountId);
    expect((await arrived(ada, subject, accountId)).id).toBe(email.id);
    const change = { accountId, update: { [email.id]: { "keywords/$flagged": true } } };
    expect((await sessionOf(owen).calls(["Email/set", change, "a"]))[0]).toMatchObject(["Email/set", { updated: { [email.id]: null } }]);
    expect((await sessionOf(ada).calls(["Email/set", change, "a"]))[0]).toMatchObject(["error", { type: "accountReadOnly" }]);
    expect((await sessionOf(nia).calls(["Email/get", { accountId, ids: [] }, "a"]))[0]).toMatchObject([
      "error",
      { type: "accountNotFound" },
    ]);
  });

  it("Bcc is served by the envelope and shown to nobody", async () => {
    await submit(sessionOf(nia), { from: nia, to: [owen], bcc: [ada], subject: "Blind" });
    for (const mail of [ada, owen]) {
      const { blobId } = await arrived(mail, "Blind");
      const { accountId } = sessionOf(mail);
      const octets = await (await sessionOf(mail).fetch(`/jmap/download/${accountId}/${blobId}?name=blind.eml`)).text();
      expect(octets).toContain(owen);
      expect(octets).not.toMatch(/bcc|ada\.low/i);
    }
  });
});

describe("recipients that cannot be served", () => {
  it("an unknown one from outside is dropped on record, proven sender or not, as this environment's policy says", async () => {
    const [unproven, clerk] = [await receive("Unknown 1", at("nobody")), await receive("Unknown 2", [at("nobody"), ada], proven)];
    expect(await endingsOf(service, unproven)).toEqual([
      { stage: "dropped", recipient: at("nobody"), reasons: ["unknownRecipient", "senderNotProven"] },
    ]);
    expect(await endingsOf(service, clerk, 2)).toContainEqual({
      stage: "dropped",
      recipient: at("nobody"),
      reasons: ["unknownRecipient", "unknownRecipientPolicy"],
    });
    await arrived(ada, "Unknown 2");
  });

  it("our own sender is told of an unknown one in words and in the delivery status", async () => {
    const submissionId = await submit(sessionOf(owen), { from: owen, to: [at("no.such"), ada], subject: "Misspelt" });
    const statuses = await deliveryOf(sessionOf(owen), submissionId, (delivered) => delivered.includes("no"));
    expect(statuses[at("no.such")]).toMatchObject({ delivered: "no", smtpReply: expect.stringMatching(/^550 5\.1\.1/) });
    expect(statuses[ada]).toMatchObject({ delivered: "unknown" });
    await arrived(ada, "Misspelt");
    const notice = await eventually(
      async () => (await noticesOf(owen)).find((email) => textOf(email).includes("no.such")),
      PATIENCE,
      "the notice",
    );
    expect(notice.from[0].email).toMatch(/^mailer-daemon@/);
    expect(textOf(notice)).toContain("Your message “Misspelt” could not be delivered");
    expect(textOf(notice)).not.toContain(ada);
    const noted = async () => (await sessionOf(owen).call("EmailSubmission/get", { ids: [submissionId] })).list[0].dsnBlobIds[0];
    expect(await eventually(noted, PATIENCE, "the notice's note")).toBe(notice.blobId);
  });

  it("a full mailbox bounces to a proven sender outside with 5.2.2, and keeps nobody else waiting", async () => {
    const receipt = await receive("No room", [full, ada], proven);
    const ended = await endingsOf(service, receipt, 2);
    expect(filedTo(ended)).toEqual([`bounced ${full}`, `filed ${ada}`]);
    expect(ended.find(({ stage }) => stage === "bounced")?.reasons).toEqual(["mailboxFull"]);
    await arrived(ada, "No room");
    const bounce = await eventually(
      async () => (await outboxOf(service.cloud)).find(({ recipients }) => recipients.some(({ address }) => address === proven)),
      PATIENCE,
      "the bounce",
    );
    expect(bounce.reversePath).toBe("");
    expect(bounce.octets).toMatch(/Content-Type: multipart\/report/i);
    expect(bounce.octets).toMatch(/Status: 5\.2\.2/);
    expect(bounce.octets).toContain(full);
  });

  it("a full mailbox is told to nobody who did not prove who they are", async () => {
    expect(await endingsOf(service, await receive("No room 2", full))).toEqual([
      { stage: "dropped", recipient: full, reasons: ["mailboxFull", "senderNotProven"] },
    ]);
    expect((await outboxOf(service.cloud)).flatMap(({ recipients }) => recipients.map(({ address }) => address))).not.toContain(OUTSIDE);
  });

  it("a full mailbox is told to our own sender", async () => {
    const submissionId = await submit(sessionOf(nia), { from: nia, to: [full], subject: "Too much" });
    const statuses = await deliveryOf(sessionOf(nia), submissionId, (delivered) => delivered.includes("no"));
    expect(statuses[full]!.smtpReply).toMatch(/^552 5\.2\.2/);
  });
});

const noticesOf = async (mail: string): Promise<Answer[]> => {
  const session = sessionOf(mail);
  const { ids } = await session.call("Email/query", { filter: { from: "mailer-daemon" } });
  const { list } = await session.call("Email/get", {
    ids,
    properties: ["id", "blobId", "from", "subject", "textBody", "bodyValues"],
    fetchTextBodyValues: true,
  });
  return list;
};

describe("quarantine", () => {
  it("holds a program, lists and shows it, and files it with a mark once it is released", async () => {
    const receipt = await receive(
      "Setup",
      ada,
      OUTSIDE,
      ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"],
      '--b\r\n\r\nPlease run this.\r\n--b\r\nContent-Type: application/octet-stream; name="setup.exe"\r\nContent-Disposition: attachment; filename="setup.exe"\r\n\r\nhello\r\n--b--',
    );
    expect(await endingsOf(service, receipt)).toEqual([
      { stage: "quarantined", recipient: ada, reasons: expect.arrayContaining(["executableAttachment"]) },
    ]);
    expect(await sessionOf(ada).withSubject("Setup")).toEqual([]);
    expect(await service.penfold("quarantine", "list")).toContain(`${receipt}  `);
    expect(await service.penfold("quarantine", "show", receipt)).toMatch(/is held since.*program or script.*Subject +Setup/s);
    expect(await service.penfold("quarantine", "release", receipt)).toContain("is released");
    const email = await arrived(ada, "Setup");
    expect(email.attachments[0].name).toBe("setup.exe");
    expect(await service.penfold("quarantine", "list")).not.toContain(receipt);
    expect(await service.penfold("quarantine", "release", receipt)).toContain("had been released before");
    expect(await sessionOf(ada).withSubject("Setup")).toHaveLength(1);
  });

  it("holds what pretends to come from us", async () => {
    const [held] = await endingsOf(service, await receive("Your password", ada, at("it.support")));
    expect(held).toMatchObject({ stage: "quarantined", reasons: expect.arrayContaining(["ownDomainSpoofed"]) });
  });
});

describe("where is my message?", () => {
  it("each stage of a received message is on record and found by Message-ID, sender and recipient", async () => {
    const receipt = await receive("Where is it", nia);
    await endingsOf(service, receipt);
    const stages = (await service.ports.traces.ofReceipt(receipt as ReceiptId)).map(({ stage }) => stage);
    expect(stages).toEqual(["parsed", "scanned", "filed"]);
    for (const search of [
      ["--message-id", "<Where-is-it@lakeside-clinic.example>"],
      ["--sender", OUTSIDE],
      ["--recipient", nia],
    ] as const) {
      const said = await eventually(
        async () => {
          const text = await service.penfold("trace", ...search, "--limit", "100");
          return text.includes(receipt) ? text : null;
        },
        PATIENCE,
        `a trace by ${search[0]}`,
      );
      const block = said.split("\n\n").find((part) => part.startsWith(receipt))!;
      expect(block).toMatch(/parsed.*\n.*scanned.*deliver.*\n.*filed +nia\.hart@/);
    }
    expect(await service.penfold("trace", "--message-id", "<no@such>")).toContain("No message was found");
  });
});

describe("sending outside", () => {
  it("ends in the outbox, DKIM-signed, and its delivery is told", async () => {
    const to = "letters@lakeside-clinic.example";
    const submissionId = await submit(sessionOf(nia), { from: nia, to: [to], subject: "Discharge letter" });
    const statuses = await deliveryOf(sessionOf(nia), submissionId, (delivered) => delivered.includes("yes"));
    expect(statuses[to]).toMatchObject({ delivered: "yes", smtpReply: expect.stringMatching(/^250/) });
    const left = (await outboxOf(service.cloud)).find(({ octets }) => octets.includes("Subject: Discharge letter"))!;
    expect(left.recipients).toMatchObject([{ address: to, state: "delivered" }]);
    expect(left.octets).toMatch(/^DKIM-Signature:.*d=northvale\.health\.example/ms);
    const said = await service.penfold("trace", "--sender", nia, "--limit", "100");
    expect(said).toMatch(/submitted .*/);
    expect(said).toMatch(/sent +letters@lakeside/);
    expect(said).toMatch(/delivered +letters@lakeside/);
  });

  it("an answer is in the conversation of what it answers, for the sender and for a colleague, although SES gave that another id", async () => {
    await submit(sessionOf(nia), { from: nia, to: ["gp@lakeside-clinic.example", owen], subject: "Joint clinic" });
    const copy = await arrived(owen, "Joint clinic");
    const left = await eventually(
      async () => (await outboxOf(service.cloud)).find(({ octets }) => octets.includes("Subject: Joint clinic")),
      PATIENCE,
      "the message in the outbox",
    );
    const fieldOf = (name: string) => new RegExp(`^${name}: *(<[^\r]*>)\r`, "m").exec(left.octets)![1]!;
    const [there, own] = [fieldOf("Message-ID"), copy.messageId[0]];
    expect(there).not.toContain(own);
    // What a mail program writes (RFC 5322 §3.6.4).
    await receive("Re: Joint clinic", [nia, owen], OUTSIDE, [`In-Reply-To: ${there}`, `References: ${fieldOf("References")} ${there}`]);
    const [sent] = await sessionOf(nia).withSubject("Joint clinic");
    expect((await arrived(nia, "Re: Joint clinic")).threadId).toBe(sent!.threadId);
    expect((await arrived(owen, "Re: Joint clinic")).threadId).toBe(copy.threadId);
  });

  it("a bounce comes back as a readable message and as delivery status", async () => {
    const to = "bounce@lakeside-clinic.example";
    const submissionId = await submit(sessionOf(nia), { from: nia, to: [to], subject: "Returned letter" });
    const statuses = await deliveryOf(sessionOf(nia), submissionId, (delivered) => delivered.includes("no"));
    expect(statuses[to]!.smtpReply).toMatch(/^5\d\d 5\./);
    const notice = await eventually(async () => (await noticesOf(nia)).find((email) => textOf(email).includes(to)), PATIENCE, "the notice");
    expect(textOf(notice)).toContain("“Returned letter”");
  });

  it("a read receipt leaves once, to the one who asked", async () => {
    await receive("Please confirm", nia, proven, [`Disposition-Notification-To: ${proven}`]);
    const { id: forEmailId } = await arrived(nia, "Please confirm");
    const { list } = await sessionOf(nia).call("Identity/get");
    const disposition = { actionMode: "manual-action", sendingMode: "mdn-sent-manually", type: "displayed" };
    const mdn = {
      identityId: list[0].id,
      send: { k: { forEmailId, disposition } },
      onSuccessUpdateEmail: { "#k": { "keywords/$mdnsent": true } },
    };
    expect((await sessionOf(nia).call("MDN/send", mdn)).sent.k.finalRecipient).toBe(`rfc822; ${nia}`);
    expect((await sessionOf(nia).call("MDN/send", mdn)).notSent.k.type).toBe("mdnAlreadySent");
    const receipts = async () => (await outboxOf(service.cloud)).filter(({ octets }) => octets.includes("Subject: Read: Please confirm"));
    await eventually(async () => (await receipts()).length > 0, PATIENCE, "the receipt");
    expect(await receipts()).toMatchObject([
      { recipients: [{ address: proven }], octets: expect.stringContaining("disposition-notification") },
    ]);
  });

  it("an address that is not one's own cannot be sent from", async () => {
    await expect(submit(sessionOf(nia), { from: owen, to: [ada], subject: "Not me" })).rejects.toThrow(/forbidden/);
  });
});

describe("undo", () => {
  it("what was taken back within its window is never sent; what was sent cannot be taken back", async () => {
    const session = sessionOf(nia);
    const sent = await submit(session, { from: nia, to: [owen], subject: "On time" });
    await arrived(owen, "On time");
    const { notUpdated } = await session.call("EmailSubmission/set", { update: { [sent]: { undoStatus: "canceled" } } });
    expect(notUpdated[sent].type).toBe("cannotUnsend");
    await new Promise((wake) => setTimeout(wake, Math.max(0, undone.at + 13_000 - Date.now())));
    const { list } = await session.call("EmailSubmission/get", { ids: [undone.submissionId] });
    expect(list[0].undoStatus).toBe("canceled");
    expect(await sessionOf(owen).withSubject("Too early")).toEqual([]);
  });
});

describe("the key for Web Push (RFC 9749 §5)", () => {
  const sessionNow = async (): Promise<{ key: string; state: string }> => {
    // A process holds the keys for a minute; a new one reads them.
    for (const name of ["penfold-jmap", "penfold-push"]) service.cloud.killFunction(name);
    const session = (await (await sessionOf(ada).fetch("/jmap/session")).json()) as Answer;
    return { key: session.capabilities["urn:ietf:params:jmap:webpush-vapid"].applicationServerKey, state: session.state };
  };
  const subscriptionsOf = async (): Promise<Answer[]> =>
    (await sessionOf(ada).request([["PushSubscription/get", { ids: null }, "g"]])).methodResponses[0][1].list;

  it("is replaced by an operator's word: sessions tell of it, subscriptions under the former go on, until it has become known", async () => {
    const before = await sessionNow();
    const phone = await subscribePushes(sessionOf(ada));
    try {
      const said = await service.penfold("push", "replace-key");
      const after = await sessionNow();
      expect(said).toContain(after.key);
      expect(after.key).not.toBe(before.key);
      expect(after.state).not.toBe(before.state);
      await receive("Under the former key", ada);
      await eventually(() => phone.heard.find((each) => each["@type"] === "StateChange"), PATIENCE, "the push");
      expect(new Set(phone.keys)).toEqual(new Set([before.key]));
      expect(await subscriptionsOf()).toHaveLength(1);
      await service.penfold("push", "replace-key", "--at-once");
      await sessionNow();
      const heard = phone.heard.length;
      await receive("Under none", ada);
      await eventually(async () => (await subscriptionsOf()).length === 0, PATIENCE, "the end of the subscription");
      expect(phone.heard).toHaveLength(heard);
    } finally {
      phone.close();
    }
  });
});

describe("who may open what", () => {
  const openTo = async (mail: string): Promise<string[]> => {
    const session = (await (await sessionOf(mail).fetch("/jmap/session")).json()) as { accounts: Record<string, { name: string }> };
    return Object.values(session.accounts).map(({ name }) => name);
  };

  it("is an operator's word, which holds at the next call", async () => {
    const before = await openTo(nia);
    await service.penfold("mailbox", "access", "--mail", referrals, "--access", `${nia}:readOnly`, "--remove", ada);
    expect((await openTo(nia)).length).toBe(before.length + 1);
    expect(await openTo(ada)).toHaveLength(1);
  });

  it("S06: ends for who goes to another organisation, with their places on lists", async () => {
    expect(await openTo(owen)).toHaveLength(2);
    const said = await service.penfold("person", "move", "--mail", owen, "--organisation", "Nlakeside");
    expect(said).toContain("belongs to Nlakeside now. Ended: access to 1 accounts, that of 0 people to theirs, membership of 2 lists.");
    expect(await openTo(owen)).toHaveLength(1);
    const receipt = await receive("To those who stayed", at("team"));
    expect(filedTo(await endingsOf(service, receipt))).toEqual([`filed ${nia}`]);
  });
});

describe("stopping", () => {
  it("takes no longer for an open WebSocket, which is told", async () => {
    const push = await sessionOf(nia).listen();
    const begun = performance.now();
    await service.stop();
    expect(performance.now() - begun).toBeLessThan(6_000);
    // RFC 6455 §7.4.1: going away.
    expect(await push.closed).toBe(1001);
  });
});
