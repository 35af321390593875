/** Faults others have had that only show with real processes: their memory, their deaths, and two of them at once. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../core/limits.ts";
import { parseState } from "../../core/log/entry.ts";
import { stages } from "../../core/stages.ts";
import { type Answer, type Call, eventually, type JmapSession, MAIL } from "./support/jmap-session.ts";
import { at, bootSmallService, type SmallService, textMessage } from "./support/small-service.ts";

const nia = at("nia.hart");
const owen = at("owen.reid");
const JMAP = "penfold-jmap";
const json = { "content-type": "application/json" };

let service: SmallService;
let mine: JmapSession;
let theirs: JmapSession;
beforeAll(async () => {
  service = await bootSmallService({ people: { "nia.hart": [], "owen.reid": [] } }, { retryAfterSeconds: 1, functionProcesses: 10 });
  mine = await service.signIn(nia);
  theirs = await service.signIn(owen);
});
afterAll(() => service?.stop());

const counts = () => service.cloud.invokeCounts()[JMAP]!;

describe("import does not run out of memory", () => {
  it("when one call imports many large messages: the function stays far within its memory", async () => {
    const piece = Buffer.from(`${"x".repeat(76)}\r\n`.repeat(50_000));
    const send = async (body: Uint8Array<ArrayBuffer>) =>
      ((await (await mine.fetch(`/jmap/upload/${mine.accountId}`, { method: "POST", body })).json()) as Answer).blobId as string;
    const head = await send(Uint8Array.from(Buffer.from(`${textMessage({ subject: "Large", to: nia })}\r\n`)));
    const tail = await send(Uint8Array.from(piece));
    const data = [{ blobId: head }, ...Array.from({ length: 8 }, () => ({ blobId: tail }))];
    const using = [...MAIL, "urn:ietf:params:jmap:blob"];
    const calls = async (...methodCalls: Call[]) => {
      const body = JSON.stringify({ using, methodCalls });
      const response = await mine.fetch("/jmap/api", { method: "POST", headers: json, body });
      return ((await response.json()) as Answer).methodResponses as [string, Answer][];
    };
    const [[, uploaded]] = (await calls(["Blob/upload", { accountId: mine.accountId, create: { b: { data } } }, "u"])) as [
      [string, Answer],
    ];
    const { id: blobId, size } = uploaded.created.b;
    expect(size).toBeGreaterThan(30_000_000);
    const before = counts().errors;
    const email = { blobId, mailboxIds: { archive: true } };
    const emails = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`i${index}`, email]));
    const [[name, imported]] = (await calls(["Email/import", { accountId: mine.accountId, emails }, "i"])) as [[string, Answer]];
    expect([name, Object.keys(imported.created ?? {}).length]).toEqual(["Email/import", 16]);
    const { memoryMegabytes } = stages.find((stage) => stage.name === "jmap")!;
    expect(counts().errors).toBe(before);
    // All at once they would be 500 MB of octets alone, before any is read.
    expect(counts().residentOctets).toBeLessThan((memoryMegabytes / 3) * 1024 * 1024);
    await mine.call("Email/set", { destroy: Object.values(imported.created).map((created) => (created as Answer).id) });
  });
});

describe("a state string does not go backwards", () => {
  it("over any of several processes, while they die and mail arrives, nor does anything differ in fresh ones", async () => {
    const types = ["Email", "Thread", "Mailbox"] as const;
    const newest = new Map<string, number>();
    const look = async (): Promise<string[] | null> => {
      try {
        const answers = await theirs.calls(...types.map((type): Call => [`${type}/get`, { accountId: theirs.accountId, ids: [] }, type]));
        return answers.map(([, { state }]) => state as string);
      } catch {
        // Its process was killed.
        return null;
      }
    };
    let looked = 0;
    let arriving = true;
    const sending = (async () => {
      for (let number = 0; number < 24; number++) await service.send(textMessage({ subject: `Flow ${number}`, to: owen }), owen);
    })().finally(() => {
      arriving = false;
    });
    const killing = setInterval(() => {
      for (const name of [JMAP, "penfold-file", "penfold-snapshot"]) service.cloud.killFunction(name);
    }, 700);
    while (arriving) {
      const states = await look();
      for (const [index, state] of (states ?? []).entries()) {
        const { seq } = parseState(state)!;
        expect(seq, types[index]).toBeGreaterThanOrEqual(newest.get(types[index]!) ?? 0);
        newest.set(types[index]!, seq);
        looked++;
      }
    }
    clearInterval(killing);
    await sending;
    await eventually(async () => (await theirs.call("Email/query", { calculateTotal: true })).total === 24, 60_000, "all mail");
    expect(looked).toBeGreaterThan(10);
    const settled = await eventually(look, 10_000, "the states");
    for (let restart = 0; restart < 3; restart++) {
      service.cloud.killFunction(JMAP);
      expect(await eventually(look, 10_000, "the states")).toEqual(settled);
    }
    const { list } = await theirs.call("Mailbox/get");
    expect(list.find((mailbox: Answer) => mailbox.role === "inbox")).toMatchObject({ totalEmails: 24, unreadEmails: 24, totalThreads: 24 });
  });
});

describe("concurrency limits do not stall a client", () => {
  it("whose functions died with its places: others of its requests are served, and the places are free again soon", async () => {
    const open = (init?: RequestInit) => mine.fetch("/jmap/eventsource?types=*&closeafter=no&ping=0", init);
    const held = Array.from({ length: limits.edge.eventSources }, () => open().catch(() => null));
    // One that is let in is held, too: it is not waited for.
    const isRefused = () =>
      open({ signal: AbortSignal.timeout(1_000) })
        .then(({ status }) => status === 400)
        .catch(() => false);
    await eventually(isRefused, 20_000, "as many event sources as may be open");
    const refused = await open();
    expect(await refused.json()).toMatchObject({ type: "urn:ietf:params:jmap:error:limit", limit: "maxConcurrentEventSources" });
    expect(refused.headers.get("retry-after")).toBe("1");
    service.cloud.killFunction(JMAP);
    const died = Date.now();
    await Promise.all(held);
    expect((await mine.fetch("/jmap/session")).status).toBe(200);
    expect((await mine.call("Mailbox/get", { ids: [] })).list).toEqual([]);
    expect((await open()).status).toBe(400);
    const again = await eventually(
      async () => {
        const response = await mine.fetch("/jmap/eventsource?types=*&closeafter=no&ping=5");
        return response.status === 200 ? response : null;
      },
      40_000,
      "a place",
    );
    expect(again.status).toBe(200);
    expect(Date.now() - died).toBeLessThan((limits.edge.requestSeconds + 8) * 1000);
  });
});

describe("two at once", () => {
  it("P06: of two writers with the same ifInState in two processes exactly one wins, the other is told stateMismatch", async () => {
    await mine.call("Email/set", { create: { d: { mailboxIds: { drafts: true }, subject: "Race" } } });
    const { id } = (await mine.withSubject("Race"))[0];
    for (let round = 0; round < 5; round++) {
      const { state } = await mine.call("Email/get", { ids: [] });
      const change = (keyword: string) =>
        mine.calls([
          "Email/set",
          { accountId: mine.accountId, ifInState: state, update: { [id]: { [`keywords/${keyword}`]: true } } },
          "s",
        ]);
      const answers = await Promise.all([change(`a${round}`), change(`b${round}`)]);
      const outcomes = answers.map(([[, answer]]: Answer) => answer.type ?? "updated").sort();
      expect(outcomes).toEqual(["stateMismatch", "updated"]);
    }
    const { keywords } = (await mine.withSubject("Race"))[0];
    expect(Object.keys(keywords)).toHaveLength(5);
  });

  it("A09: one message to two people: what one does to it, and its room, is nothing to the other", async () => {
    const subject = "For both";
    const octetsOf = async (session: JmapSession): Promise<number> => {
      const using = [...MAIL, "urn:ietf:params:jmap:quota"];
      const methodCalls = [["Quota/get", { accountId: session.accountId, ids: null }, "q"]];
      const body = JSON.stringify({ using, methodCalls });
      const response = await session.fetch("/jmap/api", { method: "POST", headers: json, body });
      const [[, { list }]] = ((await response.json()) as Answer).methodResponses;
      return list.find((quota: Answer) => quota.resourceType === "octets").used;
    };
    await service.send(textMessage({ subject, to: `${nia}, ${owen}`, text: "Both of you." }), [nia, owen]);
    const copyOf = (session: JmapSession) => eventually(async () => (await session.withSubject(subject))[0], 30_000, subject);
    const [own, other] = [await copyOf(mine), await copyOf(theirs)];
    const used = await octetsOf(theirs);
    expect(own.blobId).not.toBe(other.blobId);
    await mine.call("Email/set", { update: { [own.id]: { "keywords/$flagged": true, "keywords/$seen": true } } });
    expect((await copyOf(theirs)).keywords).toEqual({});
    await mine.call("Email/set", { destroy: [own.id] });
    expect(await mine.withSubject(subject)).toEqual([]);
    const left = await copyOf(theirs);
    expect(left.bodyValues[left.textBody[0].partId].value).toContain("Both of you.");
    expect((await theirs.fetch(`/jmap/download/${theirs.accountId}/${left.blobId}?name=x.eml`)).status).toBe(200);
    expect(await octetsOf(theirs)).toBe(used);
  });
});
