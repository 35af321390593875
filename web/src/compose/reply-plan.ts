/** Who an answer goes to, what it is called, and what it refers to (RFC 5322 §3.6.4). */
import type { Address, EmailContent } from "../jmap/types.ts";
import { withoutDuplicates } from "./addresses.ts";
import type { ReplyKind } from "./compose-context.tsx";

export interface ReplyPlan {
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly subject: string;
  readonly inReplyTo: readonly string[] | null;
  readonly references: readonly string[] | null;
}

const mostReferences = 50;
const replyMark = /^\s*(?:re|aw|sv|antw)\s*(?:\[\d+\])?:\s*/i;
const forwardMark = /^\s*(?:fwd?|wg)\s*:\s*/i;

export function planReply(kind: ReplyKind, original: EmailContent, ownEmails: readonly string[]): ReplyPlan {
  const subject = original.subject?.trim() ?? "";
  const references = [...(original.references ?? original.inReplyTo ?? []), ...(original.messageId ?? [])].slice(-mostReferences);
  if (kind === "forward") {
    return {
      to: [],
      cc: [],
      subject: forwardMark.test(subject) ? subject : `Fwd: ${subject}`,
      inReplyTo: null,
      references: references.length > 0 ? references : null,
    };
  }
  const own = new Set(ownEmails.map((email) => email.toLowerCase()));
  const isOwn = (address: Address) => own.has(address.email.toLowerCase());
  const senders = original.replyTo?.length ? original.replyTo : (original.from ?? []);
  // Answering one's own message goes to the people it was sent to.
  const fromSelf = (original.from ?? []).length > 0 && (original.from ?? []).every(isOwn);
  const to = withoutDuplicates(fromSelf ? (original.to ?? []) : senders);
  const rest = kind === "replyAll" ? [...(fromSelf ? [] : (original.to ?? [])), ...(original.cc ?? [])] : [];
  return {
    to,
    cc: withoutDuplicates(rest, [...own, ...to.map((address) => address.email)]),
    subject: replyMark.test(subject) ? subject : `Re: ${subject}`,
    inReplyTo: original.messageId,
    references: references.length > 0 ? references : null,
  };
}
