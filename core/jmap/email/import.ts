/** Email/import (RFC 8621 §4.8). */
import type { EmailId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { EmailItem } from "../../mail/email-item.ts";
import { parseDateTime } from "../../mime/date-time.ts";
import { asBuffer, fieldsNamed, type HeaderField, rawValue } from "../../mime/header-fields.ts";
import { readMessage } from "../../mime/read-message.ts";
import { findBlob } from "../blobs.ts";
import { MAIL } from "../capabilities.ts";
import { type Arguments, accountIdArgument, checkArguments } from "../engine/arguments.ts";
import { eachBounded } from "../engine/bounded.ts";
import { commitCall } from "../engine/commit.ts";
import type { LoadedAccount, Method, RequestContext } from "../engine/context.ts";
import type { Wire } from "../engine/definition.ts";
import { id, mapOf, nullable, object, string, utcDate } from "../engine/kinds.ts";
import { mintIds } from "../engine/set.ts";
import { invalidProperties, methodError, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import { namesOfTrueMap, readKeywords } from "./keywords.ts";
import { composedKey, createStaged, Staging } from "./staging.ts";

/** Whole messages in memory at the same time. */
const MESSAGES_AT_ONCE = 2;

const importArguments: Arguments = {
  ...accountIdArgument,
  ifInState: { kind: nullable(string) },
  emails: { kind: mapOf(id, object), required: true },
};

interface Membership {
  readonly mailboxIds: readonly string[];
  readonly keywords: readonly string[];
}

interface Staged extends Membership {
  readonly item: EmailItem;
}

export const emailImport: Method = async ({ context, args }) => {
  const checked = checkArguments(args, importArguments);
  if (!checked.ok) return checked;
  const emails = Object.entries(args.emails as Record<string, Wire>);
  if (emails.length > limits.jmap.maxObjectsInSet) return methodError("requestTooLarge");
  const loaded = await context.account(args.accountId as string, "write", MAIL);
  if (!loaded.ok) return loaded;
  const account = loaded.value;
  const staging = new Staging(context.ports, account.state);
  const newIds = mintIds(
    context,
    "Email",
    emails.map(([creationId]) => creationId),
  );
  const staged = new Map<string, Outcome<Staged, SetError>>();
  await eachBounded(emails, MESSAGES_AT_ONCE, async ([creationId, wire]) => {
    staged.set(creationId, await stageImport(context, account, staging, newIds.get(creationId) as EmailId, wire));
  });
  const committed = await commitCall(context, account.accountId, { name: "Email" }, args.ifInState, (tx) => {
    const created: Record<string, Wire> = {};
    const notCreated: Record<string, SetError> = {};
    for (const [creationId] of emails) {
      const one = staged.get(creationId)!;
      const outcome = one.ok ? createStaged(tx, one.value.item, one.value) : one;
      if (outcome.ok) created[creationId] = outcome.value;
      else notCreated[creationId] = outcome.error;
    }
    return { created, notCreated };
  });
  if (!committed.ok) return committed;
  const { oldState, newState, result } = committed.value;
  for (const [creationId, wire] of Object.entries(result.created)) context.createdIds.set(creationId, wire.id as string);
  const orNull = (map: object) => (Object.keys(map).length > 0 ? map : null);
  return ok([
    [
      "Email/import",
      { accountId: account.accountId, oldState, newState, created: orNull(result.created), notCreated: orNull(result.notCreated) },
    ],
  ]);
};

const importProperties = new Set(["blobId", "mailboxIds", "keywords", "receivedAt"]);

/** What is wrong with an EmailImport apart from its blob. */
const readImport = (context: RequestContext, wire: Wire): Outcome<Membership, SetError> => {
  const faults = Object.keys(wire).filter((name) => !importProperties.has(name));
  const mailboxIds = namesOfTrueMap(wire.mailboxIds)?.map((mailboxId) => context.resolveId(mailboxId));
  const keywords = readKeywords(wire.keywords ?? {});
  if (!mailboxIds?.length || mailboxIds.includes(null)) faults.push("mailboxIds");
  if (!keywords) faults.push("keywords");
  if (wire.receivedAt !== undefined && wire.receivedAt !== null && utcDate(wire.receivedAt)) faults.push("receivedAt");
  if (typeof wire.blobId !== "string") faults.push("blobId");
  return faults.length > 0 ? refuse(invalidProperties(faults)) : ok({ mailboxIds: mailboxIds as string[], keywords: keywords! });
};

const stageImport = async (
  context: RequestContext,
  account: LoadedAccount,
  staging: Staging,
  emailId: EmailId,
  wire: Wire,
): Promise<Outcome<Staged, SetError>> => {
  const { ports } = context;
  const membership = readImport(context, wire);
  if (!membership.ok) return membership;
  if (membership.value.mailboxIds.some((mailboxId) => !account.state.records("Mailbox").has(mailboxId)))
    return refuse(invalidProperties(["mailboxIds"], "There is no such Mailbox."));
  const blobId = context.resolveId(wire.blobId as string);
  const blob = blobId === null ? null : await findBlob(ports, account.state, blobId, ports.now());
  if (blob && blob.sizeOctets > limits.parse.messageOctets) return refuse(setError("tooLarge"));
  const octets = await blob?.read();
  if (!octets) return refuse(invalidProperties(["blobId"], "There is no such blob."));
  const outcome = readMessage(octets);
  if (outcome.outcome === "unreadable") return refuse(setError("invalidEmail", outcome.sentence));
  if (outcome.headers.length === 0) return refuse(setError("invalidEmail", "The blob has no header field."));
  const { quotaOctets, octets: used } = account.state.totals;
  if (quotaOctets > 0 && used + octets.byteLength > quotaOctets) return refuse(setError("overQuota"));
  const stated = typeof wire.receivedAt === "string" ? Date.parse(wire.receivedAt) : receivedHeaderAt(octets, outcome.headers);
  // Its own object: the upload expires, and a blob of another Email may be destroyed.
  const rawKey = composedKey(account.accountId, emailId);
  await ports.blobs.put(rawKey, octets, { contentType: "message/rfc822" });
  const item = await staging.stage({ id: emailId, rawKey, message: outcome.message, receivedAt: stated ?? ports.now() });
  return ok({ item, ...membership.value });
};

/** RFC 8621 §4.8: the time of the most recent Received field, which is the topmost. */
const receivedHeaderAt = (octets: Uint8Array, headers: readonly HeaderField[]): number | null => {
  const [latest] = fieldsNamed(headers, "received");
  if (!latest) return null;
  const value = rawValue(asBuffer(octets), latest);
  return parseDateTime(value.slice(value.lastIndexOf(";") + 1).trim())?.at ?? null;
};
