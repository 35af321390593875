/** Composes the Emails of an Email/set before its commit (RFC 8621 §4.6): octets first, then the item, then the log makes them visible. */
import type { EmailId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { EmailItem } from "../../mail/email-item.ts";
import { blobIdsOf, composeMessage } from "../../mime/compose.ts";
import { readMessage } from "../../mime/read-message.ts";
import { findBlob } from "../blobs.ts";
import { eachBounded } from "../engine/bounded.ts";
import type { SetCall, Wire } from "../engine/definition.ts";
import { invalidProperties, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import { readCreateObject } from "./create-object.ts";
import { composedKey, Staging } from "./staging.ts";

/** Messages with their attachments in memory at the same time. */
const MESSAGES_AT_ONCE = 2;

interface StagedEmail {
  readonly item: EmailItem;
  readonly mailboxIds: readonly string[];
  readonly keywords: readonly string[];
}

export type StagedEmails = ReadonlyMap<string, Outcome<StagedEmail, SetError>>;

export const stageCreates = async (call: SetCall): Promise<StagedEmails> => {
  const staged = new Map<string, Outcome<StagedEmail, SetError>>();
  const staging = new Staging(call.context.ports, call.account.state);
  await eachBounded([...call.create], MESSAGES_AT_ONCE, async ([creationId, sent]) => {
    staged.set(creationId, await stageCreate(call, staging, call.newIds.get(creationId) as EmailId, sent));
  });
  return staged;
};

const stageCreate = async (call: SetCall, staging: Staging, emailId: EmailId, sent: Wire): Promise<Outcome<StagedEmail, SetError>> => {
  const { account, context, now } = call;
  const read = readCreateObject(sent);
  if (!read.ok) return read;
  const mailboxIds = read.value.mailboxIds.map(call.resolve);
  // Checked again in the commit; here it spares composing what cannot be filed.
  if (mailboxIds.some((mailboxId) => mailboxId === null || !account.state.records("Mailbox").has(mailboxId)))
    return refuse(invalidProperties(["mailboxIds"], "There is no such Mailbox."));
  const blobs = await readBlobs(call, sent);
  if (!blobs.ok) return blobs;
  const messageId = `${emailId.toLowerCase()}.${now}@${account.account.mail.split("@")[1] ?? "localhost"}`;
  const composed = composeMessage(sent, { blobs: blobs.value, messageId, at: now });
  if (composed.outcome === "invalidProperties") return refuse(invalidProperties(composed.properties));
  if (composed.outcome === "blobNotFound") return refuse({ type: "blobNotFound", notFound: composed.notFound });
  const { octets } = composed;
  if (octets.byteLength > limits.parse.messageOctets) return refuse({ ...setError("tooLarge"), maxSize: limits.parse.messageOctets });
  const { quotaOctets, octets: used } = account.state.totals;
  if (quotaOctets > 0 && used + octets.byteLength > quotaOctets) return refuse(setError("overQuota"));
  const outcome = readMessage(octets);
  if (outcome.outcome === "unreadable") return refuse(setError("tooLarge", outcome.sentence));
  const rawKey = composedKey(account.accountId, emailId);
  await context.ports.blobs.put(rawKey, octets, { contentType: "message/rfc822" });
  const item = await staging.stage({ id: emailId, rawKey, message: outcome.message, receivedAt: read.value.receivedAt ?? now });
  return ok({ item, mailboxIds: mailboxIds as string[], keywords: read.value.keywords });
};

/** Octets of the blobs that the body names, under the names that it uses. Those not found are told by composing. */
const readBlobs = async (call: SetCall, sent: Wire): Promise<Outcome<Map<string, Uint8Array>, SetError>> => {
  const { account, context, now } = call;
  const blobs = new Map<string, Uint8Array>();
  let total = 0;
  for (const named of blobIdsOf(sent)) {
    const blobId = call.resolve(named);
    const blob = blobId === null ? null : await findBlob(context.ports, account.state, blobId, now);
    if (!blob) continue;
    total += blob.sizeOctets;
    if (total > limits.jmap.maxSizeAttachmentsPerEmail)
      return refuse({
        ...setError("tooLarge", "The attachments are too large together."),
        maxSize: limits.jmap.maxSizeAttachmentsPerEmail,
      });
    const octets = await blob.read();
    if (octets) blobs.set(named, octets);
  }
  return ok(blobs);
};
