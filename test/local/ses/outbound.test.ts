import { createServer } from "node:net";
import { SESClient, SendBounceCommand, SendRawEmailCommand } from "@aws-sdk/client-ses";
import { SESv2Client, SendEmailCommand } from "@aws-sdk/client-sesv2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bench, DOMAIN, EVENT_TOPIC, MAIL_TOPIC, REGION, startBench } from "./laptop.ts";
import { sendSmtp } from "./smtp-dialogue.ts";

const ALICE = `alice@${DOMAIN}`;
const raw = (to: string, extra = "", body = "Hi."): Buffer =>
  Buffer.from(
    `From: Alice <${ALICE}>\nTo: ${to}\nSubject: Hello\nMessage-ID: <mine@${DOMAIN}>\nDate: Mon, 1 Jan 2001 00:00:00 +0000\n${extra}\n${body}\n`,
  );

describe("SES on the laptop, mail out", () => {
  let bench: Bench;
  let v1: SESClient;
  let v2: SESv2Client;
  beforeAll(async () => {
    bench = await startBench();
    const client = {
      region: REGION,
      endpoint: bench.endpoint,
      maxAttempts: 1,
      credentials: { accessKeyId: "AKIATEST", secretAccessKey: "x" },
    };
    v1 = new SESClient(client);
    v2 = new SESv2Client(client);
  });
  afterAll(() => bench.stop());

  const send = async (to: string[], octets: Buffer, more: object = {}): Promise<string> => {
    const { MessageId } = await v2.send(
      new SendEmailCommand({
        FromEmailAddress: ALICE,
        Destination: { ToAddresses: to },
        Content: { Raw: { Data: octets } },
        ConfigurationSetName: "outgoing",
        EmailTags: [{ Name: "submissionKey", Value: "A1-S1" }],
        ...more,
      }),
    );
    return MessageId!;
  };
  const events = (messageId: string) =>
    bench.published.flatMap(({ topicArn, body }) => {
      if (topicArn !== EVENT_TOPIC || !body.startsWith("{")) return [];
      const event = JSON.parse(body);
      return event.mail.messageId === messageId ? [event] : [];
    });
  const eventTypes = (messageId: string): string[] => events(messageId).map(({ eventType }) => eventType);
  const outcome = (messageId: string, types: string[]) =>
    bench
      .eventually(() => (eventTypes(messageId).length >= types.length ? eventTypes(messageId) : null))
      .then((seen) => expect(seen).toEqual(types));
  const outbox = async (path: string) => fetch(`${bench.endpoint}/_penfold/outbox${path}`);

  it("validates the events topic once with a line of text, as SES does", () => {
    expect(bench.published.filter(({ body }) => body === "Successfully validated SNS topic for Amazon SES event publishing.")).toHaveLength(
      1,
    );
  });

  it("sends by v2: own Message-ID and Date, no Bcc, events Send and Delivery with tags", async () => {
    const id = await send(
      ["Bob <bob@outside.example>", "secret@outside.example"],
      raw("bob@outside.example", "Bcc: secret@outside.example\n"),
    );
    expect(id).toMatch(/^010b[0-9a-f]{12}-[0-9a-f-]{36}-000000$/);
    await outcome(id, ["Send", "Delivery", "Delivery"]);
    const [sent, delivery] = events(id);
    expect(sent).toMatchObject({
      eventType: "Send",
      send: {},
      mail: {
        source: ALICE,
        sourceArn: `arn:aws:ses:${REGION}:123456789012:identity/${DOMAIN}`,
        sendingAccountId: "123456789012",
        destination: ["bob@outside.example", "secret@outside.example"],
        commonHeaders: { from: [`Alice <${ALICE}>`], subject: "Hello", messageId: `<mine@${DOMAIN}>` },
        tags: {
          submissionKey: ["A1-S1"],
          "ses:configuration-set": ["outgoing"],
          "ses:operation": ["SendRawEmail"],
          "ses:from-domain": [DOMAIN],
        },
      },
    });
    expect(delivery.delivery).toMatchObject({ recipients: ["bob@outside.example"], smtpResponse: expect.stringMatching(/^250/) });
    const octets = await (await outbox(`/${id}.eml`)).text();
    expect(octets).toMatch(new RegExp(`^Message-ID: <${id}@${REGION}\\.amazonses\\.com>\r$`, "m"));
    expect(octets).toMatch(/^DKIM-Signature: /);
    expect(octets).not.toMatch(/mine@|2001|Bcc|[^\r]\n/);
    expect(await (await outbox("")).text()).toContain("bob@outside.example <small");
  });

  it("asks IAM for SendRawEmail on the identity and on the configuration set", async () => {
    bench.asked.length = 0;
    await send(["bob@outside.example"], raw("bob@outside.example"));
    expect(bench.asked.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      `ses:SendRawEmail arn:aws:ses:${REGION}:123456789012:identity/${DOMAIN}`,
      `ses:SendRawEmail arn:aws:ses:${REGION}:123456789012:configuration-set/outgoing`,
    ]);
  });

  it("composes simple content", async () => {
    const { MessageId: id } = await v2.send(
      new SendEmailCommand({
        FromEmailAddress: ALICE,
        Destination: { ToAddresses: ["bob@outside.example"] },
        Content: { Simple: { Subject: { Data: "Grüße" }, Body: { Text: { Data: "Plain" }, Html: { Data: "<p>Rich" } } } },
      }),
    );
    expect(await (await outbox(`/${id}.eml`)).text()).toMatch(/multipart\/alternative/);
  });

  it.each([
    ["bounce", ["Send", "Bounce"]],
    ["bounce+ward7", ["Send", "Bounce"]],
    ["transient", ["Send", "Bounce"]],
    ["suppressionlist", ["Send", "Bounce"]],
    ["complaint", ["Send", "Delivery", "Complaint"]],
    ["reject", ["Send", "Reject"]],
    ["delay", ["Send", "DeliveryDelay", "Delivery"]],
    ["ooto", ["Send", "Delivery"]],
  ])("%s@ has its way", async (name, types) => {
    const to = `${name}@simulator.amazonses.com`;
    const id = await send([to], raw(to));
    await outcome(id, types);
    const last = events(id).at(-1);
    if (name.startsWith("bounce"))
      expect(last.bounce).toMatchObject({
        bounceType: "Permanent",
        bounceSubType: "General",
        bouncedRecipients: [{ emailAddress: to, action: "failed", status: "5.1.1", diagnosticCode: "smtp; 550 5.1.1 user unknown" }],
      });
    if (name === "transient") expect(last.bounce).toMatchObject({ bounceType: "Transient", bounceSubType: "MailboxFull" });
    if (name === "complaint")
      expect(last.complaint).toMatchObject({ complainedRecipients: [{ emailAddress: to }], complaintFeedbackType: "abuse" });
    if (name === "delay")
      expect(events(id)[1].deliveryDelay).toMatchObject({
        delayType: "TransientCommunicationFailure",
        delayedRecipients: [{ emailAddress: to }],
      });
    if (name === "ooto")
      await bench.eventually(() =>
        bench.published.some(({ topicArn, body }) => topicArn === MAIL_TOPIC && body.includes("Out of office: Hello")),
      );
  });

  it("rejects the test virus after taking it", async () => {
    const eicar = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].join("-");
    const id = await send(["bob@outside.example"], raw("bob@outside.example", "", eicar));
    await outcome(id, ["Send", "Reject"]);
    expect(events(id)[1].reject).toEqual({ reason: "Bad content" });
  });

  it("throttles throttle@ twice, then takes it", async () => {
    const once = () => send(["throttle@outside.example"], raw("throttle@outside.example"));
    await expect(once()).rejects.toMatchObject({ name: "TooManyRequestsException", $metadata: { httpStatusCode: 429 } });
    await expect(once()).rejects.toMatchObject({ name: "TooManyRequestsException" });
    await outcome(await once(), ["Send", "Delivery"]);
  });

  it("brings mail to own domains back in, authenticated", async () => {
    const id = await send([`carol@${DOMAIN}`], raw(`carol@${DOMAIN}`));
    await outcome(id, ["Send", "Delivery"]);
    const notice = bench.published
      .filter(({ topicArn }) => topicArn === MAIL_TOPIC)
      .map(({ body }) => JSON.parse(body))
      .find(({ mail }) => mail.source.startsWith(id));
    expect(notice.receipt).toMatchObject({
      recipients: [`carol@${DOMAIN}`],
      spfVerdict: { status: "PASS" },
      dkimVerdict: { status: "PASS" },
      dmarcVerdict: { status: "PASS" },
    });
  });

  it("marks a forgery of an own domain: DMARC fails with the domain's policy", async () => {
    const reply = await sendSmtp(bench.smtpPort, {
      from: "x@outside.example",
      to: [ALICE],
      data: `From: ${ALICE}\r\nTo: ${ALICE}\r\n\r\nForged`,
    });
    const notice = bench.published.map(({ body }) => body).find((body) => body.includes(reply.slice(-40)))!;
    expect(JSON.parse(notice).receipt).toMatchObject({ dmarcVerdict: { status: "FAIL" }, dmarcPolicy: "reject" });
  });

  describe("refusals", () => {
    const cases: [string, () => Promise<unknown>, object][] = [
      [
        "an unverified sender",
        () => send(["b@o.example"], Buffer.from("From: x@stranger.example\n\nHi"), { FromEmailAddress: undefined }),
        { name: "MessageRejected", message: /not verified.*EU-WEST-2: x@stranger\.example/ },
      ],
      [
        "a From field that is not the sender's",
        () => send(["b@o.example"], Buffer.from("From: x@stranger.example\n\nHi")),
        { name: "MessageRejected" },
      ],
      [
        "51 recipients",
        () =>
          send(
            Array.from({ length: 51 }, (_, index) => `r${index}@o.example`),
            raw("x@o.example"),
          ),
        { name: "BadRequestException" },
      ],
      ["no recipients", () => send([], Buffer.from(`From: ${ALICE}\n\nHi`)), { name: "BadRequestException" }],
      ["an address that is none", () => send(["nobody"], raw("x@o.example")), { name: "BadRequestException" }],
      ["a local part in UTF-8", () => send(["jörg@o.example"], raw("x@o.example")), { name: "BadRequestException" }],
      [
        "a field twice",
        () => send(["b@o.example"], raw("b@o.example", "Subject: Again\n")),
        { name: "BadRequestException", message: /Duplicate header 'Subject'/ },
      ],
      [
        "an unknown configuration set",
        () => send(["b@o.example"], raw("b@o.example"), { ConfigurationSetName: "none" }),
        { name: "NotFoundException" },
      ],
      [
        "a tag that SES would not take",
        () => send(["b@o.example"], raw("b@o.example"), { EmailTags: [{ Name: "k", Value: "a#b" }] }),
        { name: "BadRequestException" },
      ],
      [
        "template content",
        () => send(["b@o.example"], raw("b@o.example"), { Content: { Template: { TemplateName: "t" } } }),
        { name: "BadRequestException" },
      ],
    ];
    it.each(cases)("%s", async (_name, act, { name, message }: { name?: string; message?: RegExp }) => {
      const error = await act().then(
        () => null,
        (reason: Error) => reason,
      );
      expect(error?.name).toBe(name);
      if (message) expect(error!.message).toMatch(message);
    });
  });

  it("takes 35 MB by v2 and refuses 11 MB by v1", { timeout: 60_000 }, async () => {
    const big = (megabytes: number): Buffer =>
      raw("bob@outside.example", "", `${"x".repeat(75)}\r\n`.repeat((megabytes * 1024 * 1024) / 77));
    await outcome(await send(["bob@outside.example"], big(35)), ["Send", "Delivery"]);
    await expect(send(["bob@outside.example"], big(41))).rejects.toMatchObject({ name: "BadRequestException" });
    const { MessageId } = await v1.send(
      new SendRawEmailCommand({ RawMessage: { Data: raw("bob@outside.example") }, ConfigurationSetName: "outgoing" }),
    );
    await outcome(MessageId!, ["Send", "Delivery"]);
    await expect(v1.send(new SendRawEmailCommand({ RawMessage: { Data: big(11) } }))).rejects.toThrow(/more than 10485760/);
  });

  it("bounces a received message to its reverse path, once it is known and not itself a bounce", async () => {
    const received = async (from: string): Promise<string> =>
      (
        await sendSmtp(bench.smtpPort, {
          from,
          to: [ALICE],
          data: `From: Bob <b@o.example>\r\nMessage-ID: <q@o.example>\r\nSubject: Lost?\r\n\r\nHi`,
        })
      ).slice(-40);
    const bounce = async (OriginalMessageId: string) =>
      v1.send(
        new SendBounceCommand({
          OriginalMessageId,
          BounceSender: `mailer-daemon@${DOMAIN}`,
          Explanation: "Nobody here.",
          BouncedRecipientInfoList: [{ Recipient: `nobody@${DOMAIN}`, BounceType: "DoesNotExist" }],
        }),
      );
    const { MessageId } = await bounce(await received("bob@outside.example"));
    const octets = await (await outbox(`/${MessageId}.eml`)).text();
    expect(octets).toMatch(/^To: bob@outside\.example\r$/m);
    expect(octets).toMatch(/^Content-Type: multipart\/report; report-type=delivery-status/m);
    expect(octets).toMatch(new RegExp(`Final-Recipient: rfc822; nobody@${DOMAIN}\r\nAction: failed\r\nStatus: 5\\.1\\.1`));
    expect(octets).toMatch(/^In-Reply-To: <q@o\.example>\r$/m);
    expect(await (await outbox(`/${MessageId}.json`)).json()).toMatchObject({ reversePath: "" });
    await expect(bounce(await received(""))).rejects.toThrow(/no return path/);
    await expect(bounce("unknown")).rejects.toThrow(/not found/);
    expect(bench.asked.at(-1)).toMatchObject({
      action: "ses:SendBounce",
      resource: `arn:aws:ses:${REGION}:123456789012:identity/${DOMAIN}`,
    });
  });

  it("goes on after a restart with what was not finished", async () => {
    bench.failPublishing(1_000);
    const id = await send(["bob@outside.example"], raw("bob@outside.example"));
    await bench.restart();
    expect(eventTypes(id)).toEqual([]);
    bench.failPublishing(0);
    await bench.restart();
    await outcome(id, ["Send", "Delivery"]);
  });

  it("answers the outbox page only to a browser that came to this machine", async () => {
    expect((await outbox("/0000000000000000.eml")).status).toBe(404);
    expect((await outbox("/../secret")).status).not.toBe(200);
    const foreign = await new Promise<string>((resolve) => {
      const { port } = new URL(bench.endpoint);
      import("node:http").then(({ get }) =>
        get({ port, host: "127.0.0.1", path: "/_penfold/outbox", headers: { host: "evil.example" } }, (response) =>
          resolve(String(response.statusCode)),
        ),
      );
    });
    expect(foreign).toBe("403");
  });
});

describe("SES on the laptop with a relay", () => {
  it("hands mail to the SMTP host and reports each recipient's fate", async () => {
    const heard: string[] = [];
    const host = createServer((socket) => {
      let data = false;
      socket.write("220 host\r\n");
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        for (const line of chunk.toString().split("\r\n").slice(0, -1)) {
          if (data) {
            heard.push(line);
            if (line !== ".") continue;
            data = false;
            socket.write("250 2.0.0 queued\r\n");
          } else if (/^RCPT TO:<gone@/.test(line)) socket.write("550 5.1.1 no such user\r\n");
          else if (line === "DATA") {
            data = true;
            socket.write("354 go\r\n");
          } else socket.write("250 ok\r\n");
        }
      });
    });
    await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
    const bench = await startBench({ relay: { host: "127.0.0.1", port: (host.address() as { port: number }).port } });
    const v2 = new SESv2Client({
      region: REGION,
      endpoint: bench.endpoint,
      maxAttempts: 1,
      credentials: { accessKeyId: "AKIATEST", secretAccessKey: "x" },
    });
    await v2.send(
      new SendEmailCommand({
        FromEmailAddress: ALICE,
        Destination: { ToAddresses: ["here@real.example", "gone@real.example"] },
        Content: { Raw: { Data: raw("here@real.example") } },
        ConfigurationSetName: "outgoing",
      }),
    );
    const types = () => bench.published.filter(({ body }) => body.startsWith("{")).map(({ body }) => JSON.parse(body).eventType);
    await bench.eventually(() => types().length === 3);
    expect(types()).toEqual(["Send", "Delivery", "Bounce"]);
    expect(heard).toContain("Subject: Hello");
    await bench.stop();
    host.close();
  });
});
