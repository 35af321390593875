/**
 * A client library that knows nothing of Penfold does what a mail program does: list, read, search, flag, move, send and be told of changes.
 * Two programs on a terminal do the same in a trial by hand (tools/clients).
 */
import { JamClient } from "jmap-jam";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { eventSourceWith } from "./support/event-source.ts";
import { eventually } from "./support/jmap-session.ts";
import { accountOf, at, bootSmallService, type SmallService, textMessage } from "./support/small-service.ts";
import { draftOf, envelopeOf, type Letter, sentPatch } from "./support/submit.ts";

const nia = at("nia.hart");
const owen = at("owen.reid");
const PATIENCE = 30_000;

let service: SmallService;
const clients = new Map<string, JamClient>();
const jamOf = (mail: string): JamClient => clients.get(mail)!;

beforeAll(async () => {
  service = await bootSmallService({ people: { "nia.hart": [], "owen.reid": [] } });
  for (const mail of [nia, owen]) {
    const { access } = await service.tokens(mail);
    clients.set(mail, new JamClient({ bearerToken: access, sessionUrl: `${service.cloud.endpoints.web}/.well-known/jmap` }));
  }
});
afterAll(() => service?.stop());

const mailboxOf = async (jam: JamClient, role: string): Promise<string> => {
  const [{ list }] = await jam.api.Mailbox.get({ accountId: await jam.getPrimaryAccount(), properties: ["id", "role"] });
  return list.find((mailbox) => mailbox.role === role)!.id;
};

/** The Email with this subject in the Inbox, once it is there. */
const received = (mail: string, subject: string) =>
  eventually(
    async () => {
      const jam = jamOf(mail);
      const accountId = await jam.getPrimaryAccount();
      const inMailbox = await mailboxOf(jam, "inbox");
      const [{ emails }] = await jam.requestMany((t) => {
        const found = t.Email.query({ accountId, filter: { inMailbox, subject } });
        const emails = t.Email.get({
          accountId,
          ids: found.$ref("/ids"),
          properties: ["id", "blobId", "threadId", "from", "subject", "messageId", "textBody", "bodyValues"],
          fetchTextBodyValues: true,
        });
        return { found, emails };
      });
      return emails.list[0];
    },
    PATIENCE,
    `"${subject}"`,
  );

const textOf = (email: Awaited<ReturnType<typeof received>>): string =>
  email.textBody!.map(({ partId }) => email.bodyValues![partId!]!.value).join("");

const send = async (letter: Letter): Promise<void> => {
  const jam = jamOf(letter.from);
  const accountId = await jam.getPrimaryAccount();
  const [drafts, sent] = await Promise.all([mailboxOf(jam, "drafts"), mailboxOf(jam, "sent")]);
  const [{ list: identities }] = await jam.api.Identity.get({ accountId });
  const [{ created }] = await jam.api.Email.set({ accountId, create: { draft: draftOf(letter, drafts) as never } });
  const emailId = created!.draft!.id!;
  const [answer] = await jam.api.EmailSubmission.set({
    accountId,
    create: { send: { emailId, identityId: identities[0]!.id, envelope: envelopeOf(letter) } as never },
    onSuccessUpdateEmail: { "#send": sentPatch(drafts, sent) } as never,
  });
  expect(answer.notCreated ?? {}).toEqual({});
};

describe("the client library jmap-jam", () => {
  // RFC 8620 §2.2.
  it("finds the session from the well-known address", async () => {
    const session = await jamOf(nia).session;
    expect(session.username).toBe(nia);
    expect(Object.keys(session.accounts)).toEqual([accountOf(nia)]);
    expect(await jamOf(nia).getPrimaryAccount()).toBe(accountOf(nia));
    for (const urn of ["core", "mail", "submission", "websocket"])
      expect(session.capabilities).toHaveProperty(`urn:ietf:params:jmap:${urn}`);
  });

  it("lists the mailboxes that everybody begins with", async () => {
    const jam = jamOf(nia);
    const [{ list }] = await jam.api.Mailbox.get({ accountId: await jam.getPrimaryAccount() });
    expect(list.map(({ role }) => role)).toEqual(expect.arrayContaining(["inbox", "drafts", "sent", "junk", "trash", "archive"]));
  });

  it("reads what came from outside, and its octets", async () => {
    const message = textMessage({ subject: "Clinic list", to: nia, text: "Twelve patients on Monday." });
    expect((await service.send(message, nia)).outcome).toBe("accepted");
    const email = await received(nia, "Clinic list");
    expect(email.from).toEqual([{ name: "Mair Talbot", email: "sender@lakeside-clinic.example" }]);
    expect(textOf(email).trim()).toBe("Twelve patients on Monday.");
    const raw = await jamOf(nia).downloadBlob({
      accountId: accountOf(nia),
      blobId: email.blobId!,
      mimeType: "message/rfc822",
      fileName: "clinic.eml",
    });
    expect((await raw.text()).endsWith(message)).toBe(true);
  });

  it("sends to a colleague, who answers, and receives the answer in the same thread", async () => {
    await send({ from: nia, to: [owen], subject: "Ward round", text: "Can you take Tuesday?" });
    const asked = await received(owen, "Ward round");
    expect(asked.from).toEqual([{ name: null, email: nia }]);
    expect(textOf(asked).trim()).toBe("Can you take Tuesday?");

    await send({ from: owen, to: [nia], subject: "Re: Ward round", text: "Yes, gladly.", inReplyTo: asked.messageId! });
    const answer = await received(nia, "Re: Ward round");
    expect(textOf(answer).trim()).toBe("Yes, gladly.");
    const [{ list }] = await jamOf(nia).api.Thread.get({ accountId: accountOf(nia), ids: [answer.threadId!] });
    expect(list[0]!.emailIds).toHaveLength(2);
  });

  it("finds a message by words of its text, and no other", async () => {
    const jam = jamOf(nia);
    const message = (subject: string, text: string) => service.send(textMessage({ subject, to: nia, text }), nia);
    await message("Kitchen", "The quince jam is in the second fridge.");
    await message("Laundry", "The gowns are in the second basket.");
    await Promise.all([received(nia, "Kitchen"), received(nia, "Laundry")]);
    const accountId = await jam.getPrimaryAccount();
    const [{ found, emails }] = await jam.requestMany((t) => {
      const found = t.Email.query({ accountId, filter: { text: "quince second" }, calculateTotal: true });
      return { found, emails: t.Email.get({ accountId, ids: found.$ref("/ids"), properties: ["subject"] }) };
    });
    expect(found.total).toBe(1);
    expect(emails.list.map(({ subject }) => subject)).toEqual(["Kitchen"]);
  });

  it("flags a message and moves it", async () => {
    const jam = jamOf(nia);
    await service.send(textMessage({ subject: "Fire drill", to: nia }), nia);
    const [{ id }, accountId, inbox, archive] = await Promise.all([
      received(nia, "Fire drill"),
      jam.getPrimaryAccount(),
      mailboxOf(jam, "inbox"),
      mailboxOf(jam, "archive"),
    ]);
    const update = { [id]: { "keywords/$flagged": true, [`mailboxIds/${inbox}`]: null, [`mailboxIds/${archive}`]: true } };
    const [answer] = await jam.api.Email.set({ accountId, update: update as never });
    expect(answer.notUpdated ?? {}).toEqual({});
    const [{ list }] = await jam.api.Email.get({ accountId, ids: [id], properties: ["keywords", "mailboxIds"] });
    expect(list[0]).toMatchObject({ keywords: { $flagged: true }, mailboxIds: { [archive]: true } });
    expect(list[0]!.mailboxIds).not.toHaveProperty(inbox);
  });

  it("is told of a message as it arrives, and asks what changed", async () => {
    const jam = jamOf(owen);
    const accountId = await jam.getPrimaryAccount();
    const [{ state: sinceState }] = await jam.api.Email.get({ accountId, ids: [] });
    vi.stubGlobal("EventSource", eventSourceWith(`Bearer ${(await service.tokens(owen)).access}`));
    const events = await jam.connectEventSource({ types: ["Email"], ping: 0 });
    try {
      const told = new Promise<Event>((resolve) => events.addEventListener("state", resolve, { once: true }));
      await service.send(textMessage({ subject: "Theatre list", to: owen }), owen);
      const { changed } = JSON.parse(((await told) as MessageEvent).data);
      const [changes] = await jam.api.Email.changes({ accountId, sinceState });
      expect(changes.newState).toBe(changed[accountId].Email);
      const [{ list }] = await jam.api.Email.get({ accountId, ids: changes.created, properties: ["subject"] });
      expect(list.map(({ subject }) => subject)).toEqual(["Theatre list"]);
    } finally {
      events.close();
      vi.unstubAllGlobals();
    }
  });

  it("uploads a file", async () => {
    const blob = await jamOf(nia).uploadBlob(accountOf(nia), new Blob(["12 patients"], { type: "text/csv" }));
    expect(blob).toMatchObject({ accountId: accountOf(nia), type: "text/csv", size: 11 });
  });
});

describe("what other programs ask", () => {
  it("an upload is answered with 200 (aerc takes no 201), a download needs no name (meli has none)", async () => {
    const session = await service.signIn(nia);
    const upload = await session.fetch(`/jmap/upload/${accountOf(nia)}`, { method: "POST", body: "12 patients" });
    expect(upload.status).toBe(200);
    const { blobId } = (await upload.json()) as { blobId: string };
    const { downloadUrl } = await jamOf(nia).session;
    const url = (name: string) =>
      new URL(
        downloadUrl
          .replace("{accountId}", accountOf(nia))
          .replace("{blobId}", blobId)
          .replace("{name}", name)
          .replace("{type}", "text/csv"),
      );
    for (const [name, fileName] of [
      ["", "download"],
      ["list%2F1.csv", "list_1.csv"],
    ] as const) {
      const { pathname, search } = url(name);
      const response = await session.fetch(pathname + search);
      expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([200, "text/csv", "12 patients"]);
      expect(response.headers.get("content-disposition")).toContain(`filename="${fileName}"`);
    }
  });
});
