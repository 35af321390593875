import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ANN, type Any, ann, message, START, World } from "./world.ts";

let world: World;

describe("Email/query refuses (RFC 8620 §1.4, §5.5, §5.6)", () => {
  beforeAll(async () => {
    world = await World.make();
  });
  const cases: [string, object, string][] = [
    ["an unknown condition", { filter: { colour: 1 } }, "unsupportedFilter"],
    ["a prototype as condition", { filter: { constructor: 1 } }, "unsupportedFilter"],
    ["a date that is none", { filter: { before: "2026-02-30T00:00:00Z" } }, "invalidArguments"],
    ["a date with an offset", { filter: { after: "2026-02-03T00:00:00+01:00" } }, "invalidArguments"],
    ["a size below zero", { filter: { minSize: -1 } }, "invalidArguments"],
    ["an empty header condition", { filter: { header: [] } }, "invalidArguments"],
    ["an operator without conditions", { filter: { operator: "AND" } }, "invalidArguments"],
    ["a filter that is a list", { filter: [] }, "invalidArguments"],
    ["a keyword sort without keyword", { sort: [{ property: "hasKeyword" }] }, "invalidArguments"],
    ["an unknown sort", { sort: [{ property: "preview" }] }, "unsupportedSort"],
    ["an anchor outside", { anchor: "Enone" }, "anchorNotFound"],
    ["no account", { accountId: null }, "invalidArguments"],
  ];
  it.each(cases)("%s", async (_what, args, type) => {
    expect((await world.call("Email/query", args)).type).toBe(type);
    if (!type.startsWith("anchor")) expect((await world.call("Email/queryChanges", { sinceQueryState: "1.1", ...args })).type).toBe(type);
  });

  it("a state that it cannot know, and too many changes", async () => {
    const { queryState } = await world.call("Email/query", {});
    await world.deliver(ANN, message({}));
    await world.deliver(ANN, message({}));
    expect((await world.call("Email/queryChanges", { sinceQueryState: "9.9" })).type).toBe("cannotCalculateChanges");
    expect((await world.call("Email/queryChanges", { sinceQueryState: "x" })).type).toBe("cannotCalculateChanges");
    expect((await world.call("Email/queryChanges", { sinceQueryState: queryState, maxChanges: 1 })).type).toBe("tooManyChanges");
  });
});

describe("Email/query finds (RFC 8620 §5.5, RFC 8621 §4.4, §4.4.1, §4.4.2, §5, §5.1)", () => {
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    world = await World.make();
    const at = (minutes: number) => ({ receivedAt: START + minutes * 60_000 });
    ids.rota = await world.deliver(
      ANN,
      message({
        from: "Zoë Brown <zoe@south.example>",
        subject: "Rota for April",
        body: "The night shift begins at nine",
        extra: "List-Id: <rota.north.example>",
      }),
      at(1),
    );
    ids.scan = await world.deliver(
      ANN,
      message({
        from: "ada@west.example",
        to: "ann@north.example, Team <team@north.example>",
        subject: "Scan results",
        body: "begins\nat   nine, said Zoe",
        extra: "Cc: Max <max@south.example>",
      }),
      at(2),
    );
    ids.html = await world.deliver(
      ANN,
      message({ from: "bea@west.example", subject: "Café", body: "x" })
        .replace("text/plain; charset=utf-8", "text/html; charset=utf-8")
        .replace("\nx\n", "\n<style>hidden</style><p>Straße &amp; <b>Bett</b></p>\n"),
      at(3),
    );
    await world.call("Email/set", { update: { [ids.scan]: { "keywords/$seen": true } } });
  });

  const cases: [object, string[]][] = [
    [{ text: "zoe" }, ["scan", "rota"]],
    [{ from: "zoë" }, ["rota"]],
    [{ from: "west.example" }, ["html", "scan"]],
    [{ to: "team" }, ["scan"]],
    [{ cc: "max" }, ["scan"]],
    [{ bcc: "max" }, []],
    [{ subject: "rota APRIL" }, ["rota"]],
    [{ subject: '"for april"' }, ["rota"]],
    [{ subject: '"april for"' }, []],
    [{ subject: "'for april'" }, ["rota"]],
    [{ subject: "'april for'" }, []],
    [{ subject: '"\\"for\\" april"' }, ["rota"]],
    [{ subject: "rota's" }, ["rota"]],
    [{ body: "nine begins" }, ["scan", "rota"]],
    [{ body: '"begins at nine"' }, ["scan", "rota"]],
    [{ body: "strasse" }, []],
    [{ body: "straße bett" }, ["html"]],
    [{ body: "hidden" }, []],
    [{ header: ["list-id"] }, ["rota"]],
    [{ header: ["List-Id", "NORTH"] }, ["rota"]],
    [{ header: ["List-Id", "south"] }, []],
    [{ before: "2026-01-05T09:02:00Z" }, ["rota"]],
    [{ after: "2026-01-05T09:02:00Z" }, ["html", "scan"]],
    [{ hasKeyword: "$SEEN" }, ["scan"]],
    [{ notKeyword: "$seen" }, ["html", "rota"]],
    [{ hasAttachment: false }, ["html", "scan", "rota"]],
    [{ operator: "NOT", conditions: [{ text: "zoe" }, { hasKeyword: "$seen" }] }, ["html"]],
    [{ operator: "OR", conditions: [{ subject: "scan" }, { body: "straße" }] }, ["html", "scan"]],
    [{ operator: "AND", conditions: [{ operator: "NOT", conditions: [{ from: "west" }] }, { text: "nine" }] }, ["rota"]],
    [{ inMailboxOtherThan: ["inbox"] }, []],
    [{ inMailbox: "Mnone" }, []],
    [{ subject: "   " }, ["html", "scan", "rota"]],
    [{ maxSize: 1 }, []],
  ];
  it.each(cases)("%j", async (filter, names) => {
    const answer = await world.call("Email/query", { filter, calculateTotal: true });
    expect(answer.ids).toEqual(names.map((name) => ids[name]));
    expect(answer.total).toBe(names.length);
    expect(world.failures).toEqual([]);
  });

  const sorts: [object, string[]][] = [
    [{ property: "from" }, ["scan", "html", "rota"]],
    [{ property: "subject", isAscending: false }, ["scan", "rota", "html"]],
    [{ property: "sentAt" }, ["html", "scan", "rota"]],
    [{ property: "receivedAt" }, ["rota", "scan", "html"]],
    [{ property: "hasKeyword", keyword: "$Seen", isAscending: false }, ["scan", "html", "rota"]],
  ];
  it.each(sorts)("in the order of %j", async (comparator, names) => {
    expect((await world.call("Email/query", { sort: [comparator] })).ids).toEqual(names.map((name) => ids[name]));
  });

  const windows: [object, number[], number][] = [
    [{ position: 1 }, [1, 2], 1],
    [{ position: -1 }, [2], 2],
    [{ position: -9, limit: 1 }, [0], 0],
    [{ position: 9 }, [], 9],
    [{ limit: 0 }, [], 0],
    [{ anchorOffset: -1, limit: 2 }, [0, 1], 0],
    [{ anchor: 2, anchorOffset: -9, position: 2, limit: 1 }, [0], 0],
    [{ anchor: 0, anchorOffset: 1 }, [1, 2], 1],
    [{ anchor: 1 }, [1, 2], 1],
  ];
  it.each(windows)("the window %j", async (args, indexes, position) => {
    const all = [ids.html, ids.scan, ids.rota];
    const { anchor } = args as { anchor?: number };
    const answer = await world.call("Email/query", { ...args, ...(anchor !== undefined && { anchor: all[anchor] }) });
    expect([answer.ids, answer.position]).toEqual([indexes.map((index) => all[index]), position]);
  });

  it("marks hits in snippets, escaped", async () => {
    const answer = await world.call("SearchSnippet/get", {
      filter: { operator: "AND", conditions: [{ text: "nine" }, { subject: "rota" }] },
      emailIds: [ids.rota, ids.html, "Enone"],
    });
    expect(answer.list).toEqual([
      { emailId: ids.rota, subject: "<mark>Rota</mark> for April", preview: "The night shift begins at <mark>nine</mark>" },
      { emailId: ids.html, subject: null, preview: null },
    ]);
    expect(answer.notFound).toEqual(["Enone"]);
    const html = await world.call("SearchSnippet/get", { filter: { body: "bett" }, emailIds: [ids.html] });
    expect(html.list[0].preview).toBe("Straße &amp; <mark>Bett</mark>");
    const long = await world.deliver(ANN, message({ body: `${"<é ".repeat(400)}needle ${"& ".repeat(400)}` }));
    const [{ preview }] = (await world.call("SearchSnippet/get", { filter: { text: "needle" }, emailIds: [long] })).list;
    expect(preview).toContain("<mark>needle</mark>");
    expect(Buffer.byteLength(preview)).toBeLessThanOrEqual(255);
  });
});

describe("faults that others have had (RFC 8620 §5.2, §5.6, RFC 8621 §4.3)", () => {
  beforeEach(async () => {
    world = await World.make();
  });

  it("calculates changes after large changes, cut or whole", async () => {
    const all: string[] = [];
    for (let index = 0; index < 120; index++) all.push(await world.deliver(ANN, message({ id: `${index}@x`, subject: `s${index}` })));
    const { state } = await world.call("Email/get", { ids: [] });
    const { queryState } = await world.call("Email/query", {});
    await world.call("Email/set", { update: Object.fromEntries(all.map((id) => [id, { "keywords/$seen": true }])) });
    await world.call("Email/set", { destroy: all.slice(0, 60) });
    const whole = await world.call("Email/changes", { sinceState: state });
    expect([whole.updated.length, whole.destroyed.length, whole.hasMoreChanges]).toEqual([60, 60, false]);
    const seen = { updated: new Set<string>(), destroyed: new Set<string>() };
    let sinceState = state;
    for (let more = true; more; ) {
      const page: Any = await world.call("Email/changes", { sinceState, maxChanges: 7 });
      for (const id of page.updated) seen.updated.add(id);
      for (const id of page.destroyed) seen.destroyed.add(id);
      expect(page.newState).not.toBe(sinceState);
      ({ newState: sinceState, hasMoreChanges: more } = page);
    }
    expect(seen.destroyed).toEqual(new Set(all.slice(0, 60)));
    const changes = await world.call("Email/queryChanges", { sinceQueryState: queryState });
    expect(new Set(changes.removed)).toEqual(new Set(all.slice(0, 60)));
    expect(changes.added).toEqual([]);
  });

  it("keeps its states over a restart", async () => {
    await world.deliver(ANN, message({}));
    const before = await world.call("Email/query", {});
    const { StoredAccountLog } = await import("../../core/log/account-log.ts");
    const { createJmap } = await import("../../core/jmap/jmap.ts");
    const log = new StoredAccountLog({ store: world.store, blobs: world.blobs, epoch: 1, now: () => world.now });
    const again = createJmap({ ...world.ports, log });
    const answer = await again.api(
      ann,
      JSON.stringify({ using: ["urn:ietf:params:jmap:mail"], methodCalls: [["Email/query", { accountId: ANN }, "c"]] }),
      null,
    );
    expect(answer.outcome === "answered" && answer.json.methodResponses[0]![1].queryState).toBe(before.queryState);
  });

  it("refuses a call whose changes do not fit one commit, and changes nothing", async () => {
    const create = Object.fromEntries(
      Array.from({ length: 2_500 }, (_, index) => [
        `m${index}`,
        {
          name:
            Array.from({ length: 200 }, (_, at) => String.fromCharCode(97 + ((index * 7919 + at * at * 31 + index * at) % 26))).join("") +
            index,
        },
      ]),
    );
    const { state } = await world.call("Mailbox/get", {});
    const answer = await world.call("Mailbox/set", { create });
    if (answer.type) expect(answer.type).toBe("requestTooLarge");
    const after = await world.call("Mailbox/get", { ids: [] });
    expect(after.state === state).toBe(answer.type === "requestTooLarge");
    expect(world.failures).toEqual([]);
  });
});
