/** Bad input over the real wire, and what it gets: refused by the protocol's own words or held with a reason, and nobody else disturbed. */
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stages } from "../../core/stages.ts";
import { bombs } from "../../tools/bombs.ts";
import { SmtpDialogue } from "../local/ses/smtp-dialogue.ts";
import { alarmedDeadLetters, queueUrl, sqsOf } from "./support/dead-letters.ts";
import { endingsOf } from "./support/endings.ts";
import { type Answer, type Call, eventually, type JmapSession, MAIL } from "./support/jmap-session.ts";
import { accountOf, at, bootSmallService, type SmallService, textMessage } from "./support/small-service.ts";

const nia = at("nia.hart");
const owen = at("owen.reid");

let service: SmallService;
let mine: JmapSession;
let theirs: JmapSession;

beforeAll(async () => {
  // Soon: a job that fails reaches its dead-letter queue within the test.
  service = await bootSmallService({ people: { "nia.hart": [], "owen.reid": [], "victim.one": [] } }, { retryAfterSeconds: 0 });
  mine = await service.signIn(nia);
  theirs = await service.signIn(owen);
});
afterAll(() => service?.stop());

let ordinal = 0;
/** An ordinary message to Owen goes all the way. */
const ordinaryMailGoesOn = async (): Promise<void> => {
  const subject = `Ordinary ${ordinal++}`;
  expect((await service.send(textMessage({ subject, to: owen }), owen)).outcome).toBe("accepted");
  await eventually(async () => (await theirs.withSubject(subject))[0], 30_000, "ordinary mail");
};

describe("hostile messages", () => {
  it("a message of 41 MB gets 552, stated or not", async () => {
    const big = Buffer.concat([Buffer.from(textMessage({ subject: "Big", to: nia })), Buffer.alloc(41 * 1024 * 1024, "0123456789\r\n")]);
    expect(await service.send(big, nia)).toMatchObject({ outcome: "refused", reply: expect.stringMatching(/^552 /) });
    const dialogue = await SmtpDialogue.open(service.cloud.endpoints.smtp.port);
    await dialogue.say("EHLO client.example");
    expect(await dialogue.say(`MAIL FROM:<big@outside.example> SIZE=${big.length}`)).toMatch(/^552 /);
    dialogue.close();
    await ordinaryMailGoesOn();
  });

  const expected: Readonly<Record<string, string>> = {
    "parts-100000": "tooManyParts",
    "nested-messages-2000": "tooManyNestedMessages",
    "nested-multiparts-2000": "tooDeep",
    "header-field-10mb": "headerFieldTooLong",
    "headers-100000": "tooManyHeaderFields",
    "zip-ratio": "archiveBomb",
    "zip-nested": "archiveTooDeep",
    "zip-broken": "brokenArchive",
    "two-froms": "fromRepeated",
    garbage: "fromMissing",
  };

  it("each is held with its reason while ordinary mail goes on, in bounded memory", async () => {
    const victim = at("victim.one");
    const hostile = bombs().flatMap(({ name, read }) => {
      const key = name.replace(/^bombs\/|\.eml$/g, "");
      return expected[key] ? [{ key, read }] : [];
    });
    expect(hostile).toHaveLength(Object.keys(expected).length);
    const sent = new Map<string, string>();
    for (const { key, read } of hostile) {
      const outcome = await service.send(read(), victim);
      sent.set(key, outcome.outcome === "accepted" ? outcome.receiptId : outcome.reply);
      if (key === "parts-100000" || key === "zip-ratio") await ordinaryMailGoesOn();
    }
    const ended: Record<string, string> = {};
    for (const [key, receiptId] of sent) {
      const [only, ...more] = await endingsOf(service, receiptId);
      ended[key] =
        `${only!.stage}${more.length > 0 ? " twice" : ""}: ${only!.reasons.includes(expected[key]!) ? expected[key] : only!.reasons}`;
    }
    expect(ended).toEqual(Object.fromEntries(Object.entries(expected).map(([key, reason]) => [key, `quarantined: ${reason}`])));
    await ordinaryMailGoesOn();
    const victims = await service.signIn(victim);
    expect((await victims.call("Email/query")).ids).toEqual([]);
    const counts = service.cloud.invokeCounts();
    for (const { name, memoryMegabytes } of stages.filter(({ trigger }) => trigger.kind === "queue")) {
      expect([name, counts[`penfold-${name}`]?.errors ?? 0]).toEqual([name, 0]);
      expect(counts[`penfold-${name}`]?.residentOctets ?? 0).toBeLessThan(memoryMegabytes * 1024 * 1024);
    }
    expect(await alarmedDeadLetters(service.cloud)).toEqual([]);
  }, 240_000);
});

describe("malformed JMAP requests", () => {
  const request = (methodCalls: unknown, using: unknown = MAIL) => JSON.stringify({ using, methodCalls });
  const deep = `${"[".repeat(500)}${"]".repeat(500)}`;
  const bodies: readonly (readonly [what: string, body: string | Uint8Array<ArrayBuffer>, type: string, contentType?: string])[] = [
    ["nothing", "", "notJSON"],
    ["no JSON", "{", "notJSON"],
    ["another content type", request([]), "notJSON", "text/plain"],
    ["octets that are no UTF-8", Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d), "notJSON"],
    ["a name twice", '{"using":[],"using":[],"methodCalls":[]}', "notJSON"],
    ["a lone surrogate", '{"using":["\\ud800"],"methodCalls":[]}', "notJSON"],
    ["a list", "[]", "notRequest"],
    ["null", "null", "notRequest"],
    ["no calls", '{"using":[]}', "notRequest"],
    ["calls that are no list", request({}), "notRequest"],
    ["a call without an id", request([["Core/echo", {}]]), "notRequest"],
    ["a call with numbers", request([[1, 2, 3]]), "notRequest"],
    ["a capability nobody has", request([], ["urn:example:unknown"]), "unknownCapability"],
    ["more calls than allowed", request(Array.from({ length: 65 }, (_, index) => ["Core/echo", {}, `${index}`])), "limit"],
    ["a request that is too large", request([["Core/echo", { text: "x".repeat(4_000_001) }, "a"]]), "limit"],
    ["deep nesting", request([["Core/echo", { deep: JSON.parse(deep) }, "a"]]), "limit"],
  ];

  it.each(bodies)("%s", async (...row) => {
    const [, body, type, contentType = "application/json"] = row;
    const response = await mine.fetch("/jmap/api", { method: "POST", headers: { "content-type": String(contentType) }, body });
    expect([response.status, response.headers.get("content-type")]).toEqual([400, "application/problem+json"]);
    expect(await response.json()).toMatchObject({ type: `urn:ietf:params:jmap:error:${type}`, status: 400 });
  });

  const { accountId } = { accountId: accountOf(nia) };
  const calls: readonly (readonly [call: Call, error: string])[] = [
    [["Email/nonsense", { accountId }, "a"], "unknownMethod"],
    [["__proto__", { accountId }, "a"], "unknownMethod"],
    [["constructor", {}, "a"], "unknownMethod"],
    [["Email/get", {}, "a"], "invalidArguments"],
    [["Email/get", { accountId: 5 }, "a"], "invalidArguments"],
    [["Email/get", { accountId, ids: "E1" }, "a"], "invalidArguments"],
    [["Email/get", { accountId, ids: null, properties: ["nonsense"] }, "a"], "invalidArguments"],
    [["Email/get", { accountId, ids: null, surprise: 1 }, "a"], "invalidArguments"],
    [["Email/get", { accountId, "#ids": { resultOf: "z", name: "Email/query", path: "/ids" } }, "a"], "invalidResultReference"],
    [["Email/get", { accountId, ids: [], "#ids": { resultOf: "z", name: "Email/query", path: "/ids" } }, "a"], "invalidArguments"],
    [["Email/query", { accountId, filter: { nonsense: 1 } }, "a"], "unsupportedFilter"],
    [["Email/query", { accountId, sort: [{ property: "nonsense" }] }, "a"], "unsupportedSort"],
    [["Email/query", { accountId, limit: -1 }, "a"], "invalidArguments"],
    [["Email/query", { accountId, anchor: "Enone" }, "a"], "anchorNotFound"],
    [["Email/changes", { accountId, sinceState: "nonsense" }, "a"], "cannotCalculateChanges"],
    [["Email/changes", { accountId, sinceState: "1.999999999" }, "a"], "cannotCalculateChanges"],
    [["Mailbox/set", { accountId, ifInState: "nonsense" }, "a"], "stateMismatch"],
    [["Email/get", { accountId, ids: Array.from({ length: 1_001 }, (_, index) => `E${index}`) }, "a"], "requestTooLarge"],
  ];

  it.each(calls)("%j is answered with %s", async (call, error) => {
    const [[name, answer]] = (await mine.calls(call)) as [[string, Answer]];
    expect([name, answer.type]).toEqual(["error", error]);
  });

  it("arguments of every wrong kind never make the service fail", async () => {
    const wrong = [
      null,
      true,
      0,
      -1,
      1.5,
      1e308,
      "",
      "x",
      "\u0000",
      "é".repeat(300),
      [],
      [null],
      [[]],
      {},
      { a: null },
      { "#x": {} },
      { __proto__: 1 },
    ];
    const names = ["accountId", "ids", "properties", "filter", "sort", "create", "update", "destroy", "sinceState", "position", "limit"];
    const methods = ["get", "changes", "set", "query", "queryChanges", "import", "copy", "parse", "nonsense"];
    const types = ["Email", "Mailbox", "Thread", "Identity", "EmailSubmission", "SearchSnippet", "Blob", "VacationResponse", "Quota"];
    const all: Call[] = types.flatMap((type) =>
      methods.flatMap((method) =>
        names.map((name, index): Call => {
          const value = wrong[(index * 7 + method.length * 3 + type.length) % wrong.length];
          return [`${type}/${method}`, { accountId, sinceState: "1.1", [name]: value }, `${type} ${method} ${name}`];
        }),
      ),
    );
    const failed: unknown[] = [];
    for (let from = 0; from < all.length; from += 64) {
      const part = all.slice(from, from + 64);
      const answers = await mine.calls(...part);
      expect(answers.length).toBeGreaterThanOrEqual(part.length);
      for (const [name, answer] of answers) if (name === "error" && /^server/.test(answer.type)) failed.push(answer);
    }
    expect(failed).toEqual([]);
    expect(service.cloud.invokeCounts()["penfold-jmap"]?.errors).toBe(0);
  });
});

describe("queue messages that cannot be read", () => {
  it("end in the dead-letter queue of each queue, whose alarm goes off; ordinary mail goes on", async () => {
    const sqs = sqsOf(service.cloud);
    const names = Object.keys(service.cloud.queueCounts());
    const queues = names.filter((name) => names.includes(`${name}-dlq`)).sort();
    const unreadable = ["this is no JSON", '{"receiptId":5}', `{"receiptId":"${"x".repeat(300)}"}`];
    for (const queue of queues)
      for (const MessageBody of unreadable)
        await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(service.cloud, queue), MessageBody }));
    await eventually(
      () => queues.every((queue) => service.cloud.queueCounts()[`${queue}-dlq`]?.visible === unreadable.length),
      60_000,
      "the dead letters",
    );
    expect(await alarmedDeadLetters(service.cloud)).toEqual(queues.map((queue) => `${queue}-dlq`));
    await ordinaryMailGoesOn();
    expect(await service.penfold("dlq", "show", "parse")).toContain("this is no JSON");
  });
});
