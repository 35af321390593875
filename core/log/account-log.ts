/**
 * Load and commit: the account log over its store. A loaded fold is kept between calls (a warm function's cache) and brought up to
 * date by reading the tail, so a warm load is one small read, a cold one two steps: the pointer to the snapshot, then snapshot and tail at once.
 */
import { TransientError } from "../errors.ts";
import type { AccountId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import { Fold } from "./account-state.ts";
import type { AccountLog, AccountState, Plan, Planner } from "./api.ts";
import type { LogEntry, Position } from "./entry.ts";
import { nextEntry, type Removed } from "./next-entry.ts";
import { readSnapshot } from "./snapshot.ts";

export interface AccountLogOptions {
  readonly store: AccountLogStore;
  readonly blobs: Pick<BlobStore, "get">;
  /** The epoch that this region writes under. */
  readonly epoch: number;
  readonly now: () => number;
  /** Messages of all accounts kept in memory together; the least recently used account is let go first. */
  readonly cacheMessages?: number;
}

const CACHE_MESSAGES = 2_000_000;
const MESSAGES_OF_AN_EMPTY_ACCOUNT = 500;
const BEFORE_ALL: Position = { epoch: 0, seq: 0 };

type Committed<Result> = { result: Result; before: Position; state: AccountState; entry: LogEntry | null };

/** What a load reads; nothing of it is folded yet. */
interface Read {
  /** The fold in memory, when there was one. */
  readonly cached: Fold | null;
  readonly snapshot: Uint8Array | null;
  /** All entries after this position. */
  readonly after: Position;
  readonly entries: readonly LogEntry[];
}

export class StoredAccountLog implements AccountLog {
  private readonly options: AccountLogOptions;
  private readonly cache = new Map<AccountId, Fold>();

  constructor(options: AccountLogOptions) {
    this.options = options;
  }

  async load(accountId: AccountId): Promise<AccountState | null> {
    return existing(await this.present(accountId));
  }

  /**
   * The log for one request of which it is guessed that it will load this account: the reads begin at once, and the first load waits for
   * them and folds. A guess shows nobody anything and an idle one costs a few read units: a large snapshot is only read for a load.
   * What the request has loaded it commits upon without reading again.
   */
  ahead(accountId: AccountId): AccountLog {
    let isLoaded = () => {};
    const loaded = new Promise<void>((resolve) => (isLoaded = resolve));
    let reading: Promise<Read> | null = this.read(accountId, loaded);
    // Its failure is the load's, if there is one.
    reading.catch(() => {});
    return {
      load: async (id) => {
        if (id !== accountId || !reading) return this.load(id);
        const begun = reading;
        reading = null;
        isLoaded();
        return existing(await this.present(id, begun));
      },
      commit: (id, planner) => this.commitFrom(id, planner, reading === null && id === accountId ? this.cache.get(id) : undefined),
      create: (id, plan) => this.create(id, plan),
    };
  }

  async commit<Result>(accountId: AccountId, planner: Planner<Result>): Promise<Committed<Result>> {
    return this.commitFrom(accountId, planner, undefined);
  }

  /** A commit that is first tried on a fold which is as new as the caller may expect: the condition of the append tells when it is not. */
  private async commitFrom<Result>(accountId: AccountId, planner: Planner<Result>, known: Fold | undefined): Promise<Committed<Result>> {
    for (let attempt = 0; attempt < limits.log.commitAttempts; attempt++) {
      const fold = attempt === 0 && known ? known : await this.present(accountId);
      const before = fold.position;
      const { plan, result } = planner(fold);
      if (!plan) return { result, before, state: fold, entry: null };
      const entry = this.entryAfter(fold, plan);
      if ((await this.options.store.append(entry)) === "appended") {
        follow(fold, [entry]);
        return { result, before, state: fold, entry };
      }
    }
    throw new TransientError("the account is being changed by too many writers at once");
  }

  async create(accountId: AccountId, plan: Plan): Promise<void> {
    await this.commit(accountId, (state) => ({ plan: state.position.seq === 0 ? plan : null, result: null }));
  }

  /** The fold for the snapshot writer, with its position up to date. */
  async fold(accountId: AccountId): Promise<Fold> {
    return this.present(accountId);
  }

  private entryAfter(fold: Fold, plan: Plan): LogEntry {
    const after = { position: fold.position, totals: fold.totals };
    return nextEntry(fold.accountId, plan, after, { epoch: this.options.epoch, at: this.options.now(), removed: removedBy(fold, plan) });
  }

  private async present(accountId: AccountId, reading = this.read(accountId)): Promise<Fold> {
    try {
      const fold = await this.folded(accountId, await reading);
      this.keep(fold);
      return fold;
    } catch (error) {
      this.cache.delete(accountId);
      throw error;
    }
  }

  private async read(accountId: AccountId, loaded?: Promise<void>): Promise<Read> {
    const cached = this.cache.get(accountId) ?? null;
    if (cached) return { cached, snapshot: null, after: cached.position, entries: await this.entriesAfter(accountId, cached.position) };
    const pointer = await this.options.store.getSnapshot(accountId);
    if (pointer && pointer.octets > limits.log.aheadOctets) await loaded;
    const after = pointer ?? BEFORE_ALL;
    const [snapshot, entries] = await Promise.all([
      pointer ? this.options.blobs.get(pointer.key) : null,
      this.entriesAfter(accountId, after),
    ]);
    return { cached, snapshot, after, entries };
  }

  private async folded(accountId: AccountId, { cached, snapshot, after, entries }: Read): Promise<Fold> {
    const fold = cached ?? (snapshot ? readSnapshot(accountId, snapshot) : new Fold(accountId));
    const { epoch, seq } = fold.position;
    // The object is written apart from its pointer: another than the pointer meant has other entries after it.
    const isMeant = cached !== null || (epoch === after.epoch && seq === after.seq);
    follow(fold, isMeant ? entries : await this.entriesAfter(accountId, fold.position));
    return fold;
  }

  private entriesAfter(accountId: AccountId, position: Position): Promise<LogEntry[]> {
    return this.options.store.entriesAfter(accountId, position, { consistent: true });
  }

  private keep(fold: Fold): void {
    this.cache.delete(fold.accountId);
    this.cache.set(fold.accountId, fold);
    let messages = 0;
    for (const kept of this.cache.values()) messages += kept.emails.rows + MESSAGES_OF_AN_EMPTY_ACCOUNT;
    for (const accountId of this.cache.keys()) {
      if (messages <= (this.options.cacheMessages ?? CACHE_MESSAGES) || this.cache.size === 1) break;
      messages -= this.cache.get(accountId)!.emails.rows + MESSAGES_OF_AN_EMPTY_ACCOUNT;
      this.cache.delete(accountId);
    }
  }
}

const existing = (fold: Fold): AccountState | null => (fold.position.seq === 0 ? null : fold);

/** Applies what is new: calls that overlap in one process share a fold, and either may have read an entry first. */
const follow = (fold: Fold, entries: readonly LogEntry[]): void => {
  for (const entry of entries) if (entry.seq > fold.position.seq) fold.apply(entry);
};

const removedBy = (fold: Fold, plan: Plan): Removed => {
  let octets = 0;
  let messages = 0;
  for (const uid of new Set(plan.email?.destroyedUids ?? [])) {
    const row = fold.emails.rowOfUid(uid);
    if (row < 0) continue;
    octets += fold.emails.sizeOctets(row);
    messages++;
  }
  return { octets, messages };
};
