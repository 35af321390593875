/** What can go wrong with a request, in the words the screens use. One table: RFC 8620 error type → sentence. */
import type { SetError } from "./types.ts";

export type ProblemKind = "offline" | "signedOut" | "server" | "request" | "method";

export class JmapProblem extends Error {
  readonly kind: ProblemKind;
  /** RFC 8620 problem or method error type; HTTP status for others. */
  readonly type: string;
  constructor(kind: ProblemKind, type: string, description = "") {
    super(description || type);
    this.kind = kind;
    this.type = type;
  }
}

const sentences: Record<string, string> = {
  overQuota: "The mailbox is full. Delete some messages, then try again.",
  tooLarge: "This is larger than the service accepts.",
  tooManyRecipients: "There are too many recipients.",
  noRecipients: "Add at least one recipient.",
  invalidRecipients: "One of the addresses cannot receive mail. Check them.",
  forbidden: "You do not have permission to do this.",
  forbiddenFrom: "You may not send from this address.",
  forbiddenMailFrom: "You may not send from this address.",
  forbiddenToSend: "You may not send mail at the moment. Ask your local administrator.",
  accountReadOnly: "You can read this mailbox but not change it.",
  accountNotFound: "This mailbox is no longer shared with you.",
  notFound: "This is no longer there. Someone else may have moved or deleted it.",
  blobNotFound: "An attachment is no longer there. Remove it and attach the file again.",
  cannotUnsend: "It is too late to undo: the message has gone.",
  requestTooLarge: "That is too much at once. Choose fewer messages.",
  rateLimit: "That was too fast for the service. Wait a moment, then try again.",
};

export function problemSentence(error: unknown): string {
  if (error instanceof JmapProblem) {
    if (error.kind === "offline") return "There is no connection. Your work is kept here: try again when you are back online.";
    if (error.kind === "signedOut") return "You have been signed out. Sign in again to carry on.";
    return sentences[error.type] ?? "That did not work. Try again, and tell your IT service desk if it keeps happening.";
  }
  return "That did not work. Try again, and tell your IT service desk if it keeps happening.";
}

export const setProblem = (error: SetError): JmapProblem => new JmapProblem("method", error.type, error.description ?? "");
