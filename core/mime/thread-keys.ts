/**
 * Thread membership (RFC 8621 §3): two messages are in one thread when they share a message id among Message-ID, In-Reply-To
 * and References, and have the same base subject. A key stands for one id together with the base subject.
 */
import { createHash } from "node:crypto";
import type { ParsedMessage } from "../mail/email-item.ts";

const LOOKUPS = 5;

/** Reply and forward marks of RFC 5256 §2.1, and those that other languages' programs write. */
const MARK = /^(?:re|fwd?|aw|wg|sv|vs|antw|tr|rif|odp)\s*(?:\[[^[\]]{0,100}\]\s*)?:\s*/i;
const BLOB = /^\[[^[\]]{0,200}\]\s*/;
const TRAILER = /\(fwd\)\s*$/i;
const FORWARD = /^\[fwd:(.*)\]$/i;

const BOUND = 1000;

const withoutLeaders = (subject: string): string => {
  let rest = subject;
  for (let round = 0; round < BOUND; round += 1) {
    let next = rest.replace(MARK, "");
    // RFC 5256 §2.1 step 4: a blob goes unless nothing would be left.
    const bare = next.replace(BLOB, "");
    if (bare !== "") next = bare;
    if (next === rest) break;
    rest = next;
  }
  return rest;
};

/** RFC 5256 §2.1 base subject, in lower case. `subject` is the Text form. */
export const baseSubject = (subject: string): string => {
  let rest = subject.slice(0, BOUND).replace(/\s+/g, " ").trim();
  for (let round = 0; round < BOUND; round += 1) {
    const before = rest;
    while (TRAILER.test(rest)) rest = rest.replace(TRAILER, "").trim();
    rest = withoutLeaders(rest).trim();
    const forwarded = FORWARD.exec(rest);
    if (forwarded) rest = forwarded[1]!.trim();
    if (rest === before) break;
  }
  return rest.normalize("NFC").toLowerCase();
};

/** 96 bits are enough: keys are looked up within one account only. */
const keyOf = (subject: string, messageId: string): string =>
  createHash("sha256").update(`${subject}\n${messageId}`).digest("base64url").slice(0, 16);

export interface ThreadKeys {
  /** Key of the message's own id: always written. Empty for a message without an id. */
  readonly own: string[];
  /**
   * Keys to look up, at most five: own id, In-Reply-To, the last two and the first reference.
   * Those not found are written too, so that replies to a message never received here still meet.
   */
  readonly lookups: string[];
}

type Threaded = Pick<ParsedMessage, "messageId" | "inReplyTo" | "references" | "subject"> & Partial<Pick<ParsedMessage, "bodyStructure">>;

/**
 * Base subjects that the message a report is about may have: reports (RFC 6522) put words of their own before it, in any language:
 * "Read: …", "Return Receipt (displayed) - …".
 */
const reportedSubjects = (subject: string): string[] => {
  const whole = subject.slice(0, BOUND);
  const behind = [/^[^:]{1,60}: */, /^[^-]{1,60} - */].map((opening) => whole.replace(opening, ""));
  return [...new Set([whole, ...behind].map(baseSubject))];
};

/** Keys of the message that a report names by its id. */
export const reportedKeys = (subject: string | null, messageId: string): string[] =>
  reportedSubjects(subject ?? "").map((reported) => keyOf(reported, messageId));

export const threadKeys = (message: Threaded): ThreadKeys => {
  const subject = baseSubject(message.subject ?? "");
  const references = message.references ?? [];
  const own = message.messageId?.[0];
  const named = [message.inReplyTo?.[0], references.at(-1), references.at(-2), references[0]].filter((id) => id !== undefined);
  const keys =
    message.bodyStructure?.type === "multipart/report"
      ? named.flatMap((id) => reportedKeys(message.subject, id))
      : named.map((id) => keyOf(subject, id));
  const ownKeys = own === undefined ? [] : [keyOf(subject, own)];
  return { own: ownKeys, lookups: [...new Set([...ownKeys, ...keys])].slice(0, LOOKUPS) };
};
