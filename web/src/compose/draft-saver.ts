/**
 * Saves and sends. An Email cannot be changed, so each save makes a new draft and removes the last in one Email/set; saves follow one
 * another, so two never race. Sending is one request: create, submit, and on success move from Drafts to Sent.
 */

import { capabilities, type JmapClient } from "../jmap/client.ts";
import { JmapProblem, setProblem } from "../jmap/problems.ts";
import type { SetResult } from "../jmap/types.ts";

export interface SentMessage {
  readonly emailId: string;
  readonly submissionId: string;
  /** RFC 8621 §7 undoStatus: the service still holds it. For how long it does not say. */
  readonly canBeUndone: boolean;
}

const createdIn = (result: SetResult, name: string) => {
  const refused = result.notCreated?.[name];
  if (refused) throw setProblem(refused);
  const made = result.created?.[name];
  if (!made) throw new JmapProblem("server", "noAnswer");
  return made;
};

export class DraftSaver {
  readonly #client: JmapClient;
  readonly #accountId: string;
  #draftId: string | null;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(client: JmapClient, accountId: string, draftId: string | null) {
    this.#client = client;
    this.#accountId = accountId;
    this.#draftId = draftId;
  }

  get draftId(): string | null {
    return this.#draftId;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work, work);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  save(email: Record<string, unknown>): Promise<void> {
    return this.#inTurn(async () => {
      const destroy = this.#draftId ? [this.#draftId] : [];
      const responses = await this.#client.call([["Email/set", { accountId: this.#accountId, create: { draft: email }, destroy }, "set"]]);
      this.#draftId = createdIn(responses.of<SetResult>("set"), "draft").id;
    });
  }

  discard(): Promise<void> {
    return this.#inTurn(async () => {
      const id = this.#draftId;
      this.#draftId = null;
      if (id) await this.#client.call([["Email/set", { accountId: this.#accountId, destroy: [id] }, "set"]]);
    });
  }

  send(email: Record<string, unknown>, identityId: string, draftsId: string, sentId: string | null): Promise<SentMessage> {
    return this.#inTurn(async () => {
      const accountId = this.#accountId;
      const destroy = this.#draftId ? [this.#draftId] : [];
      const placed = sentId ? { [`mailboxIds/${draftsId}`]: null, [`mailboxIds/${sentId}`]: true } : {};
      const responses = await this.#client.call([
        ["Email/set", { accountId, create: { message: email } }, "email"],
        [
          "EmailSubmission/set",
          {
            accountId,
            create: { submission: { identityId, emailId: "#message" } },
            onSuccessUpdateEmail: { "#submission": { ...placed, "keywords/$draft": null } },
          },
          "submission",
        ],
      ]);
      const made = createdIn(responses.of<SetResult>("email", "Email/set"), "message");
      let submission: Record<string, unknown> & { id: string };
      try {
        submission = createdIn(responses.of<SetResult>("submission", "EmailSubmission/set"), "submission");
      } catch (error) {
        // Refused: what was just created is now the draft, and the one before goes.
        this.#draftId = made.id;
        if (destroy.length > 0) await this.#client.call([["Email/set", { accountId, destroy }, "clean"]]).catch(() => {});
        throw error;
      }
      this.#draftId = null;
      if (destroy.length > 0) await this.#client.call([["Email/set", { accountId, destroy }, "clean"]]).catch(() => {});
      return { emailId: made.id, submissionId: submission.id, canBeUndone: submission.undoStatus === "pending" };
    });
  }
}

/** Calls a message back (RFC 8621 §7.5 undoStatus) and makes it a draft again. */
export async function undoSend(
  client: JmapClient,
  accountId: string,
  sent: SentMessage,
  draftsId: string,
  sentId: string | null,
): Promise<void> {
  const session = await client.session();
  if (!(capabilities.submission in session.capabilities)) throw new JmapProblem("method", "cannotUnsend");
  const cancelled = (
    await client.call([["EmailSubmission/set", { accountId, update: { [sent.submissionId]: { undoStatus: "canceled" } } }, "0"]])
  ).of<SetResult>("0");
  const refused = cancelled.notUpdated?.[sent.submissionId];
  if (refused) throw setProblem(refused);
  const placed = sentId ? { [`mailboxIds/${sentId}`]: null, [`mailboxIds/${draftsId}`]: true } : {};
  await client.call([["Email/set", { accountId, update: { [sent.emailId]: { ...placed, "keywords/$draft": true } } }, "0"]]);
}
