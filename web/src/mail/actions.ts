/**
 * What a person does to messages: shown at once, then told to the service; if it refuses, put back as it was and said so. Each is one
 * Email/set with Mailbox/get behind it, so the counts come with the same answer.
 */
import type { QueryClient } from "@tanstack/react-query";
import type { JmapClient } from "../jmap/client.ts";
import { setProblem } from "../jmap/problems.ts";
import type { EmailSummary, GetResult, Mailbox, SetResult } from "../jmap/types.ts";
import type { EmailStore } from "./email-store.ts";
import { type ListWindow, withoutIds } from "./list-source.ts";

/** RFC 8620 maxObjectsInSet is at least this on our service. */
const batchSize = 500;

type Patch = Record<string, unknown>;

export class MailActions {
  readonly #client: JmapClient;
  readonly #store: EmailStore;
  readonly #queries: QueryClient;

  constructor(client: JmapClient, store: EmailStore, queries: QueryClient) {
    this.#client = client;
    this.#store = store;
    this.#queries = queries;
  }

  async setKeyword(accountId: string, ids: readonly string[], keyword: string, on: boolean): Promise<void> {
    const affected = this.#known(accountId, ids).filter((email) => (email.keywords[keyword] === true) !== on);
    if (affected.length === 0) return;
    const patches = affected.map((email) => {
      const { [keyword]: _, ...others } = email.keywords;
      return { id: email.id, patch: { keywords: on ? { ...others, [keyword]: true } : others } };
    });
    await this.#apply(
      accountId,
      affected,
      patches,
      affected.map((email) => email.id),
      { [`keywords/${keyword}`]: on ? true : null },
      false,
    );
  }

  /** Moves out of `from` into `to`; membership of other mailboxes stays. */
  async move(accountId: string, ids: readonly string[], from: string | null, to: string, extra: Patch = {}): Promise<void> {
    const affected = this.#known(accountId, ids);
    const patches = affected.map((email) => {
      const mailboxIds = from === null ? {} : { ...email.mailboxIds };
      if (from !== null) delete mailboxIds[from];
      return { id: email.id, patch: { mailboxIds: { ...mailboxIds, [to]: true } } };
    });
    const change: Patch = from === null ? { mailboxIds: { [to]: true } } : { [`mailboxIds/${from}`]: null, [`mailboxIds/${to}`]: true };
    await this.#apply(accountId, affected, patches, ids, { ...change, ...extra }, true);
  }

  async destroy(accountId: string, ids: readonly string[]): Promise<void> {
    const before = this.#hide(accountId, ids);
    try {
      const answer = await this.#client.call([
        ["Email/set", { accountId, destroy: ids }, "set"],
        ["Mailbox/get", { accountId }, "mailboxes"],
      ]);
      const result = answer.of<SetResult>("set");
      const refused = Object.values(result.notDestroyed ?? {})[0];
      if (refused && refused.type !== "notFound") throw setProblem(refused);
      this.#queries.setQueryData(["mailboxes", accountId], answer.of<GetResult<Mailbox>>("mailboxes").list);
      this.#store.remove(accountId, ids);
    } catch (error) {
      before();
      throw error;
    } finally {
      void this.#queries.invalidateQueries({ queryKey: ["list", accountId] });
    }
  }

  #known(accountId: string, ids: readonly string[]): readonly EmailSummary[] {
    return ids.flatMap((id) => this.#store.get(accountId, id) ?? []);
  }

  async #apply(
    accountId: string,
    affected: readonly EmailSummary[],
    patches: readonly { id: string; patch: Partial<EmailSummary> }[],
    ids: readonly string[],
    change: Patch,
    leavesList: boolean,
  ): Promise<void> {
    const showAgain = leavesList ? this.#hide(accountId, ids) : () => {};
    this.#store.patch(accountId, patches);
    try {
      for (let from = 0; from < ids.length; from += batchSize) {
        const update = Object.fromEntries(ids.slice(from, from + batchSize).map((id) => [id, change]));
        const answer = await this.#client.call([
          ["Email/set", { accountId, update }, "set"],
          ["Mailbox/get", { accountId }, "mailboxes"],
        ]);
        const refused = Object.values(answer.of<SetResult>("set").notUpdated ?? {})[0];
        if (refused) throw setProblem(refused);
        this.#queries.setQueryData(["mailboxes", accountId], answer.of<GetResult<Mailbox>>("mailboxes").list);
      }
    } catch (error) {
      showAgain();
      this.#store.patch(
        accountId,
        affected.map((email) => ({ id: email.id, patch: { keywords: email.keywords, mailboxIds: email.mailboxIds } })),
      );
      throw error;
    } finally {
      if (leavesList) void this.#queries.invalidateQueries({ queryKey: ["list", accountId] });
    }
  }

  /** Takes rows out of every list shown; the answer puts them back. */
  #hide(accountId: string, ids: readonly string[]): () => void {
    const gone = new Set(ids);
    const before = this.#queries.getQueriesData<ListWindow>({ queryKey: ["list", accountId] });
    for (const [key, window] of before) {
      if (window?.ids.some((id) => gone.has(id))) this.#queries.setQueryData<ListWindow>(key, withoutIds(window, gone));
    }
    return () => {
      for (const [key, window] of before) this.#queries.setQueryData(key, window);
    };
  }
}
