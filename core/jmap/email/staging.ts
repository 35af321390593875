/**
 * New Emails before the commit that shows them: each gets its immutable item, its thread and its raw octets' key. What is staged and
 * then not committed is an orphan that nobody sees.
 */
import type { EmailId, MailboxId, ThreadId } from "../../ids.ts";
import type { AccountState } from "../../log/api.ts";
import { threadIdOf } from "../../log/id-words.ts";
import type { EmailItem, ParsedMessage } from "../../mail/email-item.ts";
import { threadKeys } from "../../mime/thread-keys.ts";
import type { JmapPorts } from "../api.ts";
import { messageBlobId } from "../blob-ids.ts";
import type { Wire } from "../engine/definition.ts";
import type { Transaction } from "../engine/transaction.ts";
import { type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import { mailboxFault } from "./update.ts";

export interface NewMessage {
  readonly id: EmailId;
  readonly rawKey: string;
  readonly message: ParsedMessage;
  /** ms since 1970 UTC. */
  readonly receivedAt: number;
  readonly marks?: readonly string[];
}

/** Key of a raw message that the account composed or imported itself. */
export const composedKey = (accountId: string, emailId: string): string => `composed/${accountId}/${emailId}`;

export class Staging {
  readonly #ports: JmapPorts;
  readonly #state: AccountState;
  /** Threads that this call began: a reply staged after its question joins it. */
  readonly #threads = new Map<string, ThreadId>();
  #last: Promise<void> = Promise.resolve();

  constructor(ports: JmapPorts, state: AccountState) {
    this.#ports = ports;
    this.#state = state;
  }

  /** One after the other: two replies staged at once would each begin a thread. */
  stage(fresh: NewMessage): Promise<EmailItem> {
    const staged = this.#last.then(() => this.#stageNext(fresh));
    this.#last = staged.then(
      () => undefined,
      () => undefined,
    );
    return staged;
  }

  async #stageNext(fresh: NewMessage): Promise<EmailItem> {
    const { store } = this.#ports;
    const { accountId, position } = this.#state;
    const keys = threadKeys(fresh.message);
    const threadId = (await this.#threadOf(keys.lookups)) ?? threadIdOf(fresh.id);
    const item: EmailItem = {
      accountId,
      id: fresh.id,
      threadId,
      rawKey: fresh.rawKey,
      receivedAt: fresh.receivedAt,
      message: fresh.message,
      afterEpoch: position.epoch,
      afterSeq: position.seq,
      marks: fresh.marks ?? [],
    };
    const unknown = [...new Set([...keys.own, ...keys.lookups])].filter((key) => !this.#threads.has(key));
    for (const key of unknown) this.#threads.set(key, threadId);
    await Promise.all([store.putEmail(accountId, item), unknown.length > 0 ? store.putThreads(accountId, unknown, threadId) : null]);
    return item;
  }

  async #threadOf(lookups: readonly string[]): Promise<ThreadId | undefined> {
    const asked = lookups.filter((key) => !this.#threads.has(key));
    if (asked.length > 0)
      for (const [key, threadId] of await this.#ports.store.getThreads(this.#state.accountId, asked)) this.#threads.set(key, threadId);
    for (const key of lookups) {
      const threadId = this.#threads.get(key);
      if (threadId) return threadId;
    }
    return undefined;
  }
}

/** Adds a staged Email to the plan. The answer of RFC 8621 §4.6, §4.7 and §4.8 is the same four properties. */
export const createStaged = (
  tx: Transaction,
  item: EmailItem,
  membership: { readonly mailboxIds: readonly string[]; readonly keywords: readonly string[] },
): Outcome<Wire, SetError> => {
  const { message } = item;
  const fault = mailboxFault(tx, membership.mailboxIds);
  if (fault) return refuse(fault);
  if (!membership.mailboxIds.every((mailboxId) => tx.may("mayAddItems", mailboxId)))
    return refuse(setError("forbidden", "The rights on a Mailbox do not include adding mail to it."));
  if (tx.isOverQuota(message.sizeOctets)) return refuse(setError("overQuota"));
  tx.createEmail({
    id: item.id,
    threadId: item.threadId,
    receivedAt: item.receivedAt,
    sentAt: message.sentAt,
    sizeOctets: message.sizeOctets,
    hasAttachment: message.hasAttachment,
    mailboxIds: membership.mailboxIds as MailboxId[],
    keywords: membership.keywords,
  });
  return ok({ id: item.id, blobId: messageBlobId(item.id), threadId: item.threadId, size: message.sizeOctets });
};
