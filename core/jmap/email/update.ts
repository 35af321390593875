/** An update of one Email (RFC 8621 §4.6): keywords and mailboxes may change, everything else must be said as it is. */
import type { MailboxId } from "../../ids.ts";
import type { SetCall, UpdatedObject, Wire } from "../engine/definition.ts";
import { sameJson } from "../engine/same-json.ts";
import type { EmailPatch, Transaction } from "../engine/transaction.ts";
import { invalidProperties, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import type { MailboxRight } from "../mailbox-rights.ts";
import { pointerTokens } from "../references.ts";
import { emailGet } from "./get.ts";
import { isKeyword, KEYWORDS_PER_EMAIL, namesOfTrueMap, readKeywords } from "./keywords.ts";
import { emailProperties, isHeaderProperty } from "./properties.ts";

/** Present values of what updates name besides keywords and mailboxIds, by email id. */
export type PresentValues = ReadonlyMap<string, Wire>;

const isMutable = (path: string): boolean => /^(keywords|mailboxIds)(\/|$)/.test(path);

/** Reads what is needed to tell whether immutable properties are said as they are. Few clients send them. */
export const presentValues = async (call: SetCall): Promise<PresentValues> => {
  const wanted = new Map<string, string[]>();
  for (const [key, patch] of call.update) {
    const id = call.resolve(key);
    const names = Object.keys(patch).filter((name) => !isMutable(name) && (Object.hasOwn(emailProperties, name) || isHeaderProperty(name)));
    if (id !== null && names.length > 0) wanted.set(id, names);
  }
  if (wanted.size === 0) return new Map();
  const properties = new Set([...wanted.values()].flat());
  return emailGet.read({ ...call, args: { fetchAllBodyValues: properties.has("bodyValues") } }, [...wanted.keys()], properties);
};

/** Sets or clears one name of a map by a patch path. */
interface Changes {
  whole: string[] | null;
  readonly added: string[];
  readonly removed: string[];
}

type Reading = { keywords: Changes | null; mailboxIds: Changes | null };

const readPatch = (call: SetCall, patch: Wire): Outcome<Reading, SetError> => {
  const reading: Reading = { keywords: null, mailboxIds: null };
  for (const [path, value] of Object.entries(patch)) {
    if (!isMutable(path)) continue;
    const [name, inner, ...deeper] = pointerTokens(`/${path}`) ?? [];
    if ((name !== "keywords" && name !== "mailboxIds") || deeper.length > 0)
      return refuse(setError("invalidPatch", `"${path.slice(0, 100)}" cannot be patched.`));
    reading[name] ??= { whole: null, added: [], removed: [] };
    const changes = reading[name];
    if (inner === undefined) {
      const whole = name === "keywords" ? readKeywords(value ?? {}) : readMailboxIds(call, value);
      if (!whole) return refuse(invalidProperties([name]));
      changes.whole = whole;
      continue;
    }
    const resolved = name === "keywords" ? (isKeyword(inner) ? inner.toLowerCase() : null) : call.resolve(inner);
    if (resolved === null || (value !== true && value !== null)) return refuse(invalidProperties([path]));
    (value === true ? changes.added : changes.removed).push(resolved);
  }
  for (const changes of [reading.keywords, reading.mailboxIds])
    if (changes?.whole && changes.added.length + changes.removed.length > 0)
      return refuse(setError("invalidPatch", "One path of the patch lies inside another."));
  return ok(reading);
};

const readMailboxIds = (call: SetCall, value: unknown): string[] | null => {
  const ids = namesOfTrueMap(value)?.map(call.resolve);
  return ids?.every((id) => id !== null) ? [...new Set(ids)] : null;
};

/** The names after the changes, and only what differs from before; null when nothing does. */
const difference = (before: readonly string[], changes: Changes | null): { after: string[]; added: string[]; removed: string[] } | null => {
  if (!changes) return null;
  const after = new Set(changes.whole ?? before);
  if (!changes.whole) {
    for (const name of changes.removed) after.delete(name);
    for (const name of changes.added) after.add(name);
  }
  const added = [...after].filter((name) => !before.includes(name)).sort();
  const removed = before.filter((name) => !after.has(name)).sort();
  return added.length + removed.length > 0 ? { after: [...after], added, removed } : null;
};

const foreignFault = (id: string, patch: Wire, present: PresentValues): SetError | null => {
  const faults: string[] = [];
  for (const [path, value] of Object.entries(patch)) {
    if (isMutable(path)) continue;
    const now = path === "id" ? id : present.get(id)?.[path];
    if (now === undefined || !sameJson(value, now)) faults.push(path);
  }
  return faults.length > 0 ? invalidProperties(faults, "Only keywords and mailboxIds of an Email can be changed.") : null;
};

/** RFC 8621 §4.6. A patch that changes nothing is no change of the Email's state. */
export const updateEmail = (
  tx: Transaction,
  call: SetCall,
  { id, patch }: UpdatedObject,
  present: PresentValues,
): Outcome<Wire | null, SetError> => {
  const foreign = foreignFault(id, patch, present);
  if (foreign) return refuse(foreign);
  const read = readPatch(call, patch);
  if (!read.ok) return read;
  const row = tx.rowOf(id);
  const { emails } = tx.state;
  const keywords = difference(emails.keywords(row), read.value.keywords);
  const mailboxIds = difference(emails.mailboxIds(row), read.value.mailboxIds);
  if (keywords && keywords.after.length > KEYWORDS_PER_EMAIL) return refuse(setError("tooManyKeywords"));
  const fault = (mailboxIds && mailboxFault(tx, mailboxIds.after)) ?? rightsFault(tx, emails.mailboxIds(row), keywords, mailboxIds);
  if (fault) return refuse(fault);
  const change: EmailPatch = {
    ...(keywords && keywords.added.length > 0 && { addKeywords: keywords.added }),
    ...(keywords && keywords.removed.length > 0 && { removeKeywords: keywords.removed }),
    ...(mailboxIds && mailboxIds.added.length > 0 && { addMailboxIds: mailboxIds.added as MailboxId[] }),
    ...(mailboxIds && mailboxIds.removed.length > 0 && { removeMailboxIds: mailboxIds.removed as MailboxId[] }),
  };
  if (keywords || mailboxIds) tx.patchEmail(row, change);
  return ok(null);
};

type Difference = { readonly added: readonly string[]; readonly removed: readonly string[] } | null;

/** RFC 8621 §2: keywords need the right in all Mailboxes that the Email is in, moving it in those that it joins or leaves. */
const rightsFault = (tx: Transaction, present: readonly string[], keywords: Difference, mailboxIds: Difference): SetError | null => {
  const changed = [...(keywords?.added ?? []), ...(keywords?.removed ?? [])];
  const mayAll = (right: MailboxRight, ids: readonly string[]): boolean => ids.every((mailboxId) => tx.may(right, mailboxId));
  const isAllowed =
    (!changed.includes("$seen") || mayAll("maySetSeen", present)) &&
    (changed.every((keyword) => keyword === "$seen") || mayAll("maySetKeywords", present)) &&
    mayAll("mayAddItems", mailboxIds?.added ?? []) &&
    mayAll("mayRemoveItems", mailboxIds?.removed ?? []);
  return isAllowed ? null : setError("forbidden", "The rights on a Mailbox of the Email do not include that.");
};

/** RFC 8621 §4: an Email is always in one Mailbox or more, each of which exists. */
export const mailboxFault = (tx: Transaction, mailboxIds: readonly string[]): SetError | null => {
  if (mailboxIds.length === 0) return invalidProperties(["mailboxIds"], "An Email must be in a Mailbox.");
  return mailboxIds.every((mailboxId) => tx.record("Mailbox", mailboxId))
    ? null
    : invalidProperties(["mailboxIds"], "There is no such Mailbox.");
};
