/**
 * MDN/send (RFC 9007 §2.1). One commit sets $mdnsent and writes the EmailSubmission that is the outbox: of two clients that send for the
 * same Email, or of one that asks again, the later finds the keyword.
 */
import type { EmailId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import { MAIL, MDN } from "../capabilities.ts";
import { type PresentValues, presentValues, updateEmail } from "../email/update.ts";
import { type Arguments, accountIdArgument, checkArguments } from "../engine/arguments.ts";
import { eachBounded } from "../engine/bounded.ts";
import { commitCall } from "../engine/commit.ts";
import type { LoadedAccount, Method, Reply, RequestContext } from "../engine/context.ts";
import type { SetCall, Wire } from "../engine/definition.ts";
import { id, idOrReference, isObject, mapOf, nullable, object, string } from "../engine/kinds.ts";
import { sameJson } from "../engine/same-json.ts";
import { mintIds } from "../engine/set.ts";
import type { Transaction } from "../engine/transaction.ts";
import { invalidArguments, type MethodError, methodError, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import type { StoredIdentity, StoredSubmission } from "../records.ts";
import { ALREADY_SENT, MDN_SENT, NOT_FOUND, type Sender, type StagedMdn, stageMdn } from "./stage.ts";

/** Whole messages in memory at the same time; headers alone are small. */
const MESSAGES_AT_ONCE = 2;
const HEADERS_AT_ONCE = 16;
const HOUR_MS = 3_600_000;

const sendArguments: Arguments = {
  ...accountIdArgument,
  identityId: { kind: idOrReference, required: true },
  send: { kind: mapOf(id, object), required: true },
  onSuccessUpdateEmail: { kind: nullable(mapOf(string, object)) },
};

type Staged = ReadonlyMap<string, Outcome<StagedMdn, SetError>>;

interface Result {
  readonly sent: Map<string, Wire>;
  readonly notSent: Map<string, SetError>;
  readonly updated: Record<string, null>;
}

export const mdnSend: Method = async ({ context, args }) => {
  const checked = checkArguments(args, sendArguments);
  if (!checked.ok) return checked;
  // RFC 9007 §2.1: it updates Emails, too.
  if (!context.using.has(MAIL)) return methodError("unknownMethod", `"using" must name ${MAIL}.`);
  const send = Object.entries(args.send as Record<string, Wire>);
  if (send.length > limits.mdn.perHour) return methodError("requestTooLarge", `At most ${limits.mdn.perHour} MDNs in one call.`);
  const loaded = await accountToSendFrom(context, args.accountId as string);
  if (!loaded.ok) return loaded;
  const identityId = context.resolveId(args.identityId as string);
  const identity = loaded.value.state.records("Identity").get(identityId ?? "") as StoredIdentity | undefined;
  if (identityId === null || !identity) return invalidArguments("There is no such Identity.", ["identityId"]);
  const patches = (args.onSuccessUpdateEmail as Record<string, Wire> | null | undefined) ?? {};
  const fault = patchesFault(send, patches);
  if (fault) return refuse(fault);
  const sender = { identityId, identity, sendingAddresses: await context.ports.directory.sendingAddresses(loaded.value.accountId) };
  const call = callOf(context, loaded.value, args, send, patches);
  const staged = await stageAll(call, sender, send);
  const present = await presentValues(call);
  const committed = await commitCall(context, loaded.value.accountId, { name: "Email" }, null, (tx) =>
    plan(tx, call, { sender, staged, patches, present }),
  );
  if (!committed.ok) return committed;
  const { result, oldState, newState } = committed.value;
  const accountId = loaded.value.accountId;
  const replies: Reply[] = [["MDN/send", { accountId, sent: orNull(result.sent), notSent: orNull(result.notSent) }]];
  if (Object.keys(result.updated).length > 0) replies.push(["Email/set", emailSetResponse(accountId, oldState, newState, result.updated)]);
  return ok(replies);
};

const orNull = <Value>(map: ReadonlyMap<string, Value>): Record<string, Value> | null => (map.size > 0 ? Object.fromEntries(map) : null);

/** RFC 8620 §5.3, of the implicit call. */
const emailSetResponse = (accountId: string, oldState: string, newState: string, updated: Record<string, null>) => ({
  accountId,
  oldState,
  newState,
  created: null,
  updated,
  destroyed: null,
  notCreated: null,
  notUpdated: null,
  notDestroyed: null,
});

/** Both rights: it sends, and it changes an Email. RFC 9007 §2.1 has a word of its own for an account that is not there. */
const accountToSendFrom = async (context: RequestContext, accountId: string): Promise<Outcome<LoadedAccount, MethodError>> => {
  const toWrite = await context.account(accountId, "write", MAIL);
  const loaded = toWrite.ok ? await context.account(accountId, "send", MDN) : toWrite;
  if (!loaded.ok && loaded.error.type === "accountNotFound") return invalidArguments("There is no such account.", ["accountId"]);
  return loaded;
};

/** RFC 9007 §2.1: each key is a back reference, and each MDN must result in the keyword. */
const patchesFault = (send: readonly (readonly [string, Wire])[], patches: Record<string, Wire>): MethodError | null => {
  const names = new Set(send.map(([creationId]) => `#${creationId}`));
  const fault = (description: string): MethodError => ({ type: "invalidArguments", description, arguments: ["onSuccessUpdateEmail"] });
  if (Object.keys(patches).some((key) => !names.has(key))) return fault("A key must be “#” and a creation id of “send”.");
  return [...names].every((name) => Object.hasOwn(patches, name) && setsKeyword(patches[name]!))
    ? null
    : fault(`It must set the keyword ${MDN_SENT} for each MDN.`);
};

const setsKeyword = (patch: Wire): boolean =>
  patch[`keywords/${MDN_SENT}`] === true || (isObject(patch.keywords) && patch.keywords[MDN_SENT] === true);

/** The implicit Email/set as the engine's own methods know a call; of two MDNs for one Email the second is refused anyway. */
const callOf = (
  context: RequestContext,
  account: LoadedAccount,
  args: Record<string, unknown>,
  send: readonly (readonly [string, Wire])[],
  patches: Record<string, Wire>,
): SetCall => {
  const update = new Map<string, Wire>();
  for (const [creationId, { forEmailId }] of send) {
    const emailId = typeof forEmailId === "string" ? context.resolveId(forEmailId) : null;
    if (emailId !== null && !update.has(emailId)) update.set(emailId, patches[`#${creationId}`]!);
  }
  const creationIds = send.map(([creationId]) => creationId);
  return {
    account,
    context,
    args,
    create: new Map(send),
    update,
    destroy: [],
    newIds: mintIds(context, "EmailSubmission", creationIds),
    resolve: (value) => context.resolveId(value),
    now: context.ports.now(),
  };
};

const stageAll = async (call: SetCall, sender: Sender, send: readonly (readonly [string, Wire])[]): Promise<Staged> => {
  const staged = new Map<string, Outcome<StagedMdn, SetError>>();
  const spent = recentlySent(call.account.state.records("EmailSubmission").values() as Iterable<StoredSubmission>, call.now);
  const atOnce = send.some(([, { includeOriginalMessage }]) => includeOriginalMessage === true) ? MESSAGES_AT_ONCE : HEADERS_AT_ONCE;
  await eachBounded(send, atOnce, async ([creationId, sent]) => {
    const tooMany = spent.count >= limits.mdn.perHour;
    staged.set(creationId, tooMany ? refuse(RATE_LIMIT) : await stageMdn(call, sender, creationId, sent));
  });
  return staged;
};

const RATE_LIMIT = setError("rateLimit", `At most ${limits.mdn.perHour} MDNs an hour.`);
const OVER_QUOTA = setError("overQuota", `At most ${limits.mdn.octetsPerHour} octets of MDNs an hour.`);

/** MDNs of the last hour as far as their submissions were not destroyed: against programs that run wild, not against their owner. */
const recentlySent = (submissions: Iterable<StoredSubmission>, now: number): { count: number; octets: number } => {
  const spent = { count: 0, octets: 0 };
  for (const { mdnFor, createdAt, sizeOctets } of submissions) {
    if (mdnFor === undefined || createdAt <= now - HOUR_MS) continue;
    spent.count += 1;
    spent.octets += sizeOctets;
  }
  return spent;
};

interface Planning {
  readonly sender: Sender;
  readonly staged: Staged;
  readonly patches: Record<string, Wire>;
  readonly present: PresentValues;
}

/** Pure: a lost race plans again, and then finds what the other client did. */
const plan = (tx: Transaction, call: SetCall, { sender, staged, patches, present }: Planning): Result => {
  const result: Result = { sent: new Map(), notSent: new Map(), updated: {} };
  const mayStill = tx.record("Identity", sender.identityId) !== undefined;
  const spent = recentlySent(allSubmissions(tx), call.now);
  const answered = new Set<EmailId>();
  for (const [creationId, sent] of call.create) {
    const one = staged.get(creationId)!;
    if (!one.ok) {
      result.notSent.set(creationId, one.error);
      continue;
    }
    const mdn = one.value;
    const fault =
      (mayStill ? null : setError("forbiddenFrom", "The identity was destroyed.")) ??
      emailFault(tx, mdn.forEmailId, answered) ??
      spendingFault(spent, mdn) ??
      updateFault(tx, call, mdn.forEmailId, patches[`#${creationId}`]!, present);
    if (fault) {
      result.notSent.set(creationId, fault);
      continue;
    }
    answered.add(mdn.forEmailId);
    spent.count += 1;
    spent.octets += mdn.sizeOctets;
    tx.putRecord("EmailSubmission", mdn.submissionId, submissionOf(mdn, sender, call));
    const added = Object.entries(mdn.wire).filter(([name, value]) => !sameJson(sent[name], value));
    result.sent.set(creationId, Object.fromEntries(added));
    result.updated[mdn.forEmailId] = null;
  }
  return result;
};

function* allSubmissions(tx: Transaction): Generator<StoredSubmission> {
  for (const [, stored] of tx.records<StoredSubmission>("EmailSubmission")) yield stored;
}

const emailFault = (tx: Transaction, emailId: EmailId, answered: ReadonlySet<EmailId>): SetError | null => {
  const row = tx.rowOf(emailId);
  if (row < 0) return NOT_FOUND;
  return answered.has(emailId) || tx.state.emails.hasKeyword(row, MDN_SENT) ? ALREADY_SENT : null;
};

const spendingFault = (spent: { readonly count: number; readonly octets: number }, { sizeOctets }: StagedMdn): SetError | null => {
  if (spent.count >= limits.mdn.perHour) return RATE_LIMIT;
  return spent.octets + sizeOctets > limits.mdn.octetsPerHour ? OVER_QUOTA : null;
};

/** An update that cannot be made keeps the MDN from being sent: without it the keyword would be missing. */
const updateFault = (tx: Transaction, call: SetCall, emailId: EmailId, patch: Wire, present: PresentValues): SetError | null => {
  const updated = updateEmail(tx, call, { id: emailId, before: {}, after: {}, patch }, present);
  return updated.ok ? null : updated.error;
};

const submissionOf = (mdn: StagedMdn, { identityId }: Sender, call: SetCall): StoredSubmission => ({
  identityId,
  emailId: `E${mdn.submissionId.slice(1)}` as EmailId,
  threadId: mdn.threadId,
  envelope: {
    mailFrom: { email: mdn.mailFrom, parameters: null },
    rcptTo: mdn.recipients.map((email) => ({ email, parameters: null })),
  },
  sendAt: call.now,
  createdAt: call.now,
  isHeld: false,
  undoStatus: "pending",
  deliveryStatus: null,
  dsnBlobIds: [],
  mdnBlobIds: [],
  rawKey: mdn.rawKey,
  sizeOctets: mdn.sizeOctets,
  mdnFor: mdn.forEmailId,
});
