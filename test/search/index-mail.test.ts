import { expect, test } from "vitest";
import { type IndexPorts, indexMail } from "../../core/flows/index-mail.ts";
import type { AccountId, ReceiptId } from "../../core/ids.ts";
import { IndexedTextSearch } from "../../core/jmap/email/indexed-text-search.ts";
import { DirectTextSearch } from "../../core/jmap/email/text-search.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import type { AccountState } from "../../core/log/api.ts";
import { deliver } from "../../core/log/delivery.ts";
import { standardMailboxes } from "../../core/mail/standard-mailboxes.ts";
import { readMessage } from "../../core/mime/read-message.ts";
import { threadKeys } from "../../core/mime/thread-keys.ts";
import type { TextCondition, TextSearch } from "../../core/ports/text-search.ts";
import { MemoryAccountLogStore } from "../support/memory-account-log-store.ts";
import { MemoryBlobStore } from "../support/memory-blob-store.ts";
import { MemorySearchIndexStore } from "../support/memory-search-index-store.ts";

const ACCOUNT = "Aaaaaaaaaaaaaaaaaaaaa" as AccountId;
const WARDS = ["cardiology", "paediatrics", "oncology", "pharmacy", "radiology"];

const octetsOf = (number: number): Uint8Array =>
  Buffer.from(
    [
      `From: Sister ${WARDS[number % 5]} <sister.${number % 7}@ward.example>`,
      "To: Ann Bell <ann@hospital.example>",
      `Subject: Bloods for bay ${number % 11}`,
      `Message-ID: <${number}@ward.example>`,
      "Date: Mon, 02 Nov 2026 09:14:05 +0000",
      ...(number % 4 === 0
        ? [
            "MIME-Version: 1.0",
            "Content-Type: text/html; charset=utf-8",
            "",
            `<p>Results were <b>discharged</b> to ${WARDS[(number + 1) % 5]}; note ${number}</p>`,
          ]
        : ["", `The potassium results for patient number ${number} are in. Please tell ${WARDS[(number + 2) % 5]}.`]),
    ].join("\r\n"),
  );

const conditions: TextCondition[] = [
  { field: "text", value: "potassium" },
  { field: "text", value: "discharging" },
  { field: "text", value: '"bay 3"' },
  { field: "from", value: "sister.4@ward" },
  { field: "from", value: "cardio" },
  { field: "subject", value: "blood" },
  { field: "body", value: "pharmacy results" },
  { field: "body", value: "nothing like it" },
  { field: "header", name: "message-id", value: "17@ward" },
];

const world = () => {
  const store = new MemoryAccountLogStore();
  const mail = new MemoryBlobStore();
  const state = new MemoryBlobStore();
  const index = new MemorySearchIndexStore();
  const log = new StoredAccountLog({ store, blobs: state, epoch: 1, now: () => 1 });
  let clock = 0;
  const ports: IndexPorts = {
    log,
    store,
    index,
    mail,
    state,
    documents: { reads: () => false, read: async () => null },
    now: () => (clock += 60_000),
    hasTime: () => true,
  };
  const direct = () => new DirectTextSearch({ store, blobs: mail });
  const arrive = async (number: number): Promise<void> => {
    const octets = octetsOf(number);
    const read = readMessage(octets);
    if (read.outcome !== "parsed") throw new Error("unreadable");
    await mail.put(`inbound/${number}`, octets);
    const { message } = read;
    await deliver(
      { store, epoch: 1, now: () => 1 },
      {
        accountId: ACCOUNT,
        receiptId: `r${number}` as ReceiptId,
        rawKey: `inbound/${number}`,
        message,
        reversePath: "",
        receivedAt: number,
        role: "inbox",
        marks: [],
        threadKeys: threadKeys(message),
      },
    );
  };
  const searching = (kept?: { whole: number; small: number }) => new IndexedTextSearch({ index, state, direct: direct(), kept });
  // Of both the processes live on: one keeps segments, to the other nearly all are large.
  const old = [searching(), searching({ whole: 6_000, small: 100 })];
  const beginAhead = () => old.map((search) => search.ahead(ACCOUNT));
  const expectSame = async (begun: readonly TextSearch[] = []): Promise<void> => {
    for (const search of [searching(), searching({ whole: 100, small: 100 }), ...begun, ...old, ...beginAhead()])
      await expectSameBy(search);
  };
  const expectSameBy = async (search: TextSearch): Promise<void> => {
    const account = (await log.load(ACCOUNT)) as AccountState;
    const uids = [...account.emails.newestFirst()].map((row) => account.emails.uid(row));
    const candidates = (above: number) => uids.filter((uid) => uid > above);
    const indexed = await search.match(account, conditions, candidates);
    const expected = await direct().match(account, conditions, candidates);
    if (indexed.outcome !== "matched" || expected.outcome !== "matched") throw new Error("too many");
    const living = new Set(uids);
    conditions.forEach((condition, at) => {
      const found = [...indexed.found[at]!].filter((uid) => living.has(uid)).sort((a, b) => a - b);
      expect(found, JSON.stringify(condition)).toEqual([...expected.found[at]!].sort((a, b) => a - b));
    });
    expect(
      expected.found
        .map((one) => one.size)
        .slice(0, 7)
        .every((size) => size > 0),
    ).toBe(true);
  };
  const create = () => log.create(ACCOUNT, { actor: "system:test", records: [{ type: "Mailbox", created: standardMailboxes }] });
  return { store, state, index, log, ports, arrive, beginAhead, expectSame, create };
};

test("the index and reading every message agree, before, between and after runs, merges, deaths and a rebuild", async () => {
  const { ports, index, log, arrive, beginAhead, expectSame, create } = world();
  await create();
  let number = 0;
  for (let round = 0; round < 9; round++) {
    for (let left = 0; left < 20; left++) await arrive(number++);
    await expectSame();
    // A list of segments from before the index run serves the state after it.
    const begun = beginAhead();
    expect(await indexMail(ports, { accountId: ACCOUNT })).toBe(true);
    await expectSame(begun);
    if (round % 3 === 2) {
      await log.commit(ACCOUNT, () => ({
        plan: { actor: "t", email: { destroyedUids: [round, round * 3 + 1, round * 5 + 2] } },
        result: null,
      }));
      await expectSame();
    }
  }
  expect(index.manifests.get(ACCOUNT)!.segments.length).toBeLessThan(9);
  const begun = beginAhead();
  await arrive(number++);
  expect(await indexMail(ports, { accountId: ACCOUNT, rebuildAsOf: 1e15 })).toBe(true);
  await expectSame(begun);
  expect(index.manifests.get(ACCOUNT)!.segments.length).toBe(1);
});

test("an index that is empty after a rebuild began still finds everything", async () => {
  const { ports, index, arrive, expectSame, create } = world();
  await create();
  for (let number = 0; number < 40; number++) await arrive(number);
  await indexMail(ports, { accountId: ACCOUNT });
  const asked = { accountId: ACCOUNT, rebuildAsOf: 60_000 };
  const before = index.manifests.get(ACCOUNT)!;
  expect(await indexMail({ ...ports, now: () => 70_000, hasTime: () => false }, asked)).toBe(false);
  const after = index.manifests.get(ACCOUNT)!;
  expect(after.emptiedAt).toBe(70_000);
  expect(after.segments[0]!.key).not.toBe(before.segments[0]!.key);
  await expectSame();
  // The same job again, as the queue brings it: nothing is thrown away a second time.
  expect(await indexMail(ports, asked)).toBe(true);
  expect(index.manifests.get(ACCOUNT)).toEqual(after);
  await expectSame();
  index.manifests.set(ACCOUNT, { ...index.manifests.get(ACCOUNT)!, segments: [], indexedUid: 0 });
  await expectSame();
});

test("two workers at once leave one list, and a worker that dies leaves the old one", async () => {
  const { ports, index, state, arrive, expectSame, create } = world();
  await create();
  for (let number = 0; number < 30; number++) await arrive(number);
  await Promise.all([indexMail(ports, { accountId: ACCOUNT }), indexMail(ports, { accountId: ACCOUNT })]);
  await expectSame();
  const before = index.manifests.get(ACCOUNT);
  await arrive(99);
  state.before = (operation) => {
    if (operation === "put") throw new Error("crash");
  };
  await expect(indexMail(ports, { accountId: ACCOUNT })).rejects.toThrow("crash");
  state.before = () => {};
  expect(index.manifests.get(ACCOUNT)).toEqual(before);
  await expectSame();
});

test("a segment that is lost ends a search with an error to try again, not without end, and the next merge begins the index anew", async () => {
  const { ports, index, state, log, arrive, expectSame, create } = world();
  await create();
  for (let number = 0; number < 60; number++) {
    await arrive(number);
    if (number % 10 === 9 && number < 50) await indexMail(ports, { accountId: ACCOUNT });
  }
  await state.delete(index.manifests.get(ACCOUNT)!.segments[0]!.key);
  const account = (await log.load(ACCOUNT)) as AccountState;
  const direct = { match: async () => ({ outcome: "matched" as const, found: [new Set<number>()] }) };
  const search = new IndexedTextSearch({ index, state, direct });
  await expect(search.match(account, [{ field: "text", value: "potassium" }], () => [])).rejects.toThrow("segment");
  expect(await indexMail(ports, { accountId: ACCOUNT })).toBe(true);
  expect(index.manifests.get(ACCOUNT)!.emptiedAt).toBeGreaterThan(0);
  await expectSame();
});
