/**
 * Keeps what is on the screen equal to the service: a StateChange or a poll leads to Email/changes from the last known state, and only
 * what changed is fetched. When the service cannot tell what changed, everything shown is fetched again.
 */
import type { QueryClient } from "@tanstack/react-query";
import { type JmapClient, reference } from "../jmap/client.ts";
import { JmapProblem } from "../jmap/problems.ts";
import { type ChangesResult, type EmailSummary, type GetResult, type Mailbox, type StateChange, summaryProperties } from "../jmap/types.ts";
import type { EmailStore } from "./email-store.ts";

const maxChanges = 200;
/** More rounds than this and it is cheaper to begin again. */
const maxRounds = 10;

interface SyncOptions {
  readonly client: JmapClient;
  readonly store: EmailStore;
  readonly queries: QueryClient;
  readonly onArrived: (accountId: string, emails: readonly EmailSummary[]) => void;
}

const sameKeys = (left: Record<string, boolean>, right: Record<string, boolean>) =>
  Object.keys(left).length === Object.keys(right).length && Object.keys(left).every((key) => key in right);

export class MailSync {
  readonly #options: SyncOptions;
  readonly #states = new Map<string, string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();

  constructor(options: SyncOptions) {
    this.#options = options;
  }

  /** The first state seen for an account is where its changes are counted from. */
  know(accountId: string, emailState: string): void {
    if (!this.#states.has(accountId)) this.#states.set(accountId, emailState);
  }

  /** `null`: something may have changed anywhere. */
  changed(changed: StateChange["changed"] | null): void {
    if (changed === null) {
      for (const accountId of this.#states.keys()) this.#run(accountId);
      return;
    }
    for (const [accountId, states] of Object.entries(changed)) {
      if (states.Email !== undefined && states.Email === this.#states.get(accountId) && Object.keys(states).length === 1) continue;
      this.#run(accountId);
    }
  }

  /** One at a time an account; a change that comes meanwhile leads to one more round. */
  #run(accountId: string): void {
    if (this.#running.has(accountId)) {
      this.#again.add(accountId);
      return;
    }
    const work = this.#account(accountId)
      .catch(() => {})
      .finally(() => {
        this.#running.delete(accountId);
        if (this.#again.delete(accountId)) this.#run(accountId);
      });
    this.#running.set(accountId, work);
  }

  async #account(accountId: string): Promise<void> {
    for (let round = 0; round < maxRounds; round += 1) {
      const since = this.#states.get(accountId);
      if (since === undefined) return this.#refreshMailboxes(accountId);
      const result = await this.#round(accountId, since);
      if (result === "done") return;
      if (result === "lost") break;
    }
    await this.#beginAgain(accountId);
  }

  async #round(accountId: string, sinceState: string): Promise<"done" | "more" | "lost"> {
    const { client, store, queries } = this.#options;
    const responses = await client.call([
      ["Email/changes", { accountId, sinceState, maxChanges }, "changes"],
      ["Email/get", { accountId, "#ids": reference("changes", "Email/changes", "/created"), properties: summaryProperties }, "created"],
      [
        "Email/get",
        { accountId, "#ids": reference("changes", "Email/changes", "/updated"), properties: ["id", "keywords", "mailboxIds"] },
        "updated",
      ],
      ["Mailbox/get", { accountId }, "mailboxes"],
    ]);
    queries.setQueryData(["mailboxes", accountId], responses.of<GetResult<Mailbox>>("mailboxes").list);
    let changes: ChangesResult;
    try {
      changes = responses.of<ChangesResult>("changes");
    } catch (error) {
      if (error instanceof JmapProblem && error.kind === "method") return "lost";
      throw error;
    }
    const created = responses.of<GetResult<EmailSummary>>("created").list;
    const updated = responses.of<GetResult<EmailSummary>>("updated").list;
    this.#states.set(accountId, changes.newState);
    const moved = updated.some((email) => {
      const known = store.get(accountId, email.id);
      return !known || !sameKeys(known.mailboxIds, email.mailboxIds);
    });
    const arrived = created.filter((email) => !store.get(accountId, email.id));
    store.patch(
      accountId,
      updated.map((email) => ({ id: email.id, patch: { keywords: email.keywords, mailboxIds: email.mailboxIds } })),
    );
    const goneThreads = changes.destroyed.flatMap((id) => store.get(accountId, id)?.threadId ?? []);
    store.remove(accountId, changes.destroyed);
    store.put(accountId, created);
    for (const threadId of new Set([...created.map((email) => email.threadId), ...goneThreads])) {
      void queries.invalidateQueries({ queryKey: ["thread", accountId, threadId] });
    }
    if (moved || created.length > 0 || changes.destroyed.length > 0) await queries.invalidateQueries({ queryKey: ["list", accountId] });
    if (arrived.length > 0) this.#options.onArrived(accountId, arrived);
    return changes.hasMoreChanges ? "more" : "done";
  }

  async #refreshMailboxes(accountId: string): Promise<void> {
    await this.#options.queries.invalidateQueries({ queryKey: ["mailboxes", accountId] });
  }

  async #beginAgain(accountId: string): Promise<void> {
    this.#states.delete(accountId);
    const { queries } = this.#options;
    await Promise.all([
      queries.invalidateQueries({ queryKey: ["mailboxes", accountId] }),
      queries.invalidateQueries({ queryKey: ["list", accountId] }),
      queries.invalidateQueries({ queryKey: ["thread", accountId] }),
    ]);
  }
}
