import { describe, expect, it } from "vitest";
import { readMessage } from "../../core/mime/read-message.ts";
import { composeDraft } from "../../tools/seed/compose.ts";
import { planSeed, sampleUsersOf } from "../../tools/seed/plan.ts";
import { makePassword } from "../../tools/seed/sample-people-file.ts";

const ENDS_AT = Date.UTC(2026, 10, 22, 12);
const plan = planSeed("test", ENDS_AT);

describe("the sample data", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(planSeed("test", ENDS_AT)).toEqual(plan);
    expect(composeDraft(plan.messages[7]!.draft)).toEqual(composeDraft(planSeed("test", ENDS_AT).messages[7]!.draft));
    expect(planSeed("other", ENDS_AT).people).not.toEqual(plan.people);
  });

  it("has three organisations, 200 people, and addresses that nobody shares", () => {
    expect(plan.organisations).toHaveLength(3);
    expect(plan.people).toHaveLength(200);
    const addresses = [
      ...plan.people.flatMap(({ mail, aliases }) => [mail, ...aliases]),
      ...plan.mailboxes.map(({ mail }) => mail),
      ...plan.lists.map(({ mail }) => mail),
    ];
    expect(new Set(addresses).size).toBe(addresses.length);
    for (const address of addresses) expect(address).toMatch(/^[a-z0-9.-]+@(northvale\.health|southmere\.health|trust)\.example$/);
  });

  it("nests lists, every member of which exists, without a loop", () => {
    const known = new Set([...plan.people, ...plan.mailboxes, ...plan.lists].map(({ mail }) => mail));
    const lists = new Map(plan.lists.map((list) => [list.mail, list]));
    const depth = (mail: string, above: readonly string[]): number => {
      expect(known.has(mail)).toBe(true);
      expect(above).not.toContain(mail);
      return 1 + Math.max(0, ...(lists.get(mail)?.members ?? []).map((member) => depth(member, [...above, mail])));
    };
    expect(Math.max(...plan.lists.map(({ mail }) => depth(mail, [])))).toBeGreaterThanOrEqual(3);
  });

  it("covers a year with threads, HTML, attachments and different keywords, every message readable", () => {
    const read = plan.messages.map(({ draft }) => ({ draft, read: readMessage(composeDraft(draft)) }));
    expect(read.filter(({ read: { outcome } }) => outcome !== "parsed")).toEqual([]);
    expect(read.filter(({ draft }) => draft.inReplyTo !== null).length).toBeGreaterThan(300);
    expect(read.filter(({ read: outcome }) => outcome.outcome === "parsed" && outcome.message.hasAttachment).length).toBeGreaterThan(200);
    const instants = plan.messages.map(({ draft }) => draft.at);
    expect(Math.max(...instants)).toBeLessThan(ENDS_AT);
    expect((ENDS_AT - Math.min(...instants)) / 86_400_000).toBeGreaterThan(350);
    const placements = plan.messages.flatMap((message) => message.placements);
    expect(new Set(placements.map(({ mailbox }) => mailbox))).toEqual(new Set(["inbox", "sent", "archive", "junk", "trash"]));
    expect(new Set(placements.flatMap(({ keywords }) => keywords))).toEqual(new Set(["$seen", "$answered", "$flagged", "to-do", "$junk"]));
    for (const user of sampleUsersOf(plan.people))
      expect(placements.filter(({ owner }) => owner === user.mail).length).toBeGreaterThan(150);
  });

  it("makes attachments that their formats' readers accept", async () => {
    const withKind = (kind: string) => plan.messages.find(({ draft }) => draft.attachments.includes(kind as never))!;
    const { default: PostalMime } = await import("postal-mime");
    for (const [kind, start] of [
      ["pdf", "%PDF-1.4"],
      ["png", "\x89PNG"],
      ["csv", "Week,Area"],
      ["ics", "BEGIN:VCALENDAR"],
    ] as const) {
      const { attachments } = await PostalMime.parse(composeDraft(withKind(kind).draft));
      expect(Buffer.from(attachments[0]!.content as ArrayBuffer).toString("latin1", 0, start.length)).toBe(start);
    }
    const pdf = Buffer.from((await PostalMime.parse(composeDraft(withKind("pdf").draft))).attachments[0]!.content as ArrayBuffer).toString(
      "latin1",
    );
    const startOfTable = Number(/startxref\n(\d+)/.exec(pdf)![1]);
    expect(pdf.slice(startOfTable, startOfTable + 4)).toBe("xref");
    expect(pdf).toMatch(/\(1\. Item for discussion, reference \d+\.\) Tj T\*/);
  });

  it("makes passwords that the user pool accepts, each time others", () => {
    const passwords = Array.from({ length: 50 }, makePassword);
    expect(new Set(passwords).size).toBe(50);
    for (const password of passwords) expect(password).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*-).{12,}$/);
  });
});
