/** RFC 8620 §7.1 StateChange objects, as sockets have them too (RFC 8887 §4.3.5.1, without pushState), from log entries and from loaded accounts. Types as in core/jmap. */
import { quotaPosition } from "../jmap/types/quota.ts";
import type { AccountState } from "../log/api.ts";
import { formatState, type LogEntry } from "../log/entry.ts";
import { touchesCounts } from "../log/folded-state.ts";

export interface StateChange {
  readonly "@type": "StateChange";
  readonly changed: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Types that hold data of a mail account and can be pushed. */
export const pushTypes = [
  "Email",
  "EmailDelivery",
  "Mailbox",
  "Thread",
  "Identity",
  "EmailSubmission",
  "VacationResponse",
  "SieveScript",
  "ShareNotification",
  "Quota",
] as const;

/** Of an account of which only some Mailboxes are shared with someone, what they are told of. */
export const sharedTypes: ReadonlySet<string> = new Set(["Email", "EmailDelivery", "Mailbox", "Thread"]);

/**
 * Types whose state an entry moves: the same answer as the fold's `typePosition` gives afterwards; only Quota is told once too often, when
 * nothing but whether there are rules has changed.
 */
export const typesChangedBy = (entry: LogEntry): string[] => {
  const types = new Set<string>(entry.records?.map((change) => change.type));
  const { email } = entry;
  // RFC 9425 §6: the limit.
  if (!email && !entry.records) types.add("Quota");
  if (email) {
    types.add("Email");
    const joins = Boolean(email.created?.length || email.destroyedUids?.length);
    // RFC 9425 §6: what an account holds changes as Emails come and go.
    if (joins) types.add("Thread").add("Quota");
    if (joins || email.updated?.some(touchesCounts)) types.add("Mailbox");
    // RFC 8621 §1.5: new mail, as against mail moved or imported by its owner.
    if (email.created?.length && entry.actor.startsWith("receipt:")) types.add("EmailDelivery");
  }
  return [...types];
};

/** One StateChange for the entries of one or more accounts; later entries of a type win. */
export const stateChangeOf = (entries: readonly LogEntry[]): StateChange => {
  const changed: Record<string, Record<string, string>> = {};
  for (const entry of entries) {
    const types = (changed[entry.accountId] ??= {});
    for (const type of typesChangedBy(entry)) types[type] = formatState(entry);
  }
  return { "@type": "StateChange", changed };
};

const NONE: ReadonlySet<string> = new Set();

/** The change as one listener wants it; null when nothing of it is for them. `shared`: those of the accounts that they see a part of. */
export const restrictedTo = (
  change: StateChange,
  types: readonly string[] | null,
  accountIds: ReadonlySet<string>,
  shared: ReadonlySet<string> = NONE,
): StateChange | null => {
  const changed: Record<string, Record<string, string>> = {};
  for (const [accountId, states] of Object.entries(change.changed)) {
    if (!accountIds.has(accountId)) continue;
    const mayHear = (type: string): boolean => !shared.has(accountId) || sharedTypes.has(type);
    const wanted = Object.entries(states).filter(([type]) => mayHear(type) && (types === null || types.includes(type)));
    if (wanted.length > 0) changed[accountId] = Object.fromEntries(wanted);
  }
  return Object.keys(changed).length > 0 ? { "@type": "StateChange", changed } : null;
};

/** Present states of an account's types. */
export const presentStates = (state: AccountState): Record<string, string> => {
  const isPart = state.typePosition("Email").view !== undefined;
  const told = pushTypes.filter((type) => type !== "EmailDelivery" && (!isPart || sharedTypes.has(type)));
  return Object.fromEntries(told.map((type) => [type, formatState(type === "Quota" ? quotaPosition(state) : state.typePosition(type))]));
};
