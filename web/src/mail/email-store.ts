/**
 * Every message summary this tab has seen, once, by account and id; lists and threads hold ids only. So a keyword changed by an
 * action, by push or by another window shows everywhere at once.
 */
import type { EmailSummary } from "../jmap/types.ts";

/** Past this the oldest fifth is forgotten; a forgotten row is asked for again when it is scrolled to. */
const mostEmails = 20_000;

const keyOf = (accountId: string, id: string) => `${accountId}/${id}`;

export type EmailPatch = Partial<Pick<EmailSummary, "keywords" | "mailboxIds">>;

export class EmailStore {
  readonly #emails = new Map<string, EmailSummary>();
  readonly #threads = new Map<string, readonly string[]>();
  readonly #listeners = new Set<() => void>();
  #version = 0;

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly version = () => this.#version;

  get(accountId: string, id: string): EmailSummary | undefined {
    return this.#emails.get(keyOf(accountId, id));
  }

  all(): Iterable<EmailSummary> {
    return this.#emails.values();
  }

  thread(accountId: string, threadId: string): readonly string[] | undefined {
    return this.#threads.get(keyOf(accountId, threadId));
  }

  /** The messages of a thread that are known, oldest first. */
  threadEmails(accountId: string, threadId: string): readonly EmailSummary[] {
    return (this.thread(accountId, threadId) ?? []).flatMap((id) => this.get(accountId, id) ?? []);
  }

  put(accountId: string, emails: readonly EmailSummary[], threads: readonly { id: string; emailIds: readonly string[] }[] = []): void {
    for (const email of emails) this.#emails.set(keyOf(accountId, email.id), email);
    for (const thread of threads) this.#threads.set(keyOf(accountId, thread.id), thread.emailIds);
    if (this.#emails.size > mostEmails) {
      let surplus = mostEmails / 5;
      for (const key of this.#emails.keys()) {
        if (surplus-- <= 0) break;
        this.#emails.delete(key);
      }
    }
    this.#changed();
  }

  patch(accountId: string, patches: readonly { id: string; patch: EmailPatch }[]): void {
    for (const { id, patch } of patches) {
      const known = this.get(accountId, id);
      if (known) this.#emails.set(keyOf(accountId, id), { ...known, ...patch });
    }
    this.#changed();
  }

  remove(accountId: string, ids: readonly string[]): void {
    for (const id of ids) {
      const threadId = this.get(accountId, id)?.threadId;
      this.#emails.delete(keyOf(accountId, id));
      const thread = threadId && this.thread(accountId, threadId);
      if (threadId && thread) {
        this.#threads.set(
          keyOf(accountId, threadId),
          thread.filter((each) => each !== id),
        );
      }
    }
    this.#changed();
  }

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
