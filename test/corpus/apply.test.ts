import { describe, expect, it } from "vitest";
import type { AccountId } from "../../core/ids.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import { accountIdOf } from "../../core/log/id-words.ts";
import type { DirectoryEntry } from "../../core/ports/directory-store.ts";
import { applySeed, entryIdOf, type SeedPorts } from "../../tools/seed/apply.ts";
import { planSeed } from "../../tools/seed/plan.ts";
import { MemoryAccountLogStore } from "../support/memory-account-log-store.ts";

const plan = planSeed("apply", Date.UTC(2026, 10, 22), { threadsEach: 1, threadsOfSampleUsers: 10, fromOutside: 2, announcements: 1 });
const passwords = new Map(plan.people.map(({ mail }) => [mail, "Secret-1"]));

describe("loading the sample data", () => {
  it("gives everybody their mail in threads, and changes nothing the second time", async () => {
    const store = new MemoryAccountLogStore();
    const blobs = new Map<string, Uint8Array>();
    const entries = new Map<string, DirectoryEntry>();
    const grants = new Set<string>();
    const blobStore = {
      get: async (key: string) => blobs.get(key) ?? null,
      put: async (key: string, octets: Uint8Array) => void blobs.set(key, octets),
    };
    const log = new StoredAccountLog({ store, blobs: blobStore, epoch: 1, now: () => 1 });
    const ports: SeedPorts = {
      imports: {
        put: async (accountId, emails, threads) => {
          for (const email of emails) await store.putEmail(accountId, email);
          for (const [key, threadId] of threads) await store.putThreads(accountId, [key], threadId);
        },
      },
      log,
      blobs: blobStore,
      directory: {
        putEntry: async (entry) => {
          entries.set(entry.entryId, entry);
          return { outcome: "stored" };
        },
        grantAccess: async (principal, { accountId }) => void grants.add(`${principal} ${accountId}`),
      },
      signIn: async ({ key }) => ({ subject: `sub-${key}` }),
      randomOctets: (count) => new Uint8Array(count).fill(7),
      say: () => {},
    };
    const placements = plan.messages.flatMap((message) => message.placements);
    expect(await applySeed(plan, ports, passwords)).toEqual({ filed: placements.length });
    const person = plan.people[0]!;
    const accountId: AccountId = accountIdOf(entryIdOf(person.mail));
    const state = (await log.load(accountId))!;
    const own = placements.filter(({ owner }) => owner === person.mail);
    expect(state.emails.count).toBe(own.length);
    const threads = new Set(Array.from({ length: state.emails.rows }, (_, row) => state.emails.threadId(row)));
    expect(threads.size).toBeLessThan(own.length);
    expect(entries.get(entryIdOf(person.mail))).toMatchObject({
      kind: "person",
      subject: `sub-${person.key}`,
      accountId,
      organisationId: entryIdOf("northvale"),
    });
    expect(grants.size).toBe(plan.mailboxes.flatMap(({ access }) => access).length);

    const position = state.position;
    expect(await applySeed(plan, ports, passwords)).toEqual({ filed: 0 });
    expect((await log.load(accountId))!.position).toEqual(position);
  });
});
