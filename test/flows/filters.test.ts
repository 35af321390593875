/** Filters and vacation answers at delivery, through the whole pipeline; and the same when processes die. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccountId, MailboxId } from "../../core/ids.ts";
import type { StoredVacationResponse } from "../../core/jmap/records.ts";
import type { RecordChange } from "../../core/log/entry.ts";
import { publishRules } from "../../core/mail/publish-rules.ts";
import type { MailboxRecord } from "../../core/mail/standard-mailboxes.ts";
import { World } from "./world.ts";

const BEA = "Abea" as AccountId;
const SENDER = "ann@outside.example";

interface Setting {
  readonly script?: string;
  readonly vacation?: Partial<StoredVacationResponse>;
}

const identity = (email: string) => ({
  name: "Bea",
  email,
  replyTo: null,
  bcc: null,
  textSignature: "",
  htmlSignature: "",
  mayDelete: false,
});

const mailboxOf = (name: string, parentId: string | null): MailboxRecord => ({
  name,
  parentId: parentId as MailboxId | null,
  role: null,
  sortOrder: 0,
  isSubscribed: true,
});

const setRules = async (world: World, { script, vacation }: Setting): Promise<void> => {
  const log = world.newLog();
  if (script !== undefined) world.blobs.objects.set("composed/script", Buffer.from(script));
  const stored = { name: "main", isActive: true, blobId: "GSx", contentKey: "composed/script", sizeOctets: script?.length ?? 0 };
  const away: StoredVacationResponse = {
    isEnabled: true,
    fromDate: null,
    toDate: null,
    subject: null,
    textBody: "Back on Monday.",
    htmlBody: null,
    ...vacation,
  };
  const records: RecordChange[] = [
    { type: "Identity", created: { I1: identity("bea@care.example") } },
    { type: "Mailbox", created: { Mward: mailboxOf("Ward", null), Mrota: mailboxOf("Rota", "Mward") } },
    ...(script === undefined ? [] : [{ type: "SieveScript", created: { X1: stored } }]),
    ...(vacation ? [{ type: "VacationResponse", created: { singleton: away } }] : []),
  ];
  await log.commit(BEA, () => ({
    plan: {
      actor: "principal:bea",
      records,
    },
    result: null,
  }));
  await publishRules({ log, store: world.store, blobs: world.blobs }, BEA);
};

const newWorld = async (setting: Setting): Promise<World> => {
  const world = new World();
  for (const name of ["bea", "cat"]) await world.addPerson(name);
  await setRules(world, setting);
  return world;
};

/** What became of a message for the account: mailbox names and keywords, or null when it was not kept. */
const filings = async (world: World, accountId = BEA): Promise<{ in: string[]; keywords: string[] }[]> => {
  const state = (await world.newLog().load(accountId))!;
  const { emails } = state;
  return [...Array(emails.rows).keys()]
    .filter((row) => emails.alive(row))
    .map((row) => ({
      in: emails.mailboxIds(row).map((id) => (state.records("Mailbox").get(id) as MailboxRecord | undefined)?.name ?? "?"),
      keywords: [...emails.keywords(row)].sort(),
    }));
};

const reasons = (world: World, receiptId: string): string[] =>
  [...world.traces.records.values()]
    .filter((record) => record.receiptId === receiptId && ["filed", "dropped"].includes(record.stage))
    .flatMap((record) => record.reasons ?? []);

const withHeader = (header: string, text = "The round is at nine."): string =>
  `From: Ann Other <${SENDER}>\r\nTo: bea@care.example\r\nSubject: Rota\r\nMessage-ID: <a@outside.example>\r\n${header}\r\n${text}\r\n`;

const receive = async (world: World, id: string, raw?: string, options?: Parameters<World["accept"]>[2]): Promise<void> => {
  world.accept(id, ["bea@care.example"], options);
  world.blobs.objects.set(`inbound/${id}`, Buffer.from(raw ?? withHeader("")));
  await world.run();
};

describe("where a message goes (RFC 5228 §2.10.1, §2.10.6, §4.1, RFC 5232 §2, RFC 5490 §3.2)", () => {
  const cases: [string, string, { in: string[]; keywords: string[] } | null][] = [
    ["an empty script", "", { in: ["Inbox"], keywords: [] }],
    ["into a mailbox by path", 'require "fileinto"; fileinto "Ward/Rota";', { in: ["Rota"], keywords: [] }],
    ["whatever the case", 'require "fileinto"; fileinto "ward";', { in: ["Ward"], keywords: [] }],
    ["an unknown mailbox is the inbox", 'require "fileinto"; fileinto "Nowhere";', { in: ["Inbox"], keywords: [] }],
    ["with a copy kept", 'require ["fileinto","copy"]; fileinto :copy "Ward";', { in: ["Inbox", "Ward"], keywords: [] }],
    ["made on the way", 'require ["fileinto","mailbox"]; fileinto :create "Ward/New";', { in: ["New"], keywords: [] }],
    [
      "with flags",
      'require "imap4flags"; addflag ["\\\\Seen", "Urgent", "not(ok"]; keep;',
      { in: ["Inbox"], keywords: ["$seen", "urgent"] },
    ],
    ["discarded", "discard;", null],
    ["a fault keeps it", 'require "variables"; set "a" "x"; redirect "${a}"; discard;', { in: ["Inbox"], keywords: [] }],
    [
      "by header",
      'require "fileinto"; if header :contains "subject" "rota" { fileinto "Ward"; } else { discard; }',
      { in: ["Ward"], keywords: [] },
    ],
    [
      "by envelope",
      `require ["envelope","fileinto"]; if envelope "to" "bea@care.example" { fileinto "Ward"; }`,
      { in: ["Ward"], keywords: [] },
    ],
    [
      "by body",
      'require ["body","fileinto"]; if body :contains "nine" { fileinto "Ward"; } else { discard; }',
      { in: ["Ward"], keywords: [] },
    ],
  ];
  it.each(cases)("%s", async (_name, script, expected) => {
    const world = await newWorld({ script });
    await receive(world, "m1");
    const found = (await filings(world)).map((filing) => ({ ...filing, in: filing.in.sort() }));
    expect(found).toEqual(expected ? [expected] : []);
    expect(world.endings("m1")).toEqual([`${expected ? "filed" : "dropped"} bea@care.example`]);
    if (!expected) expect(reasons(world, "m1")).toContain("byRuleOfTheAccount");
  });

  it("files duplicates of a message apart, but not a replay of the first", async () => {
    const world = await newWorld({ script: 'require ["duplicate","fileinto"]; if duplicate { fileinto "Ward"; }' });
    await receive(world, "m1");
    await world.file({ receiptId: "m1", targets: [{ accountId: BEA, recipient: "bea@care.example" }], role: "inbox", marks: [] });
    await receive(world, "m2");
    expect((await filings(world)).map((filing) => filing.in[0])).toEqual(["Inbox", "Ward"]);
  });

  it("makes a mailbox once for many messages", async () => {
    const world = await newWorld({ script: 'require ["fileinto","mailbox"]; fileinto :create "New";' });
    for (const id of ["m1", "m2", "m3"]) await receive(world, id);
    expect((await filings(world)).map((filing) => filing.in[0])).toEqual(["New", "New", "New"]);
    const names = [...(await world.newLog().load(BEA))!.records("Mailbox").values()].map((stored) => (stored as MailboxRecord).name);
    expect(names.filter((name) => name === "New")).toHaveLength(1);
  });
});

describe("redirect (RFC 5228 §4.2)", () => {
  it("reaches people inside and outside, once each", async () => {
    const world = await newWorld({ script: 'redirect "cat@care.example"; redirect "far@outside.example";' });
    await receive(world, "m1", withHeader("Reply-To: desk@outside.example\r\nDKIM-Signature: v=1; a=b\r\n"));
    expect(await filings(world)).toEqual([]);
    expect(reasons(world, "m1")).toEqual(["byRuleOfTheAccount", "redirected"]);
    expect(await world.filed("Acat" as AccountId)).toHaveLength(1);
    expect(world.transport.sent).toHaveLength(1);
    const [sent] = world.transport.sent;
    expect(sent!.recipients).toEqual(["far@outside.example"]);
    expect(sent!.reversePath).toBe("bea@care.example");
    const text = Buffer.from(sent!.octets).toString();
    expect(text).toContain('From: "Ann Other via bea@care.example" <bea@care.example>');
    expect(text).toContain("Reply-To: desk@outside.example");
    expect(text).not.toContain("DKIM-Signature");
    expect(text).toContain("The round is at nine.");
  });

  it("does not go round: what comes back is kept", async () => {
    const world = await newWorld({ script: 'redirect "bea@care.example";' });
    await receive(world, "m1");
    expect(await filings(world)).toEqual([{ in: ["Inbox"], keywords: [] }]);
  });

  it("keeps what has passed too many hosts", async () => {
    const world = await newWorld({ script: 'redirect "far@outside.example";' });
    await receive(world, "m1", withHeader("Received: by x; Sun, 22 Nov 2026 17:00:00 +0000\r\n".repeat(50)));
    expect(await filings(world)).toHaveLength(1);
    expect(world.transport.sent).toEqual([]);
  });

  it("tells the account when the other mailbox does not exist, and does not redirect that notice", async () => {
    const world = await newWorld({ script: 'redirect "nobody@care.example";' });
    await receive(world, "m1");
    expect(await filings(world)).toEqual([{ in: ["Inbox"], keywords: [] }]);
  });
});

describe("vacation (RFC 8621 §8, RFC 5230 §4.2 to §4.7, §5.1 to §5.8, RFC 9661 §4)", () => {
  const answered = async (setting: Setting, raw?: string, options?: Parameters<World["accept"]>[2]) => {
    const world = await newWorld(setting);
    await receive(world, "m1", raw, options);
    return world;
  };

  it("answers an enabled VacationResponse with its words, once a sender", async () => {
    const world = await answered({ vacation: { subject: "Away", htmlBody: "<p>Back on <b>Monday</b></p>" } });
    await receive(world, "m2");
    expect(await filings(world)).toHaveLength(2);
    expect(world.transport.sent).toHaveLength(1);
    const text = Buffer.from(world.transport.sent[0]!.octets).toString();
    expect(world.transport.sent[0]!.recipients).toEqual([SENDER]);
    expect(text).toContain("From: Bea <bea@care.example>");
    expect(text).toContain("Subject: Away");
    expect(text).toContain("Auto-Submitted: auto-replied");
    expect(text).toContain("In-Reply-To: <a@outside.example>");
    expect(text).toContain("Back on Monday.");
    expect(text).toContain("<b>Monday</b>");
    expect(reasons(world, "m2")).toContain("notAnswered:answeredBefore");
    world.clock += 8 * 24 * 3_600_000;
    await receive(world, "m3");
    expect(world.transport.sent).toHaveLength(2);
  });

  it("answers a script's vacation, also a MIME entity", async () => {
    const script =
      'require "vacation"; vacation :mime text:\r\nContent-Type: text/html\r\nBcc: all@care.example\r\n\r\n<i>Away</i>\r\n.\r\n;';
    const world = await answered({ script });
    const text = Buffer.from(world.transport.sent[0]!.octets).toString();
    expect(text).toContain("Content-Type: text/html");
    expect(text).not.toContain("all@care.example");
    expect(text).toContain("Subject: Auto: Rota");
    expect(await filings(world)).toHaveLength(1);
  });

  it("is written as RFC 5230 §5.2 to §5.8 have it, and sent in the account's own name (RFC 5230 §5.1)", async () => {
    const world = await answered({ script: 'require "vacation"; vacation "Back on Monday.";' });
    const [sent] = world.transport.sent;
    const text = Buffer.from(sent!.octets).toString();
    for (const line of [
      /^Date: /m,
      /^To: <?ann@outside\.example>?\r$/m,
      /^Subject: Auto: Rota\r$/m,
      /^References: <a@outside\.example>\r$/m,
    ])
      expect(text).toMatch(line);
    expect([sent!.reversePath, sent!.recipients]).toEqual(["bea@care.example", [SENDER]]);
  });

  it("names an author that is the account's, whatever the script says (RFC 5230 §4.3)", async () => {
    const from = async (address: string): Promise<string | undefined> => {
      const world = await answered({ script: `require "vacation"; vacation :from "${address}" :subject "Away" "x";` });
      return /^From: (.*)\r$/m.exec(Buffer.from(world.transport.sent[0]!.octets).toString())?.[1];
    };
    expect(await from("BEA@care.example")).toBe("Bea <bea@care.example>");
    expect(await from("boss@care.example")).toBe("Bea <bea@care.example>");
  });

  it("counts the addresses that the script adds as the account's own (RFC 5230 §4.5)", async () => {
    const raw = withHeader("").replace("To: bea@care.example", "To: bea@old.example");
    const answers = async (addresses: string) =>
      (await answered({ script: `require "vacation"; vacation ${addresses} "x";` }, raw)).transport.sent.length;
    expect([await answers(""), await answers(':addresses "Bea+x@old.example"')]).toEqual([0, 1]);
  });

  it("is the script's where both ask for one (RFC 9661 §4)", async () => {
    const world = await answered({
      script: 'require "vacation"; vacation "from the script";',
      vacation: { textBody: "from the response" },
    });
    expect(world.transport.sent).toHaveLength(1);
    expect(Buffer.from(world.transport.sent[0]!.octets).toString()).toContain("from the script");
  });

  const start = 1_795_000_000_000;
  const silent: [string, string, Setting | undefined, string | undefined, Parameters<World["accept"]>[2]?][] = [
    ["the null reverse path", "nullReversePath", undefined, undefined, { source: "" }],
    ["a machine", "machineSender", undefined, undefined, { source: "no-reply@outside.example" }],
    ["an unproven sender", "senderNotProven", undefined, undefined, { spf: "FAIL" }],
    ["an automatic message", "autoSubmitted", undefined, withHeader("Auto-Submitted: auto-generated\r\n")],
    ["a list", "list", undefined, withHeader("List-Id: <x.outside.example>\r\n")],
    ["bulk mail", "bulk", undefined, withHeader("Precedence: bulk\r\n")],
    ["what suppresses answers", "suppressed", undefined, withHeader("X-Auto-Response-Suppress: DR, OOF\r\n")],
    ["what was not addressed to the account", "notAddressed", undefined, withHeader("").replace("To: bea", "To: others")],
    ["before the first day", "", { vacation: { fromDate: start + 1e9 } }, undefined],
    ["after the last day", "", { vacation: { toDate: start - 1e9 } }, undefined],
    ["when it is off", "", { vacation: { isEnabled: false } }, undefined],
  ];
  it.each(silent)("is silent to %s", async (_name, reason, setting, raw, options) => {
    const world = await answered(setting ?? { vacation: {} }, raw, options);
    expect(world.transport.sent).toEqual([]);
    expect(await filings(world)).toHaveLength(1);
    if (reason) expect(reasons(world, "m1")).toContain(`notAnswered:${reason}`);
  });

  it("is silent for what the script discards", async () => {
    const world = await answered({ script: "discard;", vacation: {} });
    expect(world.transport.sent).toEqual([]);
  });
});

describe("filters, whatever dies", () => {
  const crashes = fc.array(fc.tuple(fc.nat(120), fc.constantFrom("before" as const, "after" as const)), { maxLength: 10 });
  const script = `require ["fileinto","copy","vacation","duplicate","mailbox"];
    if header :contains "subject" "drop" { discard; stop; }
    if duplicate { fileinto "Ward"; stop; }
    redirect :copy "cat@care.example"; fileinto :create "New/Deep"; vacation "Away";`;

  it("files once, redirects once, answers once a sender", async () => {
    await fc.assert(
      fc.asyncProperty(crashes, fc.infiniteStream(fc.nat(1_000)), fc.infiniteStream(fc.nat(5)), async (faults, order, again) => {
        const world = await newWorld({ script });
        const subjects = ["one", "two", "drop"];
        for (const [index, subject] of subjects.entries()) {
          const key = `submitted/m${index}`;
          const raw = `From: cat@care.example\r\nTo: bea@care.example\r\nSubject: ${subject}\r\nMessage-ID: <${index}@x>\r\n\r\nHello\r\n`;
          world.blobs.objects.set(key, Buffer.from(raw));
          world.parseQueue.jobs.push({
            kind: "penfold.submitted",
            receiptId: `m${index}`,
            key,
            reversePath: "cat@care.example",
            recipients: ["bea@care.example"],
            at: world.clock,
            accountId: "Acat",
            submissionId: "S1",
          });
        }
        world.faults.crashes = new Map(faults);
        let repeats = 8;
        await world.run({
          pick: (count) => order.next().value % count,
          again: () => again.next().value === 0 && repeats-- > 0,
        });
        world.faults.crashes = new Map();
        expect(await filings(world)).toEqual([
          { in: ["Deep"], keywords: [] },
          { in: ["Deep"], keywords: [] },
        ]);
        // Two redirected copies and one answer.
        expect(await world.filed("Acat" as AccountId)).toHaveLength(3);
        for (const index of subjects.keys())
          expect(world.endings(`m${index}`)).toEqual([`${index === 2 ? "dropped" : "filed"} bea@care.example`]);
      }),
      { numRuns: 120 },
    );
  }, 60_000);
});
