/** Mailbox/set (RFC 8621 §2.5). */
import type { MailboxId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import { publishRules } from "../../mail/publish-rules.ts";
import { protectedRoles } from "../../mail/standard-mailboxes.ts";
import type { SetCall, SetDefinition, Wire } from "../engine/definition.ts";
import { boolean } from "../engine/kinds.ts";
import type { Transaction } from "../engine/transaction.ts";
import { invalidProperties, ok, refuse, type SetError, setError } from "../errors.ts";
import type { StoredMailbox, StoredSubscriptions } from "../records.ts";
import { applyRulesOf } from "./delivery-rules.ts";
import { mailboxWire, SUBSCRIPTIONS } from "./mailbox-wire.ts";

/** Writes the Mailbox, and whether the one who asks is subscribed to it where that is kept for each user. */
const put = (tx: Transaction, { account }: SetCall, id: string, wire: Wire): StoredMailbox => {
  const mailbox = stored(wire);
  const before = tx.record<StoredMailbox>("Mailbox", id);
  const kept = account.account.isPersonal ? mailbox : { ...mailbox, isSubscribed: before?.isSubscribed ?? true };
  tx.putRecord("Mailbox", id, kept);
  if (account.account.isPersonal) return kept;
  const own = tx.record<StoredSubscriptions>(SUBSCRIPTIONS, account.entryId)?.mailboxIds ?? [];
  if (own.includes(id) !== mailbox.isSubscribed) {
    const others = own.filter((other) => other !== id && tx.record("Mailbox", other) !== undefined);
    tx.putRecord(SUBSCRIPTIONS, account.entryId, { mailboxIds: mailbox.isSubscribed ? [...others, id] : others });
  }
  return kept;
};

const stored = (wire: Wire): StoredMailbox => ({
  name: (wire.name as string).normalize("NFC"),
  parentId: wire.parentId as MailboxId | null,
  role: wire.role as string | null,
  sortOrder: wire.sortOrder as number,
  isSubscribed: wire.isSubscribed as boolean,
});

export const mailboxSet: SetDefinition = {
  arguments: { onDestroyRemoveEmails: { kind: boolean } },
  exists: (tx, id) => tx.record("Mailbox", id) !== undefined,
  wire: (tx, id, call) => mailboxWire({ ...call.account, state: tx.state }, id, tx.record<StoredMailbox>("Mailbox", id)!),
  create: (tx, call, { id, wire, sent }) => {
    const mailbox = put(tx, call, id, wire);
    const whole: Wire = { ...mailboxWire(call.account, id, mailbox), ...NO_MAIL, isSubscribed: wire.isSubscribed };
    for (const name of Object.keys(sent)) if (whole[name] === sent[name]) delete whole[name];
    return ok(whole);
  },
  update: (tx, call, { id, before, after }) => {
    if (before.role !== after.role && protectedRoles.has(before.role as string))
      return refuse(setError("forbidden", `The Mailbox for ${before.role} keeps its role.`));
    const mailbox = put(tx, call, id, after);
    return ok(mailbox.name === after.name ? null : { name: mailbox.name });
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
    for (const [, other] of tx.records<StoredMailbox>("Mailbox")) if (other.parentId === id) return setError("mailboxHasChild");
    const { emails } = tx.state;
    const mailboxId = id as MailboxId;
    if (tx.state.mailboxCounts(mailboxId).totalEmails > 0) {
      if (call.args.onDestroyRemoveEmails !== true) return setError("mailboxHasEmail");
      for (let row = 0; row < emails.rows; row++) {
        if (emails.alive(row) && emails.inMailbox(row, mailboxId) && tx.rowOf(emails.id(row)) >= 0) tx.removeFromMailbox(row, mailboxId);
      }
    }
    tx.removeRecord("Mailbox", id);
    return null;
  },
  settled: (tx, _call, id) => faultOf(tx, id),
  // Delivery knows mailboxes by the account's rules: what is to go is out of them before it is gone.
  prepare: async ({ account, context, destroy, resolve }) => {
    const ids = destroy.map((id) => resolve(id) ?? id);
    if (ids.length > 0 && account.state.totals.hasRules) await publishRules(context.ports, account.accountId, ids);
    return ok(null);
  },
  committed: async (call, _result, _prepared, tx) => {
    const gone = tx.destroyedEmails();
    const { hasRules } = tx.state.totals;
    if (gone.length > 0) await call.context.ports.store.deleteEmails(call.account.accountId, gone);
    if (hasRules) await applyRulesOf(call);
  },
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
  if (mailbox.parentId !== null && !tx.record("Mailbox", mailbox.parentId))
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
  return null;
};
