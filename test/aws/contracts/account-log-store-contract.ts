import { describe, expect, it } from "vitest";
import type { AccountId, EmailId, MailboxId, ThreadId } from "../../../core/ids.ts";
import type { LogEntry } from "../../../core/log/entry.ts";
import type { EmailItem } from "../../../core/mail/email-item.ts";
import type { AccountLogStore } from "../../../core/ports/account-log-store.ts";
import { parsedMessage } from "../../support/parsed-message.ts";

let number = 0;
const newAccount = () => `Alogcontract${Date.now().toString(36)}${number++}` as AccountId;

const entryAt = (accountId: AccountId, seq: number, epoch = 1): LogEntry => ({
  accountId,
  epoch,
  seq,
  at: 1_795_000_000_000 + seq,
  actor: "receipt:r1",
  email: {
    created: [
      {
        id: `E${seq}` as EmailId,
        uid: seq,
        threadId: "T1" as ThreadId,
        receivedAt: 1_795_000_000_000,
        sentAt: null,
        sizeOctets: 100,
        hasAttachment: false,
        mailboxIds: ["inbox" as MailboxId],
        keywords: [],
      },
    ],
  },
  totals: { octets: 100 * seq, messages: seq, nextUid: seq + 1, quotaOctets: 1e9, hasRules: false },
});

const itemOf = (accountId: AccountId, id: string, text = ""): EmailItem => ({
  accountId,
  id: id as EmailId,
  threadId: "T1" as ThreadId,
  rawKey: "inbound/x",
  receivedAt: 1_795_000_000_000,
  message: parsedMessage({ subject: `Ward round ${text}` }),
  afterEpoch: 1,
  afterSeq: 3,
  marks: ["outside"],
});

export const accountLogStoreContract = (name: string, factory: () => AccountLogStore): void => {
  describe(`AccountLogStore: ${name}`, () => {
    it("has no newest entry for an account that does not exist", async () => {
      expect(await factory().newest(newAccount(), { consistent: true })).toBeNull();
    });

    it("appends at a free position, and says so when another writer has it", async () => {
      const store = factory();
      const account = newAccount();
      expect(await store.append(entryAt(account, 1))).toBe("appended");
      const rival = { ...entryAt(account, 1), actor: "principal:other" };
      expect(await store.append(rival)).toBe("taken");
      expect((await store.newest(account, { consistent: true }))?.actor).toBe("receipt:r1");
    });

    it("lets exactly one of many racing writers have a position", async () => {
      const store = factory();
      const account = newAccount();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) => store.append({ ...entryAt(account, 1), actor: `principal:${index}` })),
      );
      expect(outcomes.filter((outcome) => outcome === "appended")).toHaveLength(1);
    });

    it("reads entries after a position in order, over epochs and pages, with nothing lost in between", async () => {
      const store = factory();
      const account = newAccount();
      const entries = [
        ...Array.from({ length: 9 }, (_, index) => entryAt(account, index + 1, 1)),
        entryAt(account, 10, 2),
        entryAt(account, 11, 12),
      ];
      for (const entry of entries) await store.append(entry);
      expect(await store.entriesAfter(account, { epoch: 1, seq: 7 }, { consistent: true })).toEqual(entries.slice(7));
      expect(await store.newest(account, { consistent: true })).toEqual(entries.at(-1));
      expect(await store.entriesAfter(account, { epoch: 12, seq: 11 }, { consistent: true })).toEqual([]);
    });

    it("keeps the first item of an email and gives it to a replay", async () => {
      const store = factory();
      const account = newAccount();
      const first = itemOf(account, "E1");
      expect(await store.putEmail(account, first)).toEqual({ existing: null });
      expect(await store.putEmail(account, { ...first, afterSeq: 99 })).toEqual({ existing: first });
      expect(await store.getEmails(account, ["E1" as EmailId, "Eabsent" as EmailId])).toEqual([first]);
    });

    it("gets more items than one batch holds, repeated ids once, and of this account only", async () => {
      const store = factory();
      const account = newAccount();
      const other = newAccount();
      const ids = Array.from({ length: 230 }, (_, index) => `E${index}` as EmailId);
      await Promise.all(ids.map((id) => store.putEmail(account, itemOf(account, id, "x".repeat(4_000)))));
      await store.putEmail(other, itemOf(other, "E1"));
      const got = await store.getEmails(account, ids);
      expect(new Set(got.map(({ id }) => id))).toEqual(new Set(ids));
      expect(got.every(({ accountId }) => accountId === account)).toBe(true);
      await store.deleteEmails(account, ids.slice(0, 200));
      expect(await store.getEmails(account, ids)).toHaveLength(30);
    });

    it("knows an id whose item was deleted, and takes no other item under it", async () => {
      const store = factory();
      const [account, other] = [newAccount(), newAccount()];
      await store.putEmail(account, itemOf(account, "E1"));
      await store.deleteEmails(account, ["E1" as EmailId]);
      expect(await store.putEmail(account, itemOf(account, "E1"))).toEqual({ existing: "deleted" });
      expect(await store.getEmails(account, ["E1" as EmailId])).toEqual([]);
      expect(await store.putEmail(other, itemOf(other, "E1"))).toEqual({ existing: null });
    });

    it("remembers threads by key", async () => {
      const store = factory();
      const account = newAccount();
      await store.putThreads(account, ["k1", "k2"], "T7" as ThreadId);
      expect(await store.getThreads(account, ["k2", "k3", "k1"])).toEqual(
        new Map([
          ["k1", "T7"],
          ["k2", "T7"],
        ]),
      );
      expect(await store.getThreads(account, [])).toEqual(new Map());
      await store.putThreads(account, [], "T8" as ThreadId);
    });

    it("keeps uploads and rules", async () => {
      const store = factory();
      const account = newAccount();
      const upload = { blobId: "U1", key: "upload/x", sizeOctets: 3, type: "text/plain", expiresAt: Date.now() + 60_000 };
      expect(await store.getUpload(account, "U1")).toBeNull();
      await store.putUpload(account, upload);
      expect(await store.getUpload(account, "U1")).toEqual(upload);
      expect(await store.getRules(account)).toBeNull();
      await store.putRules(account, { blockedSenders: ["a@b.example"] });
      expect(await store.getRules(account)).toEqual({ blockedSenders: ["a@b.example"] });
    });

    it("keeps the rules that were drawn from the later position, and takes the same one again", async () => {
      const store = factory();
      const account = newAccount();
      await store.putRules(account, { script: "a" }, { epoch: 1, seq: 9 });
      await store.putRules(account, { script: "b" }, { epoch: 1, seq: 8 });
      expect(await store.getRules(account)).toEqual({ script: "a" });
      await store.putRules(account, { script: "c" }, { epoch: 1, seq: 9 });
      expect(await store.getRules(account)).toEqual({ script: "c" });
      await store.putRules(account, { script: "d" }, { epoch: 2, seq: 1 });
      expect(await store.getRules(account)).toEqual({ script: "d" });
    });

    it("keeps the newer snapshot pointer", async () => {
      const store = factory();
      const account = newAccount();
      expect(await store.getSnapshot(account)).toBeNull();
      const at = (epoch: number, seq: number) => ({ epoch, seq, key: `snapshots/${epoch}.${seq}`, octets: 10 });
      await store.putSnapshot(account, at(1, 64));
      await store.putSnapshot(account, at(1, 32));
      expect(await store.getSnapshot(account)).toEqual(at(1, 64));
      await store.putSnapshot(account, at(1, 128));
      expect(await store.getSnapshot(account)).toEqual(at(1, 128));
    });
  });
};
