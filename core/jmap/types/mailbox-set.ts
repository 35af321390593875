/** Mailbox/set (RFC 8621 §2.5). */
import type { MailboxId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import { publishRules } from "../../mail/publish-rules.ts";
import { protectedRoles } from "../../mail/standard-mailboxes.ts";
import type { SetCall, SetDefinition, Wire } from "../engine/definition.ts";
import { boolean } from "../engine/kinds.ts";
import { sameJson } from "../engine/same-json.ts";
import type { Transaction } from "../engine/transaction.ts";
import { invalidProperties, ok, refuse, type SetError, setError } from "../errors.ts";
import type { StoredMailbox } from "../records.ts";
import { applyRulesOf } from "./delivery-rules.ts";
import { createFault, namedPrincipals, readShares, type Sharers, subscribe, updateFault, welcome } from "./mailbox-share.ts";
import { forClient, mailboxWire } from "./mailbox-wire.ts";

/** Writes the Mailbox, and whether the one who asks is subscribed to it where that is kept for each user. */
const put = (tx: Transaction, { account }: SetCall, id: string, mailbox: StoredMailbox): StoredMailbox => {
  const before = tx.record<StoredMailbox>("Mailbox", id);
  const { isPersonal } = account.account;
  const kept = isPersonal ? mailbox : { ...mailbox, isSubscribed: before?.isSubscribed ?? true };
  tx.putRecord("Mailbox", id, kept);
  if (!isPersonal) subscribe(tx, account.entryId, id, mailbox.isSubscribed);
  welcome(tx, id, before, kept);
  return kept;
};

const stored = (wire: Wire, shareWith: StoredMailbox["shareWith"]): StoredMailbox => ({
  name: (wire.name as string).normalize("NFC"),
  parentId: wire.parentId as MailboxId | null,
  role: wire.role as string | null,
  sortOrder: wire.sortOrder as number,
  isSubscribed: wire.isSubscribed as boolean,
  ...(shareWith && { shareWith }),
});

/** What someone makes in a Mailbox that is shared with them is shared alike, or they could not see it themselves. */
const inherited = (tx: Transaction, { account }: SetCall, wire: Wire): StoredMailbox["shareWith"] =>
  account.account.rights === "shared" ? tx.record<StoredMailbox>("Mailbox", wire.parentId as string)?.shareWith : undefined;

/** What someone wants to see is theirs to say, whatever else they may do. */
const onlySubscribes = ({ create, update, destroy }: Record<string, unknown>): boolean => {
  const patches = Object.values((update as Record<string, Wire> | null | undefined) ?? {});
  const others = Object.keys(create ?? {}).length + Object.keys(destroy ?? {}).length;
  return others === 0 && patches.length > 0 && patches.every((patch) => Object.keys(patch).every((path) => path === "isSubscribed"));
};

export const mailboxSet: SetDefinition<Sharers> = {
  arguments: { onDestroyRemoveEmails: { kind: boolean } },
  right: (args) => (onlySubscribes(args) ? "read" : "write"),
  exists: (tx, id) => tx.record("Mailbox", id) !== undefined,
  wire: (tx, id, call) => {
    const whole = mailboxWire({ ...call.account, state: tx.state }, id, tx.record<StoredMailbox>("Mailbox", id)!);
    // As the client knows it, but with a map that a patch can reach into.
    return { ...forClient(whole, call.context.using), shareWith: whole.shareWith };
  },
  create: (tx, call, { id, wire, sent }, principals) => {
    const fault = createFault(tx, call, wire);
    if (fault) return refuse(fault);
    const shares = readShares(call, wire, undefined, principals);
    if (!shares.ok) return shares;
    const mailbox = put(tx, call, id, stored(wire, shares.value ?? inherited(tx, call, wire)));
    const shown = forClient(mailboxWire(call.account, id, mailbox), call.context.using);
    const whole: Wire = { ...shown, ...NO_MAIL, parentId: wire.parentId, isSubscribed: wire.isSubscribed };
    for (const name of Object.keys(sent)) if (sameJson(whole[name], sent[name])) delete whole[name];
    return ok(whole);
  },
  update: (tx, call, { id, before, after }, principals) => {
    const changed = (name: string): boolean => !sameJson(before[name], name === "shareWith" ? (after[name] ?? {}) : after[name]);
    const fault = updateFault(tx, call, id, after, changed);
    if (fault) return refuse(fault);
    if (changed("role") && protectedRoles.has(before.role as string))
      return refuse(setError("forbidden", `The Mailbox for ${before.role} keeps its role.`));
    const present = tx.record<StoredMailbox>("Mailbox", id)!;
    const shares = changed("shareWith") ? readShares(call, after, present, principals) : ok(present.shareWith);
    if (!shares.ok) return shares;
    // The parent may be one that is not shown.
    const parentId = changed("parentId") ? after.parentId : present.parentId;
    const mailbox = put(tx, call, id, stored({ ...after, parentId }, shares.value));
    const told = {
      ...(mailbox.name !== after.name && { name: mailbox.name }),
      ...(changed("shareWith") && sharedOtherwise(call, id, mailbox, before, after)),
    };
    return ok(Object.keys(told).length > 0 ? told : null);
  },
  destroyOrder: (tx, ids) =>
    ids
      .map((id) => [id, depthOf(tx, id)] as const)
      .sort((left, right) => right[1] - left[1])
      .map(([id]) => id),
  destroy: (tx, call, id) => {
    const mailbox = tx.record<StoredMailbox>("Mailbox", id)!;
    if (mailbox.role !== null && protectedRoles.has(mailbox.role))
      return setError("forbidden", `The Mailbox for ${mailbox.role} must stay.`);
    if (!tx.may("mayDelete", id)) return setError("forbidden", "Your rights do not include destroying it.");
    for (const [, other] of tx.records<StoredMailbox>("Mailbox")) if (other.parentId === id) return setError("mailboxHasChild");
    for (const other of tx.hiddenRecords<StoredMailbox>("Mailbox"))
      if (other.parentId === id) return setError("forbidden", "It holds what you may not see.");
    if (!tx.may("mayReadItems", id)) return setError("forbidden", "It may hold mail that you may not see.");
    const { emails } = tx.state;
    const mailboxId = id as MailboxId;
    if (tx.state.mailboxCounts(mailboxId).totalEmails > 0) {
      if (call.args.onDestroyRemoveEmails !== true) return setError("mailboxHasEmail");
      if (!tx.may("mayRemoveItems", id)) return setError("forbidden", "Your rights do not include removing mail from it.");
      for (let row = 0; row < emails.rows; row++) {
        if (emails.alive(row) && emails.inMailbox(row, mailboxId) && tx.rowOf(emails.id(row)) >= 0) tx.removeFromMailbox(row, mailboxId);
      }
    }
    tx.removeRecord("Mailbox", id);
    return null;
  },
  settled: (tx, _call, id) => faultOf(tx, id),
  // Delivery knows mailboxes by the account's rules: what is to go is out of them before it is gone.
  prepare: async (call) => {
    const { account, context, destroy, resolve } = call;
    const ids = destroy.map((id) => resolve(id) ?? id);
    if (ids.length > 0 && account.state.totals.hasRules) await publishRules(context.ports, account.accountId, ids);
    return ok(await namedPrincipals(call));
  },
  committed: async (call, _result, _prepared, tx) => {
    const gone = tx.destroyedEmails();
    const { hasRules } = tx.state.totals;
    if (gone.length > 0) await call.context.ports.store.deleteEmails(call.account.accountId, gone);
    if (hasRules) await applyRulesOf(call);
  },
};

/** RFC 8620 §5.3: what became of `shareWith` beyond what was asked for, each right being told; and one's own rights, when they were among them. */
const sharedOtherwise = ({ account, context }: SetCall, id: string, mailbox: StoredMailbox, before: Wire, after: Wire): Wire => {
  const shown = forClient(mailboxWire(account, id, mailbox), context.using);
  return {
    ...("shareWith" in shown && !sameJson(shown.shareWith, after.shareWith ?? null) && { shareWith: shown.shareWith }),
    ...(!sameJson(shown.myRights, before.myRights) && { myRights: shown.myRights }),
  };
};

const NO_MAIL = { totalEmails: 0, unreadEmails: 0, totalThreads: 0, unreadThreads: 0 };

const depthOf = (tx: Transaction, id: string): number => {
  let depth = 0;
  for (let at: string | null = id; at !== null && depth <= LOOP; depth++) at = tx.record<StoredMailbox>("Mailbox", at)?.parentId ?? null;
  return depth;
};

/** Deeper than any tree that is allowed: there is a loop. */
const LOOP = 1_000;

/** What is wrong with a Mailbox in the state that the call would leave. */
const faultOf = (tx: Transaction, id: string): SetError | null => {
  const mailbox = tx.record<StoredMailbox>("Mailbox", id);
  if (!mailbox) return null;
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(mailbox.name) || mailbox.name.trim() === "")
    return invalidProperties(["name"], "A name must be visible text without control characters.");
  const before = tx.state.records("Mailbox").get(id) as StoredMailbox | undefined;
  if (before?.parentId !== mailbox.parentId && mailbox.parentId !== null && !tx.record("Mailbox", mailbox.parentId))
    return invalidProperties(["parentId"], "There is no such Mailbox.");
  const depth = depthOf(tx, id);
  if (depth > LOOP) return invalidProperties(["parentId"], "A Mailbox cannot lie inside itself.");
  if (depth > limits.jmap.maxMailboxDepth) return invalidProperties(["parentId"], `Mailboxes may be ${limits.jmap.maxMailboxDepth} deep.`);
  for (const [otherId, other] of tx.records<StoredMailbox>("Mailbox")) {
    if (otherId === id) continue;
    if (other.parentId === mailbox.parentId && other.name === mailbox.name)
      return { type: "alreadyExists", description: "A sibling has that name.", properties: ["name"], existingId: otherId };
    if (mailbox.role !== null && other.role === mailbox.role)
      return { ...invalidProperties(["role"], "Another Mailbox has that role."), existingId: otherId };
  }
  for (const other of tx.hiddenRecords<StoredMailbox>("Mailbox"))
    if (other.parentId === mailbox.parentId && other.name === mailbox.name)
      return invalidProperties(["name"], "The name cannot be used here.");
  return null;
};
