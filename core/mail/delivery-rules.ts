/**
 * What an account's rules make of one message. Pure: the script's outcome and the account's vacation response become one decision,
 * which is kept and carried out as it stands, however often the message comes.
 */

import { limits } from "../limits.ts";
import type { SieveOutcome, VacationReply } from "../sieve/message.ts";
import type { Rules } from "./rules.ts";

/** An automatic answer: once a sender within `days`, counted by `handle`. */
export interface Answer {
  readonly subject: string | null;
  readonly text: string | null;
  readonly html: string | null;
  /** A MIME entity in place of text and HTML (RFC 5230 §4.4). */
  readonly entity: string | null;
  readonly from: string | null;
  readonly addresses: readonly string[];
  readonly days: number;
  readonly handle: string;
}

export interface RuleDecision {
  /** Paths to file into. None, and not in the inbox: it is not kept. */
  readonly inbox: boolean;
  readonly paths: readonly { readonly path: string; readonly create: boolean }[];
  readonly keywords: readonly string[];
  readonly redirect: readonly string[];
  readonly answer: Answer | null;
  readonly remember: SieveOutcome["remember"];
  /** The script met a fault: the message is kept. */
  readonly fault: boolean;
}

const SYSTEM_FLAGS: Readonly<Record<string, string>> = {
  "\\seen": "$seen",
  "\\answered": "$answered",
  "\\flagged": "$flagged",
  "\\draft": "$draft",
};

/** RFC 8621 §4.1.1 keywords of IMAP flags (RFC 5232 §2); what cannot be one is left out. */
export const keywordsOfFlags = (flags: readonly string[]): string[] => {
  const keywords = flags.map((flag) => SYSTEM_FLAGS[flag.toLowerCase()] ?? flag.toLowerCase());
  return [...new Set(keywords.filter((keyword) => /^(?!\\)[\x21-\x7e]{1,255}$/.test(keyword) && !/[()\]{%*"\\]/.test(keyword)))];
};

const isInbox = (path: string): boolean => path.toLowerCase() === "inbox";

/** The mailbox of a path: as it is written, else ignoring case. */
export const mailboxIdOfPath = (rules: Pick<Rules, "mailboxes">, path: string): string | null => {
  const wanted = path.normalize("NFC");
  if (isInbox(wanted)) return "inbox";
  if (Object.hasOwn(rules.mailboxes, wanted)) return rules.mailboxes[wanted]!;
  const found = Object.entries(rules.mailboxes).find(([known]) => known.toLowerCase() === wanted.toLowerCase());
  return found?.[1] ?? null;
};

const answerOfScript = (reply: VacationReply): Answer => ({
  subject: reply.subject,
  text: reply.isMime ? null : reply.reason,
  html: null,
  entity: reply.isMime ? reply.reason : null,
  from: reply.from,
  addresses: reply.addresses,
  days: reply.days,
  handle: reply.handle,
});

/** RFC 8621 §8: from `fromDate` on, before `toDate`. Dates are part of the handle: another absence is announced anew. */
const answerOfResponse = (vacation: NonNullable<Rules["vacation"]>, now: number): Answer | null => {
  const { fromDate, toDate, subject, textBody, htmlBody } = vacation;
  if ((fromDate !== null && now < fromDate) || (toDate !== null && now >= toDate)) return null;
  const text = textBody ?? (htmlBody === null ? "I am away and will read your message when I am back.\n" : null);
  const handle = `response ${fromDate ?? ""} ${toDate ?? ""}`;
  return { subject, text, html: htmlBody, entity: null, from: null, addresses: [], days: limits.sieve.vacationDaysDefault, handle };
};

/**
 * `outcome`: of the account's script; null when it has none. A script's own vacation goes before the account's (RFC 9661 §4); nothing is
 * answered for what is not kept (RFC 5230 §4.7).
 */
export const decideByRules = (rules: Rules, outcome: SieveOutcome | null, now: number): RuleDecision => {
  const inbox = outcome === null || outcome.keep !== null || outcome.fileInto.some(({ mailbox }) => isInbox(mailbox));
  const paths = (outcome?.fileInto ?? []).filter(({ mailbox }) => !isInbox(mailbox));
  const flags = [...(outcome?.keep?.flags ?? []), ...(outcome?.fileInto ?? []).flatMap((filing) => filing.flags)];
  const redirect = outcome?.redirect ?? [];
  const isWanted = inbox || paths.length > 0 || redirect.length > 0;
  const response = rules.vacation && isWanted ? answerOfResponse(rules.vacation, now) : null;
  return {
    inbox,
    paths: paths.map(({ mailbox, create }) => ({ path: mailbox, create })),
    keywords: keywordsOfFlags(flags),
    redirect: [...redirect],
    answer: outcome?.vacation ? answerOfScript(outcome.vacation) : response,
    remember: outcome?.remember ?? [],
    fault: (outcome?.fault ?? null) !== null,
  };
};
