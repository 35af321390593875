/** EmailSubmission/set (RFC 8621 §7.5). The record that a create commits is the outbox: nothing else starts the sending. */
import type { EmailId, ThreadId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { EmailItem, ParsedMessage } from "../../mail/email-item.ts";
import { asEnvelope, type Envelope, envelopeOf, recipientFault, releaseAt } from "../email/envelope.ts";
import { itemReaderOf } from "../email/item-reader.ts";
import type { CreatedObject, SetCall, SetDefinition, SetResult, Wire } from "../engine/definition.ts";
import { listOf, mapOf, nullable, object, string } from "../engine/kinds.ts";
import { setMethod } from "../engine/set.ts";
import type { Transaction } from "../engine/transaction.ts";
import { invalidProperties, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import type { StoredIdentity, StoredSubmission } from "../records.ts";
import { email } from "./email.ts";
import { submissionWire } from "./email-submission-wire.ts";
import { maySendAs } from "./identity.ts";

interface Prepared {
  readonly sendingAddresses: readonly string[];
  readonly items: ReadonlyMap<EmailId, EmailItem>;
  /** Email of each submission that the call updates or destroys. */
  readonly emailIds: ReadonlyMap<string, string>;
}

const prepare = async (call: SetCall): Promise<Outcome<Prepared, never>> => {
  const { account, context } = call;
  const emailIds = new Map<string, string>();
  for (const key of [...call.update.keys(), ...call.destroy]) {
    const id = call.resolve(key);
    const stored = id === null ? undefined : (account.state.records("EmailSubmission").get(id) as StoredSubmission | undefined);
    if (id !== null && stored) emailIds.set(id, stored.emailId);
  }
  const wanted = new Set<EmailId>();
  for (const wire of call.create.values()) {
    const id = typeof wire.emailId === "string" ? call.resolve(wire.emailId) : null;
    if (id !== null && account.state.emails.rowOf(id as EmailId) >= 0) wanted.add(id as EmailId);
  }
  if (wanted.size === 0) return ok({ sendingAddresses: [], items: new Map(), emailIds });
  const [sendingAddresses, items] = await Promise.all([
    context.ports.directory.sendingAddresses(account.accountId),
    itemReaderOf(context.ports.store).get(account.accountId, [...wanted]),
  ]);
  return ok({ sendingAddresses, items, emailIds });
};

/** RFC 8621 §7.5, §9.6: authors must be addresses of the account, or someone else's name would be on the message. */
const authorFault = (message: ParsedMessage, maySend: (email: string) => boolean): SetError | null => {
  if (!message.from || message.from.length === 0) return { type: "invalidEmail", properties: ["from"] };
  if (message.from.length > 1 && message.sender?.length !== 1) return { type: "invalidEmail", properties: ["sender"] };
  return [...message.from, ...(message.sender ?? [])].every((author) => maySend(author.email)) ? null : setError("forbiddenFrom");
};

const create = (tx: Transaction, call: SetCall, created: CreatedObject, prepared: Prepared): Outcome<Wire, SetError> => {
  const { wire, sent } = created;
  if (sent.undoStatus === "canceled") return refuse(invalidProperties(["undoStatus"], "It is set by the server."));
  const identity = tx.record<StoredIdentity>("Identity", wire.identityId as string);
  const row = tx.rowOf(wire.emailId as string);
  const item = row < 0 ? undefined : prepared.items.get(wire.emailId as EmailId);
  const missing = [...(identity ? [] : ["identityId"]), ...(item ? [] : ["emailId"])];
  if (!identity || !item) return refuse(invalidProperties(missing, "There is no such Identity or Email."));
  const maySend = (address: string) => maySendAs(address, prepared.sendingAddresses);
  if (!maySend(identity.email)) return refuse(setError("forbiddenFrom", "The account may no longer send from that identity."));
  const { message } = item;
  // RFC 8621 §9.4: bounds on what one submission may do.
  if (message.sizeOctets > limits.outbound.messageOctets) return refuse({ type: "tooLarge", maxSize: limits.outbound.messageOctets });
  const author = authorFault(message, maySend);
  if (author) return refuse(author);
  const envelope = chosenEnvelope(wire, message, identity, maySend);
  if (!envelope.ok) return envelope;
  const fault = recipientFault(envelope.value);
  if (fault) return refuse(fault);
  const heldUntil = releaseAt(envelope.value, call.now);
  if (!heldUntil.ok) return heldUntil;
  const stored: StoredSubmission = {
    identityId: wire.identityId as string,
    emailId: item.id,
    threadId: tx.state.emails.threadId(row) as ThreadId,
    envelope: envelope.value,
    sendAt: heldUntil.value ?? call.now + undoSeconds(sent) * 1000,
    createdAt: call.now,
    isHeld: heldUntil.value !== null,
    undoStatus: "pending",
    deliveryStatus: null,
    dsnBlobIds: [],
    mdnBlobIds: [],
    rawKey: item.rawKey,
    sizeOctets: message.sizeOctets,
  };
  tx.putRecord("EmailSubmission", created.id, stored);
  const whole = submissionWire(stored);
  for (const name of ["identityId", "emailId"]) if (whole[name] === sent[name]) delete whole[name];
  if (sent.envelope) delete whole.envelope;
  return ok(whole);
};

/** The status is the server's to set, but meli writes "final" and would otherwise not send at all: it asks for no time to think again. */
const undoSeconds = (sent: Wire): number => (sent.undoStatus === "final" ? 0 : limits.jmap.undoSecondsDefault);

const chosenEnvelope = (
  wire: Wire,
  message: ParsedMessage,
  identity: StoredIdentity,
  maySend: (email: string) => boolean,
): Outcome<Envelope, SetError> => {
  if (wire.envelope === null) return envelopeOf(message, identity.email, maySend);
  const { mailFrom, rcptTo } = asEnvelope(wire.envelope) as Envelope;
  if (!maySend(mailFrom.email)) return refuse(setError("forbiddenMailFrom"));
  const whole = ({ email: address, parameters }: Envelope["mailFrom"]) => ({ email: address, parameters: parameters ?? null });
  return ok({ mailFrom: whole(mailFrom), rcptTo: rcptTo.map(whole) });
};

/** RFC 8621 §7.5: one implicit Email/set for what was to be done on success. */
const implicitEmailSet = async (
  call: SetCall,
  result: SetResult,
  prepared: Prepared,
): Promise<(readonly [string, Record<string, unknown>])[]> => {
  const update: Record<string, Wire> = {};
  const destroy: string[] = [];
  const emailOf = (key: string): string | null => {
    if (key.startsWith("#") && result.created.has(key.slice(1))) return call.resolve(call.create.get(key.slice(1))!.emailId as string);
    const id = call.resolve(key);
    const succeeded = id !== null && (result.updated.has(id) || result.destroyed.includes(id));
    return succeeded ? (prepared.emailIds.get(id) ?? null) : null;
  };
  for (const [key, patch] of Object.entries((call.args.onSuccessUpdateEmail as Record<string, Wire> | null | undefined) ?? {})) {
    const emailId = emailOf(key);
    if (emailId !== null) update[emailId] = patch;
  }
  for (const key of (call.args.onSuccessDestroyEmail as string[] | null | undefined) ?? []) {
    const emailId = emailOf(key);
    if (emailId !== null) destroy.push(emailId);
  }
  if (Object.keys(update).length + destroy.length === 0) return [];
  const answer = await emailSetMethod({ context: call.context, args: { accountId: call.account.accountId, update, destroy } });
  return answer.ok ? [...answer.value] : [["error", { ...answer.error }]];
};

const emailSetMethod = setMethod(email, email.set!);

export const submissionSet: SetDefinition<Prepared> = {
  right: "send",
  arguments: {
    onSuccessUpdateEmail: { kind: nullable(mapOf(string, object)) },
    onSuccessDestroyEmail: { kind: nullable(listOf(string)) },
  },
  prepare,
  exists: (tx, id) => tx.record("EmailSubmission", id) !== undefined,
  wire: (tx, id) => submissionWire(tx.record<StoredSubmission>("EmailSubmission", id)!),
  create,
  update: (tx, _call, { id, after }) => {
    const stored = tx.record<StoredSubmission>("EmailSubmission", id)!;
    if (after.undoStatus === stored.undoStatus) return ok(null);
    if (after.undoStatus !== "canceled") return refuse(invalidProperties(["undoStatus"], "It can only be set to canceled."));
    // The submit stage turns it to final in a commit of its own before it sends: whichever commit comes first decides.
    if (stored.undoStatus !== "pending") return refuse(setError("cannotUnsend"));
    tx.putRecord("EmailSubmission", id, { ...stored, undoStatus: "canceled" });
    return ok(null);
  },
  destroy: (tx, _call, id) => {
    // It does not stop the sending: the submit stage finds what was submitted in the log itself.
    tx.removeRecord("EmailSubmission", id);
    return null;
  },
  after: implicitEmailSet,
};
